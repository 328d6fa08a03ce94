package homes

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/claim"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/finding"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/signoff"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// linePage is one line of the book, explaining itself.
type linePage struct {
	shell.Frame
	ledger.Entry
	Staff    bool
	Hidden   bool // from the screen that a home shares
	Item     rulebook.Item
	Rules    rulebook.RuleSet
	Claim    *claim.Whole
	Found    *finding.Chain
	Why      []kit.Fact // more, by kind
	Photos   []evidence.Evidence
	Signed   []signoff.Signature
	PostedAt *time.Time
	Until    *time.Time // last day for objections; nil before the notice
	Own      bool
	Open     bool         // an objection can be filed now
	Ended    *fault.Error // why none can be, whatever the day: taken back, or heard
	Record   bool         // by the person, for the household
}

// LineShow explains a line: rule version and rung, evidence, who decided, until when and how to object. A
// household sees its own lines, and not the cause of one that could harm one of its members; deductions old
// enough to have faded are not there for it.
func (s *Room) LineShow(c echo.Context) error {
	p, err := s.line(c)
	if err != nil {
		return err
	}
	if p.Item.Code != "" && !p.Hidden {
		if err := s.lineSource(c, &p); err != nil {
			return err
		}
	}
	if !p.Hidden {
		if err := s.why(c, &p); err != nil {
			return err
		}
	}
	if p.Kind == ledger.Award || p.Kind == ledger.Deduction {
		v, err := s.Months.Show(c.Request().Context(), visit.Who(c), p.Month)
		if err != nil {
			return err
		}
		p.Signed, p.PostedAt = v.Signatures, v.PostedAt
		notices, err := s.Notices.History(c.Request().Context(), visit.Who(c))
		if err != nil {
			return err
		}
		until, published := deadlines(notices)[p.Month]
		if published {
			p.Until = &until
		}
		if p.Ended, err = s.Appeals.Stands(c.Request().Context(), visit.Who(c), p.Entry.ID); err != nil {
			return err
		}
		p.Open = p.Ended == nil && (!published || s.Today() <= until.Format("2006-01-02"))
	}
	return visit.Render(c, http.StatusOK, lineShow(p))
}

func (s *Room) line(c echo.Context) (p linePage, err error) {
	id, err := visit.ID(c, "id")
	if err != nil {
		return p, err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p.Staff = s.May(c, authz.LedgerView)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if p.Entry, err = ledger.Find(ctx, tx, id); err != nil {
			return err
		}
		if p.Own = shell.Lives(who) && p.HouseholdID == who.Household; !p.Own && !p.Staff {
			return fault.ErrNotFound
		}
		if p.Hidden, err = ledger.Hidden(ctx, tx, p.Entry); err != nil {
			return err
		}
		p.Hidden = p.Hidden && !p.Staff
		if p.RuleVersion == 0 {
			return nil
		}
		p.Rules, err = rulebook.Version(ctx, tx, p.RuleVersion)
		return err
	})
	if err != nil {
		return p, err
	}
	now, err := s.InForce(c)
	if err != nil {
		return p, err
	}
	if !p.Staff && ledger.Faded(p.Kind, p.At, now.Settings.FadeMonths, s.DB.Now()) {
		return p, fault.ErrNotFound
	}
	p.Item, _ = p.Rules.Item(p.Entry.Item)
	p.Record = s.May(c, authz.ObjectionRecord)
	at := shell.Spot{Tab: "home", Menu: "households", Title: p.title(), Back: "/home", BackTo: "存折"}
	if p.Staff {
		at.Back, at.BackTo = "/households/"+p.HouseholdID.String(), "这一户"
	}
	p.Frame = s.Frame(c, at)
	return p, nil
}

// lineSource reads the record that the line was written for.
func (s *Room) lineSource(c echo.Context, p *linePage) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	switch p.SourceKind {
	case ledger.FromClaim:
		w, err := s.Claims.Show(ctx, who, p.SourceID)
		p.Claim, p.Photos = &w, w.Photos
		return err
	case ledger.FromFinding:
		f, err := s.Found.Show(ctx, who, p.SourceID)
		p.Found, p.Photos = &f, append(f.Before, f.After...)
		return err
	}
	return nil
}
