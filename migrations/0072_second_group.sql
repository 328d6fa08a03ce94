-- +goose Up
-- To which other village's group the township handed a sample of decisions (R4.1.7). It stands with the village whose
-- decisions they are; one at a time.
create table rescore_hand (
  village_id   bigint not null,
  rescore_id   uuid not null,
  id           uuid not null, -- of the second_look in the other village
  peer_village bigint not null,
  state        text not null check (state in ('out', 'back', 'recalled')),
  handed_name  text not null,
  handed_at    timestamptz not null,
  ended_at     timestamptz,
  primary key (village_id, rescore_id, id),
  foreign key (village_id, rescore_id) references rescore (village_id, id),
  check (peer_village <> village_id),
  check ((state = 'out') = (ended_at is null))
);
create unique index rescore_hand_out on rescore_hand (village_id, rescore_id) where state = 'out';
create index rescore_hand_peer on rescore_hand (village_id, peer_village, id);
select fence('rescore_hand', 'select, insert, update');

-- What another village's group was asked to decide a second time: a masked copy, a row of the village that is asked.
-- Nothing in it names the first village or any record of it.
create table second_look (
  village_id bigint not null,
  id         uuid not null,
  state      text not null check (state in ('open', 'done', 'recalled')),
  due_on     date not null,
  asked_name text not null,
  asked_at   timestamptz not null,
  barred     bytea[] not null default '{}', -- sha256 of this id and an account: who sits in the first village's group too
  done_name  text not null default '',
  done_at    timestamptz,
  primary key (village_id, id),
  check ((state = 'done') = (done_at is not null))
);
select fence('second_look', 'select, insert, update');

create table second_item (
  village_id  bigint not null,
  id          uuid not null, -- holds the copies of its photos
  look_id     uuid not null,
  position    integer not null,
  title       text not null,
  rule        text not null,
  amount      text not null,
  occurred_on date not null,
  channel     text not null,
  note        text not null,
  verdict     text not null default '' check (verdict in ('', 'yes', 'no', 'unclear')),
  words       text not null default '',
  scorer      uuid,
  scorer_name text not null default '',
  scored_at   timestamptz,
  primary key (village_id, id),
  unique (village_id, look_id, position),
  foreign key (village_id, look_id) references second_look (village_id, id),
  check ((verdict = '') = (scorer is null))
);
select fence('second_item', 'select, insert, update');
