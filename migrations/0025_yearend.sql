-- +goose Up
-- One printing of passbooks: whole books, only the new lines 补登, or lines again (R4.4.1d, R4.4.8a).
create table passbook_print (
  village_id bigint not null,
  id         uuid not null,
  kind       text not null check (kind in ('book', 'lines', 'again')),
  scope      text not null, -- what was chosen, in words
  households integer not null,
  lines      integer not null,
  reason     text not null default '',
  by         uuid not null,
  by_name    text not null,
  at         timestamptz not null,
  primary key (village_id, id)
);
select fence('passbook_print', 'select, insert');

-- What was printed for one household: from which line to which, on which page, and the balances after it.
create table passbook_print_home (
  village_id   bigint not null,
  print_id     uuid not null,
  household_id uuid not null,
  passbook_no  text not null,
  from_line    integer not null,
  to_line      integer not null,
  page         integer not null, -- of the first line
  year_after   bigint not null,
  base_after   bigint not null,
  primary key (village_id, print_id, household_id),
  foreign key (village_id, print_id) references passbook_print (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id)
);
create index passbook_print_household on passbook_print_home (village_id, household_id);
select fence('passbook_print_home', 'select, insert');

-- A line of the book as it stands on paper: its number for ever, the balances after it, and the code by which
-- anybody can check it.
create table passbook_line (
  village_id   bigint not null,
  household_id uuid not null,
  line         integer not null check (line > 0),
  entry_id     uuid not null,
  year_after   bigint not null,
  base_after   bigint not null,
  code         text not null,
  primary key (village_id, household_id, line),
  unique (village_id, entry_id),
  foreign key (village_id, household_id) references household (village_id, id),
  foreign key (village_id, entry_id) references ledger_entry (village_id, id)
);
create index passbook_line_code on passbook_line (village_id, code);
select fence('passbook_line', 'select, insert');

-- A book that was lost or filled: void from then on, and which number came in its place.
create table passbook_void (
  village_id   bigint not null,
  passbook_no  text not null,
  household_id uuid not null,
  new_no       text not null,
  reason       text not null,
  by           uuid not null,
  by_name      text not null,
  at           timestamptz not null,
  primary key (village_id, passbook_no),
  foreign key (village_id, household_id) references household (village_id, id)
);
create index passbook_void_household on passbook_void (village_id, household_id);
select fence('passbook_void', 'select, insert');

-- That a village's year is to be cleared as rehearsed: it is, as soon as December's notice is closed (D11).
create table year_plan (
  village_id   bigint not null,
  year         integer not null,
  confirmed_by uuid,
  by_name      text not null,
  confirmed_at timestamptz not null,
  primary key (village_id, year)
);
select fence('year_plan', 'select, insert, update, delete');

-- A year's clearing (R4.4.6d). run counts from 1; after one was undone the next may come.
create table year_close (
  village_id bigint not null,
  year       integer not null,
  run        integer not null,
  households integer not null, -- whose points were cleared
  points     bigint not null,  -- that were
  base       bigint not null,  -- base points cleared, where the rules do not carry them over
  by         uuid,
  by_name    text not null,
  at         timestamptz not null,
  undo_until timestamptz not null,
  undone_at  timestamptz,
  undone_by  uuid,
  undo_name  text not null default '',
  reason     text not null default '',
  primary key (village_id, year, run)
);
create unique index year_close_standing on year_close (village_id, year) where undone_at is null;
select fence('year_close', 'select, insert, update');

-- What one household's clearing was; the lines stand in the book.
create table year_close_home (
  village_id   bigint not null,
  year         integer not null,
  run          integer not null,
  household_id uuid not null,
  cleared      bigint not null, -- of the year's points
  base_cleared bigint not null,
  kept         bigint not null, -- points of the new year that stay
  base_kept    bigint not null,
  score        bigint not null, -- of the year that ended
  entry_id     uuid,
  base_entry   uuid,
  primary key (village_id, year, run, household_id),
  foreign key (village_id, year, run) references year_close (village_id, year, run),
  foreign key (village_id, household_id) references household (village_id, id)
);
select fence('year_close_home', 'select, insert');

-- The annual selection of a village (R4.4.6c): a ranking frozen once, objections to it, and who is honoured.
create table selection (
  village_id   bigint not null,
  year         integer not null,
  state        text not null check (state in ('open', 'settled')),
  conditions   text not null, -- the village's own, in words
  least        integer not null, -- points that a household must have had
  no_deduction boolean not null, -- who had a deduction in the year is not chosen
  places       integer not null check (places > 0),
  object_until date not null,
  frozen_by    uuid not null,
  frozen_name  text not null,
  frozen_at    timestamptz not null,
  settled_by   uuid,
  settled_at   timestamptz,
  primary key (village_id, year)
);
select fence('selection', 'select, insert, update');

create table selection_rank (
  village_id   bigint not null,
  year         integer not null,
  household_id uuid not null,
  place        integer not null, -- by points
  score        bigint not null,
  share_place  integer not null, -- by share of reachable points (D10)
  share        integer not null, -- in thousandths
  deductions   integer not null,
  fits         boolean not null, -- meets the conditions
  chosen       boolean not null,
  honour       text not null default '',
  note         text not null default '',
  primary key (village_id, year, household_id),
  foreign key (village_id, year) references selection (village_id, year),
  foreign key (village_id, household_id) references household (village_id, id)
);
select fence('selection_rank', 'select, insert, update');

create table selection_objection (
  village_id   bigint not null,
  id           uuid not null,
  year         integer not null,
  household_id uuid not null, -- whose choice is objected to
  grounds      text not null,
  by           uuid not null,
  by_name      text not null,
  at           timestamptz not null,
  verdict      text not null default '' check (verdict in ('', 'upheld', 'dismissed')),
  answer       text not null default '',
  decided_by   uuid,
  decided_name text not null default '',
  decided_at   timestamptz,
  primary key (village_id, id),
  foreign key (village_id, year, household_id) references selection_rank (village_id, year, household_id),
  check (decided_by is null or decided_by <> by)
);
create index selection_objection_year on selection_objection (village_id, year);
select fence('selection_objection', 'select, insert, update');
