package watch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func homes(stratum string, kin bool, points ...int64) (all []Home) {
	for _, p := range points {
		all = append(all, Home{stratum, kin, p})
	}
	return all
}

func TestRelatives(t *testing.T) {
	t.Parallel()
	many := homes("a", false, 10, 10, 10, 10, 10)
	for name, c := range map[string]struct {
		homes   []Home
		part    int
		value   float64
		enough  bool
		flagged bool
	}{
		"twice as much":                {append(homes("a", true, 20, 20, 20, 20, 20), many...), 5, 2, true, true},
		"the same":                     {append(homes("a", true, 10, 10, 10, 10, 10), many...), 5, 1, true, false},
		"just at the threshold":        {append(homes("a", true, 15, 15, 15, 15, 15), many...), 5, 1.5, true, true},
		"too few":                      {append(homes("a", true, 20, 20, 20, 20), many...), 4, 0, false, false},
		"nobody similar":               {append(homes("b", true, 20, 20, 20, 20, 20), many...), 0, 0, false, false},
		"richer strata are no favour":  {append(append(homes("b", true, 30, 30, 30, 30, 30), homes("b", false, 30, 30)...), many...), 5, 1, true, false},
		"others gained nothing at all": {append(homes("a", true, 5, 5, 5, 5, 5), homes("a", false, 0, 0)...), 5, 0, false, false},
		"nobody":                       {nil, 0, 0, false, false},
	} {
		f := OfRelatives(c.homes)
		if f.Part != c.part || math.Abs(f.Value-c.value) > 1e-9 || f.Enough != c.enough || f.Flagged != c.flagged || f.Whole != len(c.homes) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

var people = []uuid.UUID{{1}, {2}, {3}, {4}}

// approvals is n records of one person that another let through.
func approvals(n, from, to int, change ...func(*Approval)) (all []Approval) {
	for range n {
		a := Approval{Recorder: people[from], Reviewer: people[to], RecorderName: fmt.Sprint("甲", from), ReviewerName: fmt.Sprint("乙", to), Proven: true}
		for _, fn := range change {
			fn(&a)
		}
		all = append(all, a)
	}
	return all
}

func join(parts ...[]Approval) (all []Approval) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func bare(a *Approval)  { a.Proven = false }
func staff(a *Approval) { a.Staff = true }

type want struct {
	part, whole     int
	enough, flagged bool
}

func (w want) check(t *testing.T, name string, f Finding) {
	t.Helper()
	if f.Part != w.part || f.Whole != w.whole || f.Enough != w.enough || f.Flagged != w.flagged {
		t.Errorf("%s: %+v, want %+v", name, f, w)
	}
}

func TestBare(t *testing.T) {
	t.Parallel()
	want{3, 20, true, true}.check(t, "three of twenty", OfBare(join(approvals(17, 0, 1), approvals(3, 0, 1, bare))))
	want{2, 20, true, false}.check(t, "a tenth is not more than a tenth", OfBare(join(approvals(18, 0, 1), approvals(2, 0, 1, bare))))
	want{9, 19, false, false}.check(t, "too few", OfBare(join(approvals(10, 0, 1), approvals(9, 0, 1, bare))))
	want{0, 20, true, false}.check(t, "what the staff saw needs no photo", OfBare(join(approvals(20, 0, 1), approvals(50, 0, 1, bare, staff))))
}

func TestPairs(t *testing.T) {
	t.Parallel()
	want{16, 16, true, true}.check(t, "only each other", OfPairs(join(approvals(8, 0, 1), approvals(8, 1, 0))))
	want{0, 108, false, false}.check(t, "one way alone", OfPairs(join(approvals(100, 0, 1), approvals(7, 1, 0), approvals(1, 2, 0))))
	want{16, 76, true, false}.check(t, "a small part of what they let through", OfPairs(join(approvals(8, 0, 1), approvals(8, 1, 0), approvals(30, 2, 0), approvals(30, 2, 1))))
	// the share is the smaller of the two: 8 of 20 is 40 %, however much the other has
	want{16, 28, true, true}.check(t, "just at the threshold", OfPairs(join(approvals(8, 0, 1), approvals(8, 1, 0), approvals(12, 2, 1))))
	want{0, 0, false, false}.check(t, "nothing", OfPairs(nil))
}

func on(d time.Time) func(*Approval) { return func(a *Approval) { a.On = d } }

func TestSpike(t *testing.T) {
	t.Parallel()
	from, to := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	day := func(d int) func(*Approval) { return on(time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC)) }
	near, far := approvals(20, 0, 1, day(13)), approvals(25, 0, 1, day(20))
	f := OfSpike(join(near, far), from, to, 15)
	want{20, 45, true, true}.check(t, "4 a day before the 15th, 1.5 a day over all", f)
	if math.Abs(f.Value-4/1.5) > 1e-9 {
		t.Errorf("value = %v", f.Value)
	}
	want{20, 145, true, false}.check(t, "as on other days", OfSpike(join(near, approvals(125, 0, 1, day(20))), from, to, 15))
	want{0, 45, false, false}.check(t, "the day itself is not before it", OfSpike(join(approvals(20, 0, 1, day(15)), far), from, to, 15))
	want{14, 39, false, false}.check(t, "too few", OfSpike(join(approvals(14, 0, 1, day(10)), far), from, to, 15))
	want{20, 20, true, true}.check(t, "all of it just before", OfSpike(near, from, to, 15))
	// a redemption day early in the month has the last days of the month before it
	end := OfSpike(join(approvals(15, 0, 1, day(29)), approvals(12, 0, 1, day(10))), from, to, 3)
	want{15, 27, true, true}.check(t, "the 29th is before the 3rd", end)
}

func TestShare(t *testing.T) {
	t.Parallel()
	want{21, 30, true, true}.check(t, "70 of 100", OfShare(join(approvals(21, 0, 1), approvals(5, 0, 2), approvals(4, 0, 3))))
	want{20, 30, true, false}.check(t, "two thirds", OfShare(join(approvals(20, 0, 1), approvals(5, 0, 2), approvals(5, 0, 3))))
	want{30, 31, false, false}.check(t, "two people only", OfShare(join(approvals(30, 0, 1), approvals(1, 0, 2))))
	want{0, 0, false, false}.check(t, "nothing", OfShare(nil))
}

// TestWords asks that every statistic says how it is counted, from where on it asks, and what else could explain it.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, s := range Statistics {
		if s.Chinese() == "" || s.Counts() == "" || s.Else() == "" || s.Threshold() == "" {
			t.Errorf("%s has no words", s)
		}
	}
}

// TestCount is a village whose claims are what the pure rules are asked about.
func TestCount(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	ctx := context.Background()
	s := &Service{DB: db.DB}
	rules := tenants.Document()
	rules.Version = 1
	if err := db.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, rules) }); err != nil {
		t.Fatal(err)
	}
	home := db.Household(t, pgtest.A, "1", "甲")
	claim := func(channel, source, at string, n int) {
		for range n {
			_, err := db.Owner.Exec(ctx, `insert into claim (village_id, id, household_id, item, parts, rule_version, points, occurred_on, channel, source, recorder, recorder_name, recorded_at, state, reviewer, reviewer_name, decided_at)
				values (11, $1, $2, 'P24', '{"": 1}', 1, 5, '2026-11-01', $3, $4, $5, '网格', $6, 'posted', $7, '组长', $6)`, pg.NewID(), home, channel, source, people[0], at, people[1])
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	claim("self", "", "2026-11-10T10:00:00+08:00", 3)
	claim("self", "奖状", "2026-11-10T10:00:00+08:00", 20)
	claim("grid", "", "2026-11-10T10:00:00+08:00", 5)
	claim("self", "", "2026-07-10T10:00:00+08:00", 9) // too long ago
	claim("self", "", "2026-11-20T09:00:00+08:00", 9) // today is not over
	for range 2 {
		if err := s.Count(ctx, actor.System(pgtest.A)); err != nil {
			t.Fatal(err)
		}
	}
	officer := actor.Actor{Account: uuid.New(), Role: actor.Bureau, Township: pgtest.Town1}
	all, err := s.List(ctx, officer, Filter{})
	if err != nil || len(all) != len(Statistics) {
		t.Fatalf("%d rows, %v", len(all), err)
	}
	first := all[0]
	want{3, 23, true, true}.check(t, "counted", first.Finding)
	if first.Statistic != Bare || !first.ToOn.Equal(month.Date(db.Now())) || first.Village != "东村" {
		t.Errorf("first = %+v", first)
	}
	if flagged, _ := s.List(ctx, officer, Filter{Flagged: true}); len(flagged) != 1 {
		t.Errorf("%d flagged", len(flagged))
	}
	for name, who := range map[string]actor.Actor{"a department": {Role: actor.Department, Township: pgtest.Town1}, "the village itself": pgtest.In(pgtest.A, actor.Lead)} {
		if _, err := s.List(ctx, who, Filter{}); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if foreign, err := s.List(ctx, actor.Actor{Role: actor.Bureau, Township: pgtest.Town2}, Filter{}); err != nil || len(foreign) != 0 {
		t.Errorf("another township sees %d, %v", len(foreign), err)
	}
}
