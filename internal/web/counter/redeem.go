package counter

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/passbook"
	"cunfen/internal/pg"
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// deskFindPage is the redemption desk before a household stands at it.
type deskFindPage struct {
	kit.StaffPage
	Query   string
	Homes   []household.Line
	Today   []shop.Redemption
	Points  int  // redeemed today
	More    bool // than are shown
	Windows []shop.Window
	Line    []shop.Ticket
	Day     time.Time
	Notes   []shop.Note // taken down without network
	Answers string
}

// passbookInCode is the passbook number in what a scanner reads off a card: the number itself, or an address
// that ends in it.
func passbookInCode(q string) string {
	q = strings.TrimSpace(q)
	if strings.Contains(q, "://") {
		q = q[strings.LastIndexAny(q, "/=")+1:]
	}
	return q
}

// RedeemFind finds the household that has come to the desk, and shows what was handed out today. Six digits
// are a pick-up code and lead to what was set aside.
func (s *Room) RedeemFind(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := deskFindPage{StaffPage: s.Staff(c, "redeem", "积分兑换"), Query: passbookInCode(c.QueryParam("q")), Day: month.Date(s.DB.Now())}
	if to, err := s.scanned(c); err != nil || to != "" {
		if err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, to)
	}
	var err error
	if p.Query != "" {
		if len(p.Query) == 6 && strings.Trim(p.Query, "0123456789") == "" {
			found, _, err := s.Shop.Orders(ctx, who, shop.OrderFilter{Code: p.Query})
			if err != nil {
				return err
			}
			if len(found) == 1 {
				return c.Redirect(http.StatusSeeOther, "/orders/"+found[0].ID.String())
			}
		}
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
	if p.Windows, err = s.Shop.Windows(ctx, who); err != nil {
		return err
	}
	if p.Line, err = s.Shop.Tickets(ctx, who); err != nil {
		return err
	}
	if p.Notes, _, err = s.Shop.Notes(ctx, who, shop.NoteFilter{State: "open", Page: page.Page{Limit: 20}}); err != nil {
		return err
	}
	p.Offline, p.Answers = who.Account.String(), shell.Answers(c, s.Group, group.RedemptionLink)
	return visit.Render(c, http.StatusOK, deskFind(p))
}

// scanned is where what a scanner typed leads at the desk: the household of a card, a door plate, a passbook or one
// of its lines, or the thing of a shelf tag. "" where nothing of ours was read; what is unknown here is searched as it is.
func (s *Room) scanned(c echo.Context) (string, error) {
	m := passbook.ReadMark(c.QueryParam("q"))
	if m.None() {
		return "", nil
	}
	f, err := s.Passbooks.Scan(c.Request().Context(), visit.Who(c), m)
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return "", nil
	case err != nil:
		return "", err
	case f.Goods != uuid.Nil:
		return "/goods/" + f.Goods.String(), nil
	case f.Line > 0:
		return fmt.Sprintf("/redeem/%s?line=%d", f.Household, f.Line), nil
	}
	return "/redeem/" + f.Household.String(), nil
}

// redeemPage is a household at the desk: what it can have, and the form for the things chosen.
type redeemPage struct {
	kit.StaffPage
	Home    household.Household
	Balance ledger.Balance
	Goods   []shop.Goods
	Chosen  []chosen
	Orders  []shop.Reservation // waiting to be fetched
	Case    *shop.Mismatch     // open about the passbook
	Form    signingForm
	Errors  kit.Errors
	Today   time.Time
	Query   string // a thing that was scanned or searched for
	Scanned string // the line of the passbook whose code was read
}

// chosen is a thing in hand and how many of it, as it was typed.
type chosen struct {
	shop.Goods
	Quantity string
}

// signingForm is how the receiving was filled in.
type signingForm struct {
	Passbook, Receiver, Relation, Authority string
	OnPaper, Delivered                      bool
}

func signingFormOf(c echo.Context) signingForm {
	return signingForm{Passbook: c.FormValue("passbook"), Receiver: c.FormValue("receiver"), Relation: c.FormValue("relation"), Authority: c.FormValue("authority"),
		OnPaper: c.FormValue("on_paper") != "", Delivered: c.FormValue("delivered") != ""}
}

// RedeemForm shows what the household can have; each ?goods= opens the form for one thing more.
func (s *Room) RedeemForm(c echo.Context) error { return s.redeeming(c, nil) }

// Redeem hands the goods out.
func (s *Room) Redeem(c echo.Context) error {
	id, items, err := itemsOf(c)
	var sign shop.Signing
	if err == nil {
		sign, err = signingOf(c)
	}
	if err == nil {
		var all []shop.Redemption
		if all, err = s.Shop.HandOut(c.Request().Context(), visit.Who(c), id, items, sign); err == nil {
			return visit.Done(c, "/redemptions/"+all[0].ID.String(), "已办理，请补登存折")
		}
	}
	if visit.Correctable(err) {
		return s.redeeming(c, err)
	}
	return err
}

// RedeemReserve sets the goods aside for the household instead of handing them out now.
func (s *Room) RedeemReserve(c echo.Context) error {
	id, items, err := itemsOf(c)
	if err == nil {
		var r shop.Reservation
		if r, err = s.Shop.Reserve(c.Request().Context(), visit.Who(c), id, items); err == nil {
			return visit.Done(c, "/orders/"+r.ID.String(), "已预留，取货码 "+r.Code)
		}
	}
	if visit.Correctable(err) {
		return s.redeeming(c, err)
	}
	return err
}

// RedeemDiffer records that the passbook truly says something else than the ledger.
func (s *Room) RedeemDiffer(c echo.Context) error {
	id, err := visit.ID(c, "household")
	if err != nil {
		return err
	}
	paper, bad := visit.Int(c, "passbook", 0)
	if visit.Text(c, "passbook") == "" || bad != nil {
		return s.redeeming(c, shop.ErrBalanceNum)
	}
	m, err := s.Shop.Differ(c.Request().Context(), visit.Who(c), id, int64(paper))
	if visit.Correctable(err) {
		return s.redeeming(c, err)
	}
	if err != nil {
		return err
	}
	return visit.Done(c, "/mismatches/"+m.ID.String(), "已登记对账；两人签字确认以前，这一户先不兑换")
}

// itemsOf reads the things of the form. Points come from the shop's own price; the one that was seen only guards it.
func itemsOf(c echo.Context) (id uuid.UUID, items []shop.Item, err error) {
	if id, err = visit.ID(c, "household"); err != nil {
		return id, nil, err
	}
	items, err = basketOf(c)
	return id, items, err
}

func basketOf(c echo.Context) (items []shop.Item, err error) {
	goods, err := visit.FormIDs(c, "goods")
	if err != nil {
		return nil, err
	}
	form, err := c.FormParams()
	if err != nil {
		return nil, fault.ErrInvalid
	}
	if len(goods) == 0 || len(form["quantity"]) != len(goods) || len(form["price"]) != len(goods) {
		return nil, shop.ErrOffer
	}
	for i, g := range goods {
		quantity, bad := strconv.Atoi(strings.TrimSpace(form["quantity"][i]))
		if bad != nil {
			return nil, shop.ErrQuantity
		}
		price, bad := strconv.Atoi(form["price"][i])
		if bad != nil {
			return nil, shop.ErrOffer
		}
		items = append(items, shop.Item{Goods: g, Quantity: quantity, Price: price})
	}
	return items, nil
}

func signingOf(c echo.Context) (sign shop.Signing, err error) {
	passbook, bad := visit.Int(c, "passbook", 0)
	if visit.Text(c, "passbook") == "" || bad != nil {
		return sign, shop.ErrBalanceNum
	}
	sign = shop.Signing{Passbook: int64(passbook), Receiver: visit.Text(c, "receiver"), Relation: visit.Text(c, "relation"), Authority: visit.Text(c, "authority"),
		OnPaper: c.FormValue("on_paper") != "", Delivered: c.FormValue("delivered") != "", Handed: visit.QueuedAt(c)}
	sign.Signature, err = shell.Drawn(c, "signature")
	return sign, err
}

func (s *Room) redeeming(c echo.Context, problem error) error {
	id, err := visit.ID(c, "household")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := redeemPage{StaffPage: s.Staff(c, "redeem", "办理兑换"), Errors: kit.ErrorsOf(problem), Today: month.Date(s.DB.Now()), Form: signingFormOf(c)}
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
	if p.Orders, _, err = s.Shop.Orders(ctx, who, shop.OrderFilter{Household: id, State: shop.OrderHeld}); err != nil {
		return err
	}
	cases, _, err := s.Shop.Mismatches(ctx, who, shop.CaseFilter{Household: id, State: "open"})
	if err != nil {
		return err
	}
	if len(cases) > 0 {
		p.Case = &cases[0]
	}
	form, err := c.FormParams()
	if err != nil {
		return fault.ErrInvalid
	}
	p.Chosen = choose(p.Goods, form["goods"], form["quantity"])
	if n, err := strconv.Atoi(c.QueryParam("line")); err == nil && n > 0 {
		p.Scanned = strconv.Itoa(n)
	}
	if p.Query = visit.Text(c, "q"); p.Query != "" {
		q := p.Query
		if m := passbook.ReadMark(q); m.Goods != "" {
			q = m.Goods
		}
		if g := theOne(p.Goods, q); g != nil && p.most(*g) > 0 {
			return c.Redirect(http.StatusSeeOther, p.basket(uuid.Nil, g.ID))
		}
		p.Goods = slices.DeleteFunc(p.Goods, func(g shop.Goods) bool { return !strings.Contains(g.Name+" "+g.Code, q) })
	}
	return visit.Render(c, visit.Status(problem), redeemShow(p))
}

// theOne is the thing of this code, or the only one of this name.
func theOne(goods []shop.Goods, q string) *shop.Goods {
	for i, g := range goods {
		if g.Code == q || g.Name == q {
			return &goods[i]
		}
	}
	return nil
}

// choose finds the things chosen, each once, in the order of choosing.
func choose(goods []shop.Goods, ids, quantities []string) (all []chosen) {
	for i, id := range ids {
		for _, g := range goods {
			if g.ID.String() == id && !slices.ContainsFunc(all, func(c chosen) bool { return c.ID == g.ID }) {
				quantity := "1"
				if i < len(quantities) {
					quantity = quantities[i]
				}
				all = append(all, chosen{g, quantity})
			}
		}
	}
	return all
}

// basket is the page's address with these things chosen.
func (p redeemPage) basket(without, with uuid.UUID) string {
	q := url.Values{}
	for _, c := range p.Chosen {
		if c.ID != without {
			q.Add("goods", c.ID.String())
		}
	}
	if with != uuid.Nil {
		q.Add("goods", with.String())
	}
	if len(q) == 0 {
		return p.Path
	}
	return p.Path + "?" + q.Encode() + "#order"
}

// keep is the things in hand, for the address of a search.
func (p redeemPage) keep() (all [][2]string) {
	for _, c := range p.Chosen {
		all = append(all, [2]string{"goods", c.ID.String()})
	}
	return all
}

func (p redeemPage) inHand(g shop.Goods) bool {
	return slices.ContainsFunc(p.Chosen, func(c chosen) bool { return c.ID == g.ID })
}

// most is how many of a thing the household can have.
func (p redeemPage) most(g shop.Goods) int {
	return max(0, min(g.Stock, int(p.Balance.Usable())/g.Price))
}
