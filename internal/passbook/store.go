package passbook

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/pg"
)

const sqlHomes = `-- passbook.homes
select h.id, h.door, h.head, h.grid, h.passbook_no, coalesce(p.printed, 0)::int as printed, (coalesce(b.entries, 0) - coalesce(p.printed, 0))::int as new,
  coalesce(b.year, 0) as year, l.year_after as paper_year, r.at as printed_at
from household h
left join balance b on b.village_id = @village_id and b.household_id = h.id
left join lateral (select max(line) as printed from passbook_line where village_id = @village_id and household_id = h.id) p on true
left join passbook_line l on l.village_id = @village_id and l.household_id = h.id and l.line = p.printed
left join lateral (
  select max(q.at) as at from passbook_print_home d join passbook_print q on q.village_id = @village_id and q.id = d.print_id
  where d.village_id = @village_id and d.household_id = h.id
) r on true
where h.village_id = @village_id and h.state = 'active' and (cardinality(@ids::uuid[]) = 0 or h.id = any(@ids::uuid[])) and (@grid::integer = 0 or h.grid = @grid)
order by h.grid, h.walk, h.id`

// sqlFresh reads the lines of households that are not on paper yet, in the order of the book.
const sqlFresh = `-- passbook.fresh
select e.household_id, 0 as line, e.id as entry_id, e.occurred_on, e.kind, e.source_kind, e.bucket, e.points, e.item, e.rule_version,
  0::bigint as year_after, 0::bigint as base_after, '' as code
from ledger_entry e
where e.village_id = @village_id and e.household_id = any(@ids::uuid[])
  and not exists (select from passbook_line l where l.village_id = @village_id and l.entry_id = e.id)
order by e.household_id, e.id`

const sqlLast = `-- passbook.last
select distinct on (household_id) household_id, line, year_after, base_after from passbook_line
where village_id = @village_id and household_id = any(@ids::uuid[]) order by household_id, line desc`

const sqlAddLines = `-- passbook.add_lines
insert into passbook_line (village_id, household_id, line, entry_id, year_after, base_after, code)
select @village_id::bigint, household_id, line, entry_id, year_after, base_after, code
from unnest(@household::uuid[], @line::integer[], @entry::uuid[], @year::bigint[], @base::bigint[], @code::text[])
  as l(household_id, line, entry_id, year_after, base_after, code)
on conflict (village_id, household_id, line) do nothing`

const sqlAddPrint = `-- passbook.add_print
insert into passbook_print (village_id, id, kind, scope, households, lines, reason, by, by_name, at)
values (@village_id, @id, @kind, @scope, @households, @lines, @reason, @by, @name, @at)`

const sqlAddHomes = `-- passbook.add_homes
insert into passbook_print_home (village_id, print_id, household_id, passbook_no, from_line, to_line, page, year_after, base_after)
select @village_id::bigint, @id::uuid, household_id, passbook_no, from_line, to_line, page, year_after, base_after
from unnest(@household::uuid[], @no::text[], @from::integer[], @to::integer[], @page::integer[], @year::bigint[], @base::bigint[])
  as h(household_id, passbook_no, from_line, to_line, page, year_after, base_after)
on conflict (village_id, print_id, household_id) do nothing`

const sqlPrint = `-- passbook.print
select id, kind, scope, households, lines, reason, by, by_name, at from passbook_print where village_id = @village_id and id = @id`

const sqlPrints = `-- passbook.prints
select id, kind, scope, households, lines, reason, by, by_name, at from passbook_print p
where village_id = @village_id and (@household::uuid is null or exists (
  select from passbook_print_home h where h.village_id = @village_id and h.print_id = p.id and h.household_id = @household))
order by id desc limit 100`

const sqlPrinted = `-- passbook.printed
select p.print_id, p.household_id, h.door, h.head, p.passbook_no, p.from_line, p.to_line, p.page, p.year_after, p.base_after
from passbook_print_home p join household h on h.village_id = @village_id and h.id = p.household_id
where p.village_id = @village_id and p.print_id = @id order by h.grid, h.walk, h.id`

const sqlPaper = `-- passbook.paper
select l.household_id, l.line, l.entry_id, e.occurred_on, e.kind, e.source_kind, e.bucket, e.points, e.item, e.rule_version, l.year_after, l.base_after, l.code
from passbook_line l join ledger_entry e on e.village_id = @village_id and e.id = l.entry_id
where l.village_id = @village_id and l.household_id = any(@ids::uuid[]) order by l.household_id, l.line`

const sqlByCode = `-- passbook.by_code
select l.household_id, l.line, l.entry_id, e.occurred_on, e.kind, e.source_kind, e.bucket, e.points, e.item, e.rule_version, l.year_after, l.base_after, l.code
from passbook_line l join ledger_entry e on e.village_id = @village_id and e.id = l.entry_id
where l.village_id = @village_id and l.code = @code order by l.line limit 3`

const sqlVoids = `-- passbook.voids
select passbook_no, household_id, new_no, reason, by_name, at from passbook_void
where village_id = @village_id and (@household::uuid is null or household_id = @household) order by at desc limit 100`

const sqlVoid = `-- passbook.void
insert into passbook_void (village_id, passbook_no, household_id, new_no, reason, by, by_name, at)
values (@village_id, @old, @household, @new, @reason, @by, @name, @at)`

const sqlHold = `-- passbook.hold
select household_id from balance where village_id = @village_id and household_id = any(@ids::uuid[]) order by household_id for update`

const sqlVillage = `-- passbook.village
select code, name, settings from village where id = @village_id`

const sqlTitles = `-- passbook.titles
select version, code, coalesce(body->>'title', '') as title from rule_item where village_id = @village_id`

type tail struct {
	HouseholdID uuid.UUID
	Line        int
	YearAfter   int64
	BaseAfter   int64
}

func args(tx pg.Tx, ids []uuid.UUID) pgx.NamedArgs {
	if ids == nil {
		ids = []uuid.UUID{}
	}
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "ids": ids}
}

func addLines(ctx context.Context, tx pg.Tx, lines []Line) error {
	if len(lines) == 0 {
		return nil
	}
	n := len(lines)
	home, entry := make([]uuid.UUID, n), make([]uuid.UUID, n)
	line, year, base, code := make([]int32, n), make([]int64, n), make([]int64, n), make([]string, n)
	for i, l := range lines {
		home[i], entry[i], line[i], year[i], base[i], code[i] = l.HouseholdID, l.EntryID, int32(l.Line), l.YearAfter, l.BaseAfter, l.Code
	}
	_, err := tx.Exec(ctx, sqlAddLines, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": home, "line": line, "entry": entry, "year": year, "base": base, "code": code})
	return err
}

func addPrint(ctx context.Context, tx pg.Tx, p Print, homes []Printed) error {
	if _, err := tx.Exec(ctx, sqlAddPrint, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": p.ID, "kind": string(p.Kind), "scope": p.Scope,
		"households": p.Households, "lines": p.Lines, "reason": p.Reason, "by": p.By, "name": p.ByName, "at": p.At}); err != nil {
		return err
	}
	n := len(homes)
	home, no := make([]uuid.UUID, n), make([]string, n)
	from, to, page, year, base := make([]int32, n), make([]int32, n), make([]int32, n), make([]int64, n), make([]int64, n)
	for i, h := range homes {
		home[i], no[i], from[i], to[i], page[i], year[i], base[i] = h.HouseholdID, h.PassbookNo, int32(h.FromLine), int32(h.ToLine), int32(h.Page), h.YearAfter, h.BaseAfter
	}
	_, err := tx.Exec(ctx, sqlAddHomes, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": p.ID, "household": home, "no": no, "from": from, "to": to,
		"page": page, "year": year, "base": base})
	return err
}
