package pg

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
)

// Batch is a whole transaction in one round trip: begin, bind, the statements queued, commit. Results are
// read into their places when Run returns without an error.
type Batch struct {
	b     pgx.Batch
	takes []func(pgx.BatchResults) error
	after []func()
}

// OnCommit runs fn once the batch is committed, and not at all if it is not.
func (b *Batch) OnCommit(fn func()) { b.after = append(b.after, fn) }

func (b *Batch) queue(sql string, args []any) {
	sql, args = numbered(sql, args)
	b.b.Queue(sql, args...)
}

// Exec queues a statement whose rows do not matter.
func (b *Batch) Exec(sql string, args ...any) {
	b.queue(sql, args)
	b.takes = append(b.takes, func(r pgx.BatchResults) error { _, err := r.Exec(); return err })
}

// Affect queues a statement and keeps the number of rows that it touched.
func (b *Batch) Affect(n *int64, sql string, args ...any) {
	b.queue(sql, args)
	b.takes = append(b.takes, func(r pgx.BatchResults) error {
		tag, err := r.Exec()
		*n = tag.RowsAffected()
		return err
	})
}

// Row queues a query of exactly one row, read by column name; no row is fault.ErrNotFound.
func Row[T any](b *Batch, into *T, sql string, args ...any) {
	b.queue(sql, args)
	b.takes = append(b.takes, func(r pgx.BatchResults) (err error) {
		rows, err := r.Query()
		if err != nil {
			return err
		}
		*into, err = one[T](rows)
		return err
	})
}

// Rows queues a query of any number of rows, read by column name.
func Rows[T any](b *Batch, into *[]T, sql string, args ...any) {
	b.queue(sql, args)
	b.takes = append(b.takes, func(r pgx.BatchResults) (err error) {
		rows, err := r.Query()
		if err != nil {
			return err
		}
		*into, err = pgx.CollectRows(rows, pgx.RowToStructByName[T])
		return err
	})
}

// Run sends the batch as one read-write transaction in the actor's village. It is not run again on its own.
func (db *DB) Run(ctx context.Context, who actor.Actor, b *Batch) error {
	return db.send(ctx, who, "begin", b)
}

// Read sends the batch as one read-only transaction in the actor's village.
func (db *DB) Read(ctx context.Context, who actor.Actor, b *Batch) error {
	return db.send(ctx, who, "begin read only", b)
}

func (db *DB) send(ctx context.Context, who actor.Actor, begin string, b *Batch) error {
	if who.Village == 0 {
		return errNoVillage
	}
	conn, err := db.village.Acquire(ctx)
	if err != nil {
		return outage(err, true)
	}
	defer conn.Release()
	whole := &pgx.Batch{}
	whole.Queue(begin)
	whole.Queue(sqlBindVillage, int64(who.Village))
	whole.QueuedQueries = append(whole.QueuedQueries, b.b.QueuedQueries...)
	whole.Queue("commit")
	err = read(conn.Conn().SendBatch(ctx, whole), b)
	if err != nil {
		abandon(conn.Conn())
		return outage(err, conn.Conn().IsClosed())
	}
	for _, fn := range b.after {
		fn()
	}
	return nil
}

// read takes the answers in order; the first error is the one that counts.
func read(r pgx.BatchResults, b *Batch) error {
	var failed error
	for range 2 {
		if _, err := r.Exec(); err != nil && failed == nil {
			failed = err
		}
	}
	for _, take := range b.takes {
		if failed != nil {
			break
		}
		failed = take(r)
	}
	if failed == nil {
		tag, err := r.Exec()
		failed = err
		if err == nil && tag.String() == "ROLLBACK" {
			failed = pgx.ErrTxCommitRollback
		}
	}
	if err := r.Close(); failed == nil && err != nil {
		failed = err
	}
	return failed
}
