package appeal

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

const sqlBecause = `-- appeal.because
select by, reason from (
  select decided_by_name as by, reason, decided_at, household_id from objection where village_id = @village_id and entry_id = @entry and state = 'upheld'
  union all
  select decided_by_name || '（镇里）', reason, decided_at, household_id from appeal where village_id = @village_id and entry_id = @entry and state = 'upheld'
) u where @household::uuid is null or u.household_id = @household order by decided_at desc limit 1`

// Because says by whose word and why a line was taken back. A household is told of its own.
func (s *Service) Because(ctx context.Context, who actor.Actor, entry uuid.UUID) (by, reason string, err error) {
	defer fault.Wrap(&err, "appeal.Because(%s)", entry)
	a := pgx.NamedArgs{"village_id": int64(who.Village), "entry": entry, "household": nil}
	if who.Role == actor.Household {
		a["household"] = who.Household
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		why, err := pg.One[struct{ By, Reason string }](ctx, tx, sqlBecause, a)
		by, reason = why.By, why.Reason
		return err
	})
	return by, reason, err
}
