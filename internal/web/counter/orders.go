package counter

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/ledger"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/sheetfile"
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// ordersPage is what is set aside, at the desk.
type ordersPage struct {
	kit.StaffPage
	Rows   []shop.Reservation
	Query  string
	State  string
	Pager  kit.PagerProps
	Export string
	Clear  string
	way
}

// way is where a list of the desk's leads back to.
type way struct{ Back, BackTo string }

// wayBack is the desk, or for whoever does not hand out what was.
func (s *Room) wayBack(c echo.Context) way {
	if s.May(c, authz.RedemptionMake) {
		return way{"/redeem", "兑换台"}
	}
	return way{"/redemptions", "兑换记录"}
}

func (s *Room) orderFilter(c echo.Context) shop.OrderFilter {
	f := shop.OrderFilter{Page: visit.Page(c), Code: strings.TrimSpace(c.QueryParam("q"))}
	if st := shop.OrderState(c.QueryParam("state")); st.Chinese() != "" {
		f.State = st
	}
	return f
}

// OrderList shows what is set aside and what became of it.
func (s *Room) OrderList(c echo.Context) error {
	f := s.orderFilter(c)
	rows, next, err := s.Shop.Orders(c.Request().Context(), visit.Who(c), f)
	if err != nil {
		return err
	}
	p := ordersPage{StaffPage: s.Staff(c, "redeem", "预留的物资"), Rows: rows, Query: f.Code, State: string(f.State), Pager: visit.Pager(c, len(rows), next),
		Export: "/orders.xlsx?" + c.QueryString()}
	p.way = s.wayBack(c)
	if c.QueryString() != "" {
		p.Clear = "/orders"
	}
	return visit.Render(c, http.StatusOK, orderList(p))
}

var orderHeads = []sheetfile.Head{{Title: "取货码"}, {Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "物品", Width: 30}, {Title: "用分"}, {Title: "预留时间", Width: 17},
	{Title: "有效到", Width: 17}, {Title: "状态"}, {Title: "预留人"}, {Title: "取消原因", Width: 24}}

// OrderExport is the list as it is filtered, whole, as a sheet.
func (s *Room) OrderExport(c echo.Context) error {
	f := s.orderFilter(c)
	var rows [][]any
	for o, err := range page.Rows(func(p page.Page) ([]shop.Reservation, string, error) {
		f.Page = p
		return s.Shop.Orders(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{o.Code, o.Door, o.Head, orderText(o), o.Points, o.MadeAt, o.ExpiresAt, o.State.Chinese(), o.MadeByName, o.CloseReason})
	}
	return shell.SendSheet(c, "预留"+s.ThisMonth().Chinese(), "预留", orderHeads, rows)
}

// orderPage is one order at the desk.
type orderPage struct {
	kit.StaffPage
	shop.Reservation
	Form   signingForm
	Makes  bool // the person hands out
	Errors kit.Errors
	Slip   []shop.Redemption
}

// OrderShow shows one order, with the form to hand it over.
func (s *Room) OrderShow(c echo.Context) error { return s.ordering(c, nil) }

func (s *Room) ordering(c echo.Context, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := orderPage{StaffPage: s.Staff(c, "redeem", "预留的物资"), Form: signingFormOf(c), Makes: s.May(c, authz.RedemptionMake), Errors: kit.ErrorsOf(problem)}
	p.Path = "/orders/" + id.String()
	if p.Reservation, err = s.Shop.Order(ctx, who, id); err != nil {
		return err
	}
	if p.State == shop.OrderFulfilled {
		if p.Slip, err = s.Shop.Slip(ctx, who, id); err != nil {
			return err
		}
	}
	return visit.Render(c, visit.Status(problem), orderShow(p))
}

// OrderFulfil hands over what was set aside.
func (s *Room) OrderFulfil(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	sign, err := signingOf(c)
	if err == nil {
		var all []shop.Redemption
		if all, err = s.Shop.Fulfil(c.Request().Context(), visit.Who(c), id, sign); err == nil {
			return visit.Done(c, "/redemptions/"+all[0].ID.String(), "已领取，请补登存折")
		}
	}
	if visit.Correctable(err) && !visit.Queued(c) {
		return s.ordering(c, err)
	}
	return err
}

// OrderCancel gives points and goods back.
func (s *Room) OrderCancel(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	r, err := s.Shop.CancelOrder(c.Request().Context(), visit.Who(c), id, visit.Text(c, "reason"))
	if err != nil {
		return visit.Refused(c, "/orders/"+id.String(), err)
	}
	return visit.Done(c, "/orders", r.Head+"家的预留已取消，"+strconv.Itoa(r.Points)+" 分已经放开")
}

// myOrdersPage is a household's own reservations.
type myOrdersPage struct {
	kit.PhonePage
	Rows    []shop.Reservation
	Windows []shop.Window
	Pager   kit.PagerProps
}

// MyOrders lists what the household has set aside.
func (s *Room) MyOrders(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	p := myOrdersPage{PhonePage: s.Phone(c, "home", "我的预留")}
	p.Back = "/goods/list"
	var err error
	var next string
	if p.Rows, next, err = s.Shop.Orders(ctx, who, shop.OrderFilter{Household: who.Household, Page: visit.Page(c)}); err != nil {
		return err
	}
	p.Pager = visit.Pager(c, len(p.Rows), next)
	if p.Windows, err = s.Shop.Windows(ctx, who); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, myOrders(p))
}

// myOrderPage is one thing being set aside, or one order.
type myOrderPage struct {
	kit.PhonePage
	Goods    shop.Goods
	Quantity string
	Usable   int
	Why      string
	Order    shop.Reservation
	Windows  []shop.Window
	Errors   kit.Errors
}

// MyOrderNew asks how many of a thing to set aside.
func (s *Room) MyOrderNew(c echo.Context) error { return s.reserving(c, nil) }

func (s *Room) reserving(c echo.Context, problem error) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	id, err := visit.FormID(c, "goods")
	if err != nil {
		return err
	}
	p := myOrderPage{PhonePage: s.Phone(c, "home", "预留物品"), Quantity: c.FormValue("quantity"), Errors: kit.ErrorsOf(problem)}
	p.Back, p.Path = "/goods/list", "/my/orders/new?goods="+id.String()
	if p.Quantity == "" {
		p.Quantity = "1"
	}
	all, err := s.Shop.Goods(ctx, who, false)
	if err != nil {
		return err
	}
	for _, g := range all {
		if g.ID == id {
			p.Goods = g
		}
	}
	if p.Goods.ID == uuid.Nil {
		return fault.ErrNotFound
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		b, err := ledger.BalanceOf(ctx, tx, who.Household)
		p.Usable, p.Why = int(b.Usable()), b.Why()
		return err
	})
	if err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), myOrderNew(p))
}

// MyOrderAdd sets the thing aside.
func (s *Room) MyOrderAdd(c echo.Context) error {
	who := visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	items, err := basketOf(c)
	if err == nil {
		var r shop.Reservation
		if r, err = s.Shop.Reserve(c.Request().Context(), who, who.Household, items); err == nil {
			return visit.Done(c, "/my/orders/"+r.ID.String(), "已预留，取货码 "+r.Code)
		}
	}
	if visit.Correctable(err) {
		return s.reserving(c, err)
	}
	return err
}

// myOrder reads the order of the path, which is the own household's.
func (s *Room) myOrder(c echo.Context) (r shop.Reservation, err error) {
	id, err := visit.ID(c, "id")
	if err != nil {
		return r, err
	}
	r, err = s.Shop.Order(c.Request().Context(), visit.Who(c), id)
	if err == nil && r.HouseholdID != visit.Who(c).Household {
		err = fault.ErrNotFound
	}
	return r, err
}

// MyOrderShow shows the pick-up code.
func (s *Room) MyOrderShow(c echo.Context) error {
	p := myOrderPage{PhonePage: s.Phone(c, "home", "我的预留")}
	p.Back = "/my/orders"
	var err error
	if p.Order, err = s.myOrder(c); err != nil {
		return err
	}
	if p.Windows, err = s.Shop.Windows(c.Request().Context(), visit.Who(c)); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, myOrderShow(p))
}

// MyOrderCancel gives it back.
func (s *Room) MyOrderCancel(c echo.Context) error {
	r, err := s.myOrder(c)
	if err == nil {
		_, err = s.Shop.CancelOrder(c.Request().Context(), visit.Who(c), r.ID, "住户取消")
	}
	if err != nil {
		return visit.Refused(c, "/my/orders", err)
	}
	return visit.Done(c, "/my/orders", "已取消，"+strconv.Itoa(r.Points)+" 分又可以用了")
}
