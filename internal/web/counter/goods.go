package counter

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/passbook"
	"cunfen/internal/sheetfile"
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// goodsPage is the village's goods with their prices.
type goodsPage struct {
	kit.StaffPage
	Goods                       []shop.Goods
	All, Off                    int // of the village; not offered now
	Answers                     string
	Query, State, Clear, Export string
}

// GoodsList shows what is offered, and what is not offered now.
func (s *Room) GoodsList(c echo.Context) error {
	all, err := s.Shop.Goods(c.Request().Context(), visit.Who(c), true)
	if err != nil {
		return err
	}
	p := goodsPage{StaffPage: s.Staff(c, "goods", "兑换物资"), Query: visit.Text(c, "q"), State: c.QueryParam("state"), All: len(all), Export: "/goods.xlsx?" + c.QueryString(), Answers: shell.Answers(c, s.Group, group.GoodsLink)}
	p.Path = "/goods"
	if c.QueryString() != "" {
		p.Clear = "/goods"
	}
	for _, g := range all {
		if !g.Active {
			p.Off++
		}
	}
	p.Goods = asked(c, all)
	return visit.Render(c, http.StatusOK, goodsList(p))
}

// asked are the things that the address asks for.
func asked(c echo.Context, all []shop.Goods) []shop.Goods {
	q, state := visit.Text(c, "q"), c.QueryParam("state")
	return slices.DeleteFunc(slices.Clone(all), func(g shop.Goods) bool {
		short := g.Stock < 5
		return q != "" && !strings.Contains(g.Name+" "+g.Code, q) || state == "on" && !g.Active || state == "off" && g.Active || state == "short" && (!short || !g.Active)
	})
}

var goodsHeads = []sheetfile.Head{{Title: "编号"}, {Title: "物品", Width: 24}, {Title: "单位"}, {Title: "一份几分"}, {Title: "库存"}, {Title: "状态"}, {Title: "照片"}}

// GoodsExport is the list as it is filtered, as a sheet.
func (s *Room) GoodsExport(c echo.Context) error {
	all, err := s.Shop.Goods(c.Request().Context(), visit.Who(c), true)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, g := range asked(c, all) {
		state, photo := "在换", "有"
		if !g.Active {
			state = "停换"
		}
		if g.Photo == nil {
			photo = "没有"
		}
		rows = append(rows, []any{g.Code, g.Name, g.Unit, g.Price, g.Stock, state, photo})
	}
	return shell.SendSheet(c, "兑换物资", "兑换物资", goodsHeads, rows)
}

// GoodsTags is shelf tags to print: of the things chosen, or of all on offer.
func (s *Room) GoodsTags(c echo.Context) error {
	var ids []uuid.UUID
	for _, v := range c.QueryParams()["goods"] {
		id, err := uuid.Parse(v)
		if err != nil {
			return fault.ErrNotFound
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 && c.QueryParam("picked") != "" {
		return visit.Refused(c, "/goods", passbook.ErrNoPick)
	}
	pdf, missing, err := s.Passbooks.Tags(c.Request().Context(), visit.Who(c), ids)
	if errors.Is(err, passbook.ErrNoGoods) {
		return visit.Refused(c, "/goods", err)
	}
	return shell.SendPDF(c, "价签", pdf, missing, err)
}

// GoodsPhotoDrop takes a thing's photo away.
func (s *Room) GoodsPhotoDrop(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	at := "/goods/" + id.String()
	if _, err = s.Shop.DropPhoto(c.Request().Context(), visit.Who(c), id); err != nil {
		return visit.Refused(c, at, err)
	}
	return visit.DoneUndo(c, at, "照片已撤下", at+"/photo/back")
}

// GoodsPhotoBack shows the photo again that was taken away.
func (s *Room) GoodsPhotoBack(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	at := "/goods/" + id.String()
	if _, err = s.Shop.PutPhotoBack(c.Request().Context(), visit.Who(c), id); err != nil {
		return visit.Refused(c, at, err)
	}
	return visit.Done(c, at, "照片已放回")
}

// GoodsPicture shows a thing's photo to everybody of the village.
func (s *Room) GoodsPicture(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	p, err := s.Evidence.ReadShown(ctx, visit.Who(c), shop.PhotoOf(ctx, id))
	if err != nil {
		return err
	}
	return shell.SendPhoto(c, p)
}

// pictured is the address of a thing's small photo; "" where it has none.
func pictured(g shop.Goods) string {
	if g.Photo == nil {
		return ""
	}
	return "/goods/" + g.ID.String() + "/photo?thumb=1"
}

// goodsForm is a thing as the form has it: texts, so that nothing typed is lost.
type goodsForm struct {
	kit.StaffPage
	ID                             uuid.UUID
	Code, Name, Unit, Price, Stock string
	Active                         bool
	Version                        int
	Photo                          string   // of the thing as it is
	Before                         bool     // one was taken away that can be put back
	Kept                           []string // photos of a try that was refused
	Errors                         kit.Errors
}

// GoodsNew asks for a new thing.
func (s *Room) GoodsNew(c echo.Context) error {
	return visit.Render(c, http.StatusOK, goodsEdit(goodsForm{StaffPage: s.Staff(c, "goods", "上架新物资"), Active: true}))
}

// GoodsEdit shows a thing for changing.
func (s *Room) GoodsEdit(c echo.Context) error {
	g, err := s.goods(c)
	if err != nil {
		return err
	}
	p := goodsForm{StaffPage: s.Staff(c, "goods", g.Name), ID: g.ID, Code: g.Code, Name: g.Name, Unit: g.Unit,
		Price: strconv.Itoa(g.Price), Stock: strconv.Itoa(g.Stock), Active: g.Active, Version: g.Version, Photo: pictured(g)}
	if g.Photo == nil {
		if p.Before, err = s.Shop.PhotoBefore(c.Request().Context(), visit.Who(c), g.ID); err != nil {
			return err
		}
	}
	return visit.Render(c, http.StatusOK, goodsEdit(p))
}

// goods finds the thing of the path.
func (s *Room) goods(c echo.Context) (shop.Goods, error) {
	id, err := visit.ID(c, "id")
	if err != nil {
		return shop.Goods{}, err
	}
	all, err := s.Shop.Goods(c.Request().Context(), visit.Who(c), true)
	for _, g := range all {
		if g.ID == id {
			return g, nil
		}
	}
	if err == nil {
		err = fault.ErrNotFound
	}
	return shop.Goods{}, err
}

// GoodsAdd puts a new thing on offer.
func (s *Room) GoodsAdd(c echo.Context) error { return s.saveGoods(c, shop.Goods{}) }

// GoodsSave changes a thing.
func (s *Room) GoodsSave(c echo.Context) error {
	g, err := s.goods(c)
	if err != nil {
		return err
	}
	return s.saveGoods(c, shop.Goods{ID: g.ID, Photo: g.Photo})
}

func (s *Room) saveGoods(c echo.Context, g shop.Goods) error {
	price, bad1 := visit.Int(c, "price", 0)
	stock, bad2 := visit.Int(c, "stock", 0)
	version, bad3 := visit.Int(c, "version", 0)
	was := pictured(g)
	g.Photo = nil
	photos, err := s.TakePhotos(c)
	if err == nil {
		err = fault.Join(bad1, bad2, bad3)
	}
	if len(photos) > 0 {
		g.Photo = &photos[len(photos)-1]
	}
	if err == nil {
		g.Code, g.Name, g.Unit, g.Active = visit.Text(c, "code"), visit.Text(c, "name"), visit.Text(c, "unit"), c.FormValue("active") != ""
		g.Price, g.Stock, g.Version = price, stock, version
		_, err = s.Shop.Save(c.Request().Context(), visit.Who(c), g)
	}
	switch {
	case visit.Correctable(err):
		p := goodsForm{StaffPage: s.Staff(c, "goods", "兑换物资"), ID: g.ID, Code: c.FormValue("code"), Name: c.FormValue("name"), Unit: c.FormValue("unit"),
			Price: c.FormValue("price"), Stock: c.FormValue("stock"), Active: c.FormValue("active") != "", Version: version, Photo: was, Errors: kit.ErrorsOf(err)}
		for _, id := range photos {
			p.Kept = append(p.Kept, id.String())
		}
		return visit.Render(c, visit.Status(err), goodsEdit(p))
	case err != nil:
		return err
	}
	return visit.Done(c, "/goods", "已保存："+g.Name+"，"+strconv.Itoa(g.Price)+" 分")
}
