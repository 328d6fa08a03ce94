package adoption

import (
	"fmt"
	"slices"
	"strings"

	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

// Edit is what a village does to one item: its words, its values, whether it is on.
type Edit struct {
	Title, Text, ValueText string
	Points                 map[string]int // by part, without sign
	Ceiling                int            // of an open item of the village's own
	On                     bool
	Why                    string
}

// NewItem is an item of the village's own.
type NewItem struct {
	Sign    rulebook.Sign
	Class   string
	Title   string
	Text    string
	Unit    rulebook.Unit
	Points  int // without sign; of an open item, the ceiling
	Monthly bool
	Notice  rulebook.Notice
	Focus   []rulebook.Focus
	Proofs  []rulebook.Evidence
	Why     string
}

// apply does the edit to the item of that code and puts the rule set together anew.
func (e Edit) apply(set rulebook.RuleSet, code string, reviews []Review) (rulebook.RuleSet, error) {
	at := slices.IndexFunc(set.Items, func(i rulebook.Item) bool { return i.Code == code })
	if at < 0 {
		return set, fault.ErrNotFound
	}
	i := set.Items[at]
	var bad []*fault.Error
	if !chars.Between(e.Title, 1, 30) {
		bad = append(bad, ErrTitle)
	}
	if !chars.Between(e.Text, 4, 500) {
		bad = append(bad, ErrText)
	}
	if i.Tier != rulebook.Decided && !chars.Between(e.ValueText, 1, 40) {
		bad = append(bad, ErrValueText)
	}
	if !chars.Between(e.Why, 4, 200) {
		bad = append(bad, ErrWhy)
	}
	i.Title, i.Text, i.Parts = strings.TrimSpace(e.Title), strings.TrimSpace(e.Text), slices.Clone(i.Parts)
	if i.Tier != rulebook.Decided {
		i.ValueText = strings.TrimSpace(e.ValueText)
	} else if _, err := document().Item(code); err != nil && e.Ceiling != 0 {
		i.Ceiling = e.Ceiling
	}
	for n, p := range i.Parts {
		if p.Unit == rulebook.Open {
			continue
		}
		if points, ok := e.Points[p.Code]; ok {
			if points < 1 || points > 100 {
				bad = append(bad, ErrValue.On("points_"+p.Code))
			}
			i.Parts[n].Points = i.Sign.Of(points)
		}
	}
	if err := fault.Join(bad...); err != nil {
		return set, err
	}
	if i.On = e.On; i.Notice == rulebook.Sensitive {
		i.Review = nil
		if r := slices.IndexFunc(reviews, func(r Review) bool { return r.Item == code }); e.On && r >= 0 {
			i.Review = &rulebook.LegalReview{Document: reviews[r].Document, ReviewedBy: reviews[r].ReviewedBy, ReviewedOn: reviews[r].ReviewedOn}
		}
	}
	next := set
	next.Items = slices.Clone(set.Items)
	next.Items[at] = i
	return rebuilt(set, next, code, e.Why)
}

// add puts the new item behind the last of its class, under the next free code.
func (n NewItem) add(set rulebook.RuleSet) (rulebook.RuleSet, string, error) {
	i, err := n.item(set)
	if err != nil {
		return set, "", err
	}
	at := -1
	for m, o := range set.Items {
		if o.Sign == i.Sign && o.Class == i.Class {
			at = m
		}
	}
	next := set
	next.Items = slices.Insert(slices.Clone(set.Items), at+1, i)
	next, err = rebuilt(set, next, i.Code, n.Why)
	return next, i.Code, err
}

func (n NewItem) item(set rulebook.RuleSet) (i rulebook.Item, err error) {
	var bad []*fault.Error
	check := func(ok bool, f *fault.Error) {
		if !ok {
			bad = append(bad, f)
		}
	}
	check(n.Sign == rulebook.Plus || n.Sign == rulebook.Minus, ErrClass)
	check(slices.Contains(set.Classes(n.Sign), n.Class), ErrClass)
	check(chars.Between(n.Title, 1, 30), ErrTitle)
	check(chars.Between(n.Text, 4, 500), ErrText)
	check(slices.Contains(rulebook.Units, n.Unit), ErrUnit)
	check(n.Points >= 1 && n.Points <= 100, ErrValue.On("points"))
	check(len(n.Proofs) > 0, ErrProof)
	check(chars.Between(n.Why, 4, 200), ErrWhy)
	if err := fault.Join(bad...); err != nil {
		return i, err
	}
	i = rulebook.Item{Sign: n.Sign, Class: n.Class, Title: strings.TrimSpace(n.Title), Text: strings.TrimSpace(n.Text), Tier: rulebook.Single, Notice: n.Notice, On: true,
		Starter: rulebook.ByHousehold, Focus: n.Focus, Permitted: n.Proofs}
	if !slices.Contains(rulebook.Notices, i.Notice) {
		i.Notice = rulebook.Named
	}
	if i.Notice == rulebook.Sensitive { // off until the township has reviewed it
		i.On = false
	}
	if i.Sign == rulebook.Minus {
		i.Starter, i.Forbidden = rulebook.ByGroup, []rulebook.Evidence{rulebook.PoliceRecord}
	}
	p := rulebook.Part{Label: "计一次", Unit: n.Unit, Points: n.Sign.Of(n.Points), Cap: rulebook.Cap{Per: capOf[n.Unit], N: 1}}
	word := unitWord[n.Unit]
	i.ValueText = fmt.Sprintf("%d分/%s", p.Points, word)
	switch {
	case n.Unit == rulebook.Open:
		i.Tier, i.Ceiling, i.ValueText, p.Points = rulebook.Decided, n.Points, "", 0
	case n.Unit.Counted() != "":
		i.Tier = rulebook.Quantity
	}
	if n.Monthly && n.Sign == rulebook.Plus && n.Unit == rulebook.Month {
		i.Monthly, i.Starter = true, rulebook.ByGrid
	}
	i.Parts = []rulebook.Part{p}
	i.Code, err = free(set, n.Sign)
	return i, err
}

var capOf = map[rulebook.Unit]rulebook.Per{rulebook.PersonTime: rulebook.PerEvent, rulebook.Time: rulebook.PerEvent, rulebook.Spot: rulebook.PerEvent, rulebook.Open: rulebook.PerEvent,
	rulebook.Month: rulebook.PerMonth, rulebook.Quarter: rulebook.PerQuarter, rulebook.Year: rulebook.PerYear, rulebook.Award: rulebook.PerTitle}

var unitWord = map[rulebook.Unit]string{rulebook.PersonTime: "人次", rulebook.Time: "次", rulebook.Spot: "处", rulebook.Month: "月次", rulebook.Quarter: "季", rulebook.Year: "年", rulebook.Award: "项"}

// free is the next code after the document's that no item has.
func free(set rulebook.RuleSet, sign rulebook.Sign) (string, error) {
	letter := map[rulebook.Sign]string{rulebook.Plus: "P", rulebook.Minus: "N"}[sign]
	for n := 26; n < 100; n++ {
		code := fmt.Sprintf("%s%02d", letter, n)
		if !slices.ContainsFunc(set.Items, func(i rulebook.Item) bool { return i.Code == code }) {
			return code, nil
		}
	}
	return "", ErrFull
}

// drop takes an item out.
func drop(set rulebook.RuleSet, code, why string) (rulebook.RuleSet, error) {
	if _, err := set.Item(code); err != nil {
		return set, fault.ErrNotFound
	}
	if !chars.Between(why, 4, 200) {
		return set, ErrWhy
	}
	next := set
	next.Items = slices.DeleteFunc(slices.Clone(set.Items), func(i rulebook.Item) bool { return i.Code == code })
	return rebuilt(set, next, code, why)
}

// restore gives an item of the document back as it was issued.
func restore(set rulebook.RuleSet, code string) (rulebook.RuleSet, error) {
	doc := document()
	issued, err := doc.Item(code)
	if err != nil {
		return set, fault.ErrNotFound
	}
	next := set
	next.Items = nil
	for _, d := range doc.Items { // the document's order, and behind each the village's own that stand there
		if i, err := set.Item(d.Code); err == nil && d.Code != code {
			next.Items = append(next.Items, i)
		} else if d.Code == code {
			next.Items = append(next.Items, issued)
		}
	}
	for _, i := range set.Items {
		if _, err := doc.Item(i.Code); err == nil {
			continue
		}
		at := len(next.Items) - 1
		for n, o := range next.Items {
			if o.Sign == i.Sign && o.Class == i.Class {
				at = n
			}
		}
		next.Items = slices.Insert(next.Items, at+1, i)
	}
	next.Changes = slices.DeleteFunc(slices.Clone(set.Changes), func(c rulebook.Change) bool { return c.Code == code })
	return rebuilt(set, next, "", "")
}

// rebuilt gives the changes of the item their reason, keeps those of all others, and puts the whole together
// anew. A rule set that is as before is refused.
func rebuilt(was, next rulebook.RuleSet, code, why string) (rulebook.RuleSet, error) {
	given := map[string]string{}
	for _, c := range next.Changes {
		given[string(c.Do)+c.Code], given[c.Code] = c.Reason, c.Reason
	}
	next.Changes = nil
	for _, a := range tenants.Alterations(next) {
		reason := strings.TrimSpace(why)
		if a.Code() != code {
			reason = given[string(a.Do)+a.Code()]
			if reason == "" {
				reason = given[a.Code()]
			}
		}
		next.Changes = append(next.Changes, rulebook.Change{Do: a.Do, Code: a.Code(), Reason: reason})
	}
	again, _ := tenants.Rebuild(next) // what is wrong with it, the lint says
	again.Version = 0
	plain := func(r rulebook.RuleSet) string { r.Changes = nil; return r.Digest() }
	if plain(again) == plain(was) {
		return was, ErrSame
	}
	return again, nil
}

// Settled is what stands at the head of the rules, and the settings.
type Settled struct {
	InForceFrom string // 2027-01-01
	Reason      string
	BasePoints  int
	Settings    rulebook.Settings
}
