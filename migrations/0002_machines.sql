-- +goose Up
-- What a village's transaction leaves to be done after it commits. The relay hands rows to asynq;
-- PostgreSQL is the only record of them.
create table outbox (
  village_id bigint not null references village,
  id         uuid not null,
  kind       text not null,
  dedupe     text not null,
  args       jsonb not null,
  state      smallint not null default 0 check (state between 0 and 3), -- 0 new, 1 queued, 2 done, 3 dead
  attempts   integer not null default 0,
  due_at     timestamptz not null,
  added_at   timestamptz not null,
  queued_at  timestamptz,
  held_until timestamptz, -- a worker is at it until then, and renews it while it is
  done_at    timestamptz,
  last_error text not null default '',
  primary key (village_id, id),
  unique (village_id, kind, dedupe)
);
create index outbox_open on outbox (village_id, due_at) where state < 2;
create index outbox_dead on outbox (village_id) where state = 3;
select fence('outbox', 'select, insert, update', false);

-- One answer to each key of a person in a village, kept 90 days (INV-61).
create table idempotency (
  village_id bigint not null references village,
  account_id uuid not null,
  key        text not null check (length(key) between 8 and 128),
  verb       text not null,
  body       bytea not null,
  answer     jsonb,
  at         timestamptz not null,
  primary key (village_id, account_id, key)
);
select fence('idempotency', 'select, insert, update, delete', false);

-- Who did what to which record of a village (INV-81). Nobody changes it.
create table audit (
  village_id  bigint not null references village,
  id          uuid not null,
  at          timestamptz not null,
  account_id  uuid,
  name        text not null,
  role        text not null,
  verb        text not null,
  object_kind text not null,
  object_id   text not null,
  reason      text not null default '',
  before      bytea,
  after       bytea,
  request     text not null default '',
  address     text not null default '',
  primary key (village_id, id)
);
create index audit_object on audit (village_id, object_kind, object_id);
select fence('audit', 'select, insert');

-- The same for what is done above the villages.
create table office_audit (
  id          uuid primary key,
  at          timestamptz not null,
  township_id bigint references township,
  account_id  uuid,
  name        text not null,
  role        text not null,
  verb        text not null,
  object_kind text not null,
  object_id   text not null,
  reason      text not null default '',
  request     text not null default '',
  address     text not null default ''
);
select share('office_audit', 'select, insert');

-- One run of each periodic job a tick, however many schedulers there are (INV-29).
create table tick (
  job      text not null,
  due_at   timestamptz not null,
  ran_at   timestamptz not null,
  again_at timestamptz not null, -- when another scheduler may take it over; infinity once it is done
  primary key (job, due_at)
);
select share('tick', 'select, insert, update, delete');
