// Package rehearse is the 试算 of rules that a village thinks of: what a year's events would have given under
// them, beside what the rules in force give for the same events. It says who gains and who loses by kind of
// household, what each class comes to, and whether the goods would do, before anybody votes. It reads and
// changes nothing.
package rehearse

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/exempt"
	"cunfen/internal/month"
	"cunfen/internal/rulebook"
)

// Home is a household as far as a rehearsal tells them apart.
type Home struct {
	ID        uuid.UUID
	Door      string
	Head      string
	Residence string // local, outside
	Party     bool
	Members   int
	Free      []exempt.Span `db:"-"`
}

// Happening is one event of one household.
type Happening struct {
	Household uuid.UUID
	Event     rulebook.Event
	Given     int // points it has now, what an open item's decision was
}

// Goods is what the village can give for points in the year.
type Goods struct {
	Spent int64 // points redeemed in the year
	Stock int64 // what is on the shelf, at its price in points
}

// Group is a kind of household.
type Group struct {
	Label  string
	Homes  int
	Before int // points of all of them together
	After  int
	Gain   int // households
	Lose   int
}

// Average is points a household, before and after.
func (g Group) Average() (before, after float64) {
	n := float64(max(g.Homes, 1))
	return float64(g.Before) / n, float64(g.After) / n
}

// Class is one class of one annex.
type Class struct {
	Sign   rulebook.Sign
	Name   string
	Before int
	After  int
}

// Change is one household's year.
type Change struct {
	Home
	Before int
	After  int
}

// Report is a rehearsal's outcome. The first group is all households.
type Report struct {
	Year        int
	Made        bool // the events were made up, since the village has none
	Events      int
	Groups      []Group
	Classes     []Class
	Goods       Goods
	Owed        [2]int64 // points that could be redeemed, before and after: nobody's below nothing
	Gainers     []Change // the five with most
	Losers      []Change
	Unseen      []string // items of the new rules alone, for which no event could be
	Uncountable int      // events of items that the new rules do not take any more
}

// Reckon judges a year's events by both rule sets and sums them up.
func Reckon(now, then rulebook.RuleSet, homes []Home, events []Happening) Report {
	r := Report{Events: len(events), Unseen: unseen(now, then)}
	before, after := newTally(now), newTally(then)
	for i, these := range yearly(homes, events) {
		b, _ := before.year(homes[i], these)
		a, lost := after.year(homes[i], these)
		r.Uncountable += lost
		r.add(Change{homes[i], b, a})
	}
	r.Classes = classes(before, after)
	settle(&r.Gainers, func(c Change) int { return c.After - c.Before })
	settle(&r.Losers, func(c Change) int { return c.Before - c.After })
	slices.SortStableFunc(r.Groups, func(a, b Group) int { return slices.Index(labels, a.Label) - slices.Index(labels, b.Label) })
	return r
}

// settle keeps the five that moved most.
func settle(list *[]Change, by func(Change) int) {
	slices.SortStableFunc(*list, func(a, b Change) int { return cmp.Or(by(b)-by(a), cmp.Compare(a.Door, b.Door)) })
	*list = (*list)[:min(len(*list), 5)]
}

func unseen(now, then rulebook.RuleSet) (codes []string) {
	for _, i := range then.Items {
		if o, err := now.Item(i.Code); i.On && (err != nil || !o.On) {
			codes = append(codes, i.Code+" "+i.Title)
		}
	}
	return codes
}

// yearly sorts the events by household, in the order of homes; those of homes not listed fall out.
func yearly(homes []Home, events []Happening) [][]Happening {
	at := make(map[uuid.UUID]int, len(homes))
	for i, h := range homes {
		at[h.ID] = i
	}
	out := make([][]Happening, len(homes))
	for _, e := range events {
		if i, ok := at[e.Household]; ok {
			out[i] = append(out[i], e)
		}
	}
	return out
}

// tally sums up one rule set's points.
type tally struct {
	rules   rulebook.RuleSet
	bench   *rulebook.Bench
	items   map[string]rulebook.Item
	classes map[string]int // sign and class
}

func newTally(r rulebook.RuleSet) *tally {
	t := &tally{r, r.Bench(), map[string]rulebook.Item{}, map[string]int{}}
	for _, i := range r.Items {
		t.items[i.Code] = i
	}
	return t
}

// year judges a household's events month by month, as they are posted, and answers the sum and how many
// events are of items that the rules do not take.
func (t *tally) year(h Home, events []Happening) (sum, lost int) {
	months := map[month.Month][]rulebook.Event{}
	var order []month.Month
	for _, x := range events {
		e, m := x.Event, month.Of(x.Event.OccurredOn)
		item, ok := t.items[e.Item]
		if !ok || !item.On {
			lost++
			continue
		}
		if item.Tier == rulebook.Decided {
			e.Parts = map[string]int{item.Parts[0].Code: min(max(item.Sign.Of(x.Given), 1), item.Ceiling)}
		}
		e.Exempt = exempt.Of(h.Free, e.OccurredOn)
		if months[m] == nil {
			order = append(order, m)
		}
		months[m] = append(months[m], e)
	}
	slices.Sort(order)
	past := rulebook.Past{Proven: true}
	for _, m := range order {
		for n, v := range t.bench.Judge(months[m], past) {
			e := months[m][n]
			for _, l := range v.Lines {
				past.Held = append(past.Held, rulebook.Held{Item: e.Item, Part: l.Part, Key: l.Key, OccurredOn: e.OccurredOn, Count: l.Count, Points: l.Points})
			}
			if v.Points != 0 {
				item := t.items[e.Item]
				t.classes[string(item.Sign)+item.Class] += v.Points
			}
			sum += v.Points
		}
	}
	return sum, lost
}

func classes(before, after *tally) (all []Class) {
	for _, sign := range []rulebook.Sign{rulebook.Plus, rulebook.Minus} {
		names := before.rules.Classes(sign)
		for _, name := range after.rules.Classes(sign) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		for _, name := range names {
			all = append(all, Class{sign, name, before.classes[string(sign)+name], after.classes[string(sign)+name]})
		}
	}
	return all
}

// labels are the kinds of household, in the order of the screens.
var labels = []string{"全部住户", "本村户籍", "外来常住", "党员户", "非党员户", "1–2 口人", "3–4 口人", "5 口人以上", "有免评的户", "没有免评的户"}

// kinds are those that a household is of.
func (h Home) kinds() []string {
	kinds := []string{labels[0], labels[1], labels[4], labels[5], labels[9]}
	if h.Residence == "outside" {
		kinds[1] = labels[2]
	}
	if h.Party {
		kinds[2] = labels[3]
	}
	switch {
	case h.Members >= 5:
		kinds[3] = labels[7]
	case h.Members >= 3:
		kinds[3] = labels[6]
	}
	if len(h.Free) > 0 {
		kinds[4] = labels[8]
	}
	return kinds
}

func (r *Report) add(c Change) {
	for _, label := range c.kinds() {
		at := slices.IndexFunc(r.Groups, func(g Group) bool { return g.Label == label })
		if at < 0 {
			at, r.Groups = len(r.Groups), append(r.Groups, Group{Label: label})
		}
		g := &r.Groups[at]
		g.Homes, g.Before, g.After = g.Homes+1, g.Before+c.Before, g.After+c.After
		switch {
		case c.After > c.Before:
			g.Gain++
		case c.After < c.Before:
			g.Lose++
		}
	}
	r.Owed[0] += int64(max(c.Before, 0))
	r.Owed[1] += int64(max(c.After, 0))
	switch {
	case c.After > c.Before:
		r.Gainers = append(r.Gainers, c)
	case c.After < c.Before:
		r.Losers = append(r.Losers, c)
	}
}

// Supply is what goods there were and are in the year, in points.
func (g Goods) Supply() int64 { return g.Spent + g.Stock }

// Fate is what becomes of the goods if every household redeems all that it can.
type Fate struct {
	Have int64    // what goods there are, and what money buys, in points
	Left [2]int64 // of it, before and after; less than nothing is short
}

// Fate sets what could be redeemed against the goods and the points that the money not spent yet buys.
func (r Report) Fate(buys int64) Fate {
	have := r.Goods.Supply() + buys
	return Fate{have, [2]int64{have - r.Owed[0], have - r.Owed[1]}}
}

// Verdict is the fate in a word.
type Verdict string

// Enough does under the new rules, whatever is under the old; NoLonger did under the old; Never does under neither.
const (
	Enough   Verdict = "enough"
	NoLonger Verdict = "no_longer"
	Never    Verdict = "never"
)

// Verdict is the fate in a word.
func (f Fate) Verdict() Verdict {
	switch {
	case f.Left[1] >= 0:
		return Enough
	case f.Left[0] >= 0:
		return NoLonger
	}
	return Never
}

// span is a calendar year.
func span(year int) (from, to time.Time) {
	first := month.Month(year*100 + 1).First()
	return first, first.AddDate(1, 0, 0)
}
