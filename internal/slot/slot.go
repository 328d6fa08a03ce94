// Package slot is what a household has already used of the village's items: one row for each part of a claim,
// an inspection pass or a finding that counts. Who brings something new in takes its slots first; caps, mirror
// pairs (D3), overlap groups (D4) and exemptions (D10) are judged here, under the lock of the household's
// balance, so that two that come in together cannot both have what is there once.
package slot

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/exempt"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Kind is what sort of record holds a slot.
type Kind int16

// The kinds of holder.
const (
	Claim Kind = iota + 1
	Inspection
	Finding
)

// Chinese is the kind as it stands in a sentence: 「11月3日的申报」.
func (k Kind) Chinese() string { return [...]string{"", "申报", "巡查结果", "评核"}[k] }

// Holder is the record that holds a slot: a claim, one household's inspection result, a finding.
type Holder struct {
	Kind Kind
	ID   uuid.UUID
}

// Use is what a record would have of a household's items.
type Use struct {
	Holder    Holder
	Household uuid.UUID
	Event     rulebook.Event
	Version   int  // of the rule set that scores it; 0 is the one in force on its day (D2)
	Proven    bool // proof, starter and reason were asked before
}

// Verdict is what a use counts for, by which version of the rules.
type Verdict struct {
	rulebook.Verdict
	Version int
}

// Take takes the slots of one record, all of them or none: what stands in the way is the error.
func Take(ctx context.Context, tx pg.Tx, u Use) (v Verdict, err error) {
	defer fault.Wrap(&err, "slot.Take(%s)", u.Event.Item)
	if err := lock(ctx, tx, []Use{u}); err != nil {
		return v, err
	}
	if v, err = Weigh(ctx, tx, u); err != nil {
		return v, err
	}
	if err := v.Err(); err != nil {
		return v, err
	}
	return v, insert(ctx, tx, []Use{u}, []Verdict{v})
}

// TakeAll takes the slots of many records, a whole round of thousands, in the same few statements whatever
// their number. Each verdict says what its record counts for; what does not count holds nothing and hinders
// nobody else. Records of one household are judged together, so that their order does not matter.
func TakeAll(ctx context.Context, tx pg.Tx, uses []Use) (verdicts []Verdict, err error) {
	defer fault.Wrap(&err, "slot.TakeAll(%d)", len(uses))
	if len(uses) == 0 {
		return nil, nil
	}
	if err := lock(ctx, tx, uses); err != nil {
		return nil, err
	}
	if verdicts, err = WeighAll(ctx, tx, uses); err != nil {
		return nil, err
	}
	return verdicts, insert(ctx, tx, uses, verdicts)
}

// Weigh says what a record would count for now, and takes nothing. What it holds itself does not stand in its
// way.
func Weigh(ctx context.Context, tx pg.Tx, u Use) (Verdict, error) {
	v, err := WeighAll(ctx, tx, []Use{u})
	if err != nil {
		return Verdict{}, err
	}
	return v[0], nil
}

// WeighAll is Weigh for many that come in together.
func WeighAll(ctx context.Context, tx pg.Tx, uses []Use) (verdicts []Verdict, err error) {
	return weigh(ctx, tx, uses, true)
}

// WeighEach is Weigh for many of which only one would come in: none stands in another's way.
func WeighEach(ctx context.Context, tx pg.Tx, uses []Use) (verdicts []Verdict, err error) {
	if len(uses) == 0 {
		return nil, nil
	}
	return weigh(ctx, tx, uses, false)
}

// weigh judges the uses that come in together, or each by itself.
func weigh(ctx context.Context, tx pg.Tx, uses []Use, together bool) (verdicts []Verdict, err error) {
	rules, err := ruled(ctx, tx, uses)
	if err != nil {
		return nil, err
	}
	pasts, err := past(ctx, tx, uses, rules)
	if err != nil {
		return nil, err
	}
	free, err := exempted(ctx, tx, uses)
	if err != nil {
		return nil, err
	}
	verdicts = make([]Verdict, len(uses))
	benches := map[int]*rulebook.Bench{}
	list := alone(uses)
	if together {
		list = sets(uses, rules)
	}
	for _, set := range list {
		p := pasts[set.household]
		p.Proven = set.proven
		events := make([]rulebook.Event, len(set.uses))
		for n, at := range set.uses {
			events[n] = uses[at].Event
			events[n].Exempt = exempt.Of(free[set.household], events[n].OccurredOn)
		}
		r := rules[set.uses[0]]
		if benches[r.Version] == nil {
			benches[r.Version] = r.Bench()
		}
		for n, v := range benches[r.Version].Judge(events, p) {
			verdicts[set.uses[n]] = Verdict{v, r.Version}
			if !together {
				continue
			}
			for _, l := range v.Lines { // what later versions of the same household's set find there
				pasts[set.household] = with(pasts[set.household], held(uses[set.uses[n]], l))
			}
		}
	}
	return verdicts, nil
}

// Free gives up what the records hold.
func Free(ctx context.Context, tx pg.Tx, kind Kind, ids ...uuid.UUID) (err error) {
	defer fault.Wrap(&err, "slot.Free(%d)", len(ids))
	return free(ctx, tx, kind, ids)
}

// ruled finds the rule set of every use.
func ruled(ctx context.Context, tx pg.Tx, uses []Use) ([]rulebook.RuleSet, error) {
	type key struct {
		version int
		day     string
	}
	known := map[key]rulebook.RuleSet{}
	out := make([]rulebook.RuleSet, len(uses))
	for n, u := range uses {
		k := key{version: u.Version}
		if u.Version == 0 {
			k.day = u.Event.OccurredOn.Format(time.DateOnly)
		}
		r, ok := known[k]
		if !ok {
			var err error
			if u.Version != 0 {
				r, err = rulebook.Version(ctx, tx, u.Version)
			} else {
				r, err = rulebook.InForce(ctx, tx, u.Event.OccurredOn)
			}
			if err != nil {
				return nil, err
			}
			known[k] = r
		}
		out[n] = r
	}
	return out, nil
}

// set is one household's uses by one version of the rules.
type set struct {
	household uuid.UUID
	proven    bool
	uses      []int
}

// alone puts each use in a set of its own.
func alone(uses []Use) (out []set) {
	for n, u := range uses {
		out = append(out, set{u.Household, u.Proven, []int{n}})
	}
	return out
}

// sets groups uses, each household's older versions first.
func sets(uses []Use, rules []rulebook.RuleSet) (out []set) {
	type key struct {
		household uuid.UUID
		version   int
		proven    bool
	}
	at := map[key]int{}
	for n, u := range uses {
		k := key{u.Household, rules[n].Version, u.Proven}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k], out = i, append(out, set{household: u.Household, proven: u.Proven})
		}
		out[i].uses = append(out[i].uses, n)
	}
	slices.SortStableFunc(out, func(a, b set) int { return rules[a.uses[0]].Version - rules[b.uses[0]].Version })
	return out
}

func held(u Use, l rulebook.Line) rulebook.Held {
	return rulebook.Held{Item: u.Event.Item, Part: l.Part, Key: l.Key, OccurredOn: u.Event.OccurredOn, Count: l.Count, Points: l.Points,
		Where: u.Holder.Kind.Chinese()}
}

func with(p rulebook.Past, h rulebook.Held) rulebook.Past {
	p.Held = append(slices.Clip(p.Held), h)
	return p
}
