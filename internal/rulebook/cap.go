package rulebook

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/month"
)

// Period is the period within which the part's cap holds, for an event of that day: "2026-11", "2026-Q4",
// "2026", or "" where no period caps it. What the document gives no unit counts once a year (D5).
func (p Part) Period(occurredOn time.Time) string { return p.Cap.Per.of(occurredOn) }

func (p Per) of(day time.Time) string {
	m := month.Of(day)
	switch p {
	case PerMonth:
		return m.String()
	case PerQuarter:
		return fmt.Sprintf("%04d-Q%d", m.Year(), m.Quarter())
	case PerYear, PerPerson:
		return fmt.Sprintf("%04d", m.Year())
	}
	return ""
}

// same reports whether two days fall in one period.
func (p Per) same(a, b time.Time) bool {
	x, y := month.Of(a), month.Of(b)
	switch p {
	case PerMonth:
		return x == y
	case PerQuarter:
		return x.Year() == y.Year() && x.Quarter() == y.Quarter()
	}
	return x.Year() == y.Year()
}

// most is how often the part counts within its cap.
func (p Part) most() int { return max(p.Cap.N, 1) }

// group is what shares the part's cap: the rungs of a ladder do.
func (p Part) group() string {
	if p.Ladder != "" {
		return p.Ladder
	}
	return p.Code
}

// Key names what an event uses up of the part's cap, "" where nothing caps it: "2026-11", "a:2026",
// "family_title:2026", a person's "2026@id", a title's or a named event's "2026-11-20@id#name". An event
// without a name is told from no other.
func (p Part) Key(e Event) string {
	key := p.Period(e.OccurredOn)
	name := strings.Join(strings.Fields(e.Name), "")
	switch {
	case p.Cap.Per == PerTitle, p.Cap.Per == PerEvent && name != "":
		key = e.OccurredOn.In(month.Zone).Format(time.DateOnly) + at(e.Member)
		if name != "" {
			key += "#" + name
		}
	case p.Cap.Per == PerPerson:
		key += at(e.Member)
	case key == "":
		return ""
	}
	if g := p.group(); g != "" {
		return g + ":" + key
	}
	return key
}

func at(member uuid.UUID) string {
	if member == uuid.Nil {
		return ""
	}
	return "@" + member.String()
}

// within is the cap's period as it stands in a sentence.
func (p Part) within(day time.Time) string {
	switch p.Cap.Per {
	case PerTitle:
		return month.ChineseDay(day.In(month.Zone)) + "的同一称号下"
	case PerEvent:
		return month.ChineseDay(day.In(month.Zone)) + "的同一件事上"
	case PerPerson:
		return "同一个人的" + speak(PerYear.of(day))
	}
	return speak(p.Period(day))
}

// speak says a period the way people do: "2026-11" is 「2026年11月」.
func speak(period string) string {
	if m, err := month.Parse(period); err == nil {
		return m.Chinese()
	}
	if y, q, ok := strings.Cut(period, "-Q"); ok {
		return y + "年第" + q + "季度"
	}
	return period + "年"
}

var widths = map[Per]int{PerQuarter: 1, PerYear: 2, PerPerson: 2}

// pair is the period within which a plus and a minus part exclude each other: the wider of their own, a
// month where neither has one (D3).
func pair(a, b Per) Per {
	return [...]Per{PerMonth, PerQuarter, PerYear}[max(widths[a], widths[b])]
}

// Span is the days, the last one not included, within which other events bear on one of this part on that
// day: its own cap's period and those of its mirror pairs.
func (r RuleSet) Span(item Item, part Part, day time.Time) (from, to time.Time) {
	per := pair(part.Cap.Per, "")
	for _, o := range r.opposed(item, part) {
		per = pair(per, o.part.Cap.Per)
	}
	m := month.Of(day)
	switch per {
	case PerQuarter:
		first := month.Month(m.Year()*100 + (m.Quarter()-1)*3 + 1)
		return first.First(), first.Next().Next().End()
	case PerYear:
		return month.Month(m.Year()*100 + 1).First(), month.Month(m.Year()*100 + 12).End()
	}
	return m.First(), m.End()
}

type opponent struct {
	item Item
	part Part
}

// opposed lists the parts that this one excludes.
func (r RuleSet) opposed(item Item, part Part) (list []opponent) {
	for _, ref := range r.Opposites(item.Code, part.Code) {
		code, only := refers(ref)
		other, err := r.Item(code)
		if err != nil {
			continue
		}
		for _, p := range other.Parts {
			if only == "" || p.Code == only {
				list = append(list, opponent{other, p})
			}
		}
	}
	return list
}

// Bearing lists the items of which what a household has bears on one of this item: itself, the other sides of
// its pairs, the members of its overlap groups.
func (r RuleSet) Bearing(item Item) []string {
	codes := []string{item.Code}
	for _, p := range item.Parts {
		for _, o := range r.opposed(item, p) {
			codes = append(codes, o.item.Code)
		}
		group := r.Overlapping(item.Code, p.Code)
		for _, o := range r.Items {
			for _, q := range o.Parts {
				if group != "" && r.Overlapping(o.Code, q.Code) == group {
					codes = append(codes, o.Code)
				}
			}
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}
