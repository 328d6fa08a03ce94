package shop

import (
	"context"
	"strings"
	"testing"
	"time"

	"cunfen/internal/page"
)

// TestHandedOverWithoutNetwork: what a desk without network handed over keeps its own time, where that can be true.
func TestHandedOverWithoutNetwork(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	made, sent := "2026-12-31T09:00:00+08:00", "2027-01-01T08:30:00+08:00"
	for name, c := range map[string]struct {
		handed string
		kept   bool
		day    string // that the ledger has
		doubt  bool
	}{
		"the evening before":         {"2026-12-31T16:45:00+08:00", true, "2026-12-31", false},
		"as it was made":             {made, true, "2026-12-31", false},
		"not said":                   {"", false, "2027-01-01", false},
		"a minute ago":               {"2027-01-01T08:29:00+08:00", false, "2027-01-01", false},
		"a clock a minute ahead":     {"2027-01-01T08:31:00+08:00", false, "2027-01-01", false},
		"in the future":              {"2027-01-02T08:30:00+08:00", false, "2027-01-01", true},
		"before it was made":         {"2026-12-31T08:59:59+08:00", false, "2027-01-01", true},
		"a clock that never was set": {"2000-01-01T00:00:00+08:00", false, "2027-01-01", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := set(t, 5)
			ctx := context.Background()
			d.db.At(made)
			r, err := d.Reserve(ctx, d.family(), d.home, d.item(1))
			if err != nil {
				t.Fatal(err)
			}
			d.db.At(sent)
			sign := d.sign(100)
			if c.handed != "" {
				sign.Handed = at(c.handed)
			}
			all, err := d.Fulfil(ctx, d.who, r.ID, sign)
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.Show(ctx, d.who, all[0].ID)
			if err != nil || (got.HandedAt != nil) != c.kept || c.kept && !got.HandedAt.Equal(at(c.handed)) || got.At.Sub(at(sent)).Abs() > time.Minute {
				t.Errorf("%+v, %v", got, err)
			}
			var day, reason string
			var month int
			err = d.db.Owner.QueryRow(ctx, `select e.occurred_on::text, e.month, a.reason from ledger_entry e, audit a where e.id = $1 and a.verb = 'shop.fulfil'`, got.EntryID).Scan(&day, &month, &reason)
			if err != nil || day != c.day || month != 202701 || strings.Contains(reason, "没有采信") != c.doubt {
				t.Errorf("the book says %s, %d, %q, %v", day, month, reason, err)
			}
			d.whole()
		})
	}
}

// TestDaysWithoutNetwork: three days is as long as a desk may have been without.
func TestDaysWithoutNetwork(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	made := now.AddDate(0, 0, -10)
	for ago, want := range map[time.Duration]bool{72 * time.Hour: true, 72*time.Hour + time.Second: false, clockOff: true, clockOff - time.Second: false} {
		if at, _ := believed(now.Add(-ago), made, now); at.IsZero() == want {
			t.Errorf("%s ago: believed %t", ago, !want)
		}
	}
}

func TestStockAndCountsAreFiltered(t *testing.T) {
	t.Parallel()
	d := set(t, 5)
	ctx := context.Background()
	d.db.At("2026-11-20T10:00:00+08:00")
	soap, err := d.Save(ctx, d.who, Goods{Code: "Z1", Name: "肥皂", Unit: "块", Price: 5, Stock: 7, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	d.db.At("2026-11-22T10:00:00+08:00")
	if _, err := d.Redeem(ctx, d.who, d.order(100)); err != nil {
		t.Fatal(err)
	}
	for i, counted := range []int{4, 3} { // the close of the day, and a taking that finds one missing
		c := Count{Kind: []string{"day", "taking"}[i], Witness: "李四", Lines: []CountLine{{GoodsID: d.oil.ID, Book: 4, Counted: counted, Reason: "少了一桶"}, {GoodsID: soap.ID, Book: 7, Counted: 7}}}
		if _, err := d.TakeStock(ctx, d.who, c); err != nil {
			t.Fatal(err)
		}
		d.db.At("2026-11-23T10:00:00+08:00")
	}
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		f    StockFilter
		want int
	}{
		"everything":       {StockFilter{}, 4},
		"one thing":        {StockFilter{Goods: soap.ID}, 1},
		"one kind":         {StockFilter{Kind: HandedOut}, 1},
		"its name":         {StockFilter{Query: "肥皂"}, 1},
		"its code":         {StockFilter{Query: "Y1"}, 3},
		"the note":         {StockFilter{Query: "少了一桶"}, 1},
		"the handing-over": {StockFilter{Goods: d.oil.ID, Kind: HandedOut, First: time.Now().AddDate(-9, 0, 0)}, 1},
		"before":           {StockFilter{Goods: soap.ID, Last: day(19)}, 0},
		"on the day":       {StockFilter{Goods: soap.ID, First: day(20), Last: day(20)}, 1},
		"nothing":          {StockFilter{Query: "没有的"}, 0},
	} {
		lines, _, err := d.Stock(ctx, d.who, c.f)
		if err != nil || len(lines) != c.want {
			t.Errorf("%s: %d lines, want %d: %+v, %v", name, len(lines), c.want, lines, err)
		}
		for _, l := range lines {
			if l.GoodsName == "" {
				t.Errorf("%s: a line without name", name)
			}
		}
	}
	lines, next, err := d.Stock(ctx, d.who, StockFilter{Page: page.Page{Limit: 3}})
	rest, end, err2 := d.Stock(ctx, d.who, StockFilter{Page: page.Page{Limit: 3, After: next}})
	if err != nil || err2 != nil || len(lines) != 3 || len(rest) != 1 || end != "" || rest[0].ID == lines[2].ID {
		t.Errorf("%d and %d lines, %v, %v", len(lines), len(rest), err, err2)
	}
	for name, c := range map[string]struct {
		f    CountFilter
		want int
	}{"all": {CountFilter{}, 2}, "takings": {CountFilter{Kind: "taking"}, 1}, "with differences": {CountFilter{Differs: true}, 1}, "before": {CountFilter{Last: day(21)}, 0}, "from the first": {CountFilter{First: day(22)}, 2}} {
		got, _, err := d.Counted(ctx, d.who, c.f)
		if err != nil || len(got) != c.want {
			t.Errorf("%s: %d counts, want %d, %v", name, len(got), c.want, err)
		}
	}
}
