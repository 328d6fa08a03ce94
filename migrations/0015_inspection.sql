-- +goose Up
-- A round of inspection: one a grid and month over the rule set's monthly items. Homes that pass leave no row
-- of their own here; what they pass is derived when the round closes.
create table inspection (
  village_id   bigint not null references village,
  id           uuid not null,
  grid         integer not null check (grid >= 0),
  month        integer not null check (month between 200001 and 209912),
  rule_version integer not null,
  items        text[] not null,
  occurred_on  date not null, -- the day whose rules count: the one on which the round began
  seed         bytea not null, -- what the sample was drawn with
  sample       uuid[] not null, -- the few homes that ask for a photo
  state        text not null check (state in ('open', 'closed')),
  opened_by    uuid not null,
  opened_by_name text not null,
  opened_at    timestamptz not null,
  closed_by    uuid,
  closed_by_name text not null default '',
  closed_at    timestamptz,
  homes        integer not null default 0, -- at the close
  passes       integer not null default 0,
  digest       bytea, -- over the round as it closed: what its lines in the ledger rest on
  note         text not null default '', -- why it was opened again
  version      integer not null default 1,
  primary key (village_id, id),
  unique (village_id, month, grid),
  foreign key (village_id, rule_version) references rule_set (village_id, version),
  check (state = 'open' or closed_by is not null and closed_at is not null and digest is not null)
);
select fence('inspection', 'select, insert, update');

-- What was noted at one home: failed is empty where it passed.
create table inspection_home (
  village_id    bigint not null references village,
  inspection_id uuid not null,
  household_id  uuid not null,
  failed        text[] not null default '{}',
  reason        text not null default '',
  recorder      uuid not null,
  recorder_name text not null,
  recorded_at   timestamptz not null,
  version       integer not null default 1,
  primary key (village_id, inspection_id, household_id),
  foreign key (village_id, inspection_id) references inspection (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id)
);
create index inspection_home_household on inspection_home (village_id, household_id);
select fence('inspection_home', 'select, insert, update');

-- A member's confirmation of a closed round. It covers all homes, or those that the one before it left out,
-- and leaves out those that this member must keep away from; they wait for another member.
create table inspection_confirm (
  village_id    bigint not null references village,
  inspection_id uuid not null,
  number        integer not null check (number > 0),
  account_id    uuid not null,
  name          text not null,
  confirmed_at  timestamptz not null,
  covers        uuid[], -- null: all homes of the round
  leaves        uuid[] not null default '{}',
  month         integer, -- the month's sheet that these lines stand on
  posted        boolean not null default false,
  primary key (village_id, inspection_id, number),
  unique (village_id, inspection_id, account_id),
  foreign key (village_id, inspection_id) references inspection (village_id, id)
);
create index inspection_confirm_month on inspection_confirm (village_id, month) where month is not null;
select fence('inspection_confirm', 'select, insert, update, delete');

-- A photo may belong to another record than a claim: to a home of a round. home is the household that it is about.
alter table evidence add column holder_id uuid;
alter table evidence add column home uuid;
create index evidence_holder on evidence (village_id, holder_id) where holder_id is not null;
