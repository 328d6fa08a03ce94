-- +goose Up
-- A household's appeal to the township against the village's answer to its objection (D8); one an objection.
create table appeal (
  village_id   bigint not null references village,
  id           uuid not null,
  objection_id uuid not null,
  household_id uuid not null,
  entry_id     uuid not null,
  grounds      text not null,
  channel      text not null check (channel in ('self', 'counter')),
  filed_by     uuid not null,
  filed_by_name text not null,
  filed_at     timestamptz not null,
  due_on       date not null,
  held         boolean not null,
  state        text not null check (state in ('open', 'upheld', 'dismissed', 'withdrawn')),
  decided_by   uuid,
  decided_by_name text not null default '',
  decided_at   timestamptz,
  reason       text not null default '',
  primary key (village_id, id),
  unique (village_id, objection_id),
  foreign key (village_id, objection_id) references objection (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id),
  foreign key (village_id, entry_id) references ledger_entry (village_id, id),
  check (decided_by is null or decided_by <> filed_by)
);
create index appeal_household on appeal (village_id, household_id);
create index appeal_state on appeal (village_id, state, due_on);
select fence('appeal', 'select, insert, update');
