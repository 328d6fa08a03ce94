-- +goose Up
-- Items that cannot apply to a household (D10): no livestock, bedridden, working away. From its day on, and
-- until it ends, the item or part counts neither way there.
create table exemption (
  village_id      bigint not null references village,
  id              uuid not null,
  household_id    uuid not null,
  item            text not null, -- P10, or a part like N20a
  reason          text not null,
  from_on         date not null,
  until_on        date check (until_on >= from_on), -- the last day, where one is known
  granted_by      uuid not null,
  granted_by_name text not null,
  granted_at      timestamptz not null,
  ended_on        date, -- the first day on which the item counts again
  ended_by        uuid,
  ended_by_name   text not null default '',
  end_reason      text not null default '',
  version         integer not null default 1,
  primary key (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id),
  check ((ended_on is null) = (end_reason = ''))
);
create unique index exemption_standing on exemption (village_id, household_id, item) where ended_on is null;
create index exemption_item on exemption (village_id, item);
select fence('exemption', 'select, insert, update');
