package inspect

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/exempt"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

const sqlInsert = `-- inspect.open
insert into inspection (village_id, id, grid, month, rule_version, items, occurred_on, seed, sample, state, opened_by, opened_by_name, opened_at)
values (@village_id, @id, @grid, @month, @rule_version, @items, @occurred_on, @seed, @sample, 'open', @by, @name, @at)
on conflict (village_id, month, grid) do nothing`

const sqlPartRound = `
select id, grid, month, rule_version, items, occurred_on, seed, sample, state, opened_by, opened_by_name, opened_at, closed_by, closed_by_name,
  closed_at, homes, passes, digest, note, version
from inspection where village_id = @village_id and `

const sqlLock = `-- inspect.lock` + sqlPartRound + `id = @id for update`

const sqlFind = `-- inspect.find` + sqlPartRound + `id = @id`

const sqlOfMonth = `-- inspect.of_month` + sqlPartRound + `month = @month order by grid`

const sqlSave = `-- inspect.save
update inspection set state = @state, closed_by = @closed_by, closed_by_name = @closed_by_name, closed_at = @closed_at, homes = @homes, passes = @passes,
  digest = @digest, note = @note, version = version + 1
where village_id = @village_id and id = @id`

const sqlConfirms = `-- inspect.confirms
select number, account_id, name, confirmed_at, covers, leaves, month, posted from inspection_confirm
where village_id = @village_id and inspection_id = @id order by number`

const sqlConfirmsOfMonth = `-- inspect.confirms_of_month
select c.inspection_id, c.number, c.account_id, c.name, c.confirmed_at, c.covers, c.leaves, c.month, c.posted
from inspection_confirm c join inspection i on i.village_id = @village_id and i.id = c.inspection_id
where c.village_id = @village_id and i.month = @month order by c.inspection_id, c.number`

const sqlConfirm = `-- inspect.confirm
insert into inspection_confirm (village_id, inspection_id, number, account_id, name, confirmed_at, covers, leaves)
values (@village_id, @id, @number, @account, @name, @at, @covers, @leaves)`

const sqlUnconfirm = `-- inspect.reopen
delete from inspection_confirm where village_id = @village_id and inspection_id = @id`

// sqlHomes lists who lives in the grid and was registered before the month ended, in walking order.
const sqlHomes = `-- inspect.homes
select h.id as household_id, h.door, h.head, h.team, h.initials, r.household_id is not null as seen, coalesce(r.failed, '{}') as failed,
  coalesce(r.reason, '') as reason, r.recorder, coalesce(r.recorder_name, '') as recorder_name, r.recorded_at, coalesce(r.version, 0) as version,
  (select count(*) from evidence e where e.village_id = @village_id and e.holder_id = @id and e.home = h.id) as photos
from household h
left join inspection_home r on r.village_id = @village_id and r.inspection_id = @id and r.household_id = h.id
where h.village_id = @village_id and h.grid = @grid and h.state = 'active' and h.registered_on <= @last
order by h.walk, h.id`

const sqlIDs = `-- inspect.ids
select id from household where village_id = @village_id and grid = @grid and state = 'active' and registered_on <= @last order by walk, id`

const sqlHome = `-- inspect.home
select grid, state from household where village_id = @village_id and id = @household`

const sqlNoted = `-- inspect.noted
select failed, recorder, recorder_name, version from inspection_home
where village_id = @village_id and inspection_id = @id and household_id = @household for update`

const sqlMark = `-- inspect.mark
insert into inspection_home (village_id, inspection_id, household_id, failed, reason, recorder, recorder_name, recorded_at)
values (@village_id, @id, @household, @failed, @reason, @recorder, @recorder_name, @at)
on conflict (village_id, inspection_id, household_id) do update set failed = excluded.failed, reason = excluded.reason, recorder = excluded.recorder,
  recorder_name = excluded.recorder_name, recorded_at = excluded.recorded_at, version = inspection_home.version + 1
returning version`

const sqlRecorded = `-- inspect.recorded
select exists (select from inspection_home where village_id = @village_id and inspection_id = @id and recorder = @account)`

const sqlSheet = `-- inspect.sheet
select exists (select from sheet where village_id = @village_id and month >= @month and state <> 'open')`

func args(tx pg.Tx, id uuid.UUID) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id}
}

func lock(ctx context.Context, tx pg.Tx, id uuid.UUID) (Round, error) {
	return read(ctx, tx, sqlLock, id)
}
func find(ctx context.Context, tx pg.Tx, id uuid.UUID) (Round, error) {
	return read(ctx, tx, sqlFind, id)
}

func read(ctx context.Context, tx pg.Tx, sql string, id uuid.UUID) (r Round, err error) {
	if r, err = pg.One[Round](ctx, tx, sql, args(tx, id)); err != nil {
		return r, err
	}
	r.Confirms, err = pg.All[Confirm](ctx, tx, sqlConfirms, args(tx, id))
	return r, err
}

func save(ctx context.Context, tx pg.Tx, r *Round) error {
	a := args(tx, r.ID)
	a["state"], a["closed_by"], a["closed_by_name"], a["closed_at"] = r.Stored, r.ClosedBy, r.ClosedByName, r.ClosedAt
	a["homes"], a["passes"], a["digest"], a["note"] = r.Homes, r.Passes, r.Digest, r.Note
	_, err := tx.Exec(ctx, sqlSave, a)
	r.Version++
	return err
}

// homes reads every home of a round with what was noted there.
func homes(ctx context.Context, tx pg.Tx, r Round) ([]Home, error) {
	a := args(tx, r.ID)
	a["grid"], a["last"] = r.Grid, last(r.Month)
	all, err := pg.All[Home](ctx, tx, sqlHomes, a)
	drawn := map[uuid.UUID]bool{}
	for _, id := range r.Sample {
		drawn[id] = true
	}
	for i := range all {
		all[i].Sampled, all[i].Items = drawn[all[i].HouseholdID], len(r.Items)
	}
	if err != nil {
		return nil, err
	}
	return all, exempted(ctx, tx, r, all)
}

// exempted puts down what of the round does not apply to the homes (D10).
func exempted(ctx context.Context, tx pg.Tx, r Round, all []Home) error {
	ids := make([]uuid.UUID, len(all))
	for i, h := range all {
		ids[i] = h.HouseholdID
	}
	on := r.OccurredOn.In(month.Zone)
	spans, err := exempt.Between(ctx, tx, ids, on, on.AddDate(0, 0, 1))
	for i := range all {
		all[i].Exempt, all[i].Why = spared(r.Items, spans[all[i].HouseholdID], on)
	}
	return err
}

// spared says which of the items do not apply to a home on a day, and why.
func spared(items []string, spans []exempt.Span, on time.Time) (free []string, why string) {
	var reasons []string
	for _, x := range exempt.Of(spans, on) {
		if slices.Contains(items, x.Ref) {
			free = append(free, x.Ref)
			if !slices.Contains(reasons, x.Reason) {
				reasons = append(reasons, x.Reason)
			}
		}
	}
	return free, strings.Join(reasons, "；")
}

// last is the last day of a month, as a date.
func last(m month.Month) any { return month.Date(m.End().AddDate(0, 0, -1)) }

// signed reports whether the month's sheet, or a later one, is frozen already.
func signed(ctx context.Context, tx pg.Tx, m month.Month) error {
	on, err := pg.Scalar[bool](ctx, tx, sqlSheet, pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int(m)})
	if err == nil && on {
		err = ErrSigned.With(m.Chinese())
	}
	return err
}

// visible finds a round that the person may work on or look at; a grid worker sees the own grid's.
func visible(tx pg.Tx, r Round, err error) (Round, error) {
	if err == nil && !mayRecord(tx.Who, r.Grid) {
		err = fault.ErrNotFound
	}
	return r, err
}
