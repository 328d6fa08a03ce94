package group

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

const sqlList = `-- group.list
select id, account_id, name, role, coalesce(kind, '') as kind, grid, household_id, starts_on, ends_on, ended_at, end_reason, disqualified
from membership where village_id = @village_id and role <> 'household' and (@past or ended_at is null and not disqualified)
order by id`

// List is every seat of the village but the households': leads first, and, if past is asked for, those that
// ended as well.
func (s *Service) List(ctx context.Context, who actor.Actor, past bool) (members []Member, err error) {
	defer fault.Wrap(&err, "group.List")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		members, err = Members(ctx, tx, past)
		return err
	})
	return members, err
}

// Members is List in the caller's transaction.
func Members(ctx context.Context, tx pg.Tx, past bool) ([]Member, error) {
	members, err := pg.All[Member](ctx, tx, sqlList, pgx.NamedArgs{"village_id": int64(tx.Village()), "past": past})
	slices.SortStableFunc(members, func(a, b Member) int {
		return slices.Index(actor.Roles, a.Role) - slices.Index(actor.Roles, b.Role)
	})
	return members, err
}

// Reminder is a seat that rotates and what is to be done about it.
type Reminder struct {
	Member
	Days   int  // until the term ends; negative when it has
	Longer bool // the term goes beyond its quarter by an exception
}

// Rotation lists the seats of representatives whose term ends soon, has ended without another, or goes beyond
// its quarter.
func (s *Service) Rotation(ctx context.Context, who actor.Actor) (due []Reminder, err error) {
	defer fault.Wrap(&err, "group.Rotation")
	members, err := s.List(ctx, who, false)
	now := s.DB.Now()
	for _, m := range members {
		if r, ok := m.reminder(now); ok {
			due = append(due, r)
		}
	}
	return due, err
}

func (m Member) reminder(now time.Time) (Reminder, bool) {
	if !m.Kind.Rotates() || m.EndsOn == nil {
		return Reminder{}, false
	}
	state, longer := m.State(now), m.EndsOn.After(QuarterEnd(m.StartsOn))
	return Reminder{m, m.left(now), longer}, state == Ending || state == Expired || longer
}
