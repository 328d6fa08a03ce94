package notice

import (
	"slices"

	"github.com/google/uuid"
)

// few is the number of households below which a class is not shown by itself.
const few = 5

// The notice classes of items (rulebook.Notice) and the kinds of ledger line that the sums read.
const (
	named   = "A"
	byClass = "B"
	award   = 2
	loss    = 3
)

// cause is what one household gained or lost in the month under one item.
type cause struct {
	HouseholdID uuid.UUID
	Kind        int16
	Class       string
	Title       string
	Notice      string
	Times       int64
	Points      int64
}

// group is a class, or an item named by itself, with the households in it.
type group struct {
	Class
	homes map[uuid.UUID]bool
}

// take moves everything of o into g.
func (g *group) take(o *group) {
	g.Times, g.Points = g.Times+o.Times, g.Points+o.Points
	for h := range o.homes {
		g.homes[h] = true
	}
}

// groups keeps groups by name, in the order in which the names came.
type groups struct {
	all []*group
}

func (gs *groups) at(name string) *group {
	for _, g := range gs.all {
		if g.Name == name {
			return g
		}
	}
	g := &group{Class{Name: name}, map[uuid.UUID]bool{}}
	gs.all = append(gs.all, g)
	return g
}

func (gs *groups) add(name string, c cause) {
	gs.at(name).take(&group{Class{Times: c.Times, Points: c.Points}, map[uuid.UUID]bool{c.HouseholdID: true}})
}

// gains sums the month's plus items by class. What may stand only inside the total goes with 其他.
func gains(causes []cause) []Class {
	var shown, hidden groups
	for _, c := range causes {
		switch {
		case c.Kind != award || c.Times <= 0:
		case c.Notice == named || c.Notice == byClass:
			shown.add(c.Class, c)
		default:
			hidden.add("其他", c)
		}
	}
	return fold(shown.all, hidden.at("其他"))
}

// losses counts the month's minus items over the village: those that may be named by their title, the others
// by class, and what may never be shown by cause not at all. Points are left out: with them and the lines
// a reader could tell whose they are.
func losses(causes []cause) []Class {
	var items, classes, hidden groups
	of := map[string]string{}
	for _, c := range causes {
		switch {
		case c.Kind != loss || c.Times <= 0:
		case c.Notice == named:
			items.add(c.Title, c)
			of[c.Title] = c.Class
		case c.Notice == byClass:
			classes.add(c.Class+"类", c)
		default:
			hidden.add("其他事项", c)
		}
	}
	lost := map[uuid.UUID]int64{}
	for _, c := range causes {
		if c.Kind == loss {
			lost[c.HouseholdID] += c.Points
		}
	}
	shown := []*group{}
	for _, g := range items.all {
		if len(g.homes) < few || traceable(g, lost) {
			classes.at(of[g.Name] + "类").take(g)
		} else {
			shown = append(shown, g)
		}
	}
	rest := hidden.at("其他事项")
	for _, g := range classes.all {
		if traceable(g, lost) {
			rest.take(g)
		} else {
			shown = append(shown, g)
		}
	}
	out := fold(shown, rest)
	for i := range out {
		out[i].Points = 0
	}
	return out
}

// traceable reports whether a reader could tell from what stands beside the homes who is in the group: the homes
// that lost the same number of points look alike, and where more than half of them are in it, being one of them
// as good as says so.
func traceable(g *group, lost map[uuid.UUID]int64) bool {
	alike, in := map[int64]int{}, map[int64]int{}
	for home, points := range lost {
		alike[points]++
		if g.homes[home] {
			in[points]++
		}
	}
	for points, n := range in {
		if 2*n > alike[points] {
			return true
		}
	}
	return false
}

// fold puts every group of fewer than five households into rest, and then the smallest of the others until
// rest itself has five: what is left when the groups shown are taken from the total must not be one home.
func fold(all []*group, rest *group) (shown []Class) {
	kept := all[:0:0]
	for _, g := range all {
		if len(g.homes) < few {
			rest.take(g)
		} else {
			kept = append(kept, g)
		}
	}
	for len(rest.homes) > 0 && len(rest.homes) < few && len(kept) > 0 {
		least := slices.MinFunc(kept, func(a, b *group) int { return len(a.homes) - len(b.homes) })
		rest.take(least)
		kept = slices.DeleteFunc(kept, func(g *group) bool { return g == least })
	}
	for _, g := range kept {
		shown = append(shown, g.Class)
	}
	if len(rest.homes) >= few {
		shown = append(shown, rest.Class)
	}
	return shown
}
