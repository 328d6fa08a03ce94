package queue

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
)

const sqlAdd = `-- queue.add
insert into outbox (village_id, id, kind, dedupe, args, due_at, added_at)
values (@village_id, @id, @kind, @dedupe, @args, @due, @now)
on conflict (village_id, kind, dedupe) do update set state = 0, attempts = 0, due_at = excluded.due_at, last_error = ''
where outbox.state = 3`

// Due, or lost: handed over long ago and never begun, or begun by a worker that is gone.
const sqlVillagesDue = `-- queue.villages_due
select distinct village_id from outbox
where village_id = any(@villages) and state < 2
  and (state = 0 and due_at <= @now or state = 1 and coalesce(held_until < @now, queued_at < @stale))`

// A village has at most @most jobs on their way at once, so that it cannot keep the others waiting.
const sqlClaim = `-- queue.claim
update outbox set state = 1, queued_at = @now, held_until = null,
  last_error = case when held_until is null then last_error else 'lost' end
where village_id = @village_id and id = any(array(
  select id from outbox where village_id = @village_id and state < 2
    and (state = 0 and due_at <= @now or state = 1 and coalesce(held_until < @now, queued_at < @stale))
  order by due_at
  limit greatest(0, @most - (select count(*) from outbox
    where village_id = @village_id and state = 1 and not coalesce(held_until < @now, queued_at < @stale)))
  for update skip locked))
returning id, attempts`

const sqlUnclaim = `-- queue.unclaim
update outbox set state = 0 where village_id = @village_id and id = any(@ids) and state = 1 and held_until is null`

// Whoever gets the row is the only one at it: attempts is the token that later statements must show.
const sqlStart = `-- queue.start
update outbox set state = 1, attempts = attempts + 1, held_until = @until
where village_id = @village_id and id = @id and (state = 1 or state = 0 and due_at <= @now)
  and (held_until is null or held_until < @now)
returning id, kind, args, attempts, due_at, added_at, last_error`

const sqlHold = `-- queue.hold
update outbox set held_until = @until where village_id = @village_id and id = @id and state = 1 and attempts = @attempt`

const sqlFinish = `-- queue.finish
update outbox set state = @state, due_at = @due, done_at = @done, held_until = null, last_error = @cause
where village_id = @village_id and id = @id and state = 1 and attempts = @attempt`

// The platform's own jobs, of no village, stand in office_job and go the same way.
const sqlOfficeAdd = `-- queue.office_add
insert into office_job (id, kind, dedupe, args, due_at, added_at) values (@id, @kind, @dedupe, @args, @due, @now)
on conflict (kind, dedupe) do update set state = 0, attempts = 0, due_at = excluded.due_at, last_error = ''
where office_job.state = 3`

const sqlOfficeDue = `-- queue.office_due
select count(*) from office_job
where state < 2 and (state = 0 and due_at <= @now or state = 1 and coalesce(held_until < @now, queued_at < @stale))`

const sqlOfficeClaim = `-- queue.office_claim
update office_job set state = 1, queued_at = @now, held_until = null,
  last_error = case when held_until is null then last_error else 'lost' end
where id = any(array(
  select id from office_job where state < 2
    and (state = 0 and due_at <= @now or state = 1 and coalesce(held_until < @now, queued_at < @stale))
  order by due_at limit @most for update skip locked))
returning id, attempts`

const sqlOfficeUnclaim = `-- queue.office_unclaim
update office_job set state = 0 where id = any(@ids) and state = 1 and held_until is null`

const sqlOfficeStart = `-- queue.office_start
update office_job set state = 1, attempts = attempts + 1, held_until = @until
where id = @id and (state = 1 or state = 0 and due_at <= @now) and (held_until is null or held_until < @now)
returning id, kind, args, attempts, due_at, added_at, last_error`

const sqlOfficeHold = `-- queue.office_hold
update office_job set held_until = @until where id = @id and state = 1 and attempts = @attempt`

const sqlOfficeFinish = `-- queue.office_finish
update office_job set state = @state, due_at = @due, done_at = @done, held_until = null, last_error = @cause
where id = @id and state = 1 and attempts = @attempt`

// ready is a row claimed for handing over.
type ready struct {
	ID       uuid.UUID
	Attempts int
}

// job is a row that this worker is at.
type job struct {
	ID        uuid.UUID
	Kind      string
	Args      []byte
	Attempts  int
	DueAt     time.Time
	AddedAt   time.Time
	LastError string
}

func villagesDue(ctx context.Context, db *pg.DB, villages []int64, stale time.Duration) (due []int64, err error) {
	err = db.Across(ctx, "queue.sweep", villages, func(tx pg.Tx) error {
		due, err = pg.Column[int64](ctx, tx, sqlVillagesDue, pgx.NamedArgs{"villages": villages, "now": tx.Now, "stale": tx.Now.Add(-stale)})
		return err
	})
	return due, err
}

// office is the place of the platform's own jobs among the villages.
const office actor.VillageID = 0

// officeDue says whether the platform itself has jobs that are due or lost.
func officeDue(ctx context.Context, db *pg.DB, stale time.Duration) (due bool, err error) {
	err = db.AsSystem(ctx, "queue.office", func(tx pg.Tx) error {
		n, err := pg.Scalar[int64](ctx, tx, sqlOfficeDue, pgx.NamedArgs{"now": tx.Now, "stale": tx.Now.Add(-stale)})
		due = n > 0
		return err
	})
	return due, err
}

func claim(ctx context.Context, db *pg.DB, v actor.VillageID, stale time.Duration, most int) (rows []ready, err error) {
	now := db.Now()
	args := pgx.NamedArgs{"village_id": int64(v), "now": now, "stale": now.Add(-stale), "most": most}
	return asked[ready](ctx, db, v, sqlClaim, sqlOfficeClaim, args)
}

func unclaim(ctx context.Context, db *pg.DB, v actor.VillageID, ids []uuid.UUID) error {
	_, err := changed(ctx, db, v, sqlUnclaim, sqlOfficeUnclaim, pgx.NamedArgs{"village_id": int64(v), "ids": ids})
	return err
}

// start answers no job where there is nothing to do: done already, not due, or somebody is at it.
func start(ctx context.Context, db *pg.DB, v actor.VillageID, id uuid.UUID, lease time.Duration) (*job, error) {
	now := db.Now()
	rows, err := asked[job](ctx, db, v, sqlStart, sqlOfficeStart, pgx.NamedArgs{"village_id": int64(v), "id": id, "now": now, "until": now.Add(lease)})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// hold renews the lease; false means that the job is no longer ours.
func hold(ctx context.Context, db *pg.DB, v actor.VillageID, j *job, lease time.Duration) (ours bool, err error) {
	n, err := changed(ctx, db, v, sqlHold, sqlOfficeHold, pgx.NamedArgs{"village_id": int64(v), "id": j.ID, "attempt": j.Attempts, "until": db.Now().Add(lease)})
	return n == 1, err
}

func finish(ctx context.Context, db *pg.DB, v actor.VillageID, j *job, d verdict) error {
	_, err := changed(ctx, db, v, sqlFinish, sqlOfficeFinish, pgx.NamedArgs{"village_id": int64(v), "id": j.ID, "attempt": j.Attempts, "state": d.state,
		"due": d.due, "done": d.done, "cause": d.cause})
	return err
}

// asked runs the statement of the village's outbox, or the platform's own, and answers its rows.
func asked[T any](ctx context.Context, db *pg.DB, v actor.VillageID, village, platform string, args pgx.NamedArgs) (rows []T, err error) {
	if v == office {
		err = db.AsSystem(ctx, "queue.office", func(tx pg.Tx) error {
			rows, err = pg.All[T](ctx, tx, platform, args)
			return err
		})
		return rows, err
	}
	b := &pg.Batch{}
	pg.Rows(b, &rows, village, args)
	return rows, db.Run(ctx, actor.System(v), b)
}

// changed does the same and answers how many rows it changed.
func changed(ctx context.Context, db *pg.DB, v actor.VillageID, village, platform string, args pgx.NamedArgs) (n int64, err error) {
	if v == office {
		err = db.AsSystem(ctx, "queue.office", func(tx pg.Tx) error {
			tag, err := tx.Exec(ctx, platform, args)
			n = tag.RowsAffected()
			return err
		})
		return n, err
	}
	b := &pg.Batch{}
	b.Affect(&n, village, args)
	return n, db.Run(ctx, actor.System(v), b)
}
