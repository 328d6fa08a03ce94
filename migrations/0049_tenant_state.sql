-- +goose Up
-- Where a village stands: setup while it is being brought in, live once its readiness card is green, suspended
-- while nobody may sign in and no job runs, closed when another village took it over and it is an archive.
-- practice_of marks a village that exists to try things out beside the real one.
alter table village add column state text not null default 'live';
alter table village add constraint village_state_check check (state in ('setup', 'live', 'suspended', 'closed'));
alter table village add column state_reason text not null default '';
alter table village add column state_at timestamptz;
alter table village add column practice_of bigint;
alter table village add column flags jsonb not null default '{}'; -- what this village has otherwise than all, off unless it says so

-- village_gate raises CF010 unless the village is live: before that nothing is published and nothing redeemed.
-- +goose StatementBegin
create function village_gate(p_village bigint) returns void language plpgsql as $$
begin
  if not exists (select from village v where v.id = p_village and v.state = 'live') then
    raise exception 'village is not live' using errcode = 'CF010';
  end if;
end $$;
-- +goose StatementEnd
grant execute on function village_gate(bigint) to cunfen_app, cunfen_worker;

-- A village being brought in, step by step; it can be left and taken up again. made_id is there once it is made.
create table onboarding (
  id          uuid primary key,
  township_id bigint not null references township,
  body        jsonb not null,
  step        integer not null default 1,
  made_id     bigint references village,
  by          uuid not null,
  by_name     text not null,
  at          timestamptz not null,
  changed_at  timestamptz not null,
  done_at     timestamptz
);
select share('onboarding', 'select, insert, update');

-- What only a person's word can say of a village's readiness: its plan, the privacy notice, that
-- people were trained. The latest of an item counts.
create table readiness_mark (
  village_id bigint not null references village,
  item       text not null check (item in ('plan', 'rules', 'privacy', 'training')),
  at         timestamptz not null,
  words      text not null,
  document   text not null default '',
  by         uuid not null,
  by_name    text not null,
  primary key (village_id, item, at)
);
select fence('readiness_mark', 'select, insert');

-- That a village went live: on a green card, or by an override that names what was missing and why.
create table village_opening (
  village_id bigint not null references village,
  id         uuid not null,
  kind       text not null check (kind in ('green', 'override')),
  missing    text[] not null,
  reason     text not null default '',
  by         uuid,
  by_name    text not null,
  at         timestamptz not null,
  primary key (village_id, id),
  check ((kind = 'green') = (cardinality(missing) = 0)),
  check (kind = 'green' or reason <> '')
);
select fence('village_opening', 'select, insert');
