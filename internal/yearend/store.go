package yearend

import (
	"github.com/jackc/pgx/v5"

	"cunfen/internal/pg"
)

const sqlClosed = `-- yearend.closed
select year, run, households, points, base, by_name, at, undo_until, undone_at, undo_name, reason from year_close
where village_id = @village_id and year = @year order by run desc limit 1`

const sqlPlan = `-- yearend.plan
select by_name, confirmed_at from year_plan where village_id = @village_id and year = @year`

const sqlConfirm = `-- yearend.confirm
insert into year_plan (village_id, year, confirmed_by, by_name, confirmed_at) values (@village_id, @year, @by, @name, @at)
on conflict (village_id, year) do nothing`

const sqlUnconfirm = `-- yearend.unconfirm
delete from year_plan where village_id = @village_id and year = @year`

// sqlStanding is what a clearing waits for: December's sheet and notice, objections to anything of the year,
// and what is set aside.
const sqlStanding = `-- yearend.standing
select coalesce((select state from sheet where village_id = @village_id and month = @december), '') as sheet,
  (select object_until from notice where village_id = @village_id and month = @december order by number desc limit 1) as object_until,
  (select count(*) from objection o join ledger_entry e on e.village_id = @village_id and e.id = o.entry_id
    where o.village_id = @village_id and o.state = 'open' and e.occurred_on <= @end) as objections,
  (select count(*) from balance where village_id = @village_id and held > 0) as holding,
  (select count(*) from balance where village_id = @village_id and disputed <> 0) as disputing,
  (select (settings->>'december_open')::boolean from rule_set where village_id = @village_id and in_force_from <= @end order by in_force_from desc, version desc limit 1) as december_open,
  (select (settings->>'base_carried')::boolean from rule_set where village_id = @village_id and in_force_from <= @end order by in_force_from desc, version desc limit 1) as base_carried`

const sqlNames = `-- yearend.names
select h.id as household_id, h.door, h.head, h.passbook_no, b.honour from household h join balance b on b.village_id = @village_id and b.household_id = h.id
where h.village_id = @village_id order by h.grid, h.walk, h.id`

const sqlClose = `-- yearend.close
insert into year_close (village_id, year, run, households, points, base, by, by_name, at, undo_until)
values (@village_id, @year, @run, @households, @points, @base, @by, @name, @at, @until)`

const sqlCloseHomes = `-- yearend.close_homes
insert into year_close_home (village_id, year, run, household_id, cleared, base_cleared, kept, base_kept, score, entry_id, base_entry)
select @village_id::bigint, @year::integer, @run::integer, household_id, cleared, base_cleared, kept, base_kept, score, entry_id, base_entry
from unnest(@household::uuid[], @cleared::bigint[], @base_cleared::bigint[], @kept::bigint[], @base_kept::bigint[], @score::bigint[], @entry::uuid[], @base_entry::uuid[])
  as h(household_id, cleared, base_cleared, kept, base_kept, score, entry_id, base_entry)
on conflict (village_id, year, run, household_id) do nothing`

const sqlHomes = `-- yearend.homes
select c.household_id, h.door, h.head, h.passbook_no, c.cleared, c.base_cleared, c.kept, c.base_kept, c.score, b.honour
from year_close_home c
join household h on h.village_id = @village_id and h.id = c.household_id
join balance b on b.village_id = @village_id and b.household_id = c.household_id
where c.village_id = @village_id and c.year = @year and c.run = @run order by h.grid, h.walk, h.id`

const sqlLinesOf = `-- yearend.lines_of
select entry_id from year_close_home where village_id = @village_id and year = @year and run = @run and entry_id is not null
union all
select base_entry from year_close_home where village_id = @village_id and year = @year and run = @run and base_entry is not null`

const sqlUndone = `-- yearend.undone
update year_close set undone_at = @at, undone_by = @by, undo_name = @name, reason = @reason
where village_id = @village_id and year = @year and run = @run and undone_at is null`

const sqlProgress = `-- yearend.progress
select v.id, v.name, v.kind, coalesce(s.state, '') as sheet, n.object_until, p.confirmed_at, c.at as cleared_at, c.undone_at, coalesce(c.households, 0) as households,
  coalesce(c.points, 0) as points, coalesce(x.state, '') as selection, coalesce(r.chosen, 0)::int as chosen
from village v
left join sheet s on s.village_id = v.id and s.month = @december
left join (select distinct on (village_id) village_id, object_until from notice where village_id = any(@villages) and month = @december order by village_id, number desc) n on n.village_id = v.id
left join year_plan p on p.village_id = v.id and p.year = @year
left join (select distinct on (village_id) village_id, at, undone_at, households, points from year_close
  where village_id = any(@villages) and year = @year order by village_id, run desc) c on c.village_id = v.id
left join selection x on x.village_id = v.id and x.year = @year
left join (select village_id, count(*) as chosen from selection_rank where village_id = any(@villages) and year = @year and chosen group by village_id) r on r.village_id = v.id
where v.id = any(@villages) order by v.id`

func args(tx pg.Tx, year int) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "year": year, "december": int32(december(year)), "end": december(year).End().AddDate(0, 0, -1)}
}
