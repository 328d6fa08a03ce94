package page

import (
	"errors"
	"slices"
	"strconv"
	"testing"
)

// TestRows reads a list of seven in pages of three, to its end, to a break, and to a page that fails.
func TestRows(t *testing.T) {
	t.Parallel()
	asked, broken := 0, errors.New("broken")
	list := func(fails string) func(Page) ([]int, string, error) {
		asked = 0
		return func(p Page) ([]int, string, error) {
			asked++
			if p.After == fails {
				return nil, "", broken
			}
			from, _ := strconv.Atoi(p.After)
			rows := []int{0, 1, 2, 3, 4, 5, 6}[from:]
			if len(rows) <= 3 {
				return rows, "", nil
			}
			return rows[:3], strconv.Itoa(from + 3), nil
		}
	}
	var got []int
	for r, err := range Rows(list("never")) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	if !slices.Equal(got, []int{0, 1, 2, 3, 4, 5, 6}) || asked != 3 {
		t.Errorf("got %v in %d pages", got, asked)
	}
	for r := range Rows(list("never")) {
		if r == 3 {
			break
		}
	}
	if asked != 2 {
		t.Errorf("%d pages read for four rows", asked)
	}
	var last error
	n := 0
	for _, err := range Rows(list("3")) {
		if last = err; err == nil {
			n++
		}
	}
	if n != 3 || !errors.Is(last, broken) {
		t.Errorf("%d rows, then %v", n, last)
	}
}
