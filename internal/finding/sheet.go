package finding

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/signoff"
)

// Sheet brings what is cleared onto the month's sheet, and the repairs that were let through.
type Sheet struct{}

const sqlTake = `-- finding.take
update finding set month = @month where village_id = @village_id and state = 'cleared' and month is null and occurred_on < @end`

const sqlTakeRepairs = `-- finding.take_repairs
update repair set month = @month where village_id = @village_id and state = 'approved' and month is null and done_on < @end`

const sqlGiveBack = `-- finding.give_back
update finding set month = null where village_id = @village_id and month = @month and state = 'cleared'`

const sqlGiveBackRepairs = `-- finding.give_back_repairs
update repair set month = null where village_id = @village_id and month = @month and state = 'approved'`

// sqlLines masks what no sheet that lies about may say: the line is there with its points, its cause with the
// deciders.
const sqlLines = `-- finding.lines
select f.id, f.household_id, h.door, h.head, f.member_id, f.item, f.rule_version, c.points, f.occurred_on, f.recorder, f.recorder_name, f.evidence, f.private,
  c.first_by, a.name as first_name, c.second_by, b.name as second_name, f.entry_id,
  (select count(*) from evidence e where e.village_id = @village_id and e.holder_id = f.id) as photos
from finding f join clearance c on c.village_id = @village_id and c.id = f.id
join household h on h.village_id = @village_id and h.id = f.household_id
join finding_vote a on a.village_id = @village_id and a.finding_id = f.id and a.account_id = c.first_by
join finding_vote b on b.village_id = @village_id and b.finding_id = f.id and b.account_id = c.second_by
where f.village_id = @village_id and f.month = @month and f.state in ('cleared', 'posted') order by f.id`

const sqlRepairLines = `-- finding.repair_lines
select r.id, r.household_id, h.door, h.head, null::uuid as member_id, r.item, r.rule_version, r.points, r.done_on as occurred_on, r.done_by as recorder,
  r.offered_by_name as recorder_name, r.evidence, f.private, r.decided_by as first_by, r.decided_by_name as first_name, null::uuid as second_by, '' as second_name, r.entry_id,
  (select count(*) from evidence e where e.village_id = @village_id and e.holder_id = r.id) as photos
from repair r join household h on h.village_id = @village_id and h.id = r.household_id
join finding f on f.village_id = @village_id and f.id = r.finding_id
where r.village_id = @village_id and r.month = @month and r.state in ('approved', 'posted') order by r.id`

const sqlPosted = `-- finding.posted
update finding f set state = 'posted', entry_id = p.entry from unnest(@ids::uuid[], @entries::uuid[]) as p(id, entry)
where f.village_id = @village_id and f.id = p.id and f.state = 'cleared'`

const sqlPostedRepairs = `-- finding.posted_repairs
update repair r set state = 'posted', entry_id = p.entry from unnest(@ids::uuid[], @entries::uuid[]) as p(id, entry)
where r.village_id = @village_id and r.id = p.id and r.state = 'approved'`

func monthArgs(tx pg.Tx, m month.Month) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int(m), "end": month.Date(m.End())}
}

func each(ctx context.Context, tx pg.Tx, a pgx.NamedArgs, statements ...string) error {
	for _, sql := range statements {
		if _, err := tx.Exec(ctx, sql, a); err != nil {
			return err
		}
	}
	return nil
}

// Take puts what is cleared on the sheet.
func (Sheet) Take(ctx context.Context, tx pg.Tx, m month.Month) error {
	return each(ctx, tx, monthArgs(tx, m), sqlTake, sqlTakeRepairs)
}

// GiveBack takes it off again.
func (Sheet) GiveBack(ctx context.Context, tx pg.Tx, m month.Month) error {
	return each(ctx, tx, monthArgs(tx, m), sqlGiveBack, sqlGiveBackRepairs)
}

type lineRow struct {
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
	Evidence     []byte
	Private      bool
	FirstBy      uuid.UUID
	FirstName    string
	SecondBy     *uuid.UUID
	SecondName   string
	EntryID      *uuid.UUID
	Photos       int64
}

// Lines reads the deductions and repairs that stand on the sheet.
func (Sheet) Lines(ctx context.Context, tx pg.Tx, m month.Month) (all []signoff.Line, err error) {
	for _, of := range []struct {
		kind ledger.SourceKind
		sql  string
	}{{ledger.FromFinding, sqlLines}, {ledger.FromRepair, sqlRepairLines}} {
		rows, err := pg.All[lineRow](ctx, tx, of.sql, monthArgs(tx, m))
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			extra, err := extra(ctx, tx, r)
			if err != nil {
				return nil, err
			}
			all = append(all, r.line(of.kind, extra))
		}
	}
	return all, nil
}

// extra is how many signers more an item of open value takes (D7).
func extra(ctx context.Context, tx pg.Tx, r lineRow) (int, error) {
	rules, err := rulebook.Version(ctx, tx, r.RuleVersion)
	if err != nil {
		return 0, err
	}
	if item, err := rules.Item(r.Item); err == nil && item.Tier == rulebook.Decided {
		return rules.Settings.OpenExtraSigners, nil
	}
	return 0, nil
}

func (r lineRow) line(kind ledger.SourceKind, extra int) signoff.Line {
	l := signoff.Line{Kind: kind, ID: r.ID, HouseholdID: r.HouseholdID, Door: r.Door, Head: r.Head, MemberID: r.MemberID, Item: r.Item, RuleVersion: r.RuleVersion,
		Points: r.Points, OccurredOn: r.OccurredOn, Recorder: r.Recorder, RecorderName: r.RecorderName, Evidence: r.Evidence, Photos: r.Photos, Private: r.Private, Extra: extra,
		Deciders: []signoff.Decider{{Account: r.FirstBy, Name: r.FirstName}}}
	if r.SecondBy != nil {
		l.Deciders = append(l.Deciders, signoff.Decider{Account: *r.SecondBy, Name: r.SecondName})
	}
	if r.EntryID != nil {
		l.Entry = *r.EntryID
	}
	return l
}

// Posted notes under which line of the book each stands.
func (Sheet) Posted(ctx context.Context, tx pg.Tx, _ month.Month, lines []signoff.Line) error {
	for kind, sql := range map[ledger.SourceKind]string{ledger.FromFinding: sqlPosted, ledger.FromRepair: sqlPostedRepairs} {
		var ids, entries []uuid.UUID
		for _, l := range lines {
			if l.Kind == kind {
				ids, entries = append(ids, l.ID), append(entries, l.Entry)
			}
		}
		if len(ids) == 0 {
			continue
		}
		if _, err := tx.Exec(ctx, sql, pgx.NamedArgs{"village_id": int64(tx.Village()), "ids": ids, "entries": entries}); err != nil {
			return err
		}
	}
	return nil
}
