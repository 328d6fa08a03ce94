package tenure

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Came is a home's arrival from another village, with what its book stood at there.
type Came struct {
	FromName     string
	FromPassbook string
	Base         int64
	Year         int64
	Honour       int64
	At           time.Time
}

// FormerLine is a line that the home had there, to read alone: it counts for nothing here. Item and title are empty
// where the cause could harm somebody at home.
type FormerLine struct {
	EntryID    uuid.UUID
	At         time.Time
	Month      month.Month
	OccurredOn time.Time
	Kind       ledger.Kind
	Bucket     ledger.Bucket
	Points     int
	Item       string
	Title      string
}

const sqlCame = `-- tenure.came
select from_name, from_passbook, base, year, honour, at from move_in where village_id = @village_id and household_id = @household`

const sqlFormerLines = `-- tenure.former_lines
select entry_id, at, month, occurred_on, kind, bucket, points, item, title from former_line
where village_id = @village_id and household_id = @household and (@after = '' or entry_id < nullif(@after, '')::uuid) order by entry_id desc limit @rows`

// CameFrom is where a home came from, nil for one that did not move here.
func CameFrom(ctx context.Context, tx pg.Tx, home uuid.UUID) (*Came, error) {
	c, err := pg.One[Came](ctx, tx, sqlCame, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": home})
	if errors.Is(err, fault.ErrNotFound) {
		return nil, nil
	}
	return &c, err
}

// Former reads the lines of the book that the home had before it moved here, newest first.
func Former(ctx context.Context, tx pg.Tx, home uuid.UUID, p page.Page) (all []FormerLine, next string, err error) {
	if err := pg.After(p.After); err != nil {
		return nil, "", err
	}
	all, err = pg.All[FormerLine](ctx, tx, sqlFormerLines, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": home, "after": p.After, "rows": p.Rows() + 1})
	all, next = page.Cut(all, p.Rows(), func(l FormerLine) string { return l.EntryID.String() })
	return all, next, err
}
