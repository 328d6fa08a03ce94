package inspect

import (
	"context"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// OfLine finds the round for which a line was given: who walked it on which day, and who confirmed it.
func (s *Service) OfLine(ctx context.Context, who actor.Actor, line, home uuid.UUID, item string, on month.Month) (r Round, err error) {
	defer fault.Wrap(&err, "inspect.OfLine(%s)", line)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		rounds, err := roundsOf(ctx, tx, on)
		if err != nil {
			return err
		}
		for _, r = range rounds {
			if lineID(r.ID, home, item) == line {
				return nil
			}
		}
		return fault.ErrNotFound
	})
	return r, err
}
