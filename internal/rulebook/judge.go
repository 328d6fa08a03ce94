package rulebook

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/chars"
	"cunfen/internal/month"
)

// claimed is one part of one event on its way to a verdict.
type claimed struct {
	Held
	event int // whose it is
	id    uuid.UUID
	item  *Item
	part  Part
	worth int // a deduction's size by itself, an award's rate
}

// Bench is a rule set made ready for judging many households: what its items exclude and overlap is looked up
// once.
type Bench struct {
	rules   RuleSet
	items   map[string]int // place in the rule set by code
	opposed map[string][]opponent
	groups  map[string]string // overlap groups
}

// Bench makes the rule set ready.
func (r RuleSet) Bench() *Bench {
	b := &Bench{r, map[string]int{}, map[string][]opponent{}, map[string]string{}}
	for n, i := range r.Items {
		b.items[i.Code] = n
		for _, p := range i.Parts {
			b.opposed[i.Code+p.Code] = r.opposed(i, p)
			if g := r.Overlapping(i.Code, p.Code); g != "" {
				b.groups[i.Code+p.Code] = g
			}
		}
	}
	return b
}

func (b *Bench) item(code string) (*Item, bool) {
	n, ok := b.items[code]
	if !ok {
		return nil, false
	}
	return &b.rules.Items[n], true
}

// judge is a household's events under judgment.
type judge struct {
	*Bench
	past     Past
	stands   []*claimed // of the events judged, what counts so far
	verdicts []Verdict
}

// Judge says of a household's events, in the order given, what each counts for. The verdict is over the
// set: what order the events come in never changes what they count for together. Deductions go before awards
// and larger before smaller, so that a finding stands and its mirror falls (D3), the largest deduction of an
// overlap group stands (D4), and the best of what a cap lets through. Against what the household already has,
// whatever it is, the new event gives way.
func (b *Bench) Judge(events []Event, past Past) []Verdict {
	j := &judge{Bench: b, past: past, verdicts: make([]Verdict, len(events))}
	var all []*claimed
	for n, e := range events {
		all = append(all, j.open(n, e)...)
	}
	slices.SortStableFunc(all, before)
	for _, c := range all {
		j.settle(c)
	}
	for n := range j.verdicts {
		item, ok := b.item(events[n].Item)
		if !ok || len(item.Parts) == 1 {
			continue
		}
		slices.SortStableFunc(j.verdicts[n].Lines, func(a, b Line) int { return place(item, a.Part) - place(item, b.Part) })
		slices.SortStableFunc(j.verdicts[n].Reasons, func(a, b Reason) int { return place(item, a.Part) - place(item, b.Part) })
	}
	return j.verdicts
}

func before(a, b *claimed) int {
	return cmp.Or(cmp.Compare(a.item.Sign, b.item.Sign), cmp.Compare(b.worth, a.worth), a.OccurredOn.Compare(b.OccurredOn),
		cmp.Compare(a.Item, b.Item), cmp.Compare(a.Part, b.Part), strings.Compare(a.id.String(), b.id.String()))
}

func place(i *Item, part string) int {
	return slices.IndexFunc(i.Parts, func(p Part) bool { return p.Code == part })
}

// open checks an event by itself and takes it apart.
func (j *judge) open(n int, e Event) (parts []*claimed) {
	v := &j.verdicts[n]
	v.Item = e.Item
	item, ok := j.item(e.Item)
	if !ok {
		v.refuse(ErrNoItem)
		return nil
	}
	if err := j.fit(item, e); err != nil {
		v.refuse(err)
		return nil
	}
	rungs := map[string]bool{}
	for _, p := range item.Parts {
		rungs[p.Ladder] = p.Ladder != "" && (rungs[p.Ladder] || e.Parts[p.Code] > 0)
	}
	for _, p := range item.Parts {
		count := e.Parts[p.Code]
		switch {
		case count == 0:
		case p.ReplacedBy != "" && rungs[p.ReplacedBy]:
			v.add(ReplacedBy, p.Code, "“"+p.Label+"”由奖项的分代替，不另计", nil)
		case e.exempt(item, p) != nil:
			v.add(Exempted, p.Code, "", ErrExempt.With(item.name(p), e.exempt(item, p).Reason))
		default:
			parts = append(parts, j.claimed(n, e, item, p, count))
		}
	}
	return parts
}

func (j *judge) claimed(n int, e Event, item *Item, p Part, count int) *claimed {
	c := &claimed{event: n, id: e.ID, item: item, part: p, Held: Held{Item: item.Code, Part: p.Code, Key: p.Key(e),
		OccurredOn: e.OccurredOn, Count: count, Points: count * p.Points, Where: "同时办理的另一条"}}
	if item.Tier == Decided {
		c.Count, c.Points = 1, item.Sign.Of(count)
	}
	c.worth = item.Sign.Of(c.Points) / c.Count // of plus items the rate decides which of them a cap lets through
	if item.Sign == Minus {
		c.worth *= min(c.Count, j.left(c))
	}
	return c
}

// fit answers whether the event is one that the item takes: on, brought in by whom it must be, the
// quantities as they can be, proved.
func (j *judge) fit(item *Item, e Event) error {
	if _, err := item.Score(e.Parts); err != nil {
		return err
	}
	if j.past.Proven {
		return nil
	}
	switch {
	case item.Sign == Minus && e.By != ByGroup:
		return ErrGroup
	case item.Sign == Plus && e.By == ByGroup:
		return ErrDeclare
	}
	if item.Tier == Decided && !chars.Between(e.Note, 10, 500) {
		return ErrReason.With(item.Title)
	}
	return item.CheckEvidence(e.Proofs)
}

func (e Event) exempt(item *Item, p Part) *Exempt {
	for n, x := range e.Exempt {
		if x.Ref == item.Code || x.Ref == item.Code+p.Code {
			return &e.Exempt[n]
		}
	}
	return nil
}

// settle decides on one part, in the order of before.
func (j *judge) settle(c *claimed) {
	v := &j.verdicts[c.event]
	name := c.item.name(c.part)
	if o := j.mirrored(c); o != nil {
		v.add(Mirrored, c.Part, "", ErrMirror.With(name, speak(j.pairOf(c, *o).of(c.OccurredOn)), j.name(*o), o.said()))
		return
	}
	if o := j.overlapped(c); o != nil {
		f := ErrOverlap.With(name, j.name(*o), points(o.Points), o.said())
		if c.Points < o.Points {
			f = ErrLarger.With(j.name(*o), points(o.Points), o.said(), name)
		}
		v.add(Overlapped, c.Part, "", f)
		return
	}
	switch left := j.left(c); {
	case left == 0:
		v.add(Capped, c.Part, "", j.full(c))
		return
	case left < c.Count:
		v.add(Reduced, c.Part, "", ErrReduced.With(name, c.part.within(c.OccurredOn), c.part.most(), left))
		c.Points, c.Count = c.Points/c.Count*left, left
	}
	j.stands = append(j.stands, c)
	v.Points += c.Points
	v.Lines = append(v.Lines, Line{Part: c.Part, Key: c.Key, Sole: c.Key != "" && c.part.most() == 1, Count: c.Count, Points: c.Points})
	v.explain(c)
}

// others lists what stands beside c: what the household has, and of the same set what counts already.
func (j *judge) others(yield func(Held) bool) {
	for _, h := range j.past.Held {
		if !yield(h) {
			return
		}
	}
	for _, c := range j.stands {
		if !yield(c.Held) {
			return
		}
	}
}

// left is how many more of the part its cap lets through. An event or title is there once, with as many
// people as were at it; in a period each counts.
func (j *judge) left(c *claimed) int {
	if c.Key == "" {
		return c.Count
	}
	whole := c.part.Cap.Per == PerEvent || c.part.Cap.Per == PerTitle
	left := c.part.most()
	for h := range j.others {
		switch {
		case !c.shares(h):
		case whole:
			left--
		default:
			left -= h.Count
		}
	}
	if whole && left > 0 {
		return c.Count
	}
	return max(left, 0)
}

// shares reports whether h uses up the same cap. Of a period that is a matter of item, group and day, so
// that a cap amended within the year counts what was there before.
func (c *claimed) shares(h Held) bool {
	if h.Item != c.Item {
		return false
	}
	switch c.part.Cap.Per {
	case PerMonth, PerQuarter, PerYear:
		group := h.Part
		if p, ok := c.item.Part(h.Part); ok {
			group = p.group()
		}
		return group == c.part.group() && c.part.Cap.Per.same(h.OccurredOn, c.OccurredOn)
	}
	return h.Key == c.Key
}

func (j *judge) full(c *claimed) error {
	var last *Held
	for h := range j.others {
		if c.shares(h) && (last == nil || last.OccurredOn.Before(h.OccurredOn)) {
			last = &h
		}
	}
	name, within := c.item.name(c.part), c.part.within(c.OccurredOn)
	if n := c.part.most(); n > 1 {
		return ErrFull.With(name, within, n, last.said())
	}
	return ErrTaken.With(name, within, last.said())
}

// mirrored finds what excludes c: the other side of a pair in the same period.
func (j *judge) mirrored(c *claimed) *Held {
	opponents := j.opposed[c.Item+c.Part]
	if len(opponents) == 0 {
		return nil
	}
	for h := range j.others {
		for _, o := range opponents {
			if h.Item == o.item.Code && h.Part == o.part.Code && pair(c.part.Cap.Per, o.part.Cap.Per).same(h.OccurredOn, c.OccurredOn) {
				return &h
			}
		}
	}
	return nil
}

func (b *Bench) pairOf(c *claimed, h Held) Per {
	var p Part
	if i, ok := b.item(h.Item); ok {
		p, _ = i.Part(h.Part)
	}
	return pair(c.part.Cap.Per, p.Cap.Per)
}

// overlapped finds another item's deduction of the same day in c's overlap group.
func (j *judge) overlapped(c *claimed) *Held {
	group := j.groups[c.Item+c.Part]
	if group == "" || c.item.Sign == Plus {
		return nil
	}
	for h := range j.others {
		if h.Item != c.Item && j.groups[h.Item+h.Part] == group && sameDay(h.OccurredOn, c.OccurredOn) {
			return &h
		}
	}
	return nil
}

func sameDay(a, b time.Time) bool { return month.Day(a).Equal(month.Day(b)) }

// name is what the household has, by the rules of the day; an item that is no longer there, by its code.
func (j *judge) name(h Held) string {
	i, ok := j.item(h.Item)
	if !ok {
		return h.Item
	}
	p, _ := i.Part(h.Part)
	return i.name(p)
}

// said is where it stands, in words: 「11月3日的申报」.
func (h Held) said() string { return month.ChineseDay(h.OccurredOn.In(month.Zone)) + "的" + h.Where }

// explain says how the points of a part come about.
func (v *Verdict) explain(c *claimed) {
	switch unit := c.part.Unit.Counted(); {
	case c.item.Tier == Decided:
		v.add(Worth, c.Part, "由工作小组议定，"+points(c.Points), nil)
	case c.part.Ladder != "":
		v.add(ByRung, c.Part, "按“"+c.part.Label+"”一档，"+points(c.Points), nil)
	case unit != "" && c.Count > 1:
		v.add(Worth, c.Part, c.part.Worth(c.item.Sign, 0)+"，"+decimal(c.Count)+" "+unit+"，共"+points(c.Points), nil)
	case c.Part != "":
		v.add(Worth, c.Part, c.part.Name()+"，"+c.part.Worth(c.item.Sign, 0), nil)
	default:
		v.add(Worth, c.Part, c.part.Worth(c.item.Sign, 0), nil)
	}
}

// Judge is Bench and Judge at once, for a few events.
func (r RuleSet) Judge(events []Event, past Past) []Verdict { return r.Bench().Judge(events, past) }
