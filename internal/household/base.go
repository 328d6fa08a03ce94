package household

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// grant is what the village's rules give a household at its first registration (R4.4.2a).
type grant struct {
	points    int
	version   int
	unlocksOn time.Time // base points are locked before (R4.4.2b, D1)
}

func grantToday(ctx context.Context, tx pg.Tx) (g grant, err error) {
	today := month.Day(tx.Now)
	rules, err := rulebook.InForce(ctx, tx, today)
	if err != nil {
		return g, err
	}
	return grant{rules.BasePoints, rules.Version, today.AddDate(0, rules.Settings.BaseLockMonths, 0)}, nil
}

// open gives new households their accounts and base points.
func (g grant) open(ctx context.Context, tx pg.Tx, households []uuid.UUID) error {
	if err := ledger.OpenAccounts(ctx, tx, households); err != nil || g.points == 0 {
		return err
	}
	entries := make([]ledger.Entry, len(households))
	for i, id := range households {
		entries[i] = ledger.Entry{HouseholdID: id, SourceKind: ledger.FromHousehold, SourceID: id, Recorder: tx.Who.Account, Points: g.points,
			Month: month.Of(tx.Now), OccurredOn: month.Day(tx.Now), RuleVersion: g.version, Kind: ledger.Base, Bucket: ledger.BaseBucket}
	}
	_, err := ledger.PostAll(ctx, tx, entries)
	return err
}

// sourceOfBase is the source of base points in the book: the household itself.
const sourceOfBase = ledger.FromHousehold

const sqlBaseLines = `-- household.base_lines
select id from ledger_entry where village_id = @village_id and source_kind = @source and source_id = any(@households::uuid[]) order by id`

// takeBack reverses the base points of households that were registered by mistake.
func takeBack(ctx context.Context, tx pg.Tx, households []uuid.UUID) error {
	lines, err := pg.Column[uuid.UUID](ctx, tx, sqlBaseLines, pgx.NamedArgs{"village_id": int64(tx.Village()), "source": sourceOfBase, "households": households})
	if err != nil || len(lines) == 0 {
		return err
	}
	return ledger.ReverseAll(ctx, tx, lines)
}
