package rehearse

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/month"
	"cunfen/internal/rulebook"
)

// Chances in a hundred that a household has a thing, in a year that is made up: a month's inspection item
// passed, a yearly or quarterly award, a deed or title, a deduction.
const (
	chancePass  = 90
	chanceState = 35
	chanceDeed  = 15
	chanceMinus = 3
)

// makeUp makes a year's events for a village that has none yet, out of the items of both rule sets. The same
// village gets the same year each time: every chance is drawn from the household's id, the item and the month.
func makeUp(now, then rulebook.RuleSet, homes []Home, year int) (events []Happening) {
	items := now.Items
	for _, i := range then.Items {
		if o, err := now.Item(i.Code); err != nil || !o.On {
			items = append(items[:len(items):len(items)], i)
		}
	}
	for _, h := range homes {
		for _, i := range items {
			if i.On {
				events = append(events, madeOf(h, i, year)...)
			}
		}
	}
	return events
}

func madeOf(h Home, i rulebook.Item, year int) (events []Happening) {
	if i.Monthly {
		for n := 1; n <= 12; n++ {
			events = append(events, drawn(h, i, month.Month(year*100+n), chancePass)...)
		}
		return events
	}
	chance := chanceDeed
	switch per := i.Parts[0].Cap.Per; {
	case i.Sign == rulebook.Minus:
		chance = chanceMinus
	case per == rulebook.PerYear || per == rulebook.PerQuarter:
		chance = chanceState
	}
	m := month.Month(year*100 + 1 + int(draw(h.ID, i.Code, "month")%12))
	return drawn(h, i, m, chance)
}

// drawn is the item's event in the month, if the household is drawn.
func drawn(h Home, i rulebook.Item, m month.Month, chance int) []Happening {
	if int(draw(h.ID, i.Code, m.String())%100) >= chance {
		return nil
	}
	p := i.Parts[draw(h.ID, i.Code, "part")%uint64(len(i.Parts))]
	given, day := i.Sign.Of(1), m.First().Add(time.Duration(draw(h.ID, i.Code, "day")%28)*24*time.Hour)
	e := rulebook.Event{ID: uuid.NewSHA1(h.ID, []byte(i.Code+m.String())), Item: i.Code, Parts: map[string]int{p.Code: 1}, OccurredOn: day}
	return []Happening{{h.ID, e, given}}
}

func draw(home uuid.UUID, item, what string) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%s", home, item, what))
	return binary.BigEndian.Uint64(sum[:])
}
