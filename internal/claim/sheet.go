package claim

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/evidence"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/signoff"
)

// OnSheet brings approved claims onto the month's sheet; those still in review stay behind for the next.
type OnSheet struct{}

// sqlTake puts the approved claims of the month, and those left over from months before, on the sheet.
const sqlTake = `-- claim.take
update claim set month = @month where village_id = @village_id and state = 'approved' and month is null and occurred_on < @end`

// Take is of signoff.Source.
func (OnSheet) Take(ctx context.Context, tx pg.Tx, m month.Month) error {
	_, err := tx.Exec(ctx, sqlTake, pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int(m), "end": month.Date(m.End())})
	return err
}

const sqlGiveBack = `-- claim.give_back
update claim set month = null where village_id = @village_id and month = @month and state = 'approved'`

// GiveBack is of signoff.Source.
func (OnSheet) GiveBack(ctx context.Context, tx pg.Tx, m month.Month) error {
	_, err := tx.Exec(ctx, sqlGiveBack, pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int(m)})
	return err
}

const sqlOnSheet = `-- claim.on_sheet
select c.id, c.household_id, h.door, h.head, c.member_id, c.item, c.rule_version, c.points, c.occurred_on, c.recorder, c.recorder_name,
  c.reviewer, c.reviewer_name, c.entry_id, c.first_by, c.first_by_name, c.batch_id
from claim c join household h on h.village_id = @village_id and h.id = c.household_id
where c.village_id = @village_id and c.month = @month and c.state in ('approved', 'posted')
order by c.id`

type onSheet struct {
	ID           uuid.UUID
	HouseholdID  uuid.UUID
	Door         string
	Head         string
	MemberID     *uuid.UUID
	Item         string
	RuleVersion  int
	Points       int
	OccurredOn   time.Time
	Recorder     uuid.UUID
	RecorderName string
	Reviewer     uuid.UUID
	ReviewerName string
	EntryID      *uuid.UUID
	FirstBy      *uuid.UUID
	FirstByName  string
	BatchID      *uuid.UUID
}

// Lines is of signoff.Source.
func (OnSheet) Lines(ctx context.Context, tx pg.Tx, m month.Month) ([]signoff.Line, error) {
	rows, err := pg.All[onSheet](ctx, tx, sqlOnSheet, pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int(m)})
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	photos, err := evidence.Of(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	var batches []uuid.UUID // activities, whose sheet is the proof of all their people
	for _, r := range rows {
		if r.BatchID != nil && !slices.Contains(batches, *r.BatchID) {
			batches = append(batches, *r.BatchID)
		}
	}
	sheets, err := evidence.HeldBy(ctx, tx, batches)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.BatchID != nil {
			photos[r.ID] = append(photos[r.ID], sheets[*r.BatchID]...)
		}
	}
	lines := make([]signoff.Line, len(rows))
	for i, r := range rows {
		lines[i] = signoff.Line{Kind: ledger.FromClaim, ID: r.ID, HouseholdID: r.HouseholdID, Door: r.Door, Head: r.Head, MemberID: r.MemberID, Item: r.Item,
			RuleVersion: r.RuleVersion, Points: r.Points, OccurredOn: r.OccurredOn, Recorder: r.Recorder, RecorderName: r.RecorderName,
			Deciders: []signoff.Decider{{Account: r.Reviewer, Name: r.ReviewerName}}, Evidence: evidence.Hash(photos[r.ID]), Photos: int64(len(photos[r.ID]))}
		if r.FirstBy != nil {
			lines[i].Deciders = append(lines[i].Deciders, signoff.Decider{Account: *r.FirstBy, Name: r.FirstByName})
		}
		if r.EntryID != nil {
			lines[i].Entry = *r.EntryID
		}
	}
	return lines, err
}

const sqlPosted = `-- claim.posted
update claim c set state = 'posted', entry_id = p.entry from unnest(@claims::uuid[], @entries::uuid[]) as p(claim, entry)
where c.village_id = @village_id and c.id = p.claim`

// Posted is of signoff.Source.
func (OnSheet) Posted(ctx context.Context, tx pg.Tx, _ month.Month, lines []signoff.Line) error {
	claims, entries := make([]uuid.UUID, len(lines)), make([]uuid.UUID, len(lines))
	for i, l := range lines {
		claims[i], entries[i] = l.ID, l.Entry
	}
	_, err := tx.Exec(ctx, sqlPosted, pgx.NamedArgs{"village_id": int64(tx.Village()), "claims": claims, "entries": entries})
	return err
}
