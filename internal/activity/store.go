package activity

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/pg"
)

const sqlPartActivity = `
select id, name, place, host, item, part, begins_at, ends_at, rotating, seed, state, opened_by, opened_by_name, opened_at, claimed_by, claimed_by_name, claimed_at,
  note, version
from activity where village_id = @village_id and `

const sqlFind = `-- activity.find` + sqlPartActivity + `id = @id`

const sqlLock = `-- activity.lock` + sqlPartActivity + `id = @id for update`

const sqlInsert = `-- activity.open
insert into activity (village_id, id, name, place, host, item, part, begins_at, ends_at, rotating, seed, state, opened_by, opened_by_name, opened_at)
values (@village_id, @id, @name, @place, @host, @item, @part, @begins, @ends, @rotating, @seed, 'open', @by, @by_name, @now)`

const sqlSave = `-- activity.save
update activity set state = @state, claimed_by = @claimed_by, claimed_by_name = @claimed_by_name, claimed_at = @claimed_at, note = @note, version = version + 1
where village_id = @village_id and id = @id`

const sqlPeople = `-- activity.people
select p.member_id, p.household_id, m.name, h.door, h.head, p.how, p.by_name, p.at, p.claim_id, p.why
from activity_person p
join member m on m.village_id = @village_id and m.id = p.member_id
join household h on h.village_id = @village_id and h.id = p.household_id
where p.village_id = @village_id and p.activity_id = @id order by p.at, p.member_id`

// sqlAdd puts people who live in the village on the list, each once.
const sqlAdd = `-- activity.add
insert into activity_person (village_id, activity_id, member_id, household_id, how, by_account, by_name, at)
select @village_id::bigint, @id::uuid, m.id, m.household_id, @how, @by::uuid, @by_name, @now::timestamptz
from member m join household h on h.village_id = @village_id and h.id = m.household_id and h.state = 'active'
where m.village_id = @village_id and m.id = any(@members::uuid[]) and m.state = 'active' and (@home::uuid is null or m.household_id = @home)
on conflict (village_id, activity_id, member_id) do nothing`

const sqlDrop = `-- activity.remove
delete from activity_person where village_id = @village_id and activity_id = @id and member_id = @member`

const sqlSettle = `-- activity.claim
update activity_person p set claim_id = nullif(u.claim, '00000000-0000-0000-0000-000000000000'::uuid), why = u.why
from unnest(@members::uuid[], @claims::uuid[], @whys::text[]) as u(member, claim, why)
where p.village_id = @village_id and p.activity_id = @id and p.member_id = u.member`

const sqlUnsettle = `-- activity.undo
update activity_person set claim_id = null, why = '' where village_id = @village_id and activity_id = @id`

const sqlRegister = `-- activity.register
select m.id as member_id, m.household_id, m.name, h.door, h.head
from member m join household h on h.village_id = @village_id and h.id = m.household_id and h.state = 'active'
where m.village_id = @village_id and m.state = 'active'
  and (m.name = any(@names::text[]) or replace(h.door, ' ', '') = any(@doors::text[]))
order by h.walk, m.id limit 5000`

const sqlFamily = `-- activity.family
select id as member_id, household_id, name, '' as door, '' as head from member
where village_id = @village_id and household_id = @home and state = 'active' order by created_at, id`

const sqlTicks = `-- activity.ticks
select m.id as member_id, m.household_id, m.name, h.door, h.head
from member m join household h on h.village_id = @village_id and h.id = m.household_id and h.state = 'active'
where m.village_id = @village_id and m.state = 'active' and (@grid = 0 or h.grid = @grid)
  and (@search = '' or strpos(m.name, @search) > 0 or strpos(h.head, @search) > 0 or strpos(h.door, @search) > 0 or strpos(' ' || m.initials, ' ' || lower(@search)) > 0)
order by h.grid, h.walk, h.id, m.id limit 60`

const sqlList = `-- activity.list
select a.id, a.name, a.place, a.host, a.item, a.begins_at, a.ends_at, a.state, a.opened_by_name,
  (select count(*) from activity_person p where p.village_id = @village_id and p.activity_id = a.id) as people,
  (select count(*) from activity_person p where p.village_id = @village_id and p.activity_id = a.id and p.claim_id is not null) as counted
from activity a
where a.village_id = @village_id and (@state = '' or a.state = @state) and (@search = '' or strpos(a.name || a.place || a.host, @search) > 0)
  and (@after = '' or a.id < nullif(@after, '')::uuid)
order by a.id desc limit @rows`

func args(tx pg.Tx, id uuid.UUID) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "by": tx.Who.Account, "by_name": tx.Who.Name, "now": tx.Now, "home": nil}
}

func find(ctx context.Context, tx pg.Tx, id uuid.UUID) (Activity, error) {
	return pg.One[Activity](ctx, tx, sqlFind, args(tx, id))
}

func lock(ctx context.Context, tx pg.Tx, id uuid.UUID) (Activity, error) {
	return pg.One[Activity](ctx, tx, sqlLock, args(tx, id))
}

func peopleOf(ctx context.Context, tx pg.Tx, id uuid.UUID) ([]Person, error) {
	return pg.All[Person](ctx, tx, sqlPeople, args(tx, id))
}

func save(ctx context.Context, tx pg.Tx, a *Activity) error {
	n := args(tx, a.ID)
	n["state"], n["claimed_by"], n["claimed_by_name"], n["claimed_at"], n["note"] = a.State, a.ClaimedBy, a.ClaimedByName, a.ClaimedAt, a.Note
	_, err := tx.Exec(ctx, sqlSave, n)
	a.Version++
	return err
}
