package ledger

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Remainder is what a year leaves in a household's book.
type Remainder struct {
	HouseholdID uuid.UUID
	ClearedYear int   // the last year cleared before
	Left        int64 // of the year's points, what clears; below zero where more was deducted than there was
	Later       int64 // of the year's points, those of later years, which stay
	Score       int64 // what scored in the year
	LaterScore  int64 // what has scored in later years
	Base        int64
	Held        int64
	Disputed    int64
}

// sqlPartRemainders reads what each household has left of a year: its lines by the year in which the matter
// happened, and what was redeemed or given away after the year, which spends what was left of it first.
const sqlPartRemainders = `
select b.household_id, b.cleared_year, b.base, b.held, b.disputed, s.old - least(greatest(s.old, 0), s.spent) as left,
  s.later - (s.spent - least(greatest(s.old, 0), s.spent)) as later, s.score, s.later_score
from balance b
cross join lateral (
  select coalesce(sum(e.points) filter (where e.bucket = 2 and e.occurred_on <= @end), 0)::bigint as old,
    coalesce(-sum(e.points) filter (where e.bucket = 2 and e.occurred_on > @end and k.spends), 0)::bigint as spent,
    coalesce(sum(e.points) filter (where e.bucket = 2 and e.occurred_on > @end and not k.spends), 0)::bigint as later,
    coalesce(sum(e.points) filter (where e.scores and e.occurred_on between @start and @end), 0)::bigint as score,
    coalesce(sum(e.points) filter (where e.scores and e.occurred_on > @end), 0)::bigint as later_score
  from ledger_entry e
  left join ledger_entry o on o.village_id = @village_id and o.id = e.reverses
  cross join lateral (select coalesce(o.kind, e.kind) = 4 or coalesce(o.kind, e.kind) = 8 and coalesce(o.points, e.points) < 0 as spends) k
  where e.village_id = @village_id and e.household_id = b.household_id
) s
where b.village_id = @village_id`

const sqlRemainders = `-- ledger.remainders` + sqlPartRemainders + ` order by b.household_id`

const sqlHoldAll = `-- ledger.hold_all
select household_id from balance where village_id = @village_id order by household_id for update`

// Hold locks the balances of the whole village until the transaction ends: whoever posts waits.
func Hold(ctx context.Context, tx pg.Tx) error {
	_, err := pg.Column[uuid.UUID](ctx, tx, sqlHoldAll, pgx.NamedArgs{"village_id": int64(tx.Village())})
	return err
}

// Remainders reads what the year leaves in every household's book. What is to be cleared must be held (Hold)
// in the same transaction.
func Remainders(ctx context.Context, tx pg.Tx, year int) ([]Remainder, error) {
	return pg.All[Remainder](ctx, tx, sqlRemainders, ofYear(tx, year))
}

// ofYear names a year by its first and last day.
func ofYear(tx pg.Tx, year int) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "year": year, "start": time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC),
		"end": time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC)}
}

const sqlTurn = `-- ledger.turn
update balance b set cleared_year = @year, score = coalesce(s.score, 0)
from balance a left join (
  select household_id, sum(points) as score from ledger_entry
  where village_id = @village_id and scores and occurred_on > @end group by household_id
) s on s.household_id = a.household_id
where b.village_id = @village_id and a.village_id = @village_id and a.household_id = b.household_id`

// Turn begins the year after the one given for every household: its score counts from there, and what scores of
// the year given or of one before falls into the closed bucket. With the year before, it takes that back.
func Turn(ctx context.Context, tx pg.Tx, year int) (err error) {
	defer fault.Wrap(&err, "ledger.Turn(%d)", year)
	_, err = tx.Exec(ctx, sqlTurn, ofYear(tx, year))
	return err
}

const sqlLate = `-- ledger.late
select count(*) from ledger_entry where village_id = @village_id and bucket = 3 and occurred_on between @start and @end`

// Late counts the lines of a cleared year that came after its clearing.
func Late(ctx context.Context, tx pg.Tx, year int) (int64, error) {
	return pg.Scalar[int64](ctx, tx, sqlLate, ofYear(tx, year))
}
