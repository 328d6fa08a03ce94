package monthly

import (
	"slices"
	"testing"

	"cunfen/internal/month"
	"cunfen/internal/signoff"
)

// TestWithRunning: a month that was let slip stands in the list for as long as it can still be signed.
func TestWithRunning(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		sheets []month.Month
		this   month.Month
		want   []month.Month
	}{
		{"a village that begins", nil, 202612, []month.Month{202612, 202611}},
		{"in order", []month.Month{202611, 202610}, 202612, []month.Month{202612, 202611, 202610}},
		{"two let slip, over the year's end", []month.Month{202611, 202610}, 202702, []month.Month{202702, 202701, 202612, 202611, 202610}},
		{"one that a later sheet has passed", []month.Month{202611, 202609}, 202612, []month.Month{202612, 202611, 202609}},
	} {
		var sheets []signoff.Sheet
		for _, m := range c.sheets {
			sheets = append(sheets, signoff.Sheet{Month: m, State: signoff.Published})
		}
		var got []month.Month
		for _, s := range withRunning(sheets, c.this) {
			got = append(got, s.Month)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
