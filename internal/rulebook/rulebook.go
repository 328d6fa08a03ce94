// Package rulebook is a village's 实施细则: the items for which a household gains or loses points, what each
// is worth, how it is proved and how it may be shown. A rule set is a dated version that never changes once
// it is in force; an event is scored by the version of the day on which it happened (D2).
package rulebook

import (
	"slices"
	"strings"
	"time"

	"cunfen/internal/fault"
)

// RuleSet is one version of a village's rules.
type RuleSet struct {
	Version     int       `json:"-"` // 0 before it is stored
	Year        int       `json:"year"`
	InForceFrom time.Time `json:"in_force_from"` // midnight of that day in month.Zone
	Reason      string    `json:"reason"`
	Document    string    `json:"document"` // the paper that the rules rest on
	BasePoints  int       `json:"base_points"`
	Settings    Settings  `json:"settings"`
	Changes     []Change  `json:"changes,omitempty"` // what the village altered of the document's list
	Items       []Item    `json:"items"`
}

// Change is one thing that a village does differently from the document (R4.3.2).
type Change struct {
	Do     Do     `json:"do"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

// Item is one line of the two annexes.
type Item struct {
	Code      string       `json:"code"` // P01… or N01…
	Sign      Sign         `json:"sign"`
	Class     string       `json:"class"`
	Title     string       `json:"title"`      // for choosing from a list
	Text      string       `json:"text"`       // the document's own wording, for screen and paper
	ValueText string       `json:"value_text"` // the document's value column
	Tier      Tier         `json:"tier"`
	Notice    Notice       `json:"notice"`
	On        bool         `json:"on"`
	Starter   Starter      `json:"starter"`
	Monthly   bool         `json:"monthly,omitempty"` // one of the items of the month's inspection round
	Focus     []Focus      `json:"focus,omitempty"`
	Required  []Evidence   `json:"required,omitempty"`
	Permitted []Evidence   `json:"permitted,omitempty"`
	Forbidden []Evidence   `json:"forbidden,omitempty"`
	Mirror    []string     `json:"mirror,omitempty"`  // on a plus item: the minus items, or parts like N20a, that it excludes (D3)
	Overlap   string       `json:"overlap,omitempty"` // group in which one event counts once (D4)
	Ceiling   int          `json:"ceiling,omitempty"` // of an open item (D7)
	Review    *LegalReview `json:"review,omitempty"`  // what lets an X item be on
	Parts     []Part       `json:"parts"`
}

// LegalReview is the township's recorded legal review of an X item.
type LegalReview struct {
	Document   string    `json:"document"` // the kind of paper that must prove the matter
	ReviewedBy string    `json:"reviewed_by"`
	ReviewedOn time.Time `json:"reviewed_on"`
}

// Part is one scoring part of an item.
type Part struct {
	Code       string `json:"code,omitempty"` // "" where the item has one part
	Label      string `json:"label"`
	Unit       Unit   `json:"unit"`
	Points     int    `json:"points"` // signed; 0 where the group decides
	Cap        Cap    `json:"cap"`
	Ladder     string `json:"ladder,omitempty"`      // of the rungs of one ladder one counts
	ReplacedBy string `json:"replaced_by,omitempty"` // the ladder whose rung takes this part's place (D6)
	Overlap    string `json:"overlap,omitempty"`     // as Item.Overlap, for this part alone
}

// Cap says how often a part counts: N times per period, event or title.
type Cap struct {
	Per Per `json:"per"`
	N   int `json:"n,omitempty"`
}

// ErrNoItem answers for an item that the rule set does not have.
var ErrNoItem = fault.New(fault.Invalid, "rulebook.no_item", "本村细则里没有这一项，请从列表里重新选择").On("item")

// Item finds an item by its code.
func (r RuleSet) Item(code string) (Item, error) {
	for _, i := range r.Items {
		if i.Code == code {
			return i, nil
		}
	}
	return Item{}, ErrNoItem
}

// Offered lists the items that are on, of one sign.
func (r RuleSet) Offered(sign Sign) []Item {
	return r.filter(func(i Item) bool { return i.On && i.Sign == sign })
}

// Monthly lists the items of the month's inspection round.
func (r RuleSet) Monthly() []Item {
	return r.filter(func(i Item) bool { return i.On && i.Monthly })
}

func (r RuleSet) filter(keep func(Item) bool) (kept []Item) {
	for _, i := range r.Items {
		if keep(i) {
			kept = append(kept, i)
		}
	}
	return kept
}

// Classes lists the classes of one sign in the rule set's order.
func (r RuleSet) Classes(sign Sign) (classes []string) {
	for _, i := range r.Items {
		if i.Sign == sign && !slices.Contains(classes, i.Class) {
			classes = append(classes, i.Class)
		}
	}
	return classes
}

// Opposites lists what a household cannot get in the same period as this part of this item: item codes, or
// an item and its part, like N20a (D3). It reads the pairs from both ends.
func (r RuleSet) Opposites(code, part string) (refs []string) {
	if r.Settings.Mirrors != EitherOr {
		return nil
	}
	for _, i := range r.Items {
		for _, m := range i.Mirror {
			switch {
			case i.Code == code:
				refs = append(refs, m)
			case m == code, m == code+part:
				refs = append(refs, i.Code)
			}
		}
	}
	return refs
}

// Overlapping is the overlap group of a part, "" where it has none or the village counts each (D4).
func (r RuleSet) Overlapping(code, part string) string {
	i, err := r.Item(code)
	if err != nil || r.Settings.Overlaps != Largest {
		return ""
	}
	if p, ok := i.Part(part); ok && p.Overlap != "" {
		return p.Overlap
	}
	return i.Overlap
}

// Part finds a part by its code.
func (i Item) Part(code string) (Part, bool) {
	for _, p := range i.Parts {
		if p.Code == code {
			return p, true
		}
	}
	return Part{}, false
}

// refers splits a mirror's reference into item and part.
func refers(ref string) (code, part string) {
	if len(ref) < 3 {
		return ref, ""
	}
	return ref[:3], ref[3:]
}

// points writes signed points the way screens say them.
func points(n int) string {
	if n < 0 {
		return "减 " + decimal(-n) + " 分"
	}
	return "加 " + decimal(n) + " 分"
}

// Worth says in words what the item gives: 「每人次加 5 分」, part by part.
func (i Item) Worth() string {
	var b strings.Builder
	for n, p := range i.Parts {
		if n > 0 {
			b.WriteString("；")
		}
		if p.Code != "" {
			b.WriteString(p.Name() + "，")
		}
		b.WriteString(p.Worth(i.Sign, i.Ceiling))
	}
	return b.String()
}

// Name is the part's label without its unit, which its worth says: 「参加赌博」 of 「参加赌博，每人次」.
func (p Part) Name() string { return strings.TrimSuffix(p.Label, "，"+p.Unit.Each()) }

// Worth says in words what the part gives.
func (p Part) Worth(sign Sign, ceiling int) string {
	if p.Unit == Open {
		limit := ceiling
		if sign == Minus {
			limit = -limit
		}
		return "由工作小组议定，最多" + points(limit)
	}
	return p.Unit.Each() + points(p.Points)
}
