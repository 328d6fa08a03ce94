package counter

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// goodsPage is the village's goods with their prices.
type goodsPage struct {
	kit.StaffPage
	Goods   []shop.Goods
	Off     int // not offered now
	Answers string
}

// GoodsList shows what is offered, and what is not offered now.
func (s *Room) GoodsList(c echo.Context) error {
	all, err := s.Shop.Goods(c.Request().Context(), visit.Who(c), true)
	if err != nil {
		return err
	}
	p := goodsPage{StaffPage: s.Staff(c, "goods", "兑换物资"), Goods: all, Answers: shell.Answers(c, s.Group, group.GoodsLink)}
	for _, g := range all {
		if !g.Active {
			p.Off++
		}
	}
	return visit.Render(c, http.StatusOK, goodsList(p))
}

// goodsForm is a thing as the form has it: texts, so that nothing typed is lost.
type goodsForm struct {
	kit.StaffPage
	ID                             uuid.UUID
	Code, Name, Unit, Price, Stock string
	Active                         bool
	Version                        int
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
	return visit.Render(c, http.StatusOK, goodsEdit(goodsForm{StaffPage: s.Staff(c, "goods", g.Name), ID: g.ID, Code: g.Code, Name: g.Name, Unit: g.Unit,
		Price: strconv.Itoa(g.Price), Stock: strconv.Itoa(g.Stock), Active: g.Active, Version: g.Version}))
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
	return s.saveGoods(c, shop.Goods{ID: g.ID})
}

func (s *Room) saveGoods(c echo.Context, g shop.Goods) error {
	price, bad1 := visit.Int(c, "price", 0)
	stock, bad2 := visit.Int(c, "stock", 0)
	version, bad3 := visit.Int(c, "version", 0)
	err := fault.Join(bad1, bad2, bad3)
	if err == nil {
		g.Code, g.Name, g.Unit, g.Active = visit.Text(c, "code"), visit.Text(c, "name"), visit.Text(c, "unit"), c.FormValue("active") != ""
		g.Price, g.Stock, g.Version = price, stock, version
		_, err = s.Shop.Save(c.Request().Context(), visit.Who(c), g)
	}
	switch {
	case visit.Correctable(err):
		p := goodsForm{StaffPage: s.Staff(c, "goods", "兑换物资"), ID: g.ID, Code: c.FormValue("code"), Name: c.FormValue("name"), Unit: c.FormValue("unit"),
			Price: c.FormValue("price"), Stock: c.FormValue("stock"), Active: c.FormValue("active") != "", Version: version, Errors: kit.ErrorsOf(err)}
		return visit.Render(c, visit.Status(err), goodsEdit(p))
	case err != nil:
		return err
	}
	return visit.Done(c, "/goods", "已保存："+g.Name+"，"+strconv.Itoa(g.Price)+" 分")
}
