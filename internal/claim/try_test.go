package claim

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

// TestTrySaysWhatSubmitWouldDo tries claims and then sends them: the two never disagree, and a trial takes nothing.
func TestTrySaysWhatSubmitWouldDo(t *testing.T) {
	s := newStand(t)
	s.exec(`insert into exemption (village_id, id, household_id, item, reason, from_on, granted_by, granted_by_name, granted_at) values (11, $1, $2, 'P10', '不种不养', '2026-01-01', $1, '', now())`, uuid.New(), s.home)
	for _, c := range []struct {
		name   string
		draft  Draft
		points int
		want   error
	}{
		{"a deed", Draft{Item: "P16", Parts: map[string]int{"": 1}, OccurredOn: day("2026-11-20")}, 5, nil},
		{"a yearly item", Draft{Item: "P21", Parts: map[string]int{"": 1}, OccurredOn: day("2026-11-20")}, 5, nil},
		{"the yearly item again", Draft{Item: "P21", Parts: map[string]int{"": 1}, OccurredOn: day("2026-11-21")}, 0, rulebook.ErrTaken},
		{"exempt", Draft{Item: "P10", Parts: map[string]int{"": 1}, OccurredOn: day("2026-11-20")}, 0, rulebook.ErrExempt},
		{"tomorrow", Draft{Item: "P16", Parts: map[string]int{"": 1}, OccurredOn: day("2026-11-24")}, 0, ErrFuture},
		{"two rungs", Draft{Item: "P19", Parts: map[string]int{"t1": 1, "t2": 1}, OccurredOn: day("2026-11-20")}, 0, rulebook.ErrOneRung},
		{"parts and a prize", Draft{Item: "P15", Parts: map[string]int{"a": 1, "c": 1, "d2": 1}, OccurredOn: day("2026-11-20")}, 5, nil},
	} {
		c.draft.Household = s.home
		for range 2 { // a second look finds the same: the first took nothing
			got, err := s.Try(ctx, s.grid, c.draft, false)
			if err != nil || got.Points != c.points || !errors.Is(got.Against, c.want) || (got.Against == nil) != (c.want == nil) {
				t.Errorf("%s: %+v, %v; want %d, %v", c.name, got, err, c.points, c.want)
			}
		}
		item, _ := tenants.Document().Item(c.draft.Item)
		c.draft.Proofs, c.draft.Evidence = item.Accepts()[:max(1, len(item.Required))], []uuid.UUID{s.photo(pgtest.A, s.grid.Account)}
		made, err := s.Submit(ctx, s.grid, c.draft)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || err == nil && made.Points != c.points {
			t.Errorf("%s: sent: %+v, %v; tried %d, %v", c.name, made, err, c.points, c.want)
		}
	}
}

func TestTryAsksForProofOnceItIsThere(t *testing.T) {
	s := newStand(t)
	d := Draft{Household: s.home, Item: "P18", Parts: map[string]int{"": 1}, OccurredOn: day("2026-11-20")}
	if got, err := s.Try(ctx, s.family, d, false); err != nil || got.Against != nil || got.Points != 5 {
		t.Errorf("while it is being written: %+v, %v", got, err)
	}
	if got, err := s.Try(ctx, s.family, d, true); err != nil || got.Against == nil || fault.Of(got.Against).Field != "evidence" {
		t.Errorf("at the check: %+v, %v", got, err)
	}
}

// TestTryOfEachPart: where nothing is chosen each part is tried by itself, so that the rungs of a ladder do not
// stand in each other's way.
func TestTryOfEachPart(t *testing.T) {
	s := newStand(t)
	d := Draft{Household: s.home, Item: "P15", OccurredOn: day("2026-11-20")}
	got, err := s.Try(ctx, s.family, d, false)
	if err != nil || len(got.Parts) != 7 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, p := range got.Parts {
		if p.Against != nil {
			t.Errorf("%s: %v", p.Part.Label, p.Against)
		}
	}
	s.used("P15", "b", "b:2026-Q4", "2026-10-08")
	got, err = s.Try(ctx, s.family, d, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range got.Parts {
		if taken := errors.Is(p.Against, rulebook.ErrTaken); taken != (p.Part.Code == "b") {
			t.Errorf("%s: %v", p.Part.Label, p.Against)
		}
	}
	closed, err := s.Closed(ctx, s.family, s.home, day("2026-11-20"))
	if err != nil || closed["P15"] != nil || closed["P21"] != nil {
		t.Errorf("%v %v", closed, err)
	}
	s.used("P21", "", "2026", "2026-02-01")
	if closed, err = s.Closed(ctx, s.family, s.home, day("2026-11-20")); err != nil || len(closed) != 1 || !strings.Contains(fault.Of(closed["P21"]).Text, "2026年已经记过一次") {
		t.Errorf("%v %v", closed, err)
	}
}

func TestTryOfAnotherHome(t *testing.T) {
	s := newStand(t)
	other := s.db.Household(t, pgtest.A, "1组2号", "李")
	d := Draft{Household: other, Item: "P18", Parts: map[string]int{"": 1}, OccurredOn: day("2026-11-20")}
	if _, err := s.Try(ctx, s.family, d, false); !errors.Is(err, ErrNotYours) {
		t.Error(err)
	}
	if _, err := s.Closed(ctx, s.family, other, day("2026-11-20")); !errors.Is(err, ErrNotYours) {
		t.Error(err)
	}
	d.Household = pg.NewID()
	if _, err := s.Try(ctx, s.lead, d, false); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
}

// used puts a slot of the household into the village.
func (s *stand) used(item, part, key, on string) {
	s.t.Helper()
	s.exec(`insert into slot (village_id, household_id, holder_kind, holder_id, item, part, key, sole, counted, points, occurred_on) values (11, $1, 1, $2, $3, $4, $5, true, 1, 1, $6)`,
		s.home, uuid.New(), item, part, key, on)
}
