-- +goose Up
-- How whoever recorded a claim for a household knew that it was theirs to ask (代办); what kind of document it
-- rests on (R4.4.1c), source is its reference; and the activity that it came in with.
alter table claim add column identity text not null default '';
alter table claim add column source_kind text not null default '';
alter table claim add column batch_id uuid;
alter table claim add constraint claim_identity check (identity in ('', 'seen', 'known', 'card', 'passbook', 'phone'));
alter table claim add constraint claim_source_kind check (source_kind in ('', 'award', 'legal', 'news', 'feedback', 'other'));
create index claim_batch on claim (village_id, batch_id) where batch_id is not null;

-- An activity whose participants are taken down once for all: by a list, by a sheet, or by scanning its code.
create table activity (
  village_id   bigint not null references village,
  id           uuid not null,
  name         text not null,
  place        text not null,
  host         text not null, -- who runs it
  item         text not null,
  part         text not null default '', -- what of the item taking part counts for
  begins_at    timestamptz not null,
  ends_at      timestamptz not null,
  rotating     boolean not null, -- the code to be scanned changes every minute
  seed         bytea not null,
  state        text not null,
  opened_by    uuid not null,
  opened_by_name text not null,
  opened_at    timestamptz not null,
  claimed_by   uuid,
  claimed_by_name text not null default '',
  claimed_at   timestamptz,
  note         text not null default '', -- why it was called off, or its claims were taken back
  version      integer not null default 1,
  primary key (village_id, id),
  constraint activity_state check (state in ('open', 'claimed', 'off')),
  constraint activity_hours check (ends_at > begins_at)
);
create index activity_begins on activity (village_id, begins_at);
select fence('activity', 'select, insert, update');

-- One person at an activity, once, however often the code is scanned. why says what kept it from counting.
create table activity_person (
  village_id   bigint not null references village,
  activity_id  uuid not null,
  member_id    uuid not null,
  household_id uuid not null,
  how          text not null,
  by_account   uuid not null,
  by_name      text not null,
  at           timestamptz not null,
  claim_id     uuid,
  why          text not null default '',
  primary key (village_id, activity_id, member_id),
  foreign key (village_id, activity_id) references activity (village_id, id),
  foreign key (village_id, member_id) references member (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id),
  foreign key (village_id, claim_id) references claim (village_id, id),
  constraint activity_person_how check (how in ('list', 'sheet', 'code'))
);
create index activity_person_household on activity_person (village_id, household_id);
select fence('activity_person', 'select, insert, update, delete');
