-- +goose Up
-- Until this day the person is under age: what they did before is a minor's deed.
alter table member add column minor_until date;

-- A photo of a record that is no claim, and the household that it is about.
alter table evidence add column if not exists holder_id uuid;
alter table evidence add column if not exists home uuid;
create index if not exists evidence_holder on evidence (village_id, holder_id) where holder_id is not null;

-- A deductible matter found in a check (R4.4.7a): a proposal until its whole chain stands below.
create table finding (
  village_id    bigint not null references village,
  id            uuid not null,
  household_id  uuid not null,
  member_id     uuid, -- whose deed it was, if it was one person's
  item          text not null,
  parts         jsonb not null,
  rule_version  integer not null,
  points        integer not null check (points between -100000 and -1), -- in full, by the rules of the day
  occurred_on   date not null,
  found_at      timestamptz not null,
  place         text not null default '',
  matter        text not null check (length(matter) between 4 and 1000),
  basis         text not null default '',
  proofs        text[] not null check (cardinality(proofs) > 0),
  evidence      bytea not null check (octet_length(evidence) = 32),
  private       boolean not null default false, -- its cause is on no screen that the home shares
  minor         boolean not null default false,
  recorder      uuid not null,
  recorder_name text not null,
  recorded_at   timestamptz not null,
  state         text not null check (state in ('recorded', 'noticed', 'rechecked', 'heard', 'cleared', 'posted', 'closed', 'talk')),
  outcome       text not null default '' check (outcome in ('', 'put_right', 'waived', 'withdrawn', 'talked')),
  outcome_note  text not null default '',
  closed_at     timestamptz,
  month         integer,
  entry_id      uuid,
  version       integer not null default 1,
  primary key (village_id, id),
  unique (village_id, id, household_id, item, rule_version, points, evidence),
  unique (village_id, id, recorder),
  foreign key (village_id, household_id) references household (village_id, id),
  foreign key (village_id, member_id) references member (village_id, id),
  foreign key (village_id, rule_version, item) references rule_item (village_id, version, code),
  check ((state = 'closed') = (outcome <> ''))
);
create index finding_state on finding (village_id, state, id);
create index finding_household on finding (village_id, household_id, id);
create index finding_month on finding (village_id, month) where month is not null;
select fence('finding', 'select, insert, update');

-- Who told of it. Read by the deciders alone; not supervised.
create table finding_report (
  village_id bigint not null references village,
  finding_id uuid not null,
  reporter   text not null,
  primary key (village_id, finding_id),
  foreign key (village_id, finding_id) references finding (village_id, id)
);
select fence('finding_report', 'select, insert', false);

-- The rectification notice (R4.4.7b) with the help on offer (R4.4.7c) and the time given.
create table finding_notice (
  village_id     bigint not null references village,
  finding_id     uuid not null,
  demand         text not null check (length(demand) between 4 and 500),
  help           text[] not null check (cardinality(help) > 0),
  contact        text not null default '',
  due_on         date not null,
  issued_by      uuid not null,
  issued_by_name text not null,
  issued_at      timestamptz not null,
  primary key (village_id, finding_id),
  unique (village_id, finding_id, due_on, issued_at),
  foreign key (village_id, finding_id) references finding (village_id, id),
  check (due_on > (issued_at at time zone 'Asia/Shanghai')::date)
);
select fence('finding_notice', 'select, insert');

-- How the notice reached the household: the screen opened, a short message sent, the paper slip signed.
create table finding_delivery (
  village_id bigint not null references village,
  finding_id uuid not null,
  id         uuid not null,
  method     text not null check (method in ('screen', 'sms', 'slip')),
  receiver   text not null default '',
  by_account uuid,
  by_name    text not null default '',
  at         timestamptz not null,
  primary key (village_id, finding_id, id),
  unique (village_id, finding_id, method),
  unique (village_id, finding_id, id, at),
  foreign key (village_id, finding_id) references finding_notice (village_id, finding_id),
  check (method <> 'slip' or receiver <> '')
);
select fence('finding_delivery', 'select, insert');

create table finding_recheck (
  village_id bigint not null references village,
  finding_id uuid not null,
  result     text not null check (result in ('put_right', 'not_put_right', 'past')), -- past: nothing left that could be put right
  note       text not null default '',
  evidence   bytea,
  by_account uuid not null,
  by_name    text not null,
  at         timestamptz not null,
  primary key (village_id, finding_id),
  unique (village_id, finding_id, at, result),
  foreign key (village_id, finding_id) references finding_notice (village_id, finding_id)
);
select fence('finding_recheck', 'select, insert');

-- What the household says, or that it said nothing when its time was over.
create table finding_statement (
  village_id bigint not null references village,
  finding_id uuid not null,
  how        text not null check (how in ('screen', 'phone', 'counter', 'absent')),
  words      text not null default '',
  taken_by   uuid not null,
  taken_name text not null,
  at         timestamptz not null,
  primary key (village_id, finding_id),
  unique (village_id, finding_id, at, how),
  foreign key (village_id, finding_id) references finding_notice (village_id, finding_id),
  check (how = 'absent' or length(words) between 2 and 1000)
);
select fence('finding_statement', 'select, insert');

-- One member's decision, never the recorder's, with its reason.
create table finding_vote (
  village_id    bigint not null references village,
  finding_id    uuid not null,
  account_id    uuid not null,
  recorder      uuid not null,
  membership_id uuid not null,
  name          text not null,
  deduct        boolean not null,
  reason        text not null check (length(reason) between 4 and 500),
  at            timestamptz not null,
  primary key (village_id, finding_id, account_id),
  unique (village_id, finding_id, account_id, deduct, at),
  foreign key (village_id, finding_id) references finding_statement (village_id, finding_id),
  foreign key (village_id, finding_id, recorder) references finding (village_id, id, recorder),
  foreign key (village_id, membership_id) references membership (village_id, id),
  check (account_id <> recorder)
);
select fence('finding_vote', 'select, insert');

-- The whole chain of one deduction. It can only be written when every link is there, each at its time and in
-- its order; a deduction in the book points here, so that nothing else can take points away (INV-77).
create table clearance (
  village_id   bigint not null references village,
  id           uuid not null, -- the finding's
  household_id uuid not null,
  item         text not null,
  rule_version integer not null,
  evidence     bytea not null,
  full_points  integer not null,
  points       integer not null,
  due_on       date not null,
  issued_at    timestamptz not null,
  delivery_id  uuid not null,
  delivered_at timestamptz not null,
  rechecked_at timestamptz not null,
  recheck      text not null,
  heard_at     timestamptz not null,
  heard        text not null,
  first_by     uuid not null,
  first_at     timestamptz not null,
  second_by    uuid not null,
  second_at    timestamptz not null,
  deduct       boolean not null check (deduct),
  cleared_at   timestamptz not null,
  primary key (village_id, id),
  unique (village_id, id, household_id, item, rule_version, points),
  foreign key (village_id, id, household_id, item, rule_version, full_points, evidence) references finding (village_id, id, household_id, item, rule_version, points, evidence),
  foreign key (village_id, id, due_on, issued_at) references finding_notice (village_id, finding_id, due_on, issued_at),
  foreign key (village_id, id, delivery_id, delivered_at) references finding_delivery (village_id, finding_id, id, at),
  foreign key (village_id, id, rechecked_at, recheck) references finding_recheck (village_id, finding_id, at, result),
  foreign key (village_id, id, heard_at, heard) references finding_statement (village_id, finding_id, at, how),
  foreign key (village_id, id, first_by, deduct, first_at) references finding_vote (village_id, finding_id, account_id, deduct, at),
  foreign key (village_id, id, second_by, deduct, second_at) references finding_vote (village_id, finding_id, account_id, deduct, at),
  constraint clearance_sign check (points < 0 and points >= full_points),
  constraint clearance_two check (first_by <> second_by),
  constraint clearance_delivered check (delivered_at >= issued_at),
  constraint clearance_time check (due_on > (delivered_at at time zone 'Asia/Shanghai')::date),
  constraint clearance_recheck check (rechecked_at > delivered_at and (recheck = 'put_right' or (rechecked_at at time zone 'Asia/Shanghai')::date >= due_on)),
  constraint clearance_heard check (heard_at > delivered_at and (heard <> 'absent' or (heard_at at time zone 'Asia/Shanghai')::date > due_on)),
  constraint clearance_order check (least(first_at, second_at) >= greatest(rechecked_at, heard_at) and cleared_at >= greatest(first_at, second_at))
);
select fence('clearance', 'select, insert');

-- A deduction's line names the finding that it was cleared for, with the very household, item, version and
-- points; an award or base points never take away.
alter table ledger_entry add column cleared uuid generated always as (case when kind = 3 then source_id end) stored;
alter table ledger_entry add constraint ledger_entry_cleared foreign key (village_id, cleared, household_id, item, rule_version, points)
  references clearance (village_id, id, household_id, item, rule_version, points) not valid;
alter table ledger_entry add constraint ledger_entry_deducts check (kind <> 3 or source_kind = 6) not valid;
alter table ledger_entry add constraint ledger_entry_gives check (kind not in (1, 2) or points > 0) not valid;

-- The way back: one task that earns a deduction back, at most all of it.
create table repair (
  village_id      bigint not null references village,
  id              uuid not null,
  finding_id      uuid not null,
  household_id    uuid not null,
  item            text not null,
  rule_version    integer not null,
  deducted        integer not null,
  points          integer not null,
  task            text not null check (length(task) between 4 and 300),
  until_on        date not null,
  offered_by      uuid not null,
  offered_by_name text not null,
  offered_at      timestamptz not null,
  state           text not null check (state in ('offered', 'done', 'approved', 'refused', 'posted')),
  done_on         date,
  done_by         uuid, -- who brought the proof in
  done_note       text not null default '',
  evidence        bytea,
  decided_by      uuid,
  decided_by_name text not null default '',
  decided_at      timestamptz,
  reason          text not null default '',
  month           integer,
  entry_id        uuid,
  primary key (village_id, id),
  unique (village_id, finding_id),
  foreign key (village_id, finding_id, household_id, item, rule_version, deducted) references clearance (village_id, id, household_id, item, rule_version, points),
  check (points between 1 and -deducted),
  check (decided_by is null or decided_by <> done_by and decided_by <> offered_by)
);
create index repair_household on repair (village_id, household_id);
create index repair_month on repair (village_id, month) where month is not null;
select fence('repair', 'select, insert, update');

-- What somebody thinks of an item, of a person's doing, of anything (R4.1.4, R4.4.6b); without a name if they like.
create table opinion (
  village_id    bigint not null references village,
  id            uuid not null,
  kind          text not null check (kind in ('item', 'line', 'conduct', 'other')),
  item          text not null default '',
  words         text not null check (length(words) between 4 and 1000),
  household_id  uuid, -- whose it is; none where it came without a name
  account_id    uuid,
  name          text not null default '',
  contact       text not null default '',
  channel       text not null check (channel in ('self', 'counter', 'public')),
  code          text not null default '', -- by which somebody without a name finds the answer
  filed_at      timestamptz not null,
  due_on        date not null,
  state         text not null check (state in ('open', 'answered')),
  answer        text not null default '',
  answered_by   uuid,
  answered_name text not null default '',
  answered_at   timestamptz,
  primary key (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id)
);
create unique index opinion_code on opinion (village_id, code) where code <> '';
create index opinion_open on opinion (village_id, state, id);
create index opinion_household on opinion (village_id, household_id) where household_id is not null;
select fence('opinion', 'select, insert, update');
