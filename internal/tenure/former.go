package tenure

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
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

// Book is the book that a home had before it moved here, the newest lines first. A home that did not move has none.
type Book struct {
	Came
	Lines []FormerLine
	Next  string
}

// Former reads it; for the home's own eyes without the deductions that have faded, as its passbook does.
func (s *Service) Former(ctx context.Context, who actor.Actor, home uuid.UUID, own bool, p page.Page) (b Book, err error) {
	defer fault.Wrap(&err, "tenure.Former(%s)", home)
	if err := pg.After(p.After); err != nil {
		return b, err
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if b.Came, err = pg.One[Came](ctx, tx, sqlCame, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": home}); err != nil {
			return err
		}
		all, err := pg.All[FormerLine](ctx, tx, sqlFormerLines, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": home, "after": p.After, "rows": p.Rows() + 1})
		if err != nil {
			return err
		}
		b.Lines, b.Next = page.Cut(all, p.Rows(), func(l FormerLine) string { return l.EntryID.String() })
		if !own {
			return nil
		}
		rules, err := rulebook.InForce(ctx, tx, tx.Now)
		b.Lines = slices.DeleteFunc(b.Lines, func(l FormerLine) bool { return ledger.Faded(l.Kind, l.At, rules.Settings.FadeMonths, tx.Now) })
		return err
	})
	return b, err
}
