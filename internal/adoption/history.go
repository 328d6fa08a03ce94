package adoption

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Edition is one version of a village's rules with what it changed of the one before.
type Edition struct {
	rulebook.RuleSet
	Changes []Difference // of the first, against the document's list
	Coming  bool         // not yet in force
	Now     bool         // the one in force
}

// Editions are the versions of a village's rules, newest first, for everybody to read; the village is asked for
// by its public address. A village without rules has none.
func (s *Service) Editions(ctx context.Context, village actor.VillageID) (all []Edition, err error) {
	defer fault.Wrap(&err, "adoption.Editions(%d)", village)
	err = s.DB.Look(ctx, actor.System(village), func(tx pg.Tx) error {
		stored, err := pg.All[version](ctx, tx, sqlVersions, args(tx, uuid.Nil))
		if err != nil {
			return err
		}
		all = nil
		was, today := document(), month.Date(tx.Now)
		for _, v := range slices.Backward(stored) {
			r, err := rulebook.Version(ctx, tx, v.Version)
			if err != nil {
				return err
			}
			e := Edition{RuleSet: r, Changes: Compare(was, r), Coming: v.InForceFrom.After(today)}
			for n := range e.Changes {
				if v.Forced && e.Changes[n].Why == "" { // the item is as the document has it again, so no change of the village's says why
					e.Changes[n].Why = r.Reason
				}
			}
			all = append(all, e)
			was = r
		}
		slices.Reverse(all)
		if n := slices.IndexFunc(all, func(e Edition) bool { return !e.Coming }); n >= 0 {
			all[n].Now = true
		}
		return nil
	})
	return all, err
}

// InForce is, of the editions, the one by which today's events are scored.
func InForce(all []Edition) (Edition, bool) {
	n := slices.IndexFunc(all, func(e Edition) bool { return e.Now })
	if n < 0 {
		return Edition{}, false
	}
	return all[n], true
}
