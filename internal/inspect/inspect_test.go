package inspect

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func TestDraw(t *testing.T) {
	t.Parallel()
	homes := make([]uuid.UUID, 300)
	for i := range homes {
		homes[i] = uuid.New()
	}
	for _, c := range []struct{ homes, want int }{{0, 0}, {1, 1}, {3, 3}, {99, 3}, {100, 4}, {300, 6}} {
		if got := draw([]byte("a"), homes[:c.homes]); len(got) != c.want {
			t.Errorf("of %d homes %d were drawn, want %d", c.homes, len(got), c.want)
		}
	}
	if n := sampleSize(1200); n != 8 {
		t.Errorf("of 1,200 homes %d are drawn, want 8", n)
	}
	a, again, b := draw([]byte("a"), homes), draw([]byte("a"), homes), draw([]byte("b"), homes)
	if !slices.Equal(a, again) {
		t.Error("the same seed drew others")
	}
	if slices.Equal(a, b) {
		t.Error("another seed drew the same")
	}
	back := slices.Clone(homes)
	slices.Reverse(back)
	if !slices.Equal(a, draw([]byte("a"), back)) {
		t.Error("the order of the homes decides who is drawn")
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	on, left := 202611, []uuid.UUID{uuid.New()}
	for _, c := range []struct {
		name   string
		stored State
		by     []Confirm
		want   State
	}{
		{"open", Open, nil, Open},
		{"closed", Closed, nil, Closed},
		{"one member, some left", Closed, []Confirm{{Leaves: left}}, Closed},
		{"one member, none left", Closed, []Confirm{{}}, Confirmed},
		{"the second took the rest", Closed, []Confirm{{Leaves: left}, {}}, Confirmed},
		{"half on a sheet", Closed, []Confirm{{Leaves: left, Month: &on}, {}}, Confirmed},
		{"on a sheet", Closed, []Confirm{{Leaves: left, Month: &on}, {Month: &on}}, Taken},
		{"half posted", Closed, []Confirm{{Leaves: left, Month: &on, Posted: true}, {Month: &on}}, Taken},
		{"posted", Closed, []Confirm{{Month: &on, Posted: true}}, Posted},
	} {
		r := Round{Stored: c.stored, Confirms: c.by}
		if got := r.State(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if how := (Grid{Round: &r}).Undone(); (how != "") != (c.want == Open || c.want == Closed) {
			t.Errorf("%s: the grid's month is kept off the sheet: %q", c.name, how)
		}
	}
	if (Grid{}).Undone() == "" {
		t.Error("a grid without a round is ready for the sheet")
	}
}

func TestPassing(t *testing.T) {
	t.Parallel()
	a, b := uuid.UUID{1}, uuid.UUID{2}
	got := passing([]string{"P07", "P08", "P10"}, []Home{{HouseholdID: b, Failed: []string{"P08"}}, {HouseholdID: a, Exempt: []string{"P10"}}})
	want := []Pass{{a, "P07"}, {a, "P08"}, {b, "P07"}, {b, "P10"}}
	if !slices.Equal(got, want) {
		t.Errorf("passes are %v, want %v", got, want)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	items := []string{"P07", "P08"}
	long := string(slices.Repeat([]rune{'长'}, 201))
	for _, c := range []struct {
		name string
		m    Mark
		want error
	}{
		{"passes", Mark{}, nil},
		{"passes with a word", Mark{Reason: "家里没有人"}, nil},
		{"fails with a reason", Mark{Failed: []string{"P07"}, Reason: "混投"}, nil},
		{"fails without", Mark{Failed: []string{"P07"}}, ErrReason},
		{"fails with blanks", Mark{Failed: []string{"P07"}, Reason: " 　 "}, ErrReason},
		{"too long", Mark{Reason: long}, ErrReason},
		{"another item", Mark{Failed: []string{"P09"}, Reason: "混投"}, ErrItem},
	} {
		want(t, c.name, c.m.check(items), c.want)
	}
}
