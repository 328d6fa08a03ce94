package money

import (
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/budget"
	"cunfen/internal/fault"
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// purchasesPage is what was bought, and the form for one more.
type purchasesPage struct {
	kit.StaffPage
	Rows   []budget.Purchase
	Goods  []kit.Choice
	Form   map[string]string
	Guard  budget.Guard
	Pager  kit.PagerProps
	Errors kit.Errors
}

var purchaseFields = []string{"goods", "quantity", "supplier", "fen", "bought_on", "receipt", "reason", "supplier-0", "supplier-1", "supplier-2", "yuan-0", "yuan-1", "yuan-2"}

// PurchaseList shows what was bought.
func (s *Room) PurchaseList(c echo.Context) error { return s.purchases(c, nil) }

func (s *Room) purchases(c echo.Context, problem error) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := purchasesPage{StaffPage: s.Staff(c, "purchases", "采购入库"), Form: map[string]string{}, Errors: kit.ErrorsOf(problem)}
	for _, f := range purchaseFields {
		p.Form[f] = c.FormValue(f)
	}
	rows, next, err := s.Budget.Purchases(ctx, who, visit.Page(c))
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
	for i := range 3 {
		fen, ok := fenOf(c.FormValue("yuan-" + strconv.Itoa(i)))
		faults = append(faults, fault.When(!ok, errMoney.On("yuan-"+strconv.Itoa(i))))
		p.Quotes = append(p.Quotes, budget.Quote{Supplier: c.FormValue("supplier-" + strconv.Itoa(i)), Fen: fen})
	}
	if err = fault.Join(faults...); err == nil {
		p, err = s.Budget.Buy(c.Request().Context(), visit.Who(c), p)
	}
	switch {
	case visit.Correctable(err):
		return s.purchases(c, err)
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
