-- +goose Up
-- What a household's old paper book said when the village went over to the ledger: posted once, when both the
-- household and somebody of the group who did not write it down have signed. Taken back by one reversal.
create table opening_signature (
  village_id bigint not null references village,
  id         uuid not null,
  name       text not null, -- who signed
  image      bytea not null, -- drawn, or the signed list scanned
  by         uuid not null,
  at         timestamptz not null,
  primary key (village_id, id)
);
select fence('opening_signature', 'select, insert');

create table opening (
  village_id   bigint not null references village,
  id           uuid not null,
  household_id uuid not null,
  points       integer not null check (points between 1 and 100000),
  as_of        date not null,
  book         text not null default '', -- number of the old book
  state        text not null check (state in ('noted', 'posted', 'reversed', 'dropped')),
  noted_by     uuid not null,
  noted_name   text not null,
  noted_at     timestamptz not null,
  home_sign    uuid,
  group_sign   uuid,
  group_by     uuid,
  group_name   text not null default '',
  group_at     timestamptz,
  entry_id     uuid,
  ended_name   text not null default '',
  ended_at     timestamptz,
  reason       text not null default '',
  primary key (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id),
  foreign key (village_id, home_sign) references opening_signature (village_id, id),
  foreign key (village_id, group_sign) references opening_signature (village_id, id),
  check (group_by is null or group_by <> noted_by),
  check ((state in ('posted', 'reversed')) = (entry_id is not null)),
  check (entry_id is null or home_sign is not null and group_sign is not null and group_by is not null)
);
create unique index opening_once on opening (village_id, household_id) where state in ('noted', 'posted');
select fence('opening', 'select, insert, update');

-- A named person for each link of the work (R6.2): goods, collection, redemption.
create table post (
  village_id  bigint not null references village,
  link        text not null check (link in ('goods', 'collection', 'redemption')),
  account_id  uuid not null,
  name        text not null,
  duty        text not null default '',
  assigned_by uuid not null,
  assigned_at timestamptz not null,
  primary key (village_id, link)
);
select fence('post', 'select, insert, update');
