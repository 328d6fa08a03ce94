package homes

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/claim"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/finding"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/signoff"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// Explained is one line of the book with all that explains it, as far as the person reading may know it.
type Explained struct {
	ledger.Entry
	Staff    bool
	Office   bool // the township's, over an appeal
	Hidden   bool // from the screen that a home shares: no item, day, source nor cause; the township is told the steps alone
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

// linePage is one line of the book, explaining itself.
type linePage struct {
	shell.Frame
	Explained
}

// LineShow explains a line.
func (s *Room) LineShow(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	x, err := s.Explain(c.Request().Context(), visit.Who(c), id)
	if err != nil {
		return err
	}
	at := shell.Spot{Tab: "home", Menu: "households", Title: x.Title(), Back: "/home", BackTo: "存折"}
	if x.Staff {
		at.Back, at.BackTo = "/households/"+x.HouseholdID.String(), "这一户"
	}
	return visit.Render(c, http.StatusOK, lineShow(linePage{Frame: s.Frame(c, at), Explained: x}))
}

// Explain reads a line with its rule version and rung, evidence, who decided, until when and how to object. A
// household sees its own lines, and not the cause of one that could harm one of its members; deductions old
// enough to have faded are not there for it.
func (s *Room) Explain(ctx context.Context, who actor.Actor, id uuid.UUID) (x Explained, err error) {
	err = s.DB.Together(ctx, who, func(ctx context.Context) error {
		x, err = s.explain(ctx, who, id)
		return err
	})
	return x, err
}

func (s *Room) explain(ctx context.Context, who actor.Actor, id uuid.UUID) (x Explained, err error) {
	if x, err = s.line(ctx, who, id); err != nil {
		return x, err
	}
	if x.Item.Code != "" && (!x.Hidden || x.Office) {
		if err := s.lineSource(ctx, who, &x); err != nil {
			return x, err
		}
	}
	if !x.Hidden {
		if err := s.why(ctx, who, &x); err != nil {
			return x, err
		}
	}
	if x.Kind != ledger.Award && x.Kind != ledger.Deduction {
		return x, nil
	}
	v, err := s.Months.Show(ctx, who, x.Month)
	if err != nil {
		return x, err
	}
	x.Signed, x.PostedAt = v.Signatures, v.PostedAt
	notices, err := s.Notices.History(ctx, who)
	if err != nil {
		return x, err
	}
	until, published := deadlines(notices)[x.Month]
	if published {
		x.Until = &until
	}
	if x.Ended, err = s.Appeals.Stands(ctx, who, x.Entry.ID); err != nil {
		return x, err
	}
	x.Open = x.Ended == nil && (!published || !month.Date(s.DB.Now()).After(until))
	return x, nil
}

// ExplainInOffice is Explain for the township, of the line of one village that it decides an appeal on.
func (s *Room) ExplainInOffice(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID) (x Explained, err error) {
	err = s.DB.TogetherInOffice(ctx, who, village, func(ctx context.Context, who actor.Actor) error {
		x, err = s.explain(ctx, who, id)
		return err
	})
	return x, err
}

func (s *Room) line(ctx context.Context, who actor.Actor, id uuid.UUID) (x Explained, err error) {
	x.Office = who.Role == actor.Bureau
	x.Staff, x.Record = x.Office || s.Auth.May(who.Role, authz.LedgerView), s.Auth.May(who.Role, authz.ObjectionRecord)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if x.Entry, err = ledger.Find(ctx, tx, id); err != nil {
			return err
		}
		if x.Own = shell.Lives(who) && x.HouseholdID == who.Household; !x.Own && !x.Staff {
			return fault.ErrNotFound
		}
		if x.Hidden, err = ledger.Hidden(ctx, tx, x.Entry); err != nil {
			return err
		}
		x.Hidden = x.Hidden && (!x.Staff || x.Office)
		if !x.Staff {
			now, err := rulebook.InForce(ctx, tx, tx.Now)
			if err != nil {
				return err
			}
			if ledger.Faded(x.Kind, x.At, now.Settings.FadeMonths, tx.Now) {
				return fault.ErrNotFound
			}
		}
		if x.RuleVersion != 0 {
			x.Rules, err = rulebook.Version(ctx, tx, x.RuleVersion)
		}
		return err
	})
	x.Item, _ = x.Rules.Item(x.Entry.Item)
	return x, err
}

// lineSource reads the record that the line was written for.
func (s *Room) lineSource(ctx context.Context, who actor.Actor, x *Explained) error {
	switch x.SourceKind {
	case ledger.FromClaim:
		w, err := s.Claims.Show(ctx, who, x.SourceID)
		x.Claim, x.Photos = &w, w.Photos
		return err
	case ledger.FromFinding:
		f, err := s.Found.Show(ctx, who, x.SourceID)
		if err != nil && x.Office {
			return passOver(err) // an officer related to the home, who decides nothing on it
		}
		if x.Hidden {
			wordless(&f)
		}
		x.Found, x.Photos = &f, append(f.Before, f.After...)
		return err
	}
	return nil
}

// wordless leaves of a finding who did what and when.
func wordless(f *finding.Chain) {
	f.Matter, f.Member, f.OutcomeNote, f.Before, f.After = "", "", "", nil, nil
	if f.Recheck != nil {
		f.Recheck.Note = ""
	}
	if f.Statement != nil {
		f.Statement.Words = ""
	}
	for i := range f.Votes {
		f.Votes[i].Reason = ""
	}
}
