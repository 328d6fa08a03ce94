package adoption

import (
	"slices"
	"testing"

	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

// TestADraftIsComparedWithLastYear amends the rules in spring and drafts again in May: the draft differs from the
// rules in force in what it changes itself, and from last year's in the amendment besides. Before the amendment both
// are one, and last year's is not shown a second time.
func TestADraftIsComparedWithLastYear(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := t.Context()
	s.ok(s.Start(ctx, s.lead, false))
	if w := s.draft(); w.LastYear.Version != 0 {
		t.Errorf("last year's rules are those in force, and shown as version %d", w.LastYear.Version)
	}
	s.ok(s.Discard(ctx, s.lead, "春天再说"))
	err := s.db.InVillage(ctx, s.lead, func(tx pg.Tx) error {
		r := tenants.Document()
		r.Version, r.InForceFrom, r.Year, r.Items = 2, day0("2027-04-01"), 2027, slices.Clone(r.Items)
		n := slices.IndexFunc(r.Items, func(i rulebook.Item) bool { return i.Code == "P07" })
		r.Items[n].Parts = slices.Clone(r.Items[n].Parts)
		r.Items[n].Parts[0].Points = 8
		return rulebook.Insert(ctx, tx, r)
	})
	s.ok(nil, err)
	s.db.At("2027-05-10T10:00:00+08:00")
	d, err := s.Start(ctx, s.lead, false)
	s.ok(d, err)
	i, err := d.Body.Item("P24")
	s.ok(i, err)
	s.ok(s.Edit(ctx, s.lead, d.Version, "P24", Edit{Title: i.Title, Text: i.Text, ValueText: i.ValueText, Why: "没有人用"}))
	w := s.draft()
	if w.Base.Version != 2 || w.LastYear.Version != 1 || w.Body.Year != 2027 {
		t.Fatalf("in force %d, last year's %d, for %d", w.Base.Version, w.LastYear.Version, w.Body.Year)
	}
	codes := func(all []Difference) (c []string) {
		for _, d := range all {
			c = append(c, d.Code)
		}
		return slices.Compact(c)
	}
	if now, last := codes(Compare(w.Base, w.Body)), codes(Compare(w.LastYear, w.Body)); !slices.Equal(now, []string{"P24"}) || !slices.Equal(last, []string{"P07", "P24"}) {
		t.Errorf("against the rules in force %q, against last year's %q", now, last)
	}
}
