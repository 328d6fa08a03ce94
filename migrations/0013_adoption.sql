-- +goose Up
-- A village's rules while they are being written and deliberated (R3.2, R6.1c). One at a time is under way.
create table rule_draft (
  village_id   bigint not null references village,
  id           uuid not null,
  based_on     integer not null, -- the version that it was begun from; 0 is the document's own list
  body         jsonb not null,   -- rulebook.RuleSet
  digest       text not null,    -- of the body: what the meetings deliberate
  state        text not null check (state in ('drafting', 'submitted', 'returned', 'accepted', 'discarded')),
  version      integer not null default 1,
  advice       text not null default '', -- the bureau's last word
  started_by   text not null,
  started_at   timestamptz not null,
  changed_at   timestamptz not null,
  submitted_at timestamptz,
  decided_by   text not null default '',
  decided_at   timestamptz,
  rule_version integer, -- what it became
  primary key (village_id, id),
  foreign key (village_id, rule_version) references rule_set (village_id, version),
  check ((state = 'accepted') = (rule_version is not null))
);
create unique index rule_draft_open on rule_draft (village_id) where state in ('drafting', 'submitted', 'returned');
select fence('rule_draft', 'select, insert, update');

-- One of the six steps of 四议两公开, as the village recorded it. A step recorded wrongly is recorded again, and
-- the later record counts; none is ever changed. It counts for the text whose digest it names, and for no other.
create table adoption_step (
  village_id  bigint not null references village,
  id          uuid not null,
  draft_id    uuid not null,
  step        smallint not null check (step between 1 and 6),
  digest      text not null,
  held_on     date not null,
  place       text not null,
  eligible    integer not null check (eligible >= 0), -- who should be there; 0 for the two disclosures
  present     integer not null check (present between 0 and eligible),
  agreed      integer not null check (agreed between 0 and present),
  minutes     text not null,
  by          uuid not null,
  by_name     text not null,
  at          timestamptz not null,
  primary key (village_id, id),
  foreign key (village_id, draft_id) references rule_draft (village_id, id)
);
create index adoption_step_draft on adoption_step (village_id, draft_id, id);
select fence('adoption_step', 'select, insert');

-- The township's legal review of an X item says what the law has to say about it, and who of the office wrote it.
alter table legal_review add column opinion text not null default '';
alter table legal_review add column account_id uuid;
alter table legal_review add column recorded_at timestamptz;
