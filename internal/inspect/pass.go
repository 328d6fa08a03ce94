package inspect

import (
	"context"

	"github.com/google/uuid"

	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/slot"
)

// takePasses takes the slots of everything that a round's homes pass, in a few statements whatever their
// number, and answers those that count: what a claim or a finding has taken before stays with it (D3).
func takePasses(ctx context.Context, tx pg.Tx, r Round, passes []Pass) (got []Pass, err error) {
	rules, err := rulebook.Version(ctx, tx, r.RuleVersion)
	if err != nil {
		return nil, err
	}
	uses := make([]slot.Use, len(passes))
	for n, p := range passes {
		item, err := rules.Item(p.Item)
		if err != nil {
			return nil, err
		}
		uses[n] = slot.Use{Holder: slot.Holder{Kind: slot.Inspection, ID: r.ID}, Household: p.HouseholdID, Version: r.RuleVersion, Proven: true,
			Event: rulebook.Event{ID: lineID(r.ID, p.HouseholdID, p.Item), Item: p.Item, Parts: map[string]int{item.Parts[0].Code: 1},
				OccurredOn: r.OccurredOn.In(month.Zone), By: rulebook.ByGrid}}
	}
	verdicts, err := slot.TakeAll(ctx, tx, uses)
	for n, v := range verdicts {
		if v.Counts() {
			got = append(got, passes[n])
		}
	}
	return got, err
}

// freePasses gives them up again.
func freePasses(ctx context.Context, tx pg.Tx, round uuid.UUID) error {
	return slot.Free(ctx, tx, slot.Inspection, round)
}
