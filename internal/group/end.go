package group

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// End ends a term before its time. Sessions in the seat stop working within a second.
func (s *Service) End(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (err error) {
	defer fault.Wrap(&err, "group.End(%s)", id)
	return s.finish(ctx, who, "group.end", id, reason, false)
}

// Disqualify takes a seat away for a breach or for favouring relatives and friends (R4.1.7), and lists what its
// holder let through for others to look at again.
func (s *Service) Disqualify(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (err error) {
	defer fault.Wrap(&err, "group.Disqualify(%s)", id)
	return s.finish(ctx, who, "group.disqualify", id, reason, true)
}

const sqlEnd = `-- group.end
update membership set ended_at = @now, ended_by = @by, end_reason = @reason, disqualified = @disqualified
where village_id = @village_id and id = @id`

const sqlLock = `-- group.lock
select id, account_id, name, role, coalesce(kind, '') as kind, grid, household_id, starts_on, ends_on, ended_at, end_reason, disqualified
from membership where village_id = @village_id and (id = @id or role = 'lead' and ended_at is null and not disqualified)
order by id for update`

func (s *Service) finish(ctx context.Context, who actor.Actor, verb string, id uuid.UUID, reason string, disqualified bool) error {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return ErrReason
	}
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, verb, func() (struct{}, error) {
			args := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "now": tx.Now, "by": tx.Who.Account, "reason": reason, "disqualified": disqualified}
			locked, err := pg.All[Member](ctx, tx, sqlLock, args)
			if err != nil {
				return struct{}{}, err
			}
			seat, err := mayEnd(locked, id, tx)
			if err != nil {
				return struct{}{}, err
			}
			if _, err := tx.Exec(ctx, sqlEnd, args); err != nil {
				return struct{}{}, err
			}
			if disqualified {
				if err := reopen(ctx, tx, *seat, reason); err != nil {
					return struct{}{}, err
				}
			}
			return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "membership", ID: id.String(), Reason: reason})
		})
		return err
	})
}

// mayEnd answers the seat among those locked; a village keeps at least one lead.
func mayEnd(locked []Member, id uuid.UUID, tx pg.Tx) (found *Member, err error) {
	leads := 0
	for i, m := range locked {
		if m.ID == id {
			found = &locked[i]
			continue
		}
		if m.Role == actor.Lead && m.serves(tx.Now) {
			leads++
		}
	}
	switch {
	case found == nil:
		return nil, fault.ErrNotFound
	case found.EndedAt != nil || found.Disqualified:
		return nil, ErrOver
	case found.Role == actor.Lead && leads == 0 && (found.EndsOn == nil || !found.EndsOn.Before(month.Date(tx.Now))):
		return nil, ErrLastLead
	}
	return found, nil
}
