-- +goose Up
-- A drawing of villager representatives by lot (R4.1.6). The list of homes is frozen and published with its hash
-- and with the word of where the numbers will come from; on the day several people each bring a number; hash and
-- numbers make the seed, and the seed the order. Anybody can work it out again.
create table draw (
  village_id  bigint not null references village,
  id          uuid not null,
  starts_on   date not null, -- of the term that is drawn for
  seats       integer not null check (seats between 1 and 30),
  source      text not null check (length(source) between 4 and 300),
  draws_on    date not null,
  state       text not null check (state in ('frozen', 'drawn', 'cancelled')),
  eligible    integer not null,
  list_hash   bytea not null check (octet_length(list_hash) = 32),
  numbers     jsonb not null default '[]',
  seed        bytea,
  frozen_by   uuid not null,
  frozen_name text not null,
  frozen_at   timestamptz not null,
  drawn_by    uuid,
  drawn_name  text not null default '',
  drawn_at    timestamptz,
  reason      text not null default '', -- why it was cancelled
  primary key (village_id, id),
  check ((state = 'drawn') = (seed is not null))
);
select fence('draw', 'select, insert, update');

-- A home on the list. The name is as masked as the public sees it; rank 1 was drawn first.
create table draw_ticket (
  village_id    bigint not null references village,
  draw_id       uuid not null,
  number        integer not null check (number > 0),
  household_id  uuid not null,
  door          text not null,
  head          text not null,
  rank          integer not null default 0,
  declined      text not null default '',
  membership_id uuid,
  primary key (village_id, draw_id, number),
  unique (village_id, draw_id, household_id),
  foreign key (village_id, draw_id) references draw (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id),
  foreign key (village_id, membership_id) references membership (village_id, id)
);
select fence('draw_ticket', 'select, insert, update');

-- What a disqualified member had approved, to be looked at again by others (R4.1.7).
create table recheck (
  village_id    bigint not null references village,
  id            uuid not null,
  membership_id uuid not null,
  account_id    uuid not null,
  name          text not null,
  reason        text not null,
  opened_name   text not null,
  opened_at     timestamptz not null,
  primary key (village_id, id),
  unique (village_id, membership_id),
  foreign key (village_id, membership_id) references membership (village_id, id)
);
select fence('recheck', 'select, insert');

-- One thing to look at again. kind 1 is a line of the book, 2 a claim and 3 a finding that are not in the book
-- yet, 4 an answer to an objection, 5 a round. A doubt is settled by a second person.
create table recheck_line (
  village_id   bigint not null references village,
  recheck_id   uuid not null,
  kind         smallint not null check (kind between 1 and 5),
  subject_id   uuid not null,
  household_id uuid,
  item         text not null default '',
  points       integer not null default 0,
  month        integer,
  on_day       date not null,
  state        text not null default 'open' check (state in ('open', 'confirmed', 'doubted', 'corrected', 'kept')),
  first_by     uuid,
  first_name   text not null default '',
  first_at     timestamptz,
  doubt        text not null default '',
  second_by    uuid,
  second_name  text not null default '',
  second_at    timestamptz,
  answer       text not null default '',
  primary key (village_id, recheck_id, kind, subject_id),
  foreign key (village_id, recheck_id) references recheck (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id),
  check (second_by is null or second_by <> first_by),
  check ((state in ('corrected', 'kept')) = (second_by is not null))
);
select fence('recheck_line', 'select, insert, update');
