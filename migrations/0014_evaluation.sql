-- +goose Up
-- How the two lists ran in a quarter (R4.4.4): figures gathered by the worker, a round of opinions, what the group
-- proposes and what was decided. The quarter is 20264 for the fourth of 2026.
create table evaluation (
  village_id     bigint not null references village,
  quarter        integer not null check (quarter between 20200 and 21005 and quarter % 10 between 1 and 4),
  state          text not null check (state in ('open', 'proposed', 'decided')),
  pack           jsonb not null, -- evaluation.Pack
  opened_at      timestamptz not null,
  opinions_until date not null,
  proposal       text not null default '',
  proposed_by    text not null default '',
  proposed_at    timestamptz,
  outcome        text not null default '' check (outcome in ('', 'keep', 'amend')),
  decision       text not null default '',
  decided_by     text not null default '',
  decided_at     timestamptz,
  primary key (village_id, quarter),
  check ((state = 'decided') = (outcome <> '')),
  check (state = 'open' or proposal <> '')
);
select fence('evaluation', 'select, insert, update');

-- What a household says of an item in the round: by itself, or at the counter or on paper through the staff.
create table evaluation_opinion (
  village_id   bigint not null references village,
  id           uuid not null,
  quarter      integer not null,
  household_id uuid not null,
  item         text not null, -- '' is the rules as a whole
  stance       text not null check (stance in ('keep', 'raise', 'lower', 'drop', 'add')),
  text         text not null default '',
  channel      text not null check (channel in ('self', 'counter', 'paper')),
  by           uuid not null,
  by_name      text not null,
  at           timestamptz not null,
  primary key (village_id, id),
  unique (village_id, quarter, household_id, item),
  foreign key (village_id, quarter) references evaluation (village_id, quarter),
  foreign key (village_id, household_id) references household (village_id, id)
);
select fence('evaluation_opinion', 'select, insert, update');
