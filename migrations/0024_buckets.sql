-- +goose Up
-- A line of a year that has been cleared counts for honour alone: bucket 3. cleared_year is the last year that
-- was cleared for the household; what scores of a later year makes its score (R4.4.6d, D11).
alter table ledger_entry drop constraint ledger_entry_bucket_check;
alter table ledger_entry add constraint ledger_entry_bucket_check check (bucket between 1 and 3); -- 1 base 2 year 3 closed
alter table ledger_entry drop constraint ledger_entry_kind_check;
alter table ledger_entry add constraint ledger_entry_kind_check check (kind between 1 and 8); -- 8 gift
alter table balance add column cleared_year integer not null default 0;

-- base_open is what of a household's base points can be redeemed on a day: all once the lock has run out, where
-- the rules in force say that base points are redeemed at all (D1).
-- +goose StatementBegin
create function base_open(p_village bigint, p_household uuid, p_day date) returns bigint language plpgsql stable as $$
declare
  points bigint; spent boolean;
begin
  select b.base into points from household h join balance b on b.village_id = p_village and b.household_id = h.id
  where h.village_id = p_village and h.id = p_household and h.base_unlocks_on <= p_day;
  if coalesce(points, 0) = 0 then
    return 0;
  end if;
  select (r.settings->>'base_usable')::boolean into spent from rule_set r
  where r.village_id = p_village and r.in_force_from <= p_day order by r.in_force_from desc, r.version desc limit 1;
  return case when spent then points else 0 end;
end $$;
-- +goose StatementEnd
grant execute on function base_open(bigint, uuid, date) to cunfen_app, cunfen_worker;

-- ledger_post writes one entry and moves the balance with it. A source that is there already changes nothing:
-- posted is false and id is the entry that stands. A redemption spends the year's points first and then the
-- base points that are open; where it needs both, the base points' share is a line of its own (source kind 11,
-- the id with another tail). What scores of a year that was cleared counts for honour alone. A redemption that
-- the household cannot pay raises CF001, a household without a balance CF002.
-- +goose StatementBegin
create or replace function ledger_post(
  p_village bigint, p_id uuid, p_household uuid, p_member uuid, p_reverses uuid, p_source_kind smallint, p_source uuid,
  p_recorder uuid, p_reviewer uuid, p_evidence bytea, p_at timestamptz, p_points integer, p_month integer,
  p_occurred_on date, p_rule_version integer, p_kind smallint, p_bucket smallint, p_scores boolean, p_item text,
  out id uuid, out posted boolean, out usable bigint
) language plpgsql as $$
declare
  today date := (p_at at time zone 'Asia/Shanghai')::date;
  main integer := p_points; share integer := 0; into_bucket smallint := p_bucket; closed integer; free bigint; opened bigint;
begin
  select b.cleared_year, b.year - b.held - b.disputed into closed, free from balance b
  where b.village_id = p_village and b.household_id = p_household for update;
  if not found then
    raise exception 'household has no balance' using errcode = 'CF002';
  end if;
  opened := base_open(p_village, p_household, today);
  if p_bucket = 2 and p_scores and extract(year from p_occurred_on) <= closed then
    into_bucket := 3;
  end if;
  if p_kind = 4 and p_bucket = 2 and opened > 0 then
    share := least(greatest(0, -p_points - greatest(free, 0)), opened);
    main := p_points + share;
    if main = 0 then
      main := p_points;
      into_bucket := 1;
      share := 0;
    end if;
  end if;
  insert into ledger_entry as e (village_id, id, household_id, member_id, reverses, source_kind, source_id, recorder, reviewer, evidence,
    at, points, month, occurred_on, rule_version, kind, bucket, scores, item)
  values (p_village, p_id, p_household, p_member, p_reverses, p_source_kind, p_source, p_recorder, p_reviewer, p_evidence,
    p_at, main, p_month, p_occurred_on, p_rule_version, p_kind, into_bucket, p_scores, p_item)
  on conflict (village_id, source_kind, source_id) do nothing;
  posted := found;
  if not posted then
    select e.id into id from ledger_entry e where e.village_id = p_village and e.source_kind = p_source_kind and e.source_id = p_source;
    usable := free + opened;
    return;
  end if;
  id := p_id;
  if share > 0 then
    insert into ledger_entry (village_id, id, household_id, member_id, source_kind, source_id, recorder, reviewer, evidence,
      at, points, month, occurred_on, rule_version, kind, bucket, scores, item)
    values (p_village, (left(p_id::text, 24) || left(md5(p_id::text), 12))::uuid, p_household, p_member, 11, p_source, p_recorder, p_reviewer, p_evidence,
      p_at, -share, p_month, p_occurred_on, p_rule_version, p_kind, 1, false, p_item)
    on conflict (village_id, source_kind, source_id) do nothing;
  end if;
  update balance b set
    base    = b.base + case when into_bucket = 1 then main else 0 end - share,
    year    = b.year + case when into_bucket = 2 then main else 0 end,
    score   = b.score + case when p_scores and into_bucket < 3 then main else 0 end,
    honour  = b.honour + case when p_scores then main else 0 end,
    entries = b.entries + case when share > 0 then 2 else 1 end
  where b.village_id = p_village and b.household_id = p_household
  returning b.year - b.held - b.disputed into usable;
  usable := usable + base_open(p_village, p_household, today);
  if p_kind = 4 and usable < 0 then
    raise exception 'not enough points' using errcode = 'CF001';
  end if;
end $$;
-- +goose StatementEnd
