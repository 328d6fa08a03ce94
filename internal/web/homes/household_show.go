package homes

import (
	"maps"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/shop"
	"cunfen/internal/tenure"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// householdPage is one household.
type householdPage struct {
	shell.Frame
	Home    household.Household
	Plain   *household.Plain // whole numbers, for whoever said why
	Balance ledger.Balance
	Book    book
	Next    string // cursor of the lines after those shown
	Today   time.Time
	Came    *tenure.Came // from another village; nil for most
	Paper   bool         // the village opens no sign-in for a household
	May     func(authz.Action) bool
	Person  household.Person // being added
	Errors  kit.Errors
}

// bookShown is how many of the last lines stand on a household's page.
const bookShown = 10

// HouseholdShow shows a household: who lives there, what it has, the last lines of its passbook.
func (s *Room) HouseholdShow(c echo.Context) error {
	p, err := s.household(c)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, householdShow(p))
}

func (s *Room) household(c echo.Context) (p householdPage, err error) {
	id, err := visit.ID(c, "id")
	if err != nil {
		return p, err
	}
	p = householdPage{Today: month.Date(s.DB.Now()), May: func(a authz.Action) bool { return s.May(c, a) }}
	if p.Home, err = s.Households.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return p, err
	}
	p.Frame = s.Frame(c, shell.Spot{Tab: "field", Menu: "households", Title: p.Home.Head + "家", Lead: p.Home.Door + " · 存折 " + p.Home.PassbookNo, Back: "/households", BackTo: "住户与存折"})
	if p.Frame.OnDesk != nil {
		p.Frame.Top.Actions = householdActions(p)
	}
	v, err := s.Villages.Find(c.Request().Context(), visit.Who(c).Village)
	if err != nil {
		return p, err
	}
	p.Paper = v.Flags.Paper || v.Flags.Counter
	err = s.DB.Look(c.Request().Context(), visit.Who(c), func(tx pg.Tx) (err error) {
		p.Came, err = tenure.CameFrom(c.Request().Context(), tx, id)
		return err
	})
	if err != nil {
		return p, err
	}
	p.Balance, err = s.balance(c, id)
	if err != nil {
		return p, err
	}
	if p.Book, p.Next, err = s.bookOf(c, id, page.Page{Limit: bookShown}); err != nil {
		return p, err
	}
	notices, err := s.Notices.History(c.Request().Context(), visit.Who(c))
	p.Book.Until, p.Book.Today = deadlines(notices), p.Today
	return p, err
}

func (s *Room) balance(c echo.Context, id uuid.UUID) (b ledger.Balance, err error) {
	ctx := c.Request().Context()
	err = s.DB.Look(ctx, visit.Who(c), func(tx pg.Tx) error {
		b, err = ledger.BalanceOf(ctx, tx, id)
		return err
	})
	return b, err
}

// bookOf reads a page of a household's lines with what names them.
func (s *Room) bookOf(c echo.Context, id uuid.UUID, at page.Page) (b book, next string, err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	b.Rules = map[int]rulebook.RuleSet{}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if b.Lines, next, err = ledger.Lines(ctx, tx, id, at); err != nil {
			return err
		}
		for _, l := range b.Lines {
			if _, ok := b.Rules[l.RuleVersion]; !ok && l.RuleVersion > 0 {
				if b.Rules[l.RuleVersion], err = rulebook.Version(ctx, tx, l.RuleVersion); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return b, "", err
	}
	b.Traded, err = s.Shop.OfLines(ctx, who, id, redeemed(b.Lines))
	return b, next, err
}

// redeemed are the lines by which something was redeemed.
func redeemed(lines []ledger.Line) (ids []uuid.UUID) {
	for _, l := range lines {
		if l.Kind == ledger.Redemption {
			ids = append(ids, l.ID)
		}
	}
	return ids
}

// passbookPage is the whole passbook, for the printer.
type passbookPage struct {
	kit.Page
	Home    household.Household
	Balance ledger.Balance
	Book    book // the oldest line first
	Village string
	Today   time.Time
	Place   string // where the copy is handed over
}

// HouseholdPassbook is the passbook on paper: every line with the balance after it.
func (s *Room) HouseholdPassbook(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := passbookPage{Page: shell.Base(c, "积分存折"), Today: month.Date(s.DB.Now())}
	if p.Home, err = s.Households.Show(ctx, who, id); err != nil {
		return err
	}
	if p.Balance, err = s.balance(c, id); err != nil {
		return err
	}
	v, err := s.Villages.Find(ctx, who.Village)
	if err != nil {
		return err
	}
	p.Village, p.Place = v.Name, v.Settings.Contact.Address
	for at := (page.Page{Limit: page.Most}); ; {
		b, next, err := s.bookOf(c, id, at)
		if err != nil {
			return err
		}
		p.Book.add(b)
		if at.After = next; next == "" {
			break
		}
	}
	return visit.Render(c, http.StatusOK, passbookSheet(p))
}

// add puts older lines before those that are there.
func (b *book) add(older book) {
	if b.Rules == nil {
		b.Rules, b.Traded = map[int]rulebook.RuleSet{}, map[uuid.UUID]shop.Redemption{}
	}
	maps.Copy(b.Traded, older.Traded)
	for v, r := range older.Rules {
		b.Rules[v] = r
	}
	for _, l := range older.Lines {
		b.Lines = append([]ledger.Line{l}, b.Lines...)
	}
}
