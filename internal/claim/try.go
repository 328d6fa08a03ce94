package claim

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/slot"
)

// Trial is what a claim would count for if it were sent now, and why so much or why not.
type Trial struct {
	Points  int
	Reasons []rulebook.Reason
	Parts   []PartTrial // where nothing is chosen yet: each part by itself
	Against error       // what would refuse it, nil where nothing would
}

// PartTrial is one part of an item by itself.
type PartTrial struct {
	Part    rulebook.Part
	Against error
}

// Try judges a claim before it is sent, and takes nothing: the same rules, caps, pairs and exemptions as Submit.
// Proof is asked for only where proven says that the photos have been taken in.
func (s *Service) Try(ctx context.Context, who actor.Actor, d Draft, proved bool) (t Trial, err error) {
	defer fault.Wrap(&err, "claim.Try(%s)", d.Item)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if err := allowed(ctx, tx, d.Household); err != nil {
			return err
		}
		if err := belongs(ctx, tx, d); err != nil {
			return err
		}
		if t.Against = happened(d.OccurredOn, tx.Now); t.Against == nil {
			t, err = try(ctx, tx, d, proved)
		}
		return err
	})
	return t, err
}

func try(ctx context.Context, tx pg.Tx, d Draft, proved bool) (t Trial, err error) {
	rules, err := rulebook.InForce(ctx, tx, d.OccurredOn)
	if err != nil {
		return t, err
	}
	item, err := rules.Item(d.Item)
	if err != nil {
		return t, err
	}
	if item.Sign == rulebook.Minus {
		return t, ErrMinus
	}
	if len(d.Parts) == 0 {
		return untold(ctx, tx, d, rules, item)
	}
	v, err := slot.Weigh(ctx, tx, d.use(rules, d.Parts))
	if err != nil {
		return t, err
	}
	t.Points, t.Reasons, t.Against = v.Points, v.Reasons, v.Err()
	if t.Against == nil && proved {
		if len(d.Proofs) == 0 {
			d.Proofs = presumed(item, d.Evidence, channel(tx.Who) == Self)
		}
		_, err := score(item, d.Parts, d.Note)
		if err := fault.Join(fault.From(err), fault.From(proven(item, d))); err != nil {
			t.Against = err
		}
	}
	return t, nil
}

// untold tries every part of an item of which none is chosen.
func untold(ctx context.Context, tx pg.Tx, d Draft, rules rulebook.RuleSet, item rulebook.Item) (t Trial, err error) {
	uses := make([]slot.Use, len(item.Parts))
	for n, p := range item.Parts {
		uses[n] = d.use(rules, map[string]int{p.Code: 1})
	}
	verdicts, err := slot.WeighEach(ctx, tx, uses)
	for n, v := range verdicts {
		t.Parts = append(t.Parts, PartTrial{item.Parts[n], v.Err()})
	}
	return t, err
}

func (d Draft) use(rules rulebook.RuleSet, parts map[string]int) slot.Use {
	id := pg.NewID()
	e := rulebook.Event{ID: id, Item: d.Item, Parts: parts, OccurredOn: d.OccurredOn, Member: d.Member, Name: d.Source, By: rulebook.ByHousehold, Note: d.Note}
	return slot.Use{Holder: slot.Holder{Kind: slot.Claim, ID: id}, Household: d.Household, Event: e, Version: rules.Version, Proven: true}
}

// Closed says of the items that a household might claim today which ones would not count, and why: every part of
// them is used up, excluded or exempt.
func (s *Service) Closed(ctx context.Context, who actor.Actor, household uuid.UUID, day time.Time) (closed map[string]error, err error) {
	defer fault.Wrap(&err, "claim.Closed")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if err := allowed(ctx, tx, household); err != nil {
			return err
		}
		rules, err := rulebook.InForce(ctx, tx, day)
		if err != nil {
			return err
		}
		var uses []slot.Use
		for _, i := range rules.Offered(rulebook.Plus) {
			for _, p := range i.Parts {
				uses = append(uses, Draft{Household: household, Item: i.Code, OccurredOn: day}.use(rules, map[string]int{p.Code: 1}))
			}
		}
		verdicts, err := slot.WeighEach(ctx, tx, uses)
		closed = map[string]error{}
		open := map[string]bool{}
		for n, v := range verdicts {
			code := uses[n].Event.Item
			if err := v.Err(); err != nil {
				closed[code] = err
			} else {
				open[code] = true
			}
		}
		for code := range open {
			delete(closed, code)
		}
		return err
	})
	return closed, err
}
