-- +goose Up
-- A household's claim of points, declared by itself (R4.4.5b) or recorded for it (R4.4.1b).
create table claim (
  village_id   bigint not null references village,
  id           uuid not null,
  household_id uuid not null,
  member_id    uuid,
  item         text not null,
  parts        jsonb not null, -- part code to quantity
  rule_version integer not null,
  points       integer not null check (points between 1 and 100000),
  occurred_on  date not null,
  note         text not null default '',
  proofs       text[] not null default '{}', -- rulebook.Evidence: what kinds of proof there are
  source       text not null default '', -- award paper, news … and its reference (R4.4.1c)
  channel      text not null check (channel in ('self', 'grid', 'counter', 'batch')),
  recorder     uuid not null,
  recorder_name text not null,
  recorded_at  timestamptz not null,
  state        text not null check (state in ('pending', 'returned', 'approved', 'rejected', 'withdrawn', 'posted')),
  reviewer     uuid,
  reviewer_name text not null default '',
  decided_at   timestamptz,
  reason       text not null default '',
  month        integer, -- the month's sheet that the claim stands on
  entry_id     uuid,
  version      integer not null default 1,
  primary key (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id),
  foreign key (village_id, member_id) references member (village_id, id),
  foreign key (village_id, rule_version) references rule_set (village_id, version),
  check (reviewer is null or reviewer <> recorder)
);
create index claim_queue on claim (village_id, state, recorded_at);
create index claim_household on claim (village_id, household_id, recorded_at);
create index claim_month on claim (village_id, month) where month is not null;
select fence('claim', 'select, insert, update');

-- A period in which an item counts once for a household, taken by the claim that was there first (INV-62).
create table claim_slot (
  village_id   bigint not null references village,
  household_id uuid not null,
  item         text not null,
  period       text not null,
  claim_id     uuid not null,
  primary key (village_id, household_id, item, period),
  foreign key (village_id, claim_id) references claim (village_id, id)
);
create index claim_slot_claim on claim_slot (village_id, claim_id);
select fence('claim_slot', 'select, insert, delete');

-- A picture that proves something, stored re-encoded under a key that the server made (INV-34…40).
create table evidence (
  village_id  bigint not null references village,
  id          uuid not null,
  key         text not null,
  sha256      bytea not null,
  bytes       integer not null,
  width       integer not null,
  height      integer not null,
  phash       bigint not null default 0,
  uploaded_by uuid not null,
  uploaded_at timestamptz not null,
  claim_id    uuid,
  primary key (village_id, id),
  unique (village_id, key),
  foreign key (village_id, claim_id) references claim (village_id, id)
);
create index evidence_claim on evidence (village_id, claim_id);
create index evidence_day on evidence (village_id, uploaded_at);
select fence('evidence', 'select, insert, update, delete');
