-- +goose Up
-- The village's book of points (INV-58…73): append only by grant. source_kind and source_id are the thing
-- that caused the line, once in the village for ever.
create table ledger_entry (
  village_id   bigint not null references village,
  id           uuid not null,
  household_id uuid not null,
  member_id    uuid,
  reverses     uuid,
  source_id    uuid not null,
  recorder     uuid,
  reviewer     uuid,
  evidence     bytea,
  at           timestamptz not null,
  points       integer not null check (points <> 0 and points between -100000 and 100000),
  month        integer not null check (month between 200001 and 209912),
  occurred_on  date not null,
  rule_version integer not null,
  source_kind  smallint not null,
  kind         smallint not null check (kind between 1 and 7), -- 1 base 2 award 3 deduction 4 redemption 5 reversal 6 clearing 7 opening
  bucket       smallint not null check (bucket between 1 and 2), -- 1 base 2 year
  scores       boolean not null, -- counts towards the year's score and the honour total
  item         text not null default '',
  primary key (village_id, id),
  unique (village_id, source_kind, source_id),
  foreign key (village_id, household_id) references household (village_id, id),
  check (recorder is null or reviewer is null or recorder <> reviewer),
  check ((kind = 5) = (reverses is not null))
);
create index ledger_entry_household on ledger_entry (village_id, household_id, id);
select fence('ledger_entry', 'select, insert');

-- What a household has: base and year are the sums of its entries by bucket, score and honour the sums of
-- those that score (this year's, and of all years), held what is set aside for redemption, disputed the sum
-- of lines under objection, which count for nothing until decided (D8).
create table balance (
  village_id   bigint not null references village,
  household_id uuid not null,
  base         bigint not null default 0 check (base >= 0),
  year         bigint not null default 0,
  score        bigint not null default 0,
  honour       bigint not null default 0,
  held         bigint not null default 0 check (held >= 0),
  disputed     bigint not null default 0,
  entries      bigint not null default 0,
  primary key (village_id, household_id),
  foreign key (village_id, household_id) references household (village_id, id)
) with (fillfactor = 70);
select fence('balance', 'select, insert, update');

-- ledger_post writes one entry and moves the balance with it. A source that is there already changes
-- nothing: posted is false and id is the entry that stands. A redemption that the household cannot pay
-- raises CF001, a household without a balance CF002.
-- +goose StatementBegin
create function ledger_post(
  p_village bigint, p_id uuid, p_household uuid, p_member uuid, p_reverses uuid, p_source_kind smallint, p_source uuid,
  p_recorder uuid, p_reviewer uuid, p_evidence bytea, p_at timestamptz, p_points integer, p_month integer,
  p_occurred_on date, p_rule_version integer, p_kind smallint, p_bucket smallint, p_scores boolean, p_item text,
  out id uuid, out posted boolean, out usable bigint
) language plpgsql as $$
begin
  insert into ledger_entry as e (village_id, id, household_id, member_id, reverses, source_kind, source_id, recorder, reviewer, evidence,
    at, points, month, occurred_on, rule_version, kind, bucket, scores, item)
  values (p_village, p_id, p_household, p_member, p_reverses, p_source_kind, p_source, p_recorder, p_reviewer, p_evidence,
    p_at, p_points, p_month, p_occurred_on, p_rule_version, p_kind, p_bucket, p_scores, p_item)
  on conflict (village_id, source_kind, source_id) do nothing;
  posted := found;
  if not posted then
    select e.id into id from ledger_entry e where e.village_id = p_village and e.source_kind = p_source_kind and e.source_id = p_source;
    select b.year - b.held - b.disputed into usable from balance b where b.village_id = p_village and b.household_id = p_household;
    return;
  end if;
  id := p_id;
  update balance b set
    base    = b.base + case when p_bucket = 1 then p_points else 0 end,
    year    = b.year + case when p_bucket = 2 then p_points else 0 end,
    score   = b.score + case when p_scores then p_points else 0 end,
    honour  = b.honour + case when p_scores then p_points else 0 end,
    entries = b.entries + 1
  where b.village_id = p_village and b.household_id = p_household
  returning b.year - b.held - b.disputed into usable;
  if not found then
    raise exception 'household has no balance' using errcode = 'CF002';
  end if;
  if p_kind = 4 and usable < 0 then
    raise exception 'not enough points' using errcode = 'CF001';
  end if;
end $$;
-- +goose StatementEnd
grant execute on function ledger_post(bigint, uuid, uuid, uuid, uuid, smallint, uuid, uuid, uuid, bytea, timestamptz, integer, integer, date, integer, smallint, smallint, boolean, text) to cunfen_app, cunfen_worker;

-- The chain over the village's entries: each block holds a span of entry ids, the short hash of each of its
-- entries and the hash that ties it to the block before (INV-71).
create table ledger_seal (
  village_id bigint not null references village,
  seq        bigint not null check (seq > 0),
  upto       uuid not null, -- entries below this id, and not below the block before, are in the block
  entries    integer not null,
  leaves     bytea not null,
  previous   bytea not null,
  hash       bytea not null,
  sealed_at  timestamptz not null,
  primary key (village_id, seq)
);
select fence('ledger_seal', 'select, insert');
