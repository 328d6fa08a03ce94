package money

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/budget"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// purchasesPage is what was bought, and the form for one more.
type purchasesPage struct {
	kit.StaffPage
	Rows                              []budget.Purchase
	Query, State, Year, Clear, Export string
	Years                             []kit.Choice
	Kept                              map[string][]string // photos of a try that was refused, by their field
	Goods                             []kit.Choice
	Form                              map[string]string
	Guard                             budget.Guard
	Pager                             kit.PagerProps
	Errors                            kit.Errors
}

var purchaseFields = []string{"goods", "quantity", "supplier", "fen", "bought_on", "receipt", "reason", "supplier-0", "supplier-1", "supplier-2", "yuan-0", "yuan-1", "yuan-2"}

// purchasesOf reads the address of the list.
func purchasesOf(c echo.Context) budget.PurchaseFilter {
	f := budget.PurchaseFilter{Query: strings.TrimSpace(c.QueryParam("q")), Page: visit.Page(c), Year: yearIn(c)}
	if st := c.QueryParam("state"); st == "bought" || st == "stocked" || st == "cancelled" {
		f.State = st
	}
	return f
}

// yearIn is the year of a list's address; what is none narrows nothing.
func yearIn(c echo.Context) int {
	y, err := strconv.Atoi(c.QueryParam("year"))
	if err != nil || y < 2020 || y > 2099 {
		return 0
	}
	return y
}

// years are the last few to choose from.
func (s *Room) years() (all []kit.Choice) {
	for y := s.ThisMonth().Year(); len(all) < 4; y-- {
		all = append(all, kit.Choice{Value: strconv.Itoa(y), Text: strconv.Itoa(y) + " 年"})
	}
	return all
}

var purchaseHeads = []sheetfile.Head{{Title: "采购日期", Width: 12}, {Title: "物品", Width: 20}, {Title: "数量"}, {Title: "商家", Width: 18}, {Title: "金额（元）"}, {Title: "凭据号", Width: 16}, {Title: "采购人"}, {Title: "报价", Width: 40},
	{Title: "没选最低价的原因", Width: 20}, {Title: "状态"}, {Title: "实收"}, {Title: "点收人"}, {Title: "备注", Width: 20}, {Title: "作废原因", Width: 20}, {Title: "报价照片"}, {Title: "收据照片"}}

// PurchaseExport is the list as it is filtered, whole, as a sheet.
func (s *Room) PurchaseExport(c echo.Context) error {
	f := purchasesOf(c)
	var rows [][]any
	for b, err := range page.Rows(func(p page.Page) ([]budget.Purchase, string, error) {
		f.Page = p
		return s.Budget.Bought(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		var quotes []string
		for _, q := range b.Quotes {
			quotes = append(quotes, q.Supplier+" "+yuan(q.Fen))
		}
		state, received := "待点收", any("")
		if b.Received != nil {
			state, received = "已入库", *b.Received
		}
		if b.Cancelled() {
			state = "已作废"
		}
		rows = append(rows, []any{b.BoughtOn.Format(time.DateOnly), b.GoodsName, b.Quantity, b.Supplier, sheetfile.Fen(b.Fen), b.Receipt, b.BuyerName, strings.Join(quotes, "；"), b.Reason, state, received, b.StockedName, b.Remark, b.CancelReason,
			len(b.Photos) - len(b.Receipts), len(b.Receipts)})
	}
	return shell.SendSheet(c, "采购入库", "采购", purchaseHeads, rows)
}

// PurchaseReceipts adds photos of receipts that came later.
func (s *Room) PurchaseReceipts(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err == nil {
		_, err = s.Budget.Purchase(c.Request().Context(), visit.Who(c), id)
	}
	if err != nil {
		return err
	}
	photos, err := s.TakePhotos(c)
	if err == nil {
		err = s.Budget.AddReceipts(c.Request().Context(), visit.Who(c), id, photos)
	}
	if err != nil {
		return visit.Refused(c, "/purchases/"+id.String(), err)
	}
	return visit.Done(c, "/purchases/"+id.String(), "照片已补上")
}

// PurchaseList shows what was bought.
func (s *Room) PurchaseList(c echo.Context) error { return s.purchases(c, nil, nil) }

func (s *Room) purchases(c echo.Context, problem error, kept map[string][]string) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := purchasesPage{StaffPage: s.Staff(c, "purchases", "采购入库"), Form: map[string]string{}, Kept: kept, Years: s.years(), Errors: kit.ErrorsOf(problem)}
	for _, f := range purchaseFields {
		p.Form[f] = c.FormValue(f)
	}
	f := purchasesOf(c)
	p.Query, p.State, p.Export = f.Query, f.State, "/purchases.xlsx?"+c.QueryString()
	if f.Year > 0 {
		p.Year = strconv.Itoa(f.Year)
	}
	if p.Path = "/purchases"; c.QueryString() != "" {
		p.Clear = p.Path
	}
	rows, next, err := s.Budget.Bought(ctx, who, f)
	if err != nil {
		return err
	}
	p.Rows, p.Pager = rows, visit.Pager(c, len(rows), next)
	if p.Goods, err = s.goodsChoices(c); err != nil {
		return err
	}
	if p.Guard, err = s.Budget.Guard(ctx, who); err != nil {
		return err
	}
	return visit.Render(c, statusOf(problem), purchaseList(p))
}

func (s *Room) goodsChoices(c echo.Context) (all []kit.Choice, err error) {
	goods, err := s.Shop.Goods(c.Request().Context(), visit.Who(c), true)
	for _, g := range goods {
		all = append(all, kit.Choice{Value: g.ID.String(), Text: g.Name + "（" + g.Unit + "）"})
	}
	return all, err
}

// PurchaseAdd records a purchase.
func (s *Room) PurchaseAdd(c echo.Context) error {
	id, err := visit.FormID(c, "goods")
	if err != nil {
		return err
	}
	quantity, bad1 := visit.Int(c, "quantity", 0)
	fen, ok := fenOf(c.FormValue("fen"))
	on, bad2 := visit.Day(c, "bought_on")
	faults := []*fault.Error{fault.When(id == uuid.Nil, shop.ErrOffer), bad1, bad2, fault.When(!ok, errMoney.On("fen"))}
	p := budget.Purchase{GoodsID: id, Quantity: quantity, Supplier: visit.Text(c, "supplier"), Fen: fen, BoughtOn: on, Receipt: visit.Text(c, "receipt"), Reason: visit.Text(c, "reason")}
	kept := map[string][]string{}
	var bad error
	take := func(field, stay string) (ids []uuid.UUID) {
		ids, err := s.TakePhotosOf(c, field, stay)
		if err != nil && bad == nil {
			bad = err
		}
		for _, id := range ids {
			kept[stay] = append(kept[stay], id.String())
		}
		return ids
	}
	p.Receipts = take("photo", "evidence")
	for i := range 3 {
		fen, ok := fenOf(c.FormValue("yuan-" + strconv.Itoa(i)))
		faults = append(faults, fault.When(!ok, errMoney.On("yuan-"+strconv.Itoa(i))))
		q := budget.Quote{Supplier: c.FormValue("supplier-" + strconv.Itoa(i)), Fen: fen}
		if ids := take("photo-"+strconv.Itoa(i), "evidence-"+strconv.Itoa(i)); len(ids) > 0 {
			q.Photo = &ids[0]
		}
		p.Quotes = append(p.Quotes, q)
	}
	if err = bad; err == nil {
		err = fault.Join(faults...)
	}
	if err == nil {
		p, err = s.Budget.Buy(c.Request().Context(), visit.Who(c), p)
	}
	switch {
	case visit.Correctable(err):
		return s.purchases(c, err, kept)
	case err != nil:
		return err
	}
	return visit.Done(c, "/purchases/"+p.ID.String(), "已记下，请另一个人点收入库")
}

// purchasePage is one purchase.
type purchasePage struct {
	kit.StaffPage
	budget.Purchase
	Mine             bool
	Received, Remark string
	Errors           kit.Errors
}

// PurchaseShow shows one purchase, with the form to count it in.
func (s *Room) PurchaseShow(c echo.Context) error { return s.purchase(c, nil) }

func (s *Room) purchase(c echo.Context, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := purchasePage{StaffPage: s.Staff(c, "purchases", "采购入库"), Received: c.FormValue("received"), Errors: kit.ErrorsOf(problem)}
	if p.Purchase, err = s.Budget.Purchase(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	p.Remark, p.Mine = c.FormValue("remark"), p.Buyer == visit.Who(c).Account
	return visit.Render(c, statusOf(problem), purchaseShow(p))
}

// PurchaseStockIn counts it in.
func (s *Room) PurchaseStockIn(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	n, bad := visit.Int(c, "received", -1)
	if err = fault.Join(bad); err == nil {
		_, err = s.Budget.StockIn(c.Request().Context(), visit.Who(c), id, n, c.FormValue("remark"))
	}
	switch {
	case visit.Correctable(err):
		return s.purchase(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/purchases/"+id.String(), "已入库")
}

// PurchaseCancel takes back what should not have been written down.
func (s *Room) PurchaseCancel(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Budget.CancelPurchase(c.Request().Context(), visit.Who(c), id, c.FormValue("reason")); err != nil {
		return visit.Refused(c, "/purchases/"+id.String(), err)
	}
	return visit.Done(c, "/purchases/"+id.String(), "已作废，不再计入已采购的钱")
}
