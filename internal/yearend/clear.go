package yearend

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
)

// standing is what a clearing waits for.
type standing struct {
	Sheet        string
	ObjectUntil  *time.Time
	Objections   int64
	Holding      int64
	Disputing    int64
	DecemberOpen *bool
	BaseCarried  *bool
}

// carries reports whether base points survive the year's end: unless the rules say otherwise they do (D1).
func (s standing) carries() bool { return s.BaseCarried == nil || *s.BaseCarried }

// hindrances are what must be done first, given the year and today.
func (s standing) hindrances(year int, now time.Time) (all []Hindrance) {
	d := december(year)
	put := func(href, format string, a ...any) {
		all = append(all, Hindrance{fmt.Sprintf(format, a...), href})
	}
	at := "/months/" + d.String()
	switch {
	case month.Of(now) <= d:
		put("", "%d 年还没有过完", year)
	case s.Sheet == "" || s.Sheet == "open" || s.Sheet == "signing":
		put(at, "%s的分还没有签字入账", d.Chinese())
	case s.ObjectUntil == nil:
		put(at, "%s的公示还没有发布", d.Chinese())
	case (s.DecemberOpen == nil || *s.DecemberOpen) && !month.Date(now).After(month.Date(*s.ObjectUntil)):
		put(at, "%s的公示到%s为止，关闭以后才能清零", d.Chinese(), month.ChineseDay(*s.ObjectUntil))
	}
	if s.Objections > 0 || s.Disputing > 0 {
		put("/objections", "还有 %d 条异议没有办结", max(s.Objections, s.Disputing))
	}
	if s.Holding > 0 {
		put("/orders?state=held", "还有 %d 户有预留没领或转赠没入账的分，请先发放、取消或等冷静期过", s.Holding)
	}
	return all
}

// Rehearse says what clearing the year would do to every household now, and what stands in its way. It changes
// nothing.
func (s *Service) Rehearse(ctx context.Context, who actor.Actor, year int) (r Rehearsal, err error) {
	defer fault.Wrap(&err, "yearend.Rehearse(%d)", year)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		r, err = rehearse(ctx, tx, year)
		return err
	})
	return r, err
}

func rehearse(ctx context.Context, tx pg.Tx, year int) (r Rehearsal, err error) {
	if year < 2000 || year > 2099 {
		return r, ErrYear
	}
	r.Year = year
	a := args(tx, year)
	at, err := pg.One[standing](ctx, tx, sqlStanding, a)
	if err != nil {
		return r, err
	}
	r.Hindrances = at.hindrances(year, tx.Now)
	if last, err := pg.One[Close](ctx, tx, sqlClosed, a); err == nil {
		r.Last = &last
	} else if !errors.Is(err, fault.ErrNotFound) {
		return r, err
	}
	if plan, err := pg.One[Plan](ctx, tx, sqlPlan, a); err == nil {
		r.Plan = &plan
	} else if !errors.Is(err, fault.ErrNotFound) {
		return r, err
	}
	if r.Last != nil && r.Last.Stands() {
		a["run"] = r.Last.Run
		r.Homes, err = pg.All[Home](ctx, tx, sqlHomes, a)
		r.sum()
		return r, err
	}
	left, err := ledger.Remainders(ctx, tx, year)
	if err != nil {
		return r, err
	}
	names, err := pg.All[named](ctx, tx, sqlNames, a)
	if err != nil {
		return r, err
	}
	by := make(map[uuid.UUID]ledger.Remainder, len(left))
	for _, l := range left {
		by[l.HouseholdID] = l
	}
	for _, n := range names {
		l, ok := by[n.HouseholdID]
		if !ok || l.ClearedYear >= year {
			continue
		}
		h := Home{HouseholdID: n.HouseholdID, Door: n.Door, Head: n.Head, PassbookNo: n.PassbookNo, Cleared: l.Left, Kept: l.Later, BaseKept: l.Base, Score: l.Score, Honour: n.Honour}
		if !at.carries() {
			h.BaseCleared, h.BaseKept = l.Base, 0
		}
		r.Homes = append(r.Homes, h)
	}
	r.sum()
	return r, nil
}

type named struct {
	HouseholdID uuid.UUID
	Door        string
	Head        string
	PassbookNo  string
	Honour      int64
}

func (r *Rehearsal) sum() {
	for _, h := range r.Homes {
		r.Cleared += h.Cleared
		r.Base += h.BaseCleared
		r.Kept += h.Kept
	}
}

// ClearJob clears a village's year. However often it is queued or run, the year is cleared once.
type ClearJob struct {
	Year int `json:"year"`
	Run  int `json:"run"` // which clearing of the year: one more than were undone
}

func (ClearJob) Kind() string     { return "yearend.clear" }
func (j ClearJob) Dedupe() string { return fmt.Sprintf("%d:%d", j.Year, j.Run) }

// Confirm is the group's word that the year be cleared as rehearsed: at once where nothing stands in the way,
// else as soon as that is so (Due).
func (s *Service) Confirm(ctx context.Context, who actor.Actor, year int) (r Rehearsal, err error) {
	defer fault.Wrap(&err, "yearend.Confirm(%d)", year)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		r, _, err = idem.Once(ctx, tx, "yearend.confirm", func() (Rehearsal, error) { return confirm(ctx, tx, year) })
		return err
	})
	return r, err
}

func confirm(ctx context.Context, tx pg.Tx, year int) (r Rehearsal, err error) {
	if r, err = rehearse(ctx, tx, year); err != nil {
		return r, err
	}
	if r.Last != nil && r.Last.Stands() {
		return r, ErrCleared.With(year)
	}
	if r.Plan == nil {
		a := args(tx, year)
		a["by"], a["name"], a["at"] = tx.Who.Account, tx.Who.Name, tx.Now
		if _, err := tx.Exec(ctx, sqlConfirm, a); err != nil {
			return r, err
		}
		r.Plan = &Plan{tx.Who.Name, tx.Now}
		if err := audit.Record(ctx, tx, audit.Event{Verb: "yearend.confirm", Kind: "year", ID: fmt.Sprint(year), After: r.Cleared}); err != nil {
			return r, err
		}
	}
	if !r.Ready() {
		return r, nil
	}
	return r, queue.Add(ctx, tx, ClearJob{year, r.run()})
}

// run is the number of the clearing that comes next.
func (r Rehearsal) run() int {
	if r.Last == nil {
		return 1
	}
	return r.Last.Run + 1
}

// Due leaves the job of clearing the year that has ended where the group has confirmed it and nothing stands in
// the way any more. The worker's calendar asks again and again.
func (s *Service) Due(ctx context.Context, who actor.Actor) (err error) {
	defer fault.Wrap(&err, "yearend.Due")
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		year := Of(tx.Now)
		if _, err := pg.One[Plan](ctx, tx, sqlPlan, args(tx, year)); err != nil {
			if errors.Is(err, fault.ErrNotFound) {
				return nil
			}
			return err
		}
		r, err := rehearse(ctx, tx, year)
		if err != nil || !r.Ready() || r.Last != nil && r.Last.Stands() {
			return err
		}
		return queue.Add(ctx, tx, ClearJob{year, r.run()})
	})
}

// Clear clears the village's year in one transaction: every balance held, one closing line an account, the new
// year's score begun. A second time, and every other starter meanwhile, gets the clearing that stands.
func (s *Service) Clear(ctx context.Context, who actor.Actor, j ClearJob) (c Close, err error) {
	defer fault.Wrap(&err, "yearend.Clear(%d)", j.Year)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		if err := ledger.Hold(ctx, tx); err != nil {
			return err
		}
		r, err := rehearse(ctx, tx, j.Year)
		if err != nil {
			return err
		}
		if r.Last != nil && (r.Last.Stands() || r.Last.Run >= j.Run) {
			c = *r.Last
			return nil
		}
		if r.Plan == nil {
			return ErrNotReady.With("工作小组还没有确认")
		}
		if !r.Ready() {
			return ErrNotReady.With(r.Hindrances[0].Text)
		}
		c, err = clearing(ctx, tx, r)
		return err
	})
	return c, err
}

func clearing(ctx context.Context, tx pg.Tx, r Rehearsal) (Close, error) {
	c := Close{Year: r.Year, Run: r.run(), Points: r.Cleared, Base: r.Base, ByName: r.Plan.ByName, At: tx.Now, UndoUntil: tx.Now.AddDate(0, 0, UndoDays)}
	n := len(r.Homes)
	home, entry, baseEntry := make([]uuid.UUID, n), make([]*uuid.UUID, n), make([]*uuid.UUID, n)
	cleared, base, kept, baseKept, score := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	var book []ledger.Entry
	line := func(h Home, bucket ledger.Bucket, points int64) *uuid.UUID {
		if points == 0 {
			return nil
		}
		id := pg.IDAt(tx.Now)
		book = append(book, ledger.Entry{ID: id, HouseholdID: h.HouseholdID, SourceKind: ledger.FromClearing,
			SourceID: uuid.NewSHA1(h.HouseholdID, fmt.Appendf(nil, "clearing %d/%d/%d", r.Year, c.Run, bucket)), Recorder: tx.Who.Account, Points: int(-points),
			Month: december(r.Year).Next(), OccurredOn: december(r.Year).End().AddDate(0, 0, -1), Kind: ledger.Clearing, Bucket: bucket})
		return &id
	}
	for i, h := range r.Homes {
		home[i], cleared[i], base[i], kept[i], baseKept[i], score[i] = h.HouseholdID, h.Cleared, h.BaseCleared, h.Kept, h.BaseKept, h.Score
		entry[i], baseEntry[i] = line(h, ledger.YearBucket, h.Cleared), line(h, ledger.BaseBucket, h.BaseCleared)
		if entry[i] != nil || baseEntry[i] != nil {
			c.Households++
		}
	}
	a := args(tx, r.Year)
	a["run"], a["households"], a["points"], a["base"], a["by"], a["name"], a["at"], a["until"] = c.Run, c.Households, c.Points, c.Base, nil, c.ByName, c.At, c.UndoUntil
	if tx.Who.Account != uuid.Nil {
		a["by"] = tx.Who.Account
	}
	if _, err := tx.Exec(ctx, sqlClose, a); err != nil {
		return c, err
	}
	if posted, err := ledger.PostAll(ctx, tx, book); err != nil {
		return c, err
	} else if posted != len(book) {
		return c, fmt.Errorf("%d of %d closing lines were new", posted, len(book))
	}
	b := args(tx, r.Year)
	b["run"], b["household"], b["cleared"], b["base_cleared"], b["kept"], b["base_kept"], b["score"] = c.Run, home, cleared, base, kept, baseKept, score
	b["entry"], b["base_entry"] = entry, baseEntry
	if _, err := tx.Exec(ctx, sqlCloseHomes, b); err != nil {
		return c, err
	}
	if err := ledger.Turn(ctx, tx, r.Year); err != nil {
		return c, err
	}
	return c, audit.Record(ctx, tx, audit.Event{Verb: "yearend.clear", Kind: "year", ID: fmt.Sprint(r.Year), After: c})
}

// Undo takes the standing clearing back, within its window, by one reversing line for every closing line.
func (s *Service) Undo(ctx context.Context, who actor.Actor, year int, reason string) (c Close, err error) {
	defer fault.Wrap(&err, "yearend.Undo(%d)", year)
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 2 || n > 200 {
		return c, ErrReason
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		c, _, err = idem.Once(ctx, tx, "yearend.undo", func() (Close, error) { return undo(ctx, tx, year, reason) })
		return err
	})
	return c, err
}

func undo(ctx context.Context, tx pg.Tx, year int, reason string) (c Close, err error) {
	if err := ledger.Hold(ctx, tx); err != nil {
		return c, err
	}
	a := args(tx, year)
	if c, err = pg.One[Close](ctx, tx, sqlClosed, a); err != nil || !c.Stands() {
		if err == nil || errors.Is(err, fault.ErrNotFound) {
			err = ErrNone.With(year)
		}
		return c, err
	}
	if !c.Undoable(tx.Now) {
		return c, ErrWindow.With(UndoDays)
	}
	switch late, err := ledger.Late(ctx, tx, year); {
	case err != nil:
		return c, err
	case late > 0:
		return c, ErrLate
	}
	a["run"] = c.Run
	lines, err := pg.Column[uuid.UUID](ctx, tx, sqlLinesOf, a)
	if err != nil {
		return c, err
	}
	if len(lines) > 0 {
		if err := ledger.ReverseAll(ctx, tx, lines); err != nil {
			return c, err
		}
	}
	if err := ledger.Turn(ctx, tx, year-1); err != nil {
		return c, err
	}
	at := tx.Now
	c.UndoneAt, c.UndoName, c.Reason = &at, tx.Who.Name, reason
	a["at"], a["by"], a["name"], a["reason"] = at, tx.Who.Account, tx.Who.Name, reason
	if _, err := tx.Exec(ctx, sqlUndone, a); err != nil {
		return c, err
	}
	if _, err := tx.Exec(ctx, sqlUnconfirm, args(tx, year)); err != nil {
		return c, err
	}
	return c, audit.Record(ctx, tx, audit.Event{Verb: "yearend.undo", Kind: "year", ID: fmt.Sprint(year), Reason: reason, After: c})
}

// Progress is how one village stands at the year's end, as the township sees it.
type Progress struct {
	ID          actor.VillageID
	Name        string
	Kind        string
	Sheet       string // of December
	ObjectUntil *time.Time
	ConfirmedAt *time.Time
	ClearedAt   *time.Time
	UndoneAt    *time.Time
	Households  int
	Points      int64
	Selection   string
	Chosen      int
}

// Cleared reports whether the village's year is cleared.
func (p Progress) Cleared() bool { return p.ClearedAt != nil && p.UndoneAt == nil }

// Progress lists every village of the actor's township at the end of a year.
func (s *Service) Progress(ctx context.Context, who actor.Actor, year int) (all []Progress, err error) {
	defer fault.Wrap(&err, "yearend.Progress(%d)", year)
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		a := args(tx, year)
		delete(a, "village_id")
		a["villages"] = villages
		all, err = pg.All[Progress](ctx, tx, sqlProgress, a)
		return err
	})
	return all, err
}
