package claim

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func TestHappened(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		on, now string
		want    error
	}{
		{"2026-11-23", "2026-11-23T10:00:00+08:00", nil},
		{"2026-11-24", "2026-11-23T10:00:00+08:00", ErrFuture},
		{"2026-11-24", "2026-11-23T15:59:59Z", ErrFuture}, // 23:59:59 in the village
		{"2026-11-24", "2026-11-23T16:00:00Z", nil},       // midnight there
		{"2026-01-01", "2026-12-31T15:59:59Z", nil},
		{"2027-01-01", "2026-12-31T15:59:59Z", ErrFuture},
		{"2027-01-01", "2026-12-31T16:00:00Z", nil},
		{"2025-12-31", "2026-11-23T10:00:00+08:00", ErrOtherYear},
		{"2026-12-31", "2026-12-31T16:00:00Z", nil}, // D11: December is still open in January
		{"2026-12-01", "2027-01-31T23:59:59+08:00", nil},
		{"2026-11-30", "2027-01-01T00:00:00+08:00", ErrOtherYear},
		{"2026-12-31", "2027-02-01T00:00:00+08:00", ErrOtherYear},
		{"2025-12-31", "2027-01-10T00:00:00+08:00", ErrOtherYear},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		want(t, c.on+" at "+c.now, happened(day(c.on), now), c.want)
	}
	want(t, "no day", happened(time.Time{}, day("2026-11-23")), ErrOtherYear)
}

// TestLastDay: what a refusal says of the time that is left is what the rule of the day allows.
func TestLastDay(t *testing.T) {
	t.Parallel()
	for on, last := range map[string]string{"2026-01-01": "2026-12-31", "2026-11-30": "2026-12-31", "2026-12-01": "2027-01-31", "2026-12-31": "2027-01-31"} {
		got := LastDay(day(on))
		if got.Format(time.DateOnly) != last {
			t.Errorf("%s: %s, not %s", on, got, last)
		}
		want(t, on+" on its last day", happened(day(on), got.Add(23*time.Hour)), nil)
		want(t, on+" a day later", happened(day(on), got.AddDate(0, 0, 1)), ErrOtherYear)
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	who, at := pgtest.In(pgtest.A, actor.Committee), day("2026-11-23")
	for _, c := range []struct {
		name     string
		from     State
		recorder uuid.UUID
		related  bool
		want     error
	}{
		{"pending", Pending, uuid.New(), false, nil},
		{"returned", Returned, uuid.New(), false, ErrDecided},
		{"approved", Approved, uuid.New(), false, ErrDecided},
		{"rejected", Rejected, uuid.New(), false, ErrDecided},
		{"withdrawn", Withdrawn, uuid.New(), false, ErrDecided},
		{"posted", Posted, uuid.New(), false, ErrDecided},
		{"own record", Pending, who.Account, false, ErrOwnRecord},
		{"relative's", Pending, uuid.New(), true, ErrRelated},
	} {
		for _, to := range []State{Approved, Rejected, Returned} {
			claim := Claim{State: c.from, Recorder: c.recorder}
			want(t, c.name, claim.decide(who, c.related, to, "理由", at), c.want)
			if c.want != nil && (claim.State != c.from || claim.Reviewer != nil) {
				t.Errorf("%s: a refused decision changed the claim: %+v", c.name, claim)
			}
			if c.want == nil && (claim.State != to || *claim.Reviewer != who.Account || !claim.DecidedAt.Equal(at) || claim.Reason != "理由" || claim.ReviewerName != who.Name) {
				t.Errorf("%s: %+v", c.name, claim)
			}
		}
	}
	for _, f := range []*fault.Error{ErrOwnRecord, ErrRelated} {
		if f.Kind != fault.Forbidden || f.Code != "conflict_of_duty" {
			t.Errorf("%+v", f)
		}
	}
}

func TestUndoRule(t *testing.T) {
	t.Parallel()
	who, other, month, at := pgtest.In(pgtest.A, actor.Committee), uuid.New(), 202611, day("2026-11-23")
	for _, c := range []struct {
		name  string
		claim Claim
		want  error
	}{
		{"approved", Claim{State: Approved, Reviewer: &who.Account}, nil},
		{"rejected", Claim{State: Rejected, Reviewer: &who.Account}, nil},
		{"returned", Claim{State: Returned, Reviewer: &who.Account}, nil},
		{"another's decision", Claim{State: Approved, Reviewer: &other}, ErrDecided},
		{"undecided", Claim{State: Pending}, ErrDecided},
		{"posted", Claim{State: Posted, Reviewer: &who.Account, Month: &month}, ErrDecided},
		{"withdrawn after a return", Claim{State: Withdrawn, Reviewer: &who.Account}, ErrDecided},
		{"on a sheet", Claim{State: Approved, Reviewer: &who.Account, Month: &month}, ErrOnSheet},
	} {
		c.claim.DecidedAt, c.claim.Reason, c.claim.ReviewerName = &at, "理由", who.Name
		before := c.claim.State
		want(t, c.name, c.claim.undo(who), c.want)
		if c.want != nil && c.claim.State != before {
			t.Errorf("%s: moved to %s", c.name, c.claim.State)
		}
		if c.want == nil && (c.claim.State != Pending || c.claim.Reviewer != nil || c.claim.DecidedAt != nil || c.claim.Reason != "" || c.claim.ReviewerName != "") {
			t.Errorf("%s: %+v", c.name, c.claim)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, s := range States {
		if s.Chinese() == "" {
			t.Errorf("state %s has no name", s)
		}
		if s.holdsSlot() != (s != Rejected && s != Withdrawn) {
			t.Errorf("%s: slot %t", s, s.holdsSlot())
		}
	}
	for role, want := range map[actor.Role]Channel{actor.Household: Self, actor.Grid: ByGrid, actor.Desk: Counter, actor.Lead: Counter, actor.Committee: Counter} {
		if got := channel(pgtest.In(pgtest.A, role)); got != want || got.Chinese() == "" {
			t.Errorf("%s: %s", role, got)
		}
	}
}
