package inspect

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
)

// Close ends a round: 「其余都合格」. rest is how many homes the person was told would pass by it; where that is
// no longer so, nothing happens. Every pass is derived here, at once.
func (s *Service) Close(ctx context.Context, who actor.Actor, id uuid.UUID, rest int) (r Round, err error) {
	defer fault.Wrap(&err, "inspect.Close(%s)", id)
	return s.change(ctx, who, "round.close", id, "", func(tx pg.Tx, r *Round) error {
		if r.Stored != Open {
			return ErrClosed
		}
		all, err := homes(ctx, tx, *r)
		if err != nil {
			return err
		}
		if err := ready(all, rest); err != nil {
			return err
		}
		got, err := takePasses(ctx, tx, *r, passing(r.Items, all))
		if err != nil {
			return err
		}
		by, at := who.Account, tx.Now
		r.Stored, r.ClosedBy, r.ClosedByName, r.ClosedAt = Closed, &by, who.Name, &at
		r.Homes, r.Passes, r.Digest, r.Note = len(all), len(got), digest(*r, all, got), ""
		return tell(ctx, tx, *r, all)
	})
}

// ready checks that a round can be closed as the person saw it.
func ready(all []Home, rest int) error {
	t := TallyOf(all)
	if t.Owes > 0 {
		var doors []string
		for _, h := range all {
			if h.Owes() {
				doors = append(doors, h.Door)
			}
		}
		return ErrSample.With(t.Owes, strings.Join(doors, "、"))
	}
	if t.Rest() != rest {
		return ErrCount.With(t.Rest(), rest)
	}
	return nil
}

// Reopen gives a closed round back to the grid while no sheet rests on it: by the grid worker who forgot
// something, or by a member who found something.
func (s *Service) Reopen(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (r Round, err error) {
	defer fault.Wrap(&err, "inspect.Reopen(%s)", id)
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 2 || n > 200 {
		return r, ErrBack
	}
	return s.change(ctx, who, "round.reopen", id, reason, func(tx pg.Tx, r *Round) error {
		switch {
		case r.Stored == Open:
			return ErrNotClose
		case r.onSheet():
			return ErrOnSheet
		}
		if err := freePasses(ctx, tx, r.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlUnconfirm, args(tx, r.ID)); err != nil {
			return err
		}
		r.Stored, r.ClosedBy, r.ClosedByName, r.ClosedAt, r.Homes, r.Passes, r.Digest, r.Confirms = Open, nil, "", nil, 0, 0, nil, nil
		r.Note = reason
		return nil
	})
}

// change locks a round, lets fn move it, and writes it back with its line in the log.
func (s *Service) change(ctx context.Context, who actor.Actor, verb string, id uuid.UUID, reason string, fn func(pg.Tx, *Round) error) (r Round, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		r, _, err = idem.Once(ctx, tx, verb, func() (Round, error) {
			r, err := lock(ctx, tx, id)
			if r, err = visible(tx, r, err); err != nil {
				return r, err
			}
			before := r
			if err := fn(tx, &r); err != nil {
				return r, err
			}
			if err := save(ctx, tx, &r); err != nil {
				return r, err
			}
			return r, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "inspection", ID: id.String(), Reason: reason, Before: before, After: r})
		})
		return err
	})
	return r, err
}
