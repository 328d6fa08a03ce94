package ledger

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

const sqlPost = `-- ledger.post
select id, posted, coalesce(usable, 0) as usable
from ledger_post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`

const sqlPostAll = `-- ledger.post_all
insert into ledger_entry (village_id, id, household_id, member_id, reverses, source_kind, source_id, recorder, reviewer, evidence, at,
  points, month, occurred_on, rule_version, kind, bucket, scores, item)
select @village_id::bigint, id, household_id, member_id, reverses, source_kind, source_id, recorder, reviewer, evidence, @at::timestamptz,
  points, month, occurred_on, rule_version, kind, bucket, scores, item
from unnest(@id::uuid[], @household::uuid[], @member::uuid[], @reverses::uuid[], @source_kind::smallint[], @source::uuid[], @recorder::uuid[], @reviewer::uuid[],
  @evidence::bytea[], @points::integer[], @month::integer[], @occurred_on::date[], @rule_version::integer[], @kind::smallint[],
  @bucket::smallint[], @scores::boolean[], @item::text[])
  as e(id, household_id, member_id, reverses, source_kind, source_id, recorder, reviewer, evidence, points, month, occurred_on, rule_version, kind,
  bucket, scores, item)
on conflict (village_id, source_kind, source_id) do nothing
returning household_id, points::bigint as points, bucket, scores`

const sqlMove = `-- ledger.move
update balance b set base = b.base + m.base, year = b.year + m.year, score = b.score + m.score, honour = b.honour + m.honour, entries = b.entries + m.entries
from unnest(@household::uuid[], @base::bigint[], @year::bigint[], @score::bigint[], @honour::bigint[], @entries::bigint[])
  as m(household_id, base, year, score, honour, entries)
where b.village_id = @village_id and b.household_id = m.household_id`

const sqlLock = `-- ledger.lock
select household_id, cleared_year from balance where village_id = @village_id and household_id = any(@households::uuid[]) order by household_id for update`

// sqlGiveBack frees what the line's record had used of the item. The rows stay: a signed sheet is read from them.
const sqlGiveBack = `-- ledger.give_back
update slot s set given_back = true from ledger_entry e
where s.village_id = @village_id and e.village_id = @village_id and e.id = @entry and s.household_id = e.household_id and s.item = e.item and not s.given_back
  and (s.holder_kind = 1 and e.source_kind = 2 and s.holder_id = e.source_id or s.holder_kind = 3 and e.source_kind = 6 and s.holder_id = e.source_id
    or s.holder_kind = 2 and e.source_kind = 5 and s.occurred_on = e.occurred_on)`

const sqlShare = `-- ledger.share
select id, household_id, member_id, reverses, source_kind, source_id, recorder, reviewer, evidence, at, points, month, occurred_on,
  rule_version, kind, bucket, scores, item
from ledger_entry where village_id = @village_id and source_kind = 11 and source_id = @source`

const sqlFind = `-- ledger.find
select id, household_id, member_id, reverses, source_kind, source_id, recorder, reviewer, evidence, at, points, month, occurred_on,
  rule_version, kind, bucket, scores, item
from ledger_entry where village_id = @village_id and id = @id`

const sqlFindAll = `-- ledger.find_all
select id, household_id, member_id, reverses, source_kind, source_id, recorder, reviewer, evidence, at, points, month, occurred_on,
  rule_version, kind, bucket, scores, item
from ledger_entry where village_id = @village_id and id = any(@ids)`

const sqlDispute = `-- ledger.dispute
update balance set disputed = disputed + @points where village_id = @village_id and household_id = @household`

const sqlOpen = `-- ledger.open
insert into balance (village_id, household_id) select @village_id::bigint, h from unnest(@households::uuid[]) as h
on conflict (village_id, household_id) do nothing`

const sqlBalance = `-- ledger.balance
select b.household_id, b.base, b.year, b.score, b.honour, b.held, b.disputed, h.base_unlocks_on as base_from, coalesce(r.usable, false) as base_usable,
  case when r.usable and h.base_unlocks_on <= @today::date then b.base else 0 end as open
from balance b
join household h on h.village_id = @village_id and h.id = b.household_id
left join lateral (
  select (settings->>'base_usable')::boolean as usable from rule_set
  where village_id = @village_id and in_force_from <= @today order by in_force_from desc, version desc limit 1
) r on true
where b.village_id = @village_id and b.household_id = @household`

// row is a line as it stands in the table.
type row struct {
	ID          uuid.UUID
	HouseholdID uuid.UUID
	MemberID    *uuid.UUID
	Reverses    *uuid.UUID
	SourceKind  SourceKind
	SourceID    uuid.UUID
	Recorder    *uuid.UUID
	Reviewer    *uuid.UUID
	Evidence    []byte
	At          time.Time
	Points      int
	Month       month.Month
	OccurredOn  time.Time
	RuleVersion int
	Kind        Kind
	Bucket      Bucket
	Scores      bool
	Item        string
}

func (r row) entry() Entry {
	return Entry{ID: r.ID, HouseholdID: r.HouseholdID, MemberID: or(r.MemberID), Reverses: or(r.Reverses), SourceKind: r.SourceKind,
		SourceID: r.SourceID, Recorder: or(r.Recorder), Reviewer: or(r.Reviewer), Evidence: r.Evidence, At: r.At, Points: r.Points,
		Month: r.Month, OccurredOn: r.OccurredOn, RuleVersion: r.RuleVersion, Kind: r.Kind, Bucket: r.Bucket, Scores: r.Scores, Item: r.Item}
}

func or(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

func null(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func postArgs(v actor.VillageID, now time.Time, e Entry) []any {
	if e.ID == uuid.Nil {
		e.ID = pg.IDAt(now)
	}
	return []any{int64(v), e.ID, e.HouseholdID, null(e.MemberID), null(e.Reverses), int16(e.SourceKind), e.SourceID, null(e.Recorder), null(e.Reviewer),
		e.Evidence, now, int32(e.Points), int32(e.Month), month.Date(e.OccurredOn), int32(e.RuleVersion), int16(e.Kind), int16(e.Bucket), e.Scores, e.Item}
}

// columns turns entries into the arrays that unnest takes. What scores of a year that is closed goes into the
// closed bucket.
func columns(tx pg.Tx, entries []Entry, closed map[uuid.UUID]int) pgx.NamedArgs {
	n := len(entries)
	var (
		id, household, source      = make([]uuid.UUID, n), make([]uuid.UUID, n), make([]uuid.UUID, n)
		member, recorder, reviewer = make([]*uuid.UUID, n), make([]*uuid.UUID, n), make([]*uuid.UUID, n)
		reverses                   = make([]*uuid.UUID, n)
		evidence                   = make([][]byte, n)
		points, months, version    = make([]int32, n), make([]int32, n), make([]int32, n)
		days                       = make([]time.Time, n)
		sourceKind, kind, bucket   = make([]int16, n), make([]int16, n), make([]int16, n)
		scores                     = make([]bool, n)
		item                       = make([]string, n)
	)
	for i, e := range entries {
		if e.ID == uuid.Nil {
			e.ID = pg.IDAt(tx.Now)
		}
		if e.Scores && e.Bucket == YearBucket && month.Date(e.OccurredOn).Year() <= closed[e.HouseholdID] {
			e.Bucket = ClosedBucket
		}
		id[i], household[i], source[i] = e.ID, e.HouseholdID, e.SourceID
		member[i], recorder[i], reviewer[i], reverses[i] = null(e.MemberID), null(e.Recorder), null(e.Reviewer), null(e.Reverses)
		evidence[i], points[i], months[i], version[i] = e.Evidence, int32(e.Points), int32(e.Month), int32(e.RuleVersion)
		days[i], sourceKind[i], kind[i], bucket[i] = month.Date(e.OccurredOn), int16(e.SourceKind), int16(e.Kind), int16(e.Bucket)
		scores[i], item[i] = e.Scores, e.Item
	}
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "at": tx.Now, "id": id, "household": household, "member": member, "reverses": reverses,
		"source_kind": sourceKind, "source": source, "recorder": recorder, "reviewer": reviewer, "evidence": evidence, "points": points,
		"month": months, "occurred_on": days, "rule_version": version, "kind": kind, "bucket": bucket, "scores": scores, "item": item}
}

func moves(tx pg.Tx, sums map[uuid.UUID]*total) pgx.NamedArgs {
	var household []uuid.UUID
	var base, year, score, honour, entries []int64
	for id, t := range sums {
		household, base, year = append(household, id), append(base, t.base), append(year, t.year)
		score, honour, entries = append(score, t.score), append(honour, t.honour), append(entries, t.entries)
	}
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "household": household, "base": base, "year": year, "score": score, "honour": honour, "entries": entries}
}
