-- +goose Up
-- One sheet of households brought in together, to be undone together.
create table household_import (
  village_id  bigint not null references village,
  id          uuid not null,
  file_name   text not null,
  state       text not null check (state in ('applied', 'undone')),
  added       integer not null,
  changed     integer not null,
  imported_by uuid not null,
  imported_at timestamptz not null,
  before      jsonb not null default '{}', -- what the sheet changed, as it was; personal fields sealed
  undone_by   uuid,
  undone_at   timestamptz,
  primary key (village_id, id)
);
select fence('household_import', 'select, insert, update');

-- The last passbook number given in a village. A number is never given twice, and none is left out.
create table passbook_counter (
  village_id bigint primary key references village,
  last       integer not null check (last > 0)
);
select fence('passbook_counter', 'select, insert, update', false);

-- One dwelling, one household, by usual residence (R4.2.1, R4.2.2).
create table household (
  village_id      bigint not null references village,
  id              uuid not null,
  door            text not null,
  team            text not null default '',
  grid            integer not null default 0,
  walk            integer not null default 0,
  head            text not null,
  initials        text not null default '',
  residence       text not null check (residence in ('local', 'outside')),
  party           boolean not null default false,
  phone           bytea,
  phone_index     bytea,
  passbook_no     text not null,
  registered_on   date not null,
  base_unlocks_on date not null,
  state           text not null default 'active' check (state in ('active', 'left')),
  left_on         date,
  note            text not null default '',
  import_id       uuid,
  version         integer not null default 1,
  created_at      timestamptz not null,
  updated_at      timestamptz not null,
  primary key (village_id, id),
  unique (village_id, passbook_no)
);
create unique index household_door on household (village_id, door) where state = 'active';
create index household_walk on household (village_id, grid, walk, id);
select fence('household', 'select, insert, update');

alter table membership add constraint membership_household foreign key (village_id, household_id) references household (village_id, id);
alter table relative add constraint relative_household foreign key (village_id, household_id) references household (village_id, id);

-- A person of a household (R4.2.3).
create table member (
  village_id   bigint not null references village,
  id           uuid not null,
  household_id uuid not null,
  name         text not null,
  initials     text not null default '',
  relation     text not null default '',
  id_number    bytea,
  id_index     bytea,
  party        boolean not null default false,
  account_id   uuid references account,
  state        text not null default 'active' check (state in ('active', 'left')),
  left_on      date,
  created_at   timestamptz not null,
  primary key (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id)
);
create unique index member_identity on member (village_id, id_index) where id_index is not null and state = 'active';
create index member_household on member (village_id, household_id);
select fence('member', 'select, insert, update');
