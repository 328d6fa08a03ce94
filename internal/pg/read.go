package pg

import (
	"context"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
)

// One reads exactly one row into a T by column name; no row is fault.ErrNotFound.
func One[T any](ctx context.Context, tx Tx, sql string, args ...any) (T, error) {
	rows, _ := tx.Query(ctx, sql, args...)
	return one[T](rows)
}

func one[T any](rows pgx.Rows) (T, error) {
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
	if errors.Is(err, pgx.ErrNoRows) {
		return v, fault.ErrNotFound
	}
	return v, err
}

// All reads every row into a []T by column name.
func All[T any](ctx context.Context, tx Tx, sql string, args ...any) ([]T, error) {
	rows, _ := tx.Query(ctx, sql, args...)
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}

// Scalar reads one value; no row is fault.ErrNotFound.
func Scalar[T any](ctx context.Context, tx Tx, sql string, args ...any) (T, error) {
	rows, _ := tx.Query(ctx, sql, args...)
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if errors.Is(err, pgx.ErrNoRows) {
		return v, fault.ErrNotFound
	}
	return v, err
}

// Column reads one column of any number of rows.
func Column[T any](ctx context.Context, tx Tx, sql string, args ...any) ([]T, error) {
	rows, _ := tx.Query(ctx, sql, args...)
	return pgx.CollectRows(rows, pgx.RowTo[T])
}

// NewID makes the id of a village's row: a UUIDv7.
func NewID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

var serial atomic.Uint32

// IDAt makes a UUIDv7 of the given instant, for rows whose order by id must be that of the program's clock;
// those made one after another in the same process keep their order.
func IDAt(t time.Time) uuid.UUID {
	id := uuid.New()
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(t.UnixMilli()))
	copy(id[:6], ms[2:])
	n := serial.Add(1)
	id[6], id[7] = 0x70|byte(n>>8)&0x0f, byte(n)
	return id
}
