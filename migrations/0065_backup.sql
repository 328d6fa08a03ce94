-- +goose Up
-- Each backup that was made, written by the command that makes it as the database's owner, so that the platform's
-- page and the self-check can say how old the last one is.
create table backup_run (
  id         uuid primary key,
  began_at   timestamptz not null,
  done_at    timestamptz not null,
  set_name   text not null,
  bytes      bigint not null, -- of the database's dump
  sha256     bytea not null,
  objects    integer not null,
  object_bytes bigint not null,
  made_on    text not null    -- the machine
);
create index backup_run_done on backup_run (done_at);
select share('backup_run', 'select');
