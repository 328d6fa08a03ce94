package tenure

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
)

// ErrNeeded is for a job on which points or a home depend: it is tried again, never dropped.
var ErrNeeded = fault.New(fault.Conflict, "tenure.job_needed", "这件任务关系到住户的分，不能不办；请处理好原因再试")

// needed are the kinds that nobody drops.
var needed = []string{"tenure.arrive", "yearend.clear", "gift.settle"}

// Job does something to a job of a village: "retry" one that was given up, "now" one that waits, "drop" one that was
// given up and need not be done.
func (s *Service) Job(ctx context.Context, who actor.Actor, id actor.VillageID, job uuid.UUID, act string) (err error) {
	defer fault.Wrap(&err, "tenure.Job(%d, %s)", id, act)
	v, err := s.Villages.Find(ctx, id)
	if err != nil {
		return err
	}
	return s.DB.InVillage(ctx, at(who, v), func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "job."+act, func() (bool, error) {
			kind := ""
			var err error
			switch act {
			case "retry":
				err = queue.Revive(ctx, tx, job)
			case "now":
				err = queue.Hurry(ctx, tx, job)
			case "drop":
				if kind, err = queue.Drop(ctx, tx, job); err == nil && slices.Contains(needed, kind) {
					err = ErrNeeded
				}
			default:
				err = fault.ErrNotFound
			}
			if err != nil {
				return false, err
			}
			e := audit.Event{Verb: "job." + act, Kind: "job", ID: job.String(), Reason: v.Name + " " + kind}
			if err := audit.Record(ctx, tx, e); err != nil {
				return false, err
			}
			return true, audit.Office(ctx, tx, e)
		})
		return err
	})
}
