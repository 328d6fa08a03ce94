package activity

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/claim"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Row is an activity as a list shows it.
type Row struct {
	ID           uuid.UUID
	Name         string
	Place        string
	Host         string
	Item         string
	BeginsAt     time.Time
	EndsAt       time.Time
	State        State
	OpenedByName string
	People       int64
	Counted      int64
}

// Filter narrows the list; empty fields do not.
type Filter struct {
	State  State
	Search string
	page.Page
}

// List reads activities, the latest first, with the cursor of the next page.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (rows []Row, next string, err error) {
	defer fault.Wrap(&err, "activity.List")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		rows, err = pg.All[Row](ctx, tx, sqlList, pgx.NamedArgs{"village_id": int64(tx.Village()), "state": string(f.State), "search": f.Search, "after": f.After, "rows": f.Rows() + 1})
		return err
	})
	rows, next = page.Cut(rows, f.Rows(), func(r Row) string { return r.ID.String() })
	return rows, next, err
}

// Whole is an activity with its list, its proof and what its claims would count for now.
type Whole struct {
	Activity
	People  []Person
	Photos  []evidence.Evidence
	Rules   rulebook.RuleSet
	Each    int             // points for each person
	Weighed []claim.Outcome // as the list stands, person by person; once claimed the list itself says it
	Problem error           // what stands in the way of claiming
	Mine    bool            // the person looking may change it
}

// Show reads one activity.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (w Whole, err error) {
	defer fault.Wrap(&err, "activity.Show(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if w.Activity, err = find(ctx, tx, id); err != nil {
			return err
		}
		if w.People, w.Photos, err = listed(ctx, tx, id); err != nil {
			return err
		}
		w.Mine = w.mayRun(who) == nil
		on := w.BeginsAt
		if on.After(tx.Now) {
			on = tx.Now
		}
		if w.Rules, err = rulebook.InForce(ctx, tx, on); err != nil {
			return err
		}
		if w.State != Open {
			return nil
		}
		d, err := w.ready(ctx, tx, w.People, w.Photos)
		if err != nil {
			if fault.Of(err).Kind == fault.Internal {
				return err
			}
			w.Problem = err
			return nil
		}
		w.Weighed, w.Each, err = d.Weigh(ctx, tx)
		return err
	})
	return w, err
}

// Ticks finds people of the register to be ticked; a grid worker those of the own grid.
func (s *Service) Ticks(ctx context.Context, who actor.Actor, search string) (all []Candidate, err error) {
	defer fault.Wrap(&err, "activity.Ticks")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		n := pgx.NamedArgs{"village_id": int64(tx.Village()), "grid": 0, "search": search}
		if who.Role == actor.Grid {
			n["grid"] = who.Grid
		}
		all, err = pg.All[Candidate](ctx, tx, sqlTicks, n)
		return err
	})
	return all, err
}

// Door is what somebody sees who scanned an activity's code: the activity, and the own family to tick.
type Door struct {
	Activity
	Family []Candidate
	Listed map[uuid.UUID]bool
}

// Scan finds the activity of a code for somebody of a household.
func (s *Service) Scan(ctx context.Context, who actor.Actor, id uuid.UUID, code string) (d Door, err error) {
	defer fault.Wrap(&err, "activity.Scan(%s)", id)
	if who.Household == uuid.Nil {
		return d, fault.ErrNotFound
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if d.Activity, err = find(ctx, tx, id); err != nil {
			return err
		}
		n := args(tx, id)
		n["home"] = who.Household
		if d.Family, err = pg.All[Candidate](ctx, tx, sqlFamily, n); err != nil {
			return err
		}
		all, err := peopleOf(ctx, tx, id)
		if err != nil {
			return err
		}
		d.Listed = onIt(all)
		switch {
		case d.State != Open:
			return ErrState.With(d.State.Chinese())
		case d.within(tx.Now) != nil:
			return d.within(tx.Now)
		case !d.takes(code, tx.Now):
			return ErrCode
		}
		return nil
	})
	return d, err
}
