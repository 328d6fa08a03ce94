package notice

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// sqlFreeze takes each household's figures of a month at an instant. A line taken back counts in the month
// and the column of the line that it takes back; a redemption undone, in the month in which it was undone.
// What registration, an old passbook or a gift brought stands in what was carried, and so does the year's
// clearing; what came of a year after its clearing counts for that year's months alone. Lines that are held while an objection to them is heard count for nothing (D8).
//
// The book is read once and summed before the households come to it, the few lines taken back fetch theirs by
// key, and what is held is one hashed list: none of it is left to what the planner knows of the
// tables, which is nothing on the day that a village is brought in.
const sqlFreeze = `-- notice.freeze
with placed as (
  select l.household_id, l.points, l.at, l.back, l.kind, l.held,
    l.month < @month::integer or (l.month = @month and l.kind in (1, 6, 7, 8)) as earlier,
    l.month = @month and l.kind in (2, 3, 4) as within
  from (
    select e.household_id, e.points, e.at, e.kind = 5 as back, coalesce(o.kind, e.kind) as kind,
      case when o.kind in (2, 3) then o.month else e.month end as month,
      coalesce(e.reverses, e.id) in (
        select entry_id from objection
        where village_id = @village_id and held and filed_at <= @cut and (state = 'open' or decided_at > @cut)
        union all
        select entry_id from appeal
        where village_id = @village_id and held and filed_at <= @cut and (state = 'open' or decided_at > @cut)
      ) as held
    from ledger_entry e
    left join lateral (
      select kind, month from ledger_entry where village_id = @village_id and id = e.reverses and e.reverses is not null limit 1
    ) o on true
    where e.village_id = @village_id and e.at <= @cut and not (e.bucket = 3 and extract(year from e.occurred_on) < @month::integer / 100)
  ) l
), sums as materialized (
  select household_id,
    coalesce(sum(points) filter (where earlier and not held), 0)::bigint as carried,
    coalesce(sum(points) filter (where within and not held and kind = 2), 0)::bigint as plus,
    coalesce(-sum(points) filter (where within and not held and kind = 3), 0)::bigint as minus,
    coalesce(-sum(points) filter (where within and not held and kind = 4), 0)::bigint as spent,
    count(*) filter (where held and not back and (earlier or within)) as held,
    coalesce(bool_or(within and back and at > @since), false) as corrected
  from placed group by household_id
)
select h.id as household_id, h.door, h.head, coalesce(s.carried, 0) as carried, coalesce(s.plus, 0) as plus, coalesce(s.minus, 0) as minus,
  coalesce(s.spent, 0) as spent, coalesce(s.held, 0) as held, coalesce(s.corrected, false) as corrected
from household h left join sums s on s.household_id = h.id
where h.village_id = @village_id and (h.state = 'active' or h.id = any(@only::uuid[])) and (cardinality(@only::uuid[]) = 0 or h.id = any(@only::uuid[]))
order by h.grid, h.walk, h.id`

// sqlCauses is written like sqlFreeze: summed first, then given its names.
const sqlCauses = `-- notice.causes
with sums as materialized (
  select e.household_id, coalesce(o.kind, e.kind) as kind, e.item, e.rule_version, sum(case when e.kind = 5 then -1 else 1 end)::bigint as times,
    sum(e.points)::bigint as points
  from ledger_entry e
  left join lateral (
    select kind, month from ledger_entry where village_id = @village_id and id = e.reverses and e.reverses is not null limit 1
  ) o on true
  where e.village_id = @village_id and e.at <= @cut and coalesce(o.month, e.month) = @month and coalesce(o.kind, e.kind) in (2, 3)
    and coalesce(e.reverses, e.id) not in (
      select entry_id from objection
      where village_id = @village_id and held and filed_at <= @cut and (state = 'open' or decided_at > @cut)
      union all
      select entry_id from appeal
      where village_id = @village_id and held and filed_at <= @cut and (state = 'open' or decided_at > @cut)
    )
  group by e.household_id, coalesce(o.kind, e.kind), e.item, e.rule_version
), homes as materialized (
  select id from household where village_id = @village_id and state = 'active'
), named as materialized (
  select version, code, position, coalesce(body->>'class', '') as class, coalesce(body->>'title', '') as title, coalesce(body->>'notice', '') as notice
  from rule_item where village_id = @village_id
)
select l.household_id, l.kind, coalesce(i.class, '') as class, coalesce(i.title, '') as title, coalesce(i.notice, '') as notice,
  sum(l.times)::bigint as times, sum(l.points)::bigint as points
from sums l
left join named i on i.version = l.rule_version and i.code = left(l.item, 3)
where l.household_id in (select id from homes)
group by l.household_id, l.kind, i.class, i.title, i.notice, i.position
order by min(i.position), l.household_id`

const sqlVillage = `-- notice.village
select name, code, state = 'live' as live, settings from village where id = @village_id`

const sqlRules = `-- notice.rules
select settings from rule_set where village_id = @village_id and in_force_from <= @day order by in_force_from desc, version desc limit 1`

const sqlSheet = `-- notice.sheet
select state from sheet where village_id = @village_id and month = @month`

const sqlLockSheet = `-- notice.lock_sheet
select state from sheet where village_id = @village_id and month = @month for update`

const sqlSheetPublished = `-- notice.sheet_published
update sheet set state = 'published', published_at = @at where village_id = @village_id and month = @month and state = 'posted'`

const sqlInsert = `-- notice.insert
insert into notice (village_id, month, number, title, published_at, object_until, down_on, households, plus, minus, spent, classes, root, page, etag, a4, a3)
values (@village_id, @month, @number, @title, @at, @object_until, @down_on, @households, @plus, @minus, @spent, @classes, @root, @page, @etag, @a4, @a3)`

const sqlInsertLines = `-- notice.insert_lines
insert into notice_line (village_id, month, number, position, household_id, door, head, carried, plus, minus, spent, total)
select @village_id::bigint, @month::integer, @number::integer, position, household_id, door, head, carried, plus, minus, spent, total
from unnest(@position::integer[], @household::uuid[], @door::text[], @head::text[], @carried::bigint[], @plus::bigint[], @minus::bigint[],
  @spent::bigint[], @total::bigint[]) as l(position, household_id, door, head, carried, plus, minus, spent, total)
on conflict (village_id, month, number, position) do nothing`

// sqlLatest answers the newest edition of a month; the public sees it until it is taken down.
const sqlLatest = `-- notice.latest
select month, number, title, published_at, object_until, down_on, households, plus, minus, spent, classes, root, etag, a4, a3
from notice where village_id = @village_id and month = @month and (not @public::boolean or down_on > @today)
order by number desc limit 1`

const sqlBoard = `-- notice.board
select distinct on (month) month, number, title, published_at, object_until, down_on, households, plus, minus, spent, classes, root, etag, a4, a3
from notice where village_id = @village_id and (not @public::boolean or down_on > @today)
order by month desc, number desc limit 36`

const sqlAll = `-- notice.all
select month, number, title, published_at, object_until, down_on, households, plus, minus, spent, classes, root, etag, a4, a3
from notice where village_id = @village_id order by month desc, number desc limit 400`

const sqlPage = `-- notice.page
select number, page as body, etag, published_at from notice
where village_id = @village_id and month = @month and down_on > @today order by number desc limit 1`

const sqlLines = `-- notice.lines
select position, door, head, carried, plus, minus, spent, total from notice_line
where village_id = @village_id and month = @month and number = @number order by position`

const sqlOwners = `-- notice.owners
select household_id, door, head, total from notice_line where village_id = @village_id and month = @month and number = @number order by position`

const sqlDoor = `-- notice.door
select position, door, head, carried, plus, minus, spent, total from notice_line
where village_id = @village_id and month = @month and number = @number and position(@door in replace(door, ' ', '')) > 0
order by replace(door, ' ', '') <> @door, position limit 20`

const sqlMine = `-- notice.mine
select position, door, head, carried, plus, minus, spent, total from notice_line
where village_id = @village_id and month = @month and number = @number and household_id = @household`

const sqlReady = `-- notice.ready
select month from sheet where village_id = @village_id and state = 'posted' and month <= @month order by month`

// frozen is one household's figures as the book has them.
type frozen struct {
	HouseholdID uuid.UUID
	Door        string
	Head        string
	Carried     int64
	Plus        int64
	Minus       int64
	Spent       int64
	Held        int64
	Corrected   bool
}

// owner is whose line stood where on an earlier edition.
type owner struct {
	HouseholdID uuid.UUID
	Door        string
	Head        string
	Total       int64
}

// place is what a notice says of the village itself.
type place struct {
	Name     string
	Code     string
	Live     bool
	Settings json.RawMessage
}

// settings are the village's own that bear on a notice.
type settings struct {
	Calendar struct {
		NoticeDay    int `json:"notice_day"`
		TakeDownDays int `json:"take_down_days"`
	} `json:"calendar"`
	Contact struct {
		Name  string `json:"name"`
		Phone string `json:"phone"`
	} `json:"contact"`
}

// rules are the settings of the rule set that bear on a notice, with the document's defaults.
type rules struct {
	ObjectionDays int `json:"objection_days"`
}

func rulesOn(ctx context.Context, tx pg.Tx, day time.Time) (rules, error) {
	r := rules{ObjectionDays: 7}
	all, err := pg.Column[json.RawMessage](ctx, tx, sqlRules, pgx.NamedArgs{"village_id": int64(tx.Village()), "day": day})
	if err == nil && len(all) > 0 {
		err = json.Unmarshal(all[0], &r)
	}
	return r, err
}

func freeze(ctx context.Context, tx pg.Tx, m month.Month, cut, since time.Time, only []uuid.UUID) ([]frozen, error) {
	if only == nil {
		only = []uuid.UUID{}
	}
	return pg.All[frozen](ctx, tx, sqlFreeze, pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int32(m), "cut": cut, "since": since,
		"only": only})
}

func latest(ctx context.Context, tx pg.Tx, m month.Month, public bool) (Notice, error) {
	return pg.One[Notice](ctx, tx, sqlLatest, pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int32(m), "public": public,
		"today": month.Date(tx.Now)})
}

func insert(ctx context.Context, tx pg.Tx, n Notice, page []byte) error {
	_, err := tx.Exec(ctx, sqlInsert, pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int32(n.Month), "number": n.Number, "title": n.Title,
		"at": n.PublishedAt, "object_until": n.ObjectUntil, "down_on": n.DownOn, "households": n.Households, "plus": n.Plus, "minus": n.Minus,
		"spent": n.Spent, "classes": n.Classes, "root": n.Root, "page": page, "etag": n.Etag, "a4": n.A4, "a3": n.A3})
	return err
}

func insertLines(ctx context.Context, tx pg.Tx, n Notice, lines []Line, owners []uuid.UUID) error {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int32(n.Month), "number": n.Number, "household": owners}
	var position []int32
	var door, head []string
	var carried, plus, minus, spent, total []int64
	for _, l := range lines {
		position, door, head = append(position, int32(l.Position)), append(door, l.Door), append(head, l.Head)
		carried, plus, minus = append(carried, l.Carried), append(plus, l.Plus), append(minus, l.Minus)
		spent, total = append(spent, l.Spent), append(total, l.Total)
	}
	a["position"], a["door"], a["head"], a["carried"], a["plus"] = position, door, head, carried, plus
	a["minus"], a["spent"], a["total"] = minus, spent, total
	_, err := tx.Exec(ctx, sqlInsertLines, a)
	return err
}
