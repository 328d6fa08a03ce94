-- +goose Up
-- Jobs of the platform itself, of no village: as in outbox, without the village. A village that is suspended, not
-- there yet or no longer there cannot have them in its own.
create table office_job (
  id         uuid primary key,
  kind       text not null,
  dedupe     text not null,
  args       jsonb not null,
  state      smallint not null default 0 check (state between 0 and 3), -- 0 new, 1 queued, 2 done, 3 dead
  attempts   integer not null default 0,
  due_at     timestamptz not null,
  added_at   timestamptz not null,
  queued_at  timestamptz,
  held_until timestamptz,
  done_at    timestamptz,
  last_error text not null default '',
  unique (kind, dedupe)
);
create index office_job_open on office_job (due_at) where state < 2;
select share('office_job', 'select, insert, update');

-- What is done to a whole village from the platform's pages: what it would do was shown (plan), somebody typed the
-- village's name, a job does it and tells how far it is. village and name stay when the village is gone.
create table undertaking (
  id           uuid primary key,
  kind         text not null check (kind in ('merge', 'split', 'move', 'export', 'import', 'delete')),
  state        text not null check (state in ('checking', 'planned', 'waiting', 'running', 'done', 'failed', 'withdrawn')),
  village      bigint not null default 0,
  code         text not null default '',
  name         text not null default '',
  township     text not null default '',
  to_village   bigint not null default 0,
  to_name      text not null default '',
  args         jsonb not null default '{}',
  reason       text not null,
  plan         jsonb not null default '{}',
  step         text not null default '',
  done         integer not null default 0,
  total        integer not null default 0,
  result       text not null default '',
  fault        text not null default '',
  try          integer not null default 1,
  secret       bytea,            -- the passphrase, sealed by the master key, until it is used
  bytes        bigint not null default 0,
  sha256       bytea,
  file_until   timestamptz,      -- how long the exported or uploaded file is kept
  fetched_at   timestamptz,      -- when it was downloaded first
  by           uuid not null,
  by_name      text not null,
  at           timestamptz not null,
  confirmed_by      uuid,
  confirmed_by_name text not null default '',
  confirmed_at timestamptz,
  starts_at    timestamptz,      -- until then it can be withdrawn
  began_at     timestamptz,
  ended_at     timestamptz
);
create index undertaking_village on undertaking (village);
create unique index undertaking_busy on undertaking (village) where state in ('waiting', 'running') and village <> 0;
select share('undertaking', 'select, insert, update');

