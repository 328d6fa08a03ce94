package queue

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

const sqlDead = `-- queue.dead
select id, kind, attempts, added_at, last_error from outbox
where village_id = @village_id and state = 3 order by added_at desc limit 200`

const sqlRevive = `-- queue.revive
update outbox set state = 0, attempts = 0, due_at = @now, last_error = ''
where village_id = @village_id and id = @id and state = 3`

const sqlHurry = `-- queue.hurry
update outbox set due_at = @now where village_id = @village_id and id = @id and state = 0 and due_at > @now`

const sqlDrop = `-- queue.drop
update outbox set state = 2, done_at = @now, last_error = 'dropped: ' || last_error where village_id = @village_id and id = @id and state = 3 returning kind`

const sqlCount = `-- queue.count
select count(*) filter (where state < 2) as open, count(*) filter (where state = 3) as dead,
  coalesce(extract(epoch from @now - min(due_at) filter (where state < 2 and due_at <= @now and village_id = any(@relayed))), 0)::float8 as late
from outbox where village_id = any(@villages) and (state < 2 or state = 3)`

const sqlOfficeCount = `-- queue.office_count
select count(*) filter (where state < 2) as open, count(*) filter (where state = 3) as dead,
  coalesce(extract(epoch from @now - min(due_at) filter (where state < 2 and due_at <= @now)), 0)::float8 as late
from office_job where state < 2 or state = 3`

// Failure is a job that was given up.
type Failure struct {
	ID        uuid.UUID
	Kind      string
	Attempts  int
	AddedAt   time.Time
	LastError string // a fault's code or the kind of the error, never its text
}

// Dead lists the village's jobs that were given up, the latest 200 (INV-33).
func Dead(ctx context.Context, tx pg.Tx) ([]Failure, error) {
	return pg.All[Failure](ctx, tx, sqlDead, pgx.NamedArgs{"village_id": int64(tx.Village())})
}

// Revive lets a job that was given up be tried anew.
func Revive(ctx context.Context, tx pg.Tx, id uuid.UUID) error {
	tag, err := tx.Exec(ctx, sqlRevive, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "now": tx.Now})
	if err == nil && tag.RowsAffected() == 0 {
		return fault.ErrNotFound
	}
	tx.OnCommit(func() { listeners.kick(tx.Village()) })
	return err
}

// Hurry lets a job that waits for its time be done now.
func Hurry(ctx context.Context, tx pg.Tx, id uuid.UUID) error {
	tag, err := tx.Exec(ctx, sqlHurry, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "now": tx.Now})
	if err == nil && tag.RowsAffected() == 0 {
		return fault.ErrNotFound
	}
	tx.OnCommit(func() { listeners.kick(tx.Village()) })
	return err
}

// Drop lets a job that was given up be, and answers its kind.
func Drop(ctx context.Context, tx pg.Tx, id uuid.UUID) (kind string, err error) {
	kinds, err := pg.Column[string](ctx, tx, sqlDrop, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "now": tx.Now})
	if err == nil && len(kinds) == 0 {
		err = fault.ErrNotFound
	}
	if err != nil {
		return "", err
	}
	return kinds[0], nil
}

// Counts says how the outbox stands over all villages.
type Counts struct {
	Open, Dead int64
	Late       float64 // seconds by which the oldest open job is overdue
}

// Count counts over all villages and the platform itself, for the metrics and for verifying. What waits because its
// village is suspended is open and not late.
func Count(ctx context.Context, db *pg.DB) (all Counts, err error) {
	villages, err := db.Villages(ctx)
	if err != nil {
		return all, err
	}
	relayed, err := db.Relayed(ctx)
	if err != nil {
		return all, err
	}
	err = db.AsSystem(ctx, "queue.count", func(tx pg.Tx) error {
		all, err = pg.One[Counts](ctx, tx, sqlOfficeCount, pgx.NamedArgs{"now": tx.Now})
		return err
	})
	if err != nil {
		return all, err
	}
	for part := range slices.Chunk(villages, chunk) {
		err = db.Across(ctx, "queue.count", part, func(tx pg.Tx) error {
			c, err := pg.One[Counts](ctx, tx, sqlCount, pgx.NamedArgs{"villages": part, "relayed": relayed, "now": tx.Now})
			all.Open, all.Dead, all.Late = all.Open+c.Open, all.Dead+c.Dead, max(all.Late, c.Late)
			return err
		})
		if err != nil {
			break
		}
	}
	return all, err
}
