package yearend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/exempt"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Conditions are the village's own for being chosen.
type Conditions struct {
	Text        string // in words, for the notice
	Least       int    // points that a household must have had in the year
	NoDeduction bool   // who had a deduction in the year is not chosen
	Places      int
	Days        int // for objections
}

func (c Conditions) check() error {
	return fault.Join(flaw(c.Places < 1 || c.Places > 500, ErrPlaces), flaw(c.Least < 0 || c.Least > 100000, ErrLeast),
		flaw(c.Days < 3 || c.Days > 30, ErrDays), flaw(utf8.RuneCountInString(c.Text) > 500, ErrGrounds.With().On("text")))
}

func flaw(bad bool, f *fault.Error) *fault.Error {
	if bad {
		return f
	}
	return nil
}

// Selection is a year's annual selection.
type Selection struct {
	Year        int
	State       string // open or settled
	Conditions  string
	Least       int
	NoDeduction bool
	Places      int
	ObjectUntil time.Time
	FrozenName  string
	FrozenAt    time.Time
	SettledAt   *time.Time
	Taken       *Taken      `db:"-"` // the township's word on it, once it has taken the list up
	Ranks       []Rank      `db:"-"`
	Objections  []Objection `db:"-"`
}

// Taken is what the township does with a settled list.
type Taken struct {
	Words     string
	TakenName string
	TakenAt   time.Time
}

// Rank is a household in the frozen ranking.
type Rank struct {
	HouseholdID uuid.UUID
	Door        string
	Head        string
	Party       bool
	Place       int // by points
	Score       int64
	SharePlace  int // by share of reachable points (D10)
	Share       int // in thousandths
	Deductions  int
	Fits        bool
	Chosen      bool
	Honour      string
	Note        string
}

// Objection is what somebody has against a household's choice.
type Objection struct {
	ID          uuid.UUID
	HouseholdID uuid.UUID
	Door        string
	Head        string
	Grounds     string
	By          uuid.UUID
	ByName      string
	At          time.Time
	Verdict     string // "", upheld or dismissed
	Answer      string
	DecidedName string
}

const sqlYearScores = `-- yearend.scores
select h.id as household_id, coalesce(sum(e.points) filter (where e.scores), 0)::bigint as score,
  (count(*) filter (where e.kind = 3) - count(*) filter (where e.kind = 5 and o.kind = 3))::int as deductions
from household h
left join ledger_entry e on e.village_id = @village_id and e.household_id = h.id and e.occurred_on between @start and @end
left join ledger_entry o on o.village_id = @village_id and o.id = e.reverses
where h.village_id = @village_id and h.state = 'active'
group by h.id order by 2 desc, h.id`

const sqlFreeze = `-- yearend.freeze
insert into selection (village_id, year, state, conditions, least, no_deduction, places, object_until, frozen_by, frozen_name, frozen_at)
values (@village_id, @year, 'open', @text, @least, @no_deduction, @places, @until, @by, @name, @at)
on conflict (village_id, year) do nothing`

const sqlFreezeRanks = `-- yearend.freeze_ranks
insert into selection_rank (village_id, year, household_id, place, score, share_place, share, deductions, fits, chosen)
select @village_id::bigint, @year::integer, household_id, place, score, share_place, share, deductions, fits, chosen
from unnest(@household::uuid[], @place::integer[], @score::bigint[], @share_place::integer[], @share::integer[], @deductions::integer[], @fits::boolean[], @chosen::boolean[])
  as r(household_id, place, score, share_place, share, deductions, fits, chosen)
on conflict (village_id, year, household_id) do nothing`

const sqlSelection = `-- yearend.selection
select year, state, conditions, least, no_deduction, places, object_until, frozen_name, frozen_at, settled_at from selection
where village_id = @village_id and year = @year`

const sqlTaken = `-- yearend.taken
select words, taken_name, taken_at from nomination where village_id = @village_id and year = @year`

const sqlLockSelection = `-- yearend.lock_selection
select year, state, conditions, least, no_deduction, places, object_until, frozen_name, frozen_at, settled_at from selection
where village_id = @village_id and year = @year for update`

const sqlRanks = `-- yearend.ranks
select r.household_id, h.door, h.head, h.party, r.place, r.score, r.share_place, r.share, r.deductions, r.fits, r.chosen, r.honour, r.note
from selection_rank r join household h on h.village_id = @village_id and h.id = r.household_id
where r.village_id = @village_id and r.year = @year order by r.place, h.grid, h.walk, h.id`

const sqlChoose = `-- yearend.choose
update selection_rank set chosen = @chosen, honour = @honour, note = @note where village_id = @village_id and year = @year and household_id = @household`

const sqlObject = `-- yearend.object
insert into selection_objection (village_id, id, year, household_id, grounds, by, by_name, at)
values (@village_id, @id, @year, @household, @grounds, @by, @name, @at)`

const sqlObjections = `-- yearend.objections
select o.id, o.household_id, h.door, h.head, o.grounds, o.by, o.by_name, o.at, o.verdict, o.answer, o.decided_name
from selection_objection o join household h on h.village_id = @village_id and h.id = o.household_id
where o.village_id = @village_id and o.year = @year order by o.id`

const sqlAnswer = `-- yearend.answer
update selection_objection set verdict = @verdict, answer = @answer, decided_by = @by, decided_name = @name, decided_at = @at
where village_id = @village_id and id = @id and verdict = ''`

const sqlSettle = `-- yearend.settle
update selection set state = 'settled', settled_by = @by, settled_at = @at where village_id = @village_id and year = @year`

type scored struct {
	HouseholdID uuid.UUID
	Score       int64
	Deductions  int
}

// Freeze fixes the year's ranking once, by points and by share of reachable points, and chooses by the
// conditions: the best by points that fit. It waits for December's notice to be closed, and nothing that is
// posted later changes it.
func (s *Service) Freeze(ctx context.Context, who actor.Actor, year int, c Conditions) (sel Selection, err error) {
	defer fault.Wrap(&err, "yearend.Freeze(%d)", year)
	c.Text = strings.TrimSpace(c.Text)
	if err := c.check(); err != nil {
		return sel, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		sel, _, err = idem.Once(ctx, tx, "yearend.freeze", func() (Selection, error) { return freeze(ctx, tx, year, c) })
		return err
	})
	return sel, err
}

func freeze(ctx context.Context, tx pg.Tx, year int, c Conditions) (sel Selection, err error) {
	if year < 2000 || year > 2099 {
		return sel, ErrYear
	}
	a := args(tx, year)
	at, err := pg.One[standing](ctx, tx, sqlStanding, a)
	if err != nil {
		return sel, err
	}
	at.Holding = 0 // what is set aside changes no ranking
	if h := at.hindrances(year, tx.Now); len(h) > 0 {
		return sel, ErrNotReady.With(strings.ReplaceAll(h[0].Text, "清零", "定排名"))
	}
	end := december(year).End().AddDate(0, 0, -1)
	a["start"] = month.Date(month.Month(year*100 + 1).First())
	a["end"] = month.Date(end)
	rows, err := pg.All[scored](ctx, tx, sqlYearScores, a)
	if err != nil {
		return sel, err
	}
	shares, err := exempt.Shares(ctx, tx, uuid.Nil, end)
	if err != nil {
		return sel, err
	}
	a["text"], a["least"], a["no_deduction"], a["places"] = c.Text, c.Least, c.NoDeduction, c.Places
	a["until"], a["by"], a["name"], a["at"] = month.Date(tx.Now).AddDate(0, 0, c.Days), tx.Who.Account, tx.Who.Name, tx.Now
	tag, err := tx.Exec(ctx, sqlFreeze, a)
	if err != nil {
		return sel, err
	}
	if tag.RowsAffected() == 0 {
		return sel, ErrFrozen.With(year)
	}
	if err := insertRanks(ctx, tx, year, rank(rows, shares, c)); err != nil {
		return sel, err
	}
	if sel, err = selection(ctx, tx, year); err != nil {
		return sel, err
	}
	return sel, audit.Record(ctx, tx, audit.Event{Verb: "yearend.freeze", Kind: "selection", ID: fmt.Sprint(year), After: c})
}

// rank places every household by points and by share, equal ones alike, and chooses: the best by points that
// fit, and all that have the points of the last of them.
func rank(rows []scored, shares map[uuid.UUID]exempt.Share, c Conditions) []Rank {
	all := make([]Rank, len(rows))
	for i, r := range rows {
		all[i] = Rank{HouseholdID: r.HouseholdID, Place: i + 1, Score: r.Score, Deductions: r.Deductions, Share: int(shares[r.HouseholdID].Ratio()*1000 + 0.5),
			Fits: r.Score >= int64(c.Least) && r.Score > 0 && !(c.NoDeduction && r.Deductions > 0)}
		if i > 0 && all[i-1].Score == r.Score {
			all[i].Place = all[i-1].Place
		}
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	better := func(i, j int) int {
		return shares[all[j].HouseholdID].Better(shares[all[i].HouseholdID])
	}
	slices.SortStableFunc(order, func(i, j int) int { return better(j, i) })
	for n, i := range order {
		all[i].SharePlace = n + 1
		if n > 0 && better(i, order[n-1]) == 0 {
			all[i].SharePlace = all[order[n-1]].SharePlace
		}
	}
	taken, last := 0, int64(0)
	for i := range all {
		r := &all[i]
		if r.Fits && (taken < c.Places || r.Score == last) {
			r.Chosen, last = true, r.Score
			taken++
		}
	}
	return all
}

func insertRanks(ctx context.Context, tx pg.Tx, year int, ranks []Rank) error {
	n := len(ranks)
	home, place, score := make([]uuid.UUID, n), make([]int32, n), make([]int64, n)
	sharePlace, share, deductions := make([]int32, n), make([]int32, n), make([]int32, n)
	fits, chosen := make([]bool, n), make([]bool, n)
	for i, r := range ranks {
		home[i], place[i], score[i], sharePlace[i], share[i] = r.HouseholdID, int32(r.Place), r.Score, int32(r.SharePlace), int32(r.Share)
		deductions[i], fits[i], chosen[i] = int32(r.Deductions), r.Fits, r.Chosen
	}
	_, err := tx.Exec(ctx, sqlFreezeRanks, pgx.NamedArgs{"village_id": int64(tx.Village()), "year": year, "household": home, "place": place, "score": score,
		"share_place": sharePlace, "share": share, "deductions": deductions, "fits": fits, "chosen": chosen})
	return err
}

func selection(ctx context.Context, tx pg.Tx, year int) (sel Selection, err error) {
	a := args(tx, year)
	if sel, err = pg.One[Selection](ctx, tx, sqlSelection, a); err != nil {
		return sel, err
	}
	if sel.Ranks, err = pg.All[Rank](ctx, tx, sqlRanks, a); err != nil {
		return sel, err
	}
	taken, err := pg.One[Taken](ctx, tx, sqlTaken, a)
	switch {
	case err == nil:
		sel.Taken = &taken
	case !errors.Is(err, fault.ErrNotFound):
		return sel, err
	}
	sel.Objections, err = pg.All[Objection](ctx, tx, sqlObjections, a)
	return sel, err
}

// Selection reads the year's selection, nil where the ranking is not frozen yet. A household sees neither the
// places of others nor who objected.
func (s *Service) Selection(ctx context.Context, who actor.Actor, year int) (sel *Selection, err error) {
	defer fault.Wrap(&err, "yearend.Selection(%d)", year)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		got, err := selection(ctx, tx, year)
		if errors.Is(err, fault.ErrNotFound) {
			return nil
		}
		if who.Role == actor.Household {
			got.Objections = slices.DeleteFunc(got.Objections, func(o Objection) bool { return o.By != who.Account })
			got.Ranks = slices.DeleteFunc(got.Ranks, func(r Rank) bool { return !r.Chosen && r.HouseholdID != who.Household })
		}
		sel = &got
		return err
	})
	return sel, err
}

// open locks a selection that is not settled.
func openSelection(ctx context.Context, tx pg.Tx, year int) (Selection, error) {
	sel, err := pg.One[Selection](ctx, tx, sqlLockSelection, args(tx, year))
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return sel, ErrNoRanking.With(year)
	case err == nil && sel.State == "settled":
		return sel, ErrSettled.With(year)
	}
	return sel, err
}

// Object takes down what somebody has against a household's choice, within the days for it.
func (s *Service) Object(ctx context.Context, who actor.Actor, year int, home uuid.UUID, grounds string) (id uuid.UUID, err error) {
	defer fault.Wrap(&err, "yearend.Object(%d)", year)
	grounds = strings.TrimSpace(grounds)
	if n := utf8.RuneCountInString(grounds); n < 5 || n > 500 {
		return id, ErrGrounds
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		id, _, err = idem.Once(ctx, tx, "yearend.object", func() (uuid.UUID, error) {
			sel, err := openSelection(ctx, tx, year)
			if err != nil {
				return id, err
			}
			if month.Date(tx.Now).After(month.Date(sel.ObjectUntil)) {
				return id, ErrTooLate
			}
			a := args(tx, year)
			a["id"], a["household"], a["grounds"], a["by"], a["name"], a["at"] = pg.NewID(), home, grounds, who.Account, who.Name, tx.Now
			if _, err := tx.Exec(ctx, sqlObject, a); pg.Is(err, pg.ForeignKey) {
				return id, fault.ErrNotFound
			} else if err != nil {
				return id, err
			}
			return a["id"].(uuid.UUID), audit.Record(ctx, tx, audit.Event{Verb: "yearend.object", Kind: "selection", ID: fmt.Sprint(year), After: home})
		})
		return err
	})
	return id, err
}

// Answer decides an objection by somebody else than who filed it, who is not of the home either; one that is upheld takes the choice away.
func (s *Service) Answer(ctx context.Context, who actor.Actor, year int, id uuid.UUID, upheld bool, answer string) (err error) {
	defer fault.Wrap(&err, "yearend.Answer(%s)", id)
	answer = strings.TrimSpace(answer)
	length := utf8.RuneCountInString(answer)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "yearend.answer", func() (bool, error) {
			if _, err := openSelection(ctx, tx, year); err != nil {
				return false, absent(err)
			}
			sel, err := selection(ctx, tx, year)
			if err != nil {
				return false, err
			}
			i := slices.IndexFunc(sel.Objections, func(o Objection) bool { return o.ID == id })
			switch {
			case i < 0:
				return false, fault.ErrNotFound
			case sel.Objections[i].By == who.Account:
				return false, ErrOwn
			case length < 2 || length > 500:
				return false, ErrAnswer
			}
			if err := keepAway(ctx, tx, sel.Objections[i].HouseholdID); err != nil {
				return false, err
			}
			a := args(tx, year)
			a["id"], a["answer"], a["by"], a["name"], a["at"], a["verdict"] = id, answer, who.Account, who.Name, tx.Now, "dismissed"
			if upheld {
				a["verdict"] = "upheld"
			}
			tag, err := tx.Exec(ctx, sqlAnswer, a)
			if err == nil && tag.RowsAffected() == 1 && upheld {
				err = choose(ctx, tx, year, sel.Objections[i].HouseholdID, false, "", "异议成立："+answer)
			}
			if err != nil {
				return false, err
			}
			return upheld, audit.Record(ctx, tx, audit.Event{Verb: "yearend.answer", Kind: "selection", ID: fmt.Sprint(year), Reason: answer, After: a["verdict"]})
		})
		return err
	})
}

// keepAway refuses whoever is of the home or related to it.
func keepAway(ctx context.Context, tx pg.Tx, home uuid.UUID) error {
	kin, err := group.Conflicted(ctx, tx, tx.Who.Account, []uuid.UUID{home})
	if err == nil && kin[home] {
		err = ErrKin
	}
	return err
}

func choose(ctx context.Context, tx pg.Tx, year int, home uuid.UUID, chosen bool, honour, note string) error {
	a := args(tx, year)
	a["household"], a["chosen"], a["honour"], a["note"] = home, chosen, honour, note
	tag, err := tx.Exec(ctx, sqlChoose, a)
	if err == nil && tag.RowsAffected() == 0 {
		err = fault.ErrNotFound
	}
	return err
}

// Choose puts a household on the list or takes it off, with the honour that it gets and, where the ranking says
// otherwise, why.
func (s *Service) Choose(ctx context.Context, who actor.Actor, year int, home uuid.UUID, chosen bool, honour, note string) (err error) {
	defer fault.Wrap(&err, "yearend.Choose(%d)", year)
	honour, note = strings.TrimSpace(honour), strings.TrimSpace(note)
	if utf8.RuneCountInString(honour) > 30 {
		return ErrHonour
	}
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "yearend.choose", func() (bool, error) {
			if _, err := openSelection(ctx, tx, year); err != nil {
				return false, absent(err)
			}
			if n := utf8.RuneCountInString(note); n > 200 || n < 2 && !chosen {
				return false, ErrReason
			}
			if err := keepAway(ctx, tx, home); chosen && err != nil { // off the list they may take their own
				return false, err
			}
			if err := choose(ctx, tx, year, home, chosen, honour, note); err != nil {
				return false, err
			}
			return chosen, audit.Record(ctx, tx, audit.Event{Verb: "yearend.choose", Kind: "selection", ID: fmt.Sprint(year), Reason: note, After: map[string]any{"household": home, "chosen": chosen, "honour": honour}})
		})
		return err
	})
}

// absent says of a record of a ranking that is not there what it says of one that is not in it.
func absent(err error) error {
	if errors.Is(err, ErrNoRanking) {
		return fault.ErrNotFound
	}
	return err
}

// Settle ends the selection after the days for objections, when every one is answered.
func (s *Service) Settle(ctx context.Context, who actor.Actor, year int) (err error) {
	defer fault.Wrap(&err, "yearend.Settle(%d)", year)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "yearend.settle", func() (bool, error) {
			sel, err := openSelection(ctx, tx, year)
			if err != nil {
				return false, err
			}
			if !month.Date(tx.Now).After(month.Date(sel.ObjectUntil)) {
				return false, ErrWindowObj.With(month.ChineseDay(sel.ObjectUntil))
			}
			if sel, err = selection(ctx, tx, year); err != nil {
				return false, err
			}
			open := 0
			for _, o := range sel.Objections {
				if o.Verdict == "" {
					open++
				}
			}
			if open > 0 {
				return false, ErrOpenObj.With(open)
			}
			a := args(tx, year)
			a["by"], a["at"] = who.Account, tx.Now
			if _, err := tx.Exec(ctx, sqlSettle, a); err != nil {
				return false, err
			}
			return true, audit.Record(ctx, tx, audit.Event{Verb: "yearend.settle", Kind: "selection", ID: fmt.Sprint(year)})
		})
		return err
	})
}
