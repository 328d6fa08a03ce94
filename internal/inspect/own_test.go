package inspect

import (
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// free exempts a home from an item, for good.
func (s *stand) free(home uuid.UUID, items ...string) {
	s.t.Helper()
	for _, i := range items {
		s.exec(`insert into exemption (village_id, id, household_id, item, reason, from_on, granted_by, granted_by_name, granted_at)
			values (11, $1, $2, $3, '常年卧床', '2026-01-01', $1, '徐海波', now())`, pg.NewID(), home, i)
	}
}

// TestExempt is a round with homes that items do not apply to: they are shown as such, nobody looks at what does
// not apply, nothing is held against them there, and they are not counted among the rest that passes.
func TestExempt(t *testing.T) {
	s := newStand(t, 10)
	r, err := s.Open(ctx, s.grid, 1, november)
	if err != nil {
		t.Fatal(err)
	}
	idle, part := r.Sample[0], s.plain(r)[0]
	s.free(idle, r.Items...)
	s.free(part, "P10")
	for _, h := range r.Sample[1:] {
		s.mark(r, Mark{Household: h, Photos: []uuid.UUID{s.photo(s.grid.Account)}})
	}
	w, err := s.Show(ctx, s.grid, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	h, _ := w.Find(idle)
	if p, _ := w.Find(part); !h.Idle() || h.Owes() || h.Why != "常年卧床" || p.Idle() || len(p.Exempt) != 1 {
		t.Errorf("%+v %+v", h, p)
	}
	if tally := TallyOf(w.All); tally.Rest() != 9 || tally.Idle != 1 || tally.Owes != 0 {
		t.Errorf("%+v", tally)
	}
	_, err = s.Mark(ctx, s.grid, r.ID, Mark{Household: part, Failed: []string{"P10"}, Reason: "没有回收"})
	want(t, "what does not apply is held against a home", err, ErrExempt)
	_, err = s.Close(ctx, s.grid, r.ID, 10)
	want(t, "a home that nobody looks at is among the rest", err, ErrCount)
	if r, err = s.Close(ctx, s.grid, r.ID, 9); err != nil || r.Passes != 9*5-1 {
		t.Errorf("%d passes, %v", r.Passes, err)
	}
}

// TestTold: a home that did not pass is told once what and why, and sees it; closing the round again as it was
// says nothing new, a changed result does.
func TestTold(t *testing.T) {
	s := newStand(t, 8)
	r := s.begun()
	bad := s.plain(r)[0]
	s.mark(r, Mark{Household: bad, Failed: []string{"P08"}, Reason: "门前有杂物"})
	family := pgtest.In(pgtest.A, actor.Household)
	family.Household = bad
	told := func() int { return s.count(`select count(*) from message where kind = 'round.failed'`) }
	if all, err := s.Own(ctx, family); err != nil || len(all) != 0 || told() != 0 {
		t.Errorf("before the close: %v %v", all, err)
	}
	closing := func() {
		t.Helper()
		if _, err := s.Close(ctx, s.grid, r.ID, 7); err != nil {
			t.Fatal(err)
		}
	}
	closing()
	if n := s.count(`select count(*) from message where household_id = $1 and detail like '%房前屋后%门前有杂物%'`, bad); n != 1 || told() != 1 {
		t.Errorf("%d told, %d of all", n, told())
	}
	all, err := s.Own(ctx, family)
	if err != nil || len(all) != 1 || all[0].Reason != "门前有杂物" || len(all[0].Failed) != 1 || all[0].Month != november {
		t.Errorf("%+v %v", all, err)
	}
	family.Household = s.plain(r)[1]
	if all, err := s.Own(ctx, family); err != nil || len(all) != 1 || len(all[0].Failed) != 0 || len(all[0].Photos) != 0 {
		t.Errorf("another home: %+v %v", all, err)
	}
	for n, reason := range []string{"门前有杂物", "门前还有一堆砖"} {
		if _, err := s.Reopen(ctx, s.grid, r.ID, "再看一次"); err != nil {
			t.Fatal(err)
		}
		s.mark(r, Mark{Household: bad, Failed: []string{"P08"}, Reason: reason})
		closing()
		if told() != 1+n {
			t.Errorf("%d told after %q", told(), reason)
		}
	}
}
