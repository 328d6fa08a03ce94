-- +goose Up
-- A making of a pack of the village's papers (R4.4.8c): of a month, made with its notice, or of a year. The
-- newest that is done is the one to take away; digest is the SHA-256 of its manifest, which names every file.
create table archive (
  village_id bigint not null references village,
  id         uuid not null,
  period     integer not null check (period between 2000 and 2099 or period between 200001 and 209912), -- a year or a month
  state      text not null check (state in ('waiting', 'working', 'done', 'failed')),
  step       integer not null default 0,
  steps      integer not null default 0,
  doing      text not null default '',
  key        text not null default '',
  bytes      bigint not null default 0,
  files      integer not null default 0,
  digest     bytea,
  asked_by   uuid,
  asked_name text not null default '',
  asked_at   timestamptz not null,
  made_at    timestamptz,
  primary key (village_id, id),
  check ((state = 'done') = (digest is not null and made_at is not null and key <> ''))
);
create index archive_period on archive (village_id, period, id);
select fence('archive', 'select, insert, update');
