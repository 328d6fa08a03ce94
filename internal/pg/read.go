package pg

import (
	"context"
	"errors"

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
