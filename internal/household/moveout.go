package household

import (
	"context"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

const sqlPeopleLeave = `-- household.people_leave
update member set state = 'left', left_on = @today, moved_out = true where village_id = @village_id and household_id = @household and state = 'active'`

const sqlPeopleReturn = `-- household.people_return
update member set state = 'active', left_on = null, moved_out = false
where village_id = @village_id and household_id = @household and state = 'left' and moved_out`

// MoveOut closes a household that has left the village, with its people. Its points stay in the book, its
// door is free for another.
func (s *Service) MoveOut(ctx context.Context, who actor.Actor, id uuid.UUID, version int, reason string) (err error) {
	defer fault.Wrap(&err, "household.MoveOut(%s)", id)
	if reason, err = checkReason(reason); err != nil {
		return err
	}
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "household.move_out", func() (bool, error) { return true, moveOut(ctx, tx, id, version, reason) })
		return err
	})
}

func moveOut(ctx context.Context, tx pg.Tx, id uuid.UUID, version int, reason string) error {
	r, err := lock(ctx, tx, id)
	if err != nil {
		return err
	}
	if r.Version != version {
		return ErrStale
	}
	before, today := r, month.Day(tx.Now)
	r.State, r.LeftOn = Left, &today
	if err := update(ctx, tx, r); err != nil {
		return err
	}
	a := args(tx, id)
	a["today"] = month.Date(today)
	if _, err := tx.Exec(ctx, sqlPeopleLeave, a); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Verb: "household.move_out", Kind: "household", ID: id.String(), Reason: reason, Before: before, After: r})
}

const sqlElsewhere = `-- household.elsewhere
select count(*) from move_out where village_id = @village_id and household_id = @household`

// MoveBack opens a household again that had left, with those who left with it; who had gone before stays gone. It keeps its passbook and
// gets no second base points.
func (s *Service) MoveBack(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (err error) {
	defer fault.Wrap(&err, "household.MoveBack(%s)", id)
	if reason, err = checkReason(reason); err != nil {
		return err
	}
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "household.move_back", func() (bool, error) { return true, moveBack(ctx, tx, id, reason) })
		return err
	})
}

func moveBack(ctx context.Context, tx pg.Tx, id uuid.UUID, reason string) error {
	r, err := pg.One[row](ctx, tx, sqlLock, args(tx, id))
	if err != nil {
		return err
	}
	if r.State == Active || r.LeftOn == nil {
		return ErrNotLeft
	}
	if n, err := pg.Scalar[int64](ctx, tx, sqlElsewhere, args(tx, id)); err != nil || n > 0 {
		if err == nil {
			err = ErrElsewhere
		}
		return err
	}
	a, before := args(tx, id), r
	r.State, r.LeftOn = Active, nil
	if err := update(ctx, tx, r); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, sqlPeopleReturn, a); pg.Is(err, pg.Unique) {
		return ErrIdentityTaken
	} else if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Verb: "household.move_back", Kind: "household", ID: id.String(), Reason: reason, Before: before, After: r})
}
