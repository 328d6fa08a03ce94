package homes

import (
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/appeal"
	"cunfen/internal/claim"
	"cunfen/internal/evaluation"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/shop"
	"cunfen/internal/tenure"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// linesShown is how many lines of the passbook stand on a page.
const linesShown = 20

// homePage is a household's passbook.
type homePage struct {
	kit.PhonePage
	Home     household.Household
	Balance  ledger.Balance
	Standing ledger.Standing // zero where the village does not show it
	Book     book
	Goods    []shop.Goods
	Open     []appeal.Objection // under way
	Notices  []notice.Notice
	Unread   int64                  // messages
	Came     *tenure.Came           // from another village; nil for most
	Round    *evaluation.Evaluation // the round of opinions that is open
	Now      time.Time
	Pager    kit.PagerProps
}

// book is some lines of a passbook with all that explains them.
type book struct {
	Lines  []ledger.Line
	Rules  map[int]rulebook.RuleSet // by version
	Claims map[uuid.UUID]claim.Row  // by id
	Photos map[uuid.UUID][]evidence.Evidence
	Traded map[uuid.UUID]shop.Redemption // by the line's id
	Until  map[month.Month]time.Time     // last day for objections to the months that were published
	Days   int                           // on which objections are taken after a notice
	Today  time.Time
}

// Home is the first page of a household.
func (s *Room) Home(c echo.Context) error {
	if err := shell.AtHome(visit.Who(c)); err != nil {
		return err
	}
	p := homePage{PhonePage: s.Phone(c, "home", "我家存折"), Now: s.DB.Now()}
	if err := visit.Together(c, s.DB, func() error { return s.readHome(c, &p) }); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, home(p))
}

func (s *Room) readHome(c echo.Context, p *homePage) (err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	if p.Home, err = s.Households.Show(ctx, who, who.Household); err != nil {
		return err
	}
	p.Heading, p.Place = p.Home.Head+"家", p.Place+" "+p.Home.Door
	next := ""
	if err = s.readBook(c, p, &next); err != nil {
		return err
	}
	p.Pager = visit.Pager(c, len(p.Book.Lines), next)
	if p.Notices, err = s.Notices.History(ctx, who); err != nil {
		return err
	}
	p.Book.Until = deadlines(p.Notices)
	if p.Unread, err = s.Inform.Unread(ctx, who); err != nil {
		return err
	}
	if p.Goods, err = s.Shop.Goods(ctx, who, false); err != nil {
		return err
	}
	if p.Open, _, err = s.Appeals.List(ctx, who, appeal.Filter{State: appeal.Open, Household: who.Household}); err != nil {
		return err
	}
	e, err := s.Evaluation.Open(ctx, who)
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	p.Round = &e
	return err
}

// deadlines are the last days for objections, by month.
func deadlines(notices []notice.Notice) map[month.Month]time.Time {
	until := map[month.Month]time.Time{}
	for _, n := range notices {
		until[n.Month] = n.ObjectUntil
	}
	return until
}

// readBook reads balance, standing and a page of lines, and what the lines rest on.
func (s *Room) readBook(c echo.Context, p *homePage, next *string) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	v, err := s.Villages.Find(ctx, who.Village)
	if err != nil {
		return err
	}
	if p.Book, *next, err = s.bookOf(c, who.Household, page.Page{After: c.QueryParam("after"), Limit: linesShown}); err != nil {
		return err
	}
	b := &p.Book
	return s.DB.Look(ctx, who, func(tx pg.Tx) (err error) {
		if p.Balance, err = ledger.BalanceOf(ctx, tx, who.Household); err != nil {
			return err
		}
		if !v.Settings.HideRank {
			if p.Standing, err = ledger.StandingOf(ctx, tx, who.Household); err != nil {
				return err
			}
		}
		if p.Came, err = tenure.CameFrom(ctx, tx, who.Household); err != nil {
			return err
		}
		now, err := rulebook.InForce(ctx, tx, tx.Now)
		if err != nil {
			return err
		}
		b.Days, b.Today = now.Settings.ObjectionDays, month.Date(tx.Now)
		b.Lines = ledger.Fade(b.Lines, now.Settings.FadeMonths, tx.Now)
		claims := ledger.SourcesOf(b.Lines, ledger.FromClaim)
		if b.Photos, err = evidence.Of(ctx, tx, claims); err != nil {
			return err
		}
		b.Claims, err = claim.Of(ctx, tx, who.Household, claims)
		return err
	})
}
