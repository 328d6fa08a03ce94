package inspect

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/signoff"
)

// OnSheet brings what confirmed rounds gave onto the month's sheet. The unit is a confirmation: homes that still
// wait for another member stay behind for the next sheet.
type OnSheet struct{}

// sqlTake puts the confirmations of the month's rounds, and those left over from months before, on the sheet.
const sqlTake = `-- inspect.take
update inspection_confirm c set month = @month from inspection i
where c.village_id = @village_id and c.month is null and i.village_id = @village_id and i.id = c.inspection_id and i.month <= @month and i.state = 'closed'`

// Take is of signoff.Source.
func (OnSheet) Take(ctx context.Context, tx pg.Tx, m month.Month) error {
	_, err := tx.Exec(ctx, sqlTake, of(tx, m))
	return err
}

const sqlGiveBack = `-- inspect.give_back
update inspection_confirm set month = null where village_id = @village_id and month = @month and not posted`

// GiveBack is of signoff.Source.
func (OnSheet) GiveBack(ctx context.Context, tx pg.Tx, m month.Month) error {
	_, err := tx.Exec(ctx, sqlGiveBack, of(tx, m))
	return err
}

// sqlOnSheet reads every pass that a confirmation on the sheet covers. A line's entry in the book is found by
// its source, which follows from round, home and item.
const sqlOnSheet = `-- inspect.on_sheet
select i.id as round, s.household_id, h.door, h.head, s.item, i.rule_version, s.points, i.occurred_on, i.closed_by, i.closed_by_name,
  c.account_id, c.name, i.digest, c.posted,
  (select count(*) from evidence e where e.village_id = @village_id and e.holder_id = i.id and e.home = s.household_id) as photos
from inspection_confirm c
join inspection i on i.village_id = @village_id and i.id = c.inspection_id
join slot s on s.village_id = @village_id and s.holder_kind = 2 and s.holder_id = i.id
join household h on h.village_id = @village_id and h.id = s.household_id
where c.village_id = @village_id and c.month = @month
  and (c.covers is null or s.household_id = any(c.covers)) and s.household_id <> all(c.leaves)`

type onSheet struct {
	Round        uuid.UUID
	HouseholdID  uuid.UUID
	Door         string
	Head         string
	Item         string
	RuleVersion  int
	Points       int
	OccurredOn   time.Time
	ClosedBy     uuid.UUID
	ClosedByName string
	AccountID    uuid.UUID
	Name         string
	Digest       []byte
	Posted       bool
	Photos       int64
}

const sqlEntries = `-- inspect.entries
select id, source_id from ledger_entry where village_id = @village_id and source_kind = @kind and source_id = any(@sources)`

// Lines is of signoff.Source.
func (OnSheet) Lines(ctx context.Context, tx pg.Tx, m month.Month) ([]signoff.Line, error) {
	rows, err := pg.All[onSheet](ctx, tx, sqlOnSheet, of(tx, m))
	if err != nil {
		return nil, err
	}
	lines := make([]signoff.Line, len(rows))
	var booked []uuid.UUID
	for i, r := range rows {
		lines[i] = signoff.Line{Kind: ledger.FromInspection, ID: lineID(r.Round, r.HouseholdID, r.Item), Round: r.Round, HouseholdID: r.HouseholdID,
			Door: r.Door, Head: r.Head, Item: r.Item, RuleVersion: r.RuleVersion, Points: r.Points, OccurredOn: r.OccurredOn, Recorder: r.ClosedBy,
			RecorderName: r.ClosedByName, Deciders: []signoff.Decider{{Account: r.AccountID, Name: r.Name}}, Evidence: r.Digest, Photos: r.Photos}
		if r.Posted {
			booked = append(booked, lines[i].ID)
		}
	}
	return lines, entries(ctx, tx, lines, booked)
}

// entries fills in where the lines stand in the book.
func entries(ctx context.Context, tx pg.Tx, lines []signoff.Line, booked []uuid.UUID) error {
	if len(booked) == 0 {
		return nil
	}
	found, err := pg.All[struct{ ID, SourceID uuid.UUID }](ctx, tx, sqlEntries, pgx.NamedArgs{"village_id": int64(tx.Village()),
		"kind": int(ledger.FromInspection), "sources": booked})
	at := make(map[uuid.UUID]uuid.UUID, len(found))
	for _, e := range found {
		at[e.SourceID] = e.ID
	}
	for i := range lines {
		lines[i].Entry = at[lines[i].ID]
	}
	return err
}

const sqlExceptions = `-- inspect.exceptions
select distinct i.id as round, r.household_id, h.door, h.head, f.item, r.reason,
  (select count(*) from evidence e where e.village_id = @village_id and e.holder_id = i.id and e.home = r.household_id) as photos
from inspection_confirm c
join inspection i on i.village_id = @village_id and i.id = c.inspection_id
join inspection_home r on r.village_id = @village_id and r.inspection_id = i.id
join household h on h.village_id = @village_id and h.id = r.household_id
cross join lateral unnest(r.failed) as f(item)
where c.village_id = @village_id and c.month = @month
order by h.door, f.item`

// Exceptions is of signoff.Excepting: the homes that did not pass, with the reasons.
func (OnSheet) Exceptions(ctx context.Context, tx pg.Tx, m month.Month) ([]signoff.Exception, error) {
	return pg.All[signoff.Exception](ctx, tx, sqlExceptions, of(tx, m))
}

const sqlPosted = `-- inspect.posted
update inspection_confirm set posted = true where village_id = @village_id and month = @month`

// Posted is of signoff.Source.
func (OnSheet) Posted(ctx context.Context, tx pg.Tx, m month.Month, _ []signoff.Line) error {
	_, err := tx.Exec(ctx, sqlPosted, of(tx, m))
	return err
}

func of(tx pg.Tx, m month.Month) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int(m)}
}
