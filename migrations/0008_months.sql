-- +goose Up
-- The month's sheet (R4.1.5): frozen, signed, posted, published. A revision is one freezing of it.
create table sheet (
  village_id   bigint not null references village,
  month        integer not null check (month between 200001 and 209912),
  revision     integer not null default 0,
  state        text not null check (state in ('open', 'signing', 'posted', 'published')),
  lines        integer not null default 0,
  points       bigint not null default 0,
  hash         bytea,
  frozen_by    uuid,
  frozen_at    timestamptz,
  posted_at    timestamptz,
  published_at timestamptz,
  primary key (village_id, month)
);
select fence('sheet', 'select, insert, update');

-- One member's name under one revision of a sheet: exactly what was frozen, by its hash.
create table signature (
  village_id    bigint not null references village,
  month         integer not null,
  revision      integer not null,
  account_id    uuid not null,
  membership_id uuid not null,
  name          text not null,
  kind          text not null,
  method        text not null check (method in ('password', 'drawn', 'paper')),
  hash          bytea not null,
  drawing       bytea,
  signed_at     timestamptz not null,
  primary key (village_id, month, revision, account_id),
  foreign key (village_id, month) references sheet (village_id, month),
  foreign key (village_id, membership_id) references membership (village_id, id)
);
select fence('signature', 'select, insert');

-- A month's public notice as it went out (R4.4.3b, R4.5.1a); number counts from 1, a corrected notice is the next.
create table notice (
  village_id   bigint not null references village,
  month        integer not null,
  number       integer not null,
  title        text not null,
  published_at timestamptz not null,
  object_until date not null,
  down_on      date not null,
  households   integer not null,
  plus         bigint not null,
  minus        bigint not null,
  spent        bigint not null,
  classes      jsonb not null,
  root         bytea not null,
  page         bytea not null, -- the public page, gzip
  etag         text not null,
  a4           text not null,  -- object keys of the PDFs
  a3           text not null,
  primary key (village_id, month, number),
  foreign key (village_id, month) references sheet (village_id, month)
);
select fence('notice', 'select, insert, update');

create table notice_line (
  village_id   bigint not null references village,
  month        integer not null,
  number       integer not null,
  position     integer not null,
  household_id uuid not null,
  door         text not null,
  head         text not null, -- masked
  carried      bigint not null,
  plus         bigint not null,
  minus        bigint not null,
  spent        bigint not null,
  total        bigint not null,
  primary key (village_id, month, number, position),
  foreign key (village_id, month, number) references notice (village_id, month, number)
);
select fence('notice_line', 'select, insert');

-- A household's objection to a line of the book (D8).
create table objection (
  village_id   bigint not null references village,
  id           uuid not null,
  household_id uuid not null,
  entry_id     uuid not null,
  grounds      text not null,
  channel      text not null check (channel in ('self', 'counter')),
  filed_by     uuid not null,
  filed_by_name text not null,
  filed_at     timestamptz not null,
  due_on       date not null,
  state        text not null check (state in ('open', 'upheld', 'dismissed', 'withdrawn')),
  decided_by   uuid,
  decided_by_name text not null default '',
  decided_at   timestamptz,
  reason       text not null default '',
  primary key (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id),
  foreign key (village_id, entry_id) references ledger_entry (village_id, id),
  check (decided_by is null or decided_by <> filed_by)
);
create unique index objection_open on objection (village_id, entry_id) where state = 'open';
create index objection_household on objection (village_id, household_id);
select fence('objection', 'select, insert, update');
