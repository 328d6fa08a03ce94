-- +goose Up
-- A word to a household, or to one of the village's staff, about a thing that concerns them. What it says
-- follows from its kind; the thing itself is read where it stands. once keeps a reminder from coming twice.
create table message (
  village_id   bigint not null references village,
  id           uuid not null,
  household_id uuid,
  account_id   uuid references account,
  kind         text not null,
  subject_id   uuid,
  detail       text not null default '', -- shown in the village's own pages only, never sent
  once         text,
  told_at      timestamptz not null,
  told_by      uuid,
  sms          text not null default 'none' check (sms in ('none', 'waiting', 'sent', 'unreachable')),
  sent_at      timestamptz,
  read_at      timestamptz,
  read_by      uuid,
  primary key (village_id, id),
  unique (village_id, once),
  foreign key (village_id, household_id) references household (village_id, id),
  check ((household_id is null) <> (account_id is null))
);
create index message_household on message (village_id, household_id, id) where household_id is not null;
create index message_account on message (village_id, account_id, id) where account_id is not null;
select fence('message', 'select, insert, update', false);
