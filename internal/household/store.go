package household

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// row is a household as it stands in the table.
type row struct {
	ID            uuid.UUID
	Door          string
	Team          string
	Grid          int
	Walk          int
	Head          string
	Initials      string
	Residence     Residence
	Party         bool
	Phone         []byte
	PhoneIndex    []byte
	PassbookNo    string
	RegisteredOn  time.Time
	BaseUnlocksOn time.Time
	State         State
	LeftOn        *time.Time
	Note          string
	Version       int
	UpdatedAt     time.Time
}

// person is a member as they stand in the table.
type person struct {
	ID          uuid.UUID
	HouseholdID uuid.UUID
	Name        string
	Initials    string
	Relation    string
	IDNumber    []byte
	IDIndex     []byte
	Party       bool
	State       State
	LeftOn      *time.Time
}

const sqlInsert = `-- household.insert
insert into household (village_id, id, door, team, grid, walk, head, initials, residence, party, phone, phone_index, passbook_no, registered_on,
  base_unlocks_on, note, import_id, created_at, updated_at)
select @village_id::bigint, id, door, team, grid, walk, head, initials, residence, party, phone, phone_index, passbook_no, registered_on,
  base_unlocks_on, note, @import::uuid, @now::timestamptz, @now::timestamptz
from unnest(@id::uuid[], @door::text[], @team::text[], @grid::integer[], @walk::integer[], @head::text[], @initials::text[], @residence::text[],
  @party::boolean[], @phone::bytea[], @phone_index::bytea[], @passbook_no::text[], @registered_on::date[], @base_unlocks_on::date[], @note::text[])
  as r(id, door, team, grid, walk, head, initials, residence, party, phone, phone_index, passbook_no, registered_on, base_unlocks_on, note)
on conflict (village_id, door) where state = 'active' do nothing
returning id`

const sqlUpdate = `-- household.update
update household h set door = r.door, team = r.team, grid = r.grid, walk = r.walk, head = r.head, initials = r.initials, residence = r.residence,
  party = r.party, phone = r.phone, phone_index = r.phone_index, state = r.state, left_on = r.left_on, note = r.note,
  version = h.version + 1, updated_at = @now
from unnest(@id::uuid[], @version::integer[], @door::text[], @team::text[], @grid::integer[], @walk::integer[], @head::text[], @initials::text[],
  @residence::text[], @party::boolean[], @phone::bytea[], @phone_index::bytea[], @state::text[], @left_on::date[], @note::text[])
  as r(id, version, door, team, grid, walk, head, initials, residence, party, phone, phone_index, state, left_on, note)
where h.village_id = @village_id and h.id = r.id and h.version = r.version`

const sqlInsertPeople = `-- household.insert_people
insert into member (village_id, id, household_id, name, initials, relation, id_number, id_index, party, created_at)
select @village_id::bigint, id, household_id, name, initials, relation, id_number, id_index, party, @now::timestamptz
from unnest(@id::uuid[], @household::uuid[], @name::text[], @initials::text[], @relation::text[], @id_number::bytea[], @id_index::bytea[], @party::boolean[])
  as m(id, household_id, name, initials, relation, id_number, id_index, party)
on conflict (village_id, id_index) where id_index is not null and state = 'active' do nothing
returning id`

const sqlUpdatePeople = `-- household.update_people
update member p set name = m.name, initials = m.initials, relation = m.relation, id_number = m.id_number, id_index = m.id_index, party = m.party,
  state = m.state, left_on = m.left_on
from unnest(@id::uuid[], @name::text[], @initials::text[], @relation::text[], @id_number::bytea[], @id_index::bytea[], @party::boolean[],
  @state::text[], @left_on::date[]) as m(id, name, initials, relation, id_number, id_index, party, state, left_on)
where p.village_id = @village_id and p.id = m.id`

const sqlRow = `-- household.row
select id, door, team, grid, walk, head, initials, residence, party, phone, phone_index, passbook_no, registered_on, base_unlocks_on, state,
  left_on, note, version, updated_at
from household where village_id = @village_id and id = @id`

const sqlLock = `-- household.lock
select id, door, team, grid, walk, head, initials, residence, party, phone, phone_index, passbook_no, registered_on, base_unlocks_on, state,
  left_on, note, version, updated_at
from household where village_id = @village_id and id = @id for update`

const sqlPeople = `-- household.people
select id, household_id, name, initials, relation, id_number, id_index, party, state, left_on
from member where village_id = @village_id and household_id = @household order by state, relation <> '户主', id`

const sqlPerson = `-- household.person
select id, household_id, name, initials, relation, id_number, id_index, party, state, left_on
from member where village_id = @village_id and id = @id`

const sqlRegister = `-- household.register
select id, door, team, grid, walk, head, initials, residence, party, phone, phone_index, passbook_no, registered_on, base_unlocks_on, state,
  left_on, note, version, updated_at
from household where village_id = @village_id and state = 'active'`

const sqlRegisterPeople = `-- household.register_people
select m.id, m.household_id, m.name, m.initials, m.relation, m.id_number, m.id_index, m.party, m.state, m.left_on
from member m where m.village_id = @village_id and m.state = 'active'`

// pluck is one column of many rows.
func pluck[T, V any](rows []T, of func(T) V) []V {
	column := make([]V, len(rows))
	for i, r := range rows {
		column[i] = of(r)
	}
	return column
}

func date(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	d := month.Date(*t)
	return &d
}

func rowArgs(tx pg.Tx, rows []row) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "now": tx.Now,
		"id": pluck(rows, func(r row) uuid.UUID { return r.ID }), "version": pluck(rows, func(r row) int { return r.Version }),
		"door": pluck(rows, func(r row) string { return r.Door }), "team": pluck(rows, func(r row) string { return r.Team }),
		"grid": pluck(rows, func(r row) int { return r.Grid }), "walk": pluck(rows, func(r row) int { return r.Walk }),
		"head": pluck(rows, func(r row) string { return r.Head }), "initials": pluck(rows, func(r row) string { return r.Initials }),
		"residence": pluck(rows, func(r row) string { return string(r.Residence) }), "party": pluck(rows, func(r row) bool { return r.Party }),
		"phone": pluck(rows, func(r row) []byte { return r.Phone }), "phone_index": pluck(rows, func(r row) []byte { return r.PhoneIndex }),
		"passbook_no":     pluck(rows, func(r row) string { return r.PassbookNo }),
		"registered_on":   pluck(rows, func(r row) time.Time { return month.Date(r.RegisteredOn) }),
		"base_unlocks_on": pluck(rows, func(r row) time.Time { return month.Date(r.BaseUnlocksOn) }),
		"state":           pluck(rows, func(r row) string { return string(r.State) }),
		"left_on":         pluck(rows, func(r row) *time.Time { return date(r.LeftOn) }), "note": pluck(rows, func(r row) string { return r.Note })}
}

func personArgs(tx pg.Tx, people []person) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "now": tx.Now,
		"id": pluck(people, func(p person) uuid.UUID { return p.ID }), "household": pluck(people, func(p person) uuid.UUID { return p.HouseholdID }),
		"name": pluck(people, func(p person) string { return p.Name }), "initials": pluck(people, func(p person) string { return p.Initials }),
		"relation": pluck(people, func(p person) string { return p.Relation }), "id_number": pluck(people, func(p person) []byte { return p.IDNumber }),
		"id_index": pluck(people, func(p person) []byte { return p.IDIndex }), "party": pluck(people, func(p person) bool { return p.Party }),
		"state": pluck(people, func(p person) string { return string(p.State) }), "left_on": pluck(people, func(p person) *time.Time { return date(p.LeftOn) })}
}

// insert writes new households, or none if one of their doors is taken.
func insert(ctx context.Context, tx pg.Tx, rows []row, importID *uuid.UUID) error {
	if len(rows) == 0 {
		return nil
	}
	args := rowArgs(tx, rows)
	args["import"] = importID
	ids, err := pg.Column[uuid.UUID](ctx, tx, sqlInsert, args)
	if err != nil || len(ids) == len(rows) {
		return err
	}
	there := map[uuid.UUID]bool{}
	for _, id := range ids {
		there[id] = true
	}
	for _, r := range rows {
		if !there[r.ID] {
			return ErrDoorTaken.With(r.Door)
		}
	}
	return nil
}

// update writes households that are there, each over the version that it was read in.
func update(ctx context.Context, tx pg.Tx, rows ...row) error {
	if len(rows) == 0 {
		return nil
	}
	tag, err := tx.Exec(ctx, sqlUpdate, rowArgs(tx, rows))
	switch {
	case pg.Is(err, pg.Unique):
		return ErrDoorTaken.With(rows[0].Door)
	case err == nil && int(tag.RowsAffected()) != len(rows):
		return ErrStale
	}
	return err
}

func insertPeople(ctx context.Context, tx pg.Tx, people []person) error {
	if len(people) == 0 {
		return nil
	}
	ids, err := pg.Column[uuid.UUID](ctx, tx, sqlInsertPeople, personArgs(tx, people))
	if err == nil && len(ids) != len(people) {
		err = ErrIdentityTaken
	}
	return err
}

func updatePeople(ctx context.Context, tx pg.Tx, people ...person) error {
	if len(people) == 0 {
		return nil
	}
	tag, err := tx.Exec(ctx, sqlUpdatePeople, personArgs(tx, people))
	switch {
	case pg.Is(err, pg.Unique):
		return ErrIdentityTaken
	case err == nil && int(tag.RowsAffected()) != len(people):
		return fault.ErrNotFound
	}
	return err
}

func args(tx pg.Tx, id uuid.UUID) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "household": id}
}

// lock reads a household that lives in the village for changing it.
func lock(ctx context.Context, tx pg.Tx, id uuid.UUID) (row, error) {
	r, err := pg.One[row](ctx, tx, sqlLock, args(tx, id))
	if err == nil && r.State == Left {
		err = ErrLeft
	}
	return r, err
}

func peopleOf(ctx context.Context, tx pg.Tx, household uuid.UUID) ([]person, error) {
	return pg.All[person](ctx, tx, sqlPeople, args(tx, household))
}
