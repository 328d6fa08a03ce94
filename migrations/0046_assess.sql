-- +goose Up
-- A township's assessment of its villages (R6.4b): what counts and how much, for a period.
create table scheme (
  id          uuid primary key,
  township_id bigint not null references township,
  name        text not null,
  from_month  integer not null,
  to_month    integer not null check (to_month >= from_month),
  indicators  jsonb not null, -- []assess.Indicator
  state       text not null check (state in ('running', 'sent', 'signed')),
  made_by     uuid not null,
  made_name   text not null,
  made_at     timestamptz not null,
  sent_at     timestamptz,
  signed_by   uuid,
  signed_name text not null default '',
  signed_at   timestamptz,
  digest      text not null default '', -- of every village's marks as signed
  check ((state = 'signed') = (signed_by is not null))
);
create index scheme_township on scheme (township_id, id);
select share('scheme', 'select, insert, update');
grant select on scheme to cunfen_bureau;

-- One village's marks, each with what it was counted from; the village may object before it is signed.
create table assessment (
  village_id    bigint not null,
  scheme_id     uuid not null,
  marks         jsonb not null, -- []assess.Mark
  total         integer not null, -- in hundredths
  counted_at    timestamptz not null,
  state         text not null check (state in ('counted', 'sent', 'objected', 'answered', 'signed')),
  object_until  date,
  objection     text not null default '',
  objected_name text not null default '',
  objected_at   timestamptz,
  answer        text not null default '',
  answered_name text not null default '',
  answered_at   timestamptz,
  version       integer not null default 1,
  primary key (village_id, scheme_id),
  check (state <> 'objected' or objection <> ''),
  check (state <> 'answered' or answer <> '')
);
select fence('assessment', 'select, insert, update');
