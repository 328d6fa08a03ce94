-- +goose Up
-- Points given by a household to a family in need (off unless the village switches it on): how much a household
-- may give in a year, and how long a gift waits so that its giver can think again.
create table giving (
  village_id   bigint primary key references village,
  allowed      boolean not null default false,
  per_year     integer not null default 50 check (per_year between 1 and 10000),
  cooling_days integer not null default 3 check (cooling_days between 0 and 30),
  changed_by   uuid not null,
  changed_name text not null,
  changed_at   timestamptz not null
);
select fence('giving', 'select, insert, update');

-- Families in need, kept by the working group, each with its consent; never public. A giver sees number and
-- words, and the name only where the family agreed to it.
create table needy (
  village_id   bigint not null references village,
  household_id uuid not null,
  number       integer not null check (number > 0),
  words        text not null, -- what a giver may read
  named        boolean not null,
  consent      text not null, -- who of the family agreed, when and how
  added_by     uuid not null,
  added_name   text not null,
  added_at     timestamptz not null,
  ended_at     timestamptz,
  primary key (village_id, household_id),
  unique (village_id, number),
  foreign key (village_id, household_id) references household (village_id, id)
);
select fence('needy', 'select, insert, update');

-- A gift waits with its points held, and is then posted as two lines in one transaction, once; until then its
-- giver may take it back, later the group by reversing both lines.
create table gift (
  village_id bigint not null references village,
  id         uuid not null,
  giver      uuid not null,
  taker      uuid not null,
  points     integer not null check (points > 0),
  channel    text not null check (channel in ('phone', 'counter')),
  state      text not null check (state in ('waiting', 'done', 'withdrawn', 'reversed')),
  by         uuid not null,
  by_name    text not null,
  at         timestamptz not null,
  due_at     timestamptz not null,
  signature  bytea, -- of the giver at the counter: drawn, or the slip scanned
  ended_by   uuid,
  ended_name text not null default '',
  ended_at   timestamptz,
  reason     text not null default '',
  out_entry  uuid,
  in_entry   uuid,
  primary key (village_id, id),
  foreign key (village_id, giver) references household (village_id, id),
  foreign key (village_id, taker) references household (village_id, id),
  check (giver <> taker),
  check (channel = 'phone' or signature is not null),
  check ((state in ('done', 'reversed')) = (out_entry is not null and in_entry is not null))
);
create index gift_giver on gift (village_id, giver, id);
create index gift_taker on gift (village_id, taker, id);
select fence('gift', 'select, insert, update');

-- gift_hold sets aside what a household gives: of the year's points alone. CF001 when it has not so many.
-- +goose StatementBegin
create function gift_hold(p_village bigint, p_household uuid, p_points integer) returns void language plpgsql as $$
begin
  update balance b set held = b.held + p_points
  where b.village_id = p_village and b.household_id = p_household and b.year - b.held - b.disputed >= p_points;
  if not found then
    raise exception 'not enough points' using errcode = 'CF001';
  end if;
end $$;
-- +goose StatementEnd
grant execute on function gift_hold(bigint, uuid, integer) to cunfen_app, cunfen_worker;
