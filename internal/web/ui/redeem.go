package ui

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// deskFindPage is the redemption desk before a household stands at it.
type deskFindPage struct {
	kit.StaffPage
	Query  string
	Homes  []household.Line
	Today  []shop.Redemption
	Points int  // redeemed today
	More   bool // than are shown
}

// RedeemFind finds the household that has come to the desk, and shows what was handed out today.
func (s *Site) RedeemFind(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := deskFindPage{StaffPage: s.staff(c, "redeem", "积分兑换"), Query: strings.TrimSpace(c.QueryParam("q"))}
	var err error
	if p.Query != "" {
		if p.Homes, _, err = s.Households.List(ctx, who, household.Filter{Search: p.Query, Page: page.Page{Limit: 20}}); err != nil {
			return err
		}
	}
	today, next, err := s.Shop.List(ctx, who, shop.Filter{Day: s.DB.Now(), Page: page.Page{Limit: page.Most}})
	if err != nil {
		return err
	}
	for _, r := range today {
		if r.CancelledAt == nil {
			p.Points += r.Points
		}
	}
	p.Today, p.More = today, next != ""
	return visit.Render(c, http.StatusOK, deskFind(p))
}

// redeemPage is a household at the desk: what it can have, and the form for the thing chosen.
type redeemPage struct {
	kit.StaffPage
	Home    household.Household
	Balance ledger.Balance
	Goods   []shop.Goods
	Chosen  *shop.Goods
	Form    order
	Errors  kit.Errors
	Today   time.Time
}

// order is the form as it was filled in.
type order struct {
	Quantity, Passbook, Receiver string
	OnPaper                      bool
}

// RedeemForm shows what the household can have; ?goods= opens the form for one thing.
func (s *Site) RedeemForm(c echo.Context) error { return s.redeeming(c, nil) }

// Redeem hands the goods out.
func (s *Site) Redeem(c echo.Context) error {
	o, err := orderOf(c)
	if err == nil {
		var r shop.Redemption
		if r, err = s.Shop.Redeem(c.Request().Context(), visit.Who(c), o); err == nil {
			return visit.Done(c, "/redemptions/"+r.ID.String(), "已办理，请补登存折")
		}
	}
	if visit.Correctable(err) {
		return s.redeeming(c, err)
	}
	return err
}

// orderOf reads the form. Points come from the shop's own price; the one that the clerk saw only guards it.
func orderOf(c echo.Context) (o shop.Order, err error) {
	if o.Household, err = visit.ID(c, "household"); err != nil {
		return o, err
	}
	if o.Goods, err = visit.FormID(c, "goods"); err != nil {
		return o, err
	}
	if o.Goods == uuid.Nil {
		return o, shop.ErrOffer
	}
	quantity, bad1 := visit.Int(c, "quantity", 0)
	price, bad2 := visit.Int(c, "price", 0)
	passbook, bad3 := visit.Int(c, "passbook", 0)
	if trim(c, "passbook") == "" || bad3 != nil {
		bad3 = shop.ErrBalanceNum
	}
	if err := fault.Join(bad1, bad2, bad3); err != nil {
		return o, err
	}
	o.Quantity, o.Price, o.Passbook = quantity, price, int64(passbook)
	o.Receiver, o.OnPaper = trim(c, "receiver"), c.FormValue("on_paper") != ""
	o.Signature, err = drawn(c, "signature")
	return o, err
}

func (s *Site) redeeming(c echo.Context, problem error) error {
	id, err := visit.ID(c, "household")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := redeemPage{StaffPage: s.staff(c, "redeem", "办理兑换"), Errors: kit.ErrorsOf(problem), Today: month.Date(s.DB.Now()),
		Form: order{Quantity: c.FormValue("quantity"), Passbook: c.FormValue("passbook"), Receiver: c.FormValue("receiver"), OnPaper: c.FormValue("on_paper") != ""}}
	p.Path = "/redeem/" + id.String()
	if p.Home, err = s.Households.Show(ctx, who, id); err != nil {
		return err
	}
	if p.Home.State == household.Left {
		return visit.Refused(c, "/redeem", household.ErrLeft)
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		p.Balance, err = ledger.BalanceOf(ctx, tx, id)
		return err
	})
	if err != nil {
		return err
	}
	if p.Goods, err = s.Shop.Goods(ctx, who, false); err != nil {
		return err
	}
	for i, g := range p.Goods {
		if g.ID.String() == c.FormValue("goods") {
			p.Chosen = &p.Goods[i]
		}
	}
	status := http.StatusOK
	if problem != nil {
		status = visit.Status(problem)
	}
	return visit.Render(c, status, redeemShow(p))
}

// most is how many of a thing the household can have.
func (p redeemPage) most(g shop.Goods) int {
	return max(0, min(g.Stock, int(p.Balance.Usable())/g.Price))
}
