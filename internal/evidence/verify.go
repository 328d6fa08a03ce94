package evidence

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Broken is a photo whose stored bytes are not what they were.
type Broken struct {
	ID      uuid.UUID
	ClaimID *uuid.UUID
	Lost    bool // the object is gone; otherwise its bytes are others
}

// SampleVerify reads a hundredth of a village's photos, at least twenty, another lot every day, and names
// those that are broken. Each is logged and audited.
func (s *Service) SampleVerify(ctx context.Context, v actor.VillageID) (broken []Broken, err error) {
	defer fault.Wrap(&err, "evidence.SampleVerify(%d)", v)
	var sample []kept
	err = s.DB.Look(ctx, actor.System(v), func(tx pg.Tx) (err error) {
		sample, err = pg.All[kept](ctx, tx, sqlSample, pgx.NamedArgs{"village_id": int64(v), "day": month.Date(tx.Now).Format("2006-01-02")})
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, k := range sample {
		switch _, err := s.fetch(ctx, v, k); {
		case errors.Is(err, ErrLost), errors.Is(err, ErrAltered):
			broken = append(broken, Broken{k.ID, k.ClaimID, errors.Is(err, ErrLost)})
		case err != nil:
			return broken, err
		}
	}
	return broken, s.report(ctx, v, broken)
}

// report leaves a line in the village's own log for each broken photo.
func (s *Service) report(ctx context.Context, v actor.VillageID, broken []Broken) error {
	if len(broken) == 0 {
		return nil
	}
	return s.DB.InVillage(ctx, actor.System(v), func(tx pg.Tx) error {
		for _, b := range broken {
			reason := ErrAltered.Text
			if b.Lost {
				reason = ErrLost.Text
			}
			if err := audit.Record(ctx, tx, audit.Event{Verb: "evidence.broken", Kind: "evidence", ID: b.ID.String(), Reason: reason}); err != nil {
				return err
			}
		}
		return nil
	})
}
