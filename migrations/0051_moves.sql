-- +goose Up
-- A home that goes to another village with its book: closing lines here, opening lines there. The row here is what
-- the book stood at; arrived_at is set when the other village has it.
create table move_out (
  village_id   bigint not null references village,
  id           uuid not null,
  household_id uuid not null,
  to_village   bigint not null,
  to_name      text not null,
  reason       text not null,
  base         bigint not null,
  year         bigint not null,
  score        bigint not null,
  honour       bigint not null,
  cleared_year integer not null,
  by           uuid,
  by_name      text not null,
  at           timestamptz not null,
  arrived_at   timestamptz,
  primary key (village_id, id),
  unique (village_id, household_id),
  foreign key (village_id, household_id) references household (village_id, id)
);
select fence('move_out', 'select, insert, update');

-- The same move from the other side, under the same id.
create table move_in (
  village_id     bigint not null references village,
  id             uuid not null,
  household_id   uuid not null,
  from_village   bigint not null,
  from_name      text not null,
  from_household uuid not null,
  from_passbook  text not null,
  base           bigint not null,
  year           bigint not null,
  score          bigint not null,
  honour         bigint not null,
  at             timestamptz not null,
  primary key (village_id, id),
  unique (village_id, household_id),
  foreign key (village_id, household_id) references household (village_id, id)
);
select fence('move_in', 'select, insert');

-- The lines that the home had in the village it came from, to read. They count for nothing here: what they came to
-- stands in the opening lines.
create table former_line (
  village_id   bigint not null references village,
  household_id uuid not null,
  entry_id     uuid not null,
  at           timestamptz not null,
  month        integer not null,
  occurred_on  date not null,
  kind         smallint not null,
  bucket       smallint not null,
  points       integer not null,
  item         text not null default '',
  title        text not null default '',
  primary key (village_id, household_id, entry_id),
  foreign key (village_id, household_id) references household (village_id, id)
);
select fence('former_line', 'select, insert');
