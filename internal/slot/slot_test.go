package slot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/exempt"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

var ctx = context.Background()

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

type stand struct {
	t    *testing.T
	db   *pgtest.DB
	home uuid.UUID
}

func newStand(t *testing.T) *stand {
	t.Helper()
	t.Parallel()
	s := &stand{t: t, db: pgtest.New(t)}
	s.db.At("2026-01-02T10:00:00+08:00")
	s.rules(1, "2026-01-01", nil)
	s.home = s.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	return s
}

func (s *stand) rules(version int, from string, change func(*rulebook.RuleSet)) {
	s.t.Helper()
	r := tenants.Document()
	r.Version, r.InForceFrom = version, day(from)
	if change != nil {
		change(&r)
	}
	if err := s.in(func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) }); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) in(fn func(pg.Tx) error) error {
	return s.db.InVillage(ctx, actor.System(pgtest.A), fn)
}

func (s *stand) take(u Use) (v Verdict, err error) {
	err = s.in(func(tx pg.Tx) error { v, err = Take(ctx, tx, u); return err })
	return v, err
}

func (s *stand) must(u Use) Use {
	s.t.Helper()
	if _, err := s.take(u); err != nil {
		s.t.Fatalf("%s: %v", u.Event.Item, err)
	}
	return u
}

func (s *stand) refused(what string, u Use, want error, words ...string) {
	s.t.Helper()
	_, err := s.take(u)
	if !errors.Is(err, want) {
		s.t.Errorf("%s: %v, want %v", what, err, want)
		return
	}
	for _, w := range words {
		if f := fault.Of(err); !strings.Contains(f.Text, w) {
			s.t.Errorf("%s: %q does not say %q", what, f.Text, w)
		}
	}
}

func (s *stand) slots() (n int) {
	s.t.Helper()
	if err := s.db.Owner.QueryRow(ctx, `select count(*) from slot`).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *stand) use(kind Kind, ref, on string) Use {
	item, part := ref[:3], ref[3:]
	by := map[Kind]rulebook.Starter{Claim: rulebook.ByHousehold, Inspection: rulebook.ByGrid, Finding: rulebook.ByGroup}[kind]
	return Use{Holder: Holder{kind, uuid.New()}, Household: s.home, Proven: true,
		Event: rulebook.Event{Item: item, Parts: map[string]int{part: 1}, OccurredOn: day(on), By: by}}
}

func day(s string) time.Time {
	t, err := month.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestOneCapForClaimsAndRounds(t *testing.T) {
	s := newStand(t)
	first := s.must(s.use(Claim, "P07", "2026-11-03"))
	s.refused("the round of the same month", s.use(Inspection, "P07", "2026-11-20"), rulebook.ErrTaken, "2026年11月", "11月3日的申报")
	s.must(s.use(Inspection, "P07", "2026-12-01"))
	s.must(first) // again: it does not stand in its own way
	if err := s.in(func(tx pg.Tx) error { return Free(ctx, tx, Claim, first.Holder.ID) }); err != nil {
		t.Fatal(err)
	}
	s.must(s.use(Inspection, "P07", "2026-11-20"))
	if n := s.slots(); n != 2 {
		t.Errorf("%d slots", n)
	}
}

// TestMirrors is D3: in one period the positive or the negative of a pair; several negatives of one side may stand.
func TestMirrors(t *testing.T) {
	s := newStand(t)
	s.must(s.use(Inspection, "P08", "2026-10-12"))
	s.refused("a finding in a month that passed", s.use(Finding, "N08", "2026-10-30"), rulebook.ErrMirror, "2026年10月", "房前屋后整洁", "10月12日的巡查结果")
	s.must(s.use(Finding, "N08", "2026-11-01"))
	s.must(s.use(Finding, "N09", "2026-11-02"))
	s.must(s.use(Finding, "N08", "2026-11-30"))
	s.refused("a pass in a month with findings", s.use(Inspection, "P08", "2026-11-12"), rulebook.ErrMirror, "11月1日的评核")
	s.must(s.use(Inspection, "P07", "2026-11-12"))
	s.must(s.use(Finding, "N14", "2026-03-01"))
	s.refused("the year's toilet after a finding", s.use(Claim, "P06", "2026-12-01"), rulebook.ErrMirror, "2026年")
	s.must(s.use(Claim, "P15c", "2026-05-01"))
	s.refused("absent all year, but it was there", s.use(Finding, "N20a", "2026-12-31"), rulebook.ErrMirror)
	s.must(s.use(Finding, "N20b", "2026-12-31"))
}

// TestOverlaps is D4: of the deductions of one group on one day the largest stands.
func TestOverlaps(t *testing.T) {
	s := newStand(t)
	small := s.must(s.use(Finding, "N08", "2026-11-03"))
	larger := s.use(Finding, "N09", "2026-11-03")
	larger.Event.Parts[""] = 2
	s.refused("a larger one later", larger, rulebook.ErrLarger, "减 5 分", "请先撤销")
	if err := s.in(func(tx pg.Tx) error { return Free(ctx, tx, Finding, small.Holder.ID) }); err != nil {
		t.Fatal(err)
	}
	s.must(larger)
	s.refused("a smaller one later", small, rulebook.ErrOverlap, "减 10 分", "11月3日的评核")
	s.must(s.use(Finding, "N08", "2026-11-04"))
}

func TestTakeAll(t *testing.T) {
	s := newStand(t)
	s.must(s.use(Finding, "N08", "2026-11-02"))
	var uses []Use
	for n := range 40 {
		home := s.home
		if n > 0 {
			home = s.db.Household(t, pgtest.A, fmt.Sprintf("2组%d号", n), "单建国")
		}
		for _, item := range []string{"P07", "P08", "P07"} {
			u := s.use(Inspection, item, "2026-11-20")
			u.Household = home
			uses = append(uses, u)
		}
	}
	var got []Verdict
	err := s.in(func(tx pg.Tx) (err error) { got, err = TakeAll(ctx, tx, uses); return err })
	if err != nil {
		t.Fatal(err)
	}
	counts, points := 0, 0
	for n, v := range got {
		if v.Counts() {
			counts++
		}
		points += v.Points
		if v.Counts() == (v.Err() != nil) || v.Item != uses[n].Event.Item || v.Version != 1 {
			t.Errorf("%d: %+v", n, v)
		}
	}
	if counts != 79 || points != 79*5 || s.slots() != 80 {
		t.Errorf("%d count, %d points, %d slots", counts, points, s.slots())
	}
	if err := got[1].Err(); !errors.Is(err, rulebook.ErrMirror) {
		t.Errorf("the home with a finding: %v", err)
	}
	err = s.in(func(tx pg.Tx) error {
		_, err := TakeAll(ctx, tx, append(uses[:1:1], Use{Household: uuid.New(), Event: uses[0].Event}))
		return err
	})
	if !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a household that is not there: %v", err)
	}
}

// TestTogether is the race of the two sides of a pair, and of rounds with claims: of each pair one side gets
// in, of each cap one, and rounds over the same homes in other orders do not lock each other out.
func TestTogether(t *testing.T) {
	s := newStand(t)
	homes := []uuid.UUID{s.home}
	for n := range 5 {
		homes = append(homes, s.db.Household(t, pgtest.A, fmt.Sprintf("2组%d号", n), "单建国"))
	}
	var all sync.WaitGroup
	for n := range 24 {
		all.Go(func() {
			var uses []Use
			for i := range homes {
				ref, kind := [...]string{"P08", "N08", "N09", "P07"}[n%4], [...]Kind{Inspection, Finding, Finding, Claim}[n%4]
				u := s.use(kind, ref, "2026-11-20")
				if n%2 == 0 {
					i = len(homes) - 1 - i
				}
				u.Household = homes[i]
				uses = append(uses, u)
			}
			if n%4 == 3 {
				for _, u := range uses {
					if _, err := s.take(u); err != nil && !errors.Is(err, rulebook.ErrTaken) {
						t.Error(err)
					}
				}
				return
			}
			if err := s.in(func(tx pg.Tx) error { _, err := TakeAll(ctx, tx, uses); return err }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for what, sql := range map[string]string{
		"both sides of a pair": `select count(*) from slot a join slot b using (village_id, household_id) where a.item = 'P08' and b.item in ('N08', 'N09')`,
		"both of a group":      `select count(*) from slot a join slot b using (village_id, household_id) where a.item = 'N08' and b.item = 'N09'`,
		"a month twice":        `select count(*) from (select from slot where item like 'P%' group by household_id, item having count(*) > 1) x`,
		"homes without":        `select 6 - count(distinct household_id) from slot where item = 'P07'`,
	} {
		n := 0
		if err := s.db.Owner.QueryRow(ctx, sql).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d %v", what, n, err)
		}
	}
}

// TestAmendedWithinTheYear: each event is judged by the version of its day, and a cap that became wider counts
// what was there before.
func TestAmendedWithinTheYear(t *testing.T) {
	s := newStand(t)
	s.rules(2, "2026-07-01", func(r *rulebook.RuleSet) {
		for n := range r.Items {
			switch p := &r.Items[n].Parts[0]; r.Items[n].Code {
			case "P16":
				p.Points, p.Cap = 7, rulebook.Cap{Per: rulebook.PerYear, N: 2}
			case "P24":
				r.Items[n].On = false
			}
		}
	})
	if v, _ := s.take(s.use(Claim, "P16", "2026-06-30")); v.Points != 5 || v.Version != 1 {
		t.Errorf("before: %+v", v)
	}
	if v, _ := s.take(s.use(Claim, "P16", "2026-07-01")); v.Points != 7 || v.Version != 2 {
		t.Errorf("after: %+v", v)
	}
	s.refused("a third in the year", s.use(Claim, "P16", "2026-08-01"), rulebook.ErrFull, "2026年最多计 2 次", "7月1日的申报")
	if v, err := s.take(s.use(Claim, "P16", "2026-06-01")); err != nil || v.Points != 5 {
		t.Errorf("an earlier day, claimed late: %+v %v", v, err)
	}
	s.refused("switched off", s.use(Claim, "P24", "2026-07-02"), rulebook.ErrOff)
	s.must(s.use(Claim, "P24", "2026-06-02"))
}

// TestExempt is D10: what a household is free of counts neither way, on the days of the exemption.
func TestExempt(t *testing.T) {
	s := newStand(t)
	who := pgtest.In(pgtest.A, actor.Committee)
	grant := func(item, from string) exempt.Exemption {
		e, err := (&exempt.Service{DB: s.db.DB}).Grant(ctx, who, exempt.Draft{Household: s.home, Item: item, Reason: "常年在外务工", FromOn: day(from)})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	grant("N20a", "2026-01-01")
	p10 := grant("P10", "2026-03-01")
	s.refused("a part that it is free of", s.use(Finding, "N20a", "2026-12-31"), rulebook.ErrExempt, "常年在外务工")
	s.must(s.use(Finding, "N20b", "2026-12-31"))
	s.refused("an award that it is free of", s.use(Inspection, "P10", "2026-03-01"), rulebook.ErrExempt)
	s.must(s.use(Inspection, "P10", "2026-02-28"))
	s.db.At("2026-05-01T10:00:00+08:00")
	if _, err := (&exempt.Service{DB: s.db.DB}).End(ctx, who, p10.ID, "回村种地了"); err != nil {
		t.Fatal(err)
	}
	s.refused("a day that it was free", s.use(Inspection, "P10", "2026-04-30"), rulebook.ErrExempt)
	s.must(s.use(Inspection, "P10", "2026-05-01"))
}
