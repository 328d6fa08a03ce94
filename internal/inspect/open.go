package inspect

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Open begins a grid's round of this month or, while its sheet is not frozen, of the last. The rules of the
// day count, and the sample of homes to be photographed is drawn with a seed that is kept.
func (s *Service) Open(ctx context.Context, who actor.Actor, grid int, m month.Month) (r Round, err error) {
	defer fault.Wrap(&err, "inspect.Open(%d, %s)", grid, m)
	if !mayRecord(who, grid) {
		return r, ErrGrid
	}
	seed := make([]byte, 16)
	if _, err := rand.Read(seed); err != nil {
		return r, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		r, _, err = idem.Once(ctx, tx, "round.open", func() (Round, error) { return begin(ctx, tx, grid, m, seed) })
		return err
	})
	return r, err
}

// Stands says why no round of the month can be begun any more; nil where one can.
func (s *Service) Stands(ctx context.Context, who actor.Actor, m month.Month) (why *fault.Error, err error) {
	defer fault.Wrap(&err, "inspect.Stands(%s)", m)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		err := beginnable(ctx, tx, m)
		if errors.Is(err, ErrMonth) || errors.Is(err, ErrSigned) {
			why, err = fault.Of(err), nil
		}
		return err
	})
	return why, err
}

// beginnable refuses a month that is neither this nor the last, and one whose sheet is made.
func beginnable(ctx context.Context, tx pg.Tx, m month.Month) error {
	if now := month.Of(tx.Now); m != now && m != now.Prev() {
		return ErrMonth
	}
	return signed(ctx, tx, m)
}

func begin(ctx context.Context, tx pg.Tx, grid int, m month.Month, seed []byte) (r Round, err error) {
	if err := beginnable(ctx, tx, m); err != nil {
		return r, err
	}
	on := within(m, tx.Now)
	rules, err := rulebook.InForce(ctx, tx, on)
	if err != nil {
		return r, err
	}
	homes, err := pg.Column[uuid.UUID](ctx, tx, sqlIDs, pgx.NamedArgs{"village_id": int64(tx.Village()), "grid": grid, "last": last(m)})
	if err != nil {
		return r, err
	}
	r = Round{ID: pg.NewID(), Grid: grid, Month: m, RuleVersion: rules.Version, OccurredOn: month.Date(on), Seed: seed, Sample: draw(seed, homes), Stored: Open,
		OpenedBy: tx.Who.Account, OpenedByName: tx.Who.Name, OpenedAt: tx.Now.Truncate(time.Microsecond), Version: 1}
	for _, i := range rules.Monthly() {
		r.Items = append(r.Items, i.Code)
	}
	switch {
	case len(r.Items) == 0:
		return r, ErrNoItems
	case len(homes) == 0:
		return r, ErrNoHomes
	}
	a := args(tx, r.ID)
	a["grid"], a["month"], a["rule_version"], a["items"], a["occurred_on"] = grid, int(m), r.RuleVersion, r.Items, r.OccurredOn
	a["seed"], a["sample"], a["by"], a["name"], a["at"] = r.Seed, r.Sample, r.OpenedBy, r.OpenedByName, r.OpenedAt
	tag, err := tx.Exec(ctx, sqlInsert, a)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrThere.With(m.Chinese())
	}
	if err != nil {
		return r, err
	}
	return r, audit.Record(ctx, tx, audit.Event{Verb: "round.open", Kind: "inspection", ID: r.ID.String(), After: r})
}

// within is the instant, or the month's last day for one that is over.
func within(m month.Month, now time.Time) time.Time {
	if end := m.End().Add(-time.Hour); now.After(end) {
		return end
	}
	return now
}

// NotBegun is the state of a grid that has no round in the month.
const NotBegun State = "none"

// Filter narrows a month's list of grids; empty fields do not. Search is for a grid by its name among Names, or for a
// round by whoever opened, closed or confirmed it.
type Filter struct {
	Month  month.Month
	Grid   int
	State  State
	Search string
	Names  map[int]string // what the grids are called
	page.Page
}

func (f Filter) fits(g Grid) bool {
	if f.Grid != 0 && f.Grid != g.Grid || f.State != "" && f.State != g.State() {
		return false
	}
	words := f.Names[g.Grid]
	if r := g.Round; r != nil {
		words += "\n" + r.OpenedByName + "\n" + r.ClosedByName
		for _, c := range r.Confirms {
			words += "\n" + c.Name
		}
	}
	return strings.Contains(words, f.Search)
}

// Grid is a grid of the village with its round of a month, if it has begun.
type Grid struct {
	Grid  int
	Homes int
	Seen  int
	Bad   int
	Round *Round `db:"-"`
}

// State is where the grid's round stands.
func (g Grid) State() State {
	if g.Round == nil {
		return NotBegun
	}
	return g.Round.State()
}

// Undone says what keeps the grid's month off the sheet; nothing where its round is confirmed.
func (g Grid) Undone() string {
	if st := g.State(); st == NotBegun || st == Open || st == Closed {
		return st.Chinese()
	}
	return ""
}

const sqlGrids = `-- inspect.grids
select h.grid, count(*)::int as homes, count(r.household_id)::int as seen, (count(*) filter (where r.failed <> '{}'))::int as bad
from household h
left join inspection i on i.village_id = @village_id and i.month = @month and i.grid = h.grid
left join inspection_home r on r.village_id = @village_id and r.inspection_id = i.id and r.household_id = h.id
where h.village_id = @village_id and h.state = 'active' and h.registered_on <= @last and (@grid = 0 or h.grid = @grid)
group by h.grid order by h.grid`

// Grids lists the village's grids with their rounds of a month, by number, with the cursor of the next page; a grid
// worker sees the own one.
func (s *Service) Grids(ctx context.Context, who actor.Actor, f Filter) (grids []Grid, next string, err error) {
	m := f.Month
	defer fault.Wrap(&err, "inspect.Grids(%s)", m)
	after, bad := strconv.Atoi(f.After)
	if f.After != "" && bad != nil {
		return nil, "", fault.ErrInvalid
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		a := pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int(m), "last": last(m), "grid": 0}
		if who.Role == actor.Grid {
			a["grid"] = who.Grid
		}
		if grids, err = pg.All[Grid](ctx, tx, sqlGrids, a); err != nil {
			return err
		}
		rounds, err := roundsOf(ctx, tx, m)
		for i := range grids {
			if n := slices.IndexFunc(rounds, func(r Round) bool { return r.Grid == grids[i].Grid }); n >= 0 {
				grids[i].Round = &rounds[n]
			}
		}
		return err
	})
	grids = slices.DeleteFunc(grids, func(g Grid) bool { return f.After != "" && g.Grid <= after || !f.fits(g) })
	grids, next = page.Cut(grids, f.Rows(), func(g Grid) string { return strconv.Itoa(g.Grid) })
	return grids, next, err
}

// Undone are the grids whose round is not ready for the month's sheet.
func (s *Service) Undone(ctx context.Context, who actor.Actor, m month.Month) ([]Grid, error) {
	grids, _, err := s.Grids(ctx, who, Filter{Month: m, Page: page.Page{Limit: page.Most}})
	return slices.DeleteFunc(grids, func(g Grid) bool { return g.Undone() == "" }), err
}

// roundsOf reads the rounds of a month with their confirmations.
func roundsOf(ctx context.Context, tx pg.Tx, m month.Month) ([]Round, error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int(m)}
	rounds, err := pg.All[Round](ctx, tx, sqlOfMonth, a)
	if err != nil || len(rounds) == 0 {
		return rounds, err
	}
	confirms, err := pg.All[struct {
		InspectionID uuid.UUID
		Confirm
	}](ctx, tx, sqlConfirmsOfMonth, a)
	for _, c := range confirms {
		for i := range rounds {
			if rounds[i].ID == c.InspectionID {
				rounds[i].Confirms = append(rounds[i].Confirms, c.Confirm)
			}
		}
	}
	return rounds, err
}

// Walk is a round with its homes in walking order, as the person looking sees it.
type Walk struct {
	Round
	All    []Home
	Rules  rulebook.RuleSet
	Photos map[uuid.UUID][]evidence.Evidence // by home
	Had    bool                              // the person had a hand in it and cannot confirm it
	Away   int                               // homes that the person must keep away from
}

// Show reads a round with every home of it.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (w Walk, err error) {
	defer fault.Wrap(&err, "inspect.Show(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		r, err := find(ctx, tx, id)
		if w.Round, err = visible(tx, r, err); err != nil {
			return err
		}
		if w.All, err = homes(ctx, tx, w.Round); err != nil {
			return err
		}
		if err := w.prove(ctx, tx); err != nil {
			return err
		}
		w.Rules, err = rulebook.Version(ctx, tx, w.RuleVersion)
		return err
	})
	return w, err
}

// prove adds the photos, and what the person looking has to do with the round.
func (w *Walk) prove(ctx context.Context, tx pg.Tx) error {
	photos, err := evidence.Holding(ctx, tx, w.ID)
	if err != nil {
		return err
	}
	w.Photos = map[uuid.UUID][]evidence.Evidence{}
	for _, p := range photos {
		w.Photos[p.Home] = append(w.Photos[p.Home], p.Evidence)
	}
	if w.Had, err = recorded(ctx, tx, w.Round); err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(w.All))
	for i, h := range w.All {
		ids[i] = h.HouseholdID
	}
	away, err := group.Conflicted(ctx, tx, tx.Who.Account, ids)
	w.Away = len(away)
	return err
}

// Find finds a home of the round.
func (w Walk) Find(household uuid.UUID) (Home, bool) {
	if i := slices.IndexFunc(w.All, func(h Home) bool { return h.HouseholdID == household }); i >= 0 {
		return w.All[i], true
	}
	return Home{}, false
}
