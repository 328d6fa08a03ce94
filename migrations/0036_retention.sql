-- +goose Up
-- For how many days a village keeps what it may not keep for ever, where it says otherwise than the rule.
create table retention (
  village_id bigint not null references village,
  kind       text not null check (kind in ('photo', 'message', 'import', 'contact')),
  days       integer not null check (days between 7 and 36500),
  set_by     uuid not null,
  set_name   text not null,
  set_at     timestamptz not null,
  primary key (village_id, kind)
);
select fence('retention', 'select, insert, update');

-- What was deleted in a night: how much, and a hash over what it was.
create table retention_run (
  village_id bigint not null references village,
  id         uuid not null,
  kind       text not null,
  until      timestamptz not null, -- older than this was deleted
  pieces     integer not null,
  digest     bytea not null,
  ran_at     timestamptz not null,
  primary key (village_id, id)
);
select fence('retention_run', 'select, insert');

-- A photo whose time is over: its picture is gone, its hash stays.
alter table evidence add column removed_at timestamptz;
-- An import of which no more is kept than that it was.
alter table household_import add column forgotten_at timestamptz;

grant delete on message to cunfen_worker;
grant delete on sign_in to cunfen_worker;
