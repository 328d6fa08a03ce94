-- +goose Up
-- Every change of a thing's stock has a line here, written by the statement that changes it: stock is the sum
-- of its lines. Kinds: 1 first stock, 2 bought, 3 donated, 4 set aside for an order, 5 given back by an order,
-- 6 handed out, 7 a redemption taken back, 8 counted otherwise, 9 spoiled.
create table stock_line (
  village_id bigint not null references village,
  id         uuid not null,
  goods_id   uuid not null,
  quantity   integer not null check (quantity <> 0),
  stock      integer not null check (stock >= 0), -- after it
  kind       smallint not null check (kind between 1 and 9),
  source_id  uuid, -- the order, redemption, purchase, donation or count behind it
  by         uuid,
  at         timestamptz not null,
  note       text not null default '',
  primary key (village_id, id),
  foreign key (village_id, goods_id) references goods (village_id, id)
);
create index stock_line_goods on stock_line (village_id, goods_id, id);
select fence('stock_line', 'select, insert');

-- What stood in stock before there were lines is each thing's first line.
insert into stock_line (village_id, id, goods_id, quantity, stock, kind, at)
select village_id, id, id, stock, stock, 1, created_at from goods where stock > 0
on conflict (village_id, id) do nothing;

-- stock_move changes a thing's stock and writes the line. CF003 when there is not so much.
-- +goose StatementBegin
create function stock_move(p_village bigint, p_id uuid, p_goods uuid, p_quantity integer, p_kind smallint, p_source uuid, p_by uuid, p_at timestamptz, p_note text)
returns integer language plpgsql as $$
declare left_over integer;
begin
  update goods g set stock = g.stock + p_quantity
  where g.village_id = p_village and g.id = p_goods and g.stock + p_quantity >= 0 returning g.stock into left_over;
  if not found then
    raise exception 'out of stock' using errcode = 'CF003';
  end if;
  insert into stock_line (village_id, id, goods_id, quantity, stock, kind, source_id, by, at, note)
  values (p_village, p_id, p_goods, p_quantity, left_over, p_kind, p_source, p_by, p_at, p_note);
  return left_over;
end $$;
-- +goose StatementEnd
grant execute on function stock_move(bigint, uuid, uuid, integer, smallint, uuid, uuid, timestamptz, text) to cunfen_app, cunfen_worker;

-- stock_take takes pieces out of stock at the price as it stands. CF004 when the thing is not offered at it.
-- +goose StatementBegin
create function stock_take(p_village bigint, p_id uuid, p_goods uuid, p_quantity integer, p_price integer, p_kind smallint, p_source uuid, p_by uuid, p_at timestamptz)
returns integer language plpgsql as $$
declare there boolean;
begin
  select g.active and g.price = p_price into there from goods g where g.village_id = p_village and g.id = p_goods for update;
  if there is not true then
    raise exception 'not offered' using errcode = 'CF004';
  end if;
  return stock_move(p_village, p_id, p_goods, -p_quantity, p_kind, p_source, p_by, p_at, '');
end $$;
-- +goose StatementEnd
grant execute on function stock_take(bigint, uuid, uuid, integer, integer, smallint, uuid, uuid, timestamptz) to cunfen_app, cunfen_worker;
drop function goods_take(bigint, uuid, integer, integer);

-- Goods set aside for a household: points held, stock taken, the price as it was (INV-63). It is held until it
-- is handed over, cancelled, or over, once.
create table shop_order (
  village_id   bigint not null references village,
  id           uuid not null,
  household_id uuid not null,
  code         text not null, -- what the household shows at the desk
  channel      text not null check (channel in ('phone', 'counter')),
  state        text not null check (state in ('held', 'fulfilled', 'cancelled', 'expired')),
  points       integer not null check (points > 0),
  made_by      uuid not null,
  made_by_name text not null,
  made_at      timestamptz not null,
  expires_at   timestamptz not null,
  closed_at    timestamptz,
  closed_by    uuid,
  close_reason text not null default '',
  primary key (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id),
  check ((state = 'held') = (closed_at is null))
);
create unique index shop_order_code on shop_order (village_id, code) where state = 'held';
create index shop_order_household on shop_order (village_id, household_id, id);
select fence('shop_order', 'select, insert, update');

create table order_line (
  village_id bigint not null references village,
  order_id   uuid not null,
  goods_id   uuid not null,
  goods_name text not null,
  unit       text not null,
  quantity   integer not null check (quantity between 1 and 1000),
  price      integer not null check (price > 0),
  primary key (village_id, order_id, goods_id),
  foreign key (village_id, order_id) references shop_order (village_id, id),
  foreign key (village_id, goods_id) references goods (village_id, id)
);
create index order_line_goods on order_line (village_id, goods_id);
select fence('order_line', 'select, insert');

-- order_close ends a held order, once: the points are free again, and unless it is handed over its goods go
-- back, each under one of the line ids given. Locks go balance, order, goods by id, as everywhere. CF006 when it is no longer held.
-- +goose StatementBegin
create function order_close(p_village bigint, p_order uuid, p_state text, p_by uuid, p_at timestamptz, p_reason text, p_lines uuid[]) returns void language plpgsql as $$
declare
  home uuid; cost integer; l record; n integer := 0;
begin
  select o.household_id into home from shop_order o where o.village_id = p_village and o.id = p_order;
  perform 1 from balance b where b.village_id = p_village and b.household_id = home for update;
  update shop_order o set state = p_state, closed_at = p_at, closed_by = p_by, close_reason = p_reason
  where o.village_id = p_village and o.id = p_order and o.state = 'held' returning o.points into cost;
  if not found then
    raise exception 'order is not held' using errcode = 'CF006';
  end if;
  update balance b set held = b.held - cost where b.village_id = p_village and b.household_id = home;
  if p_state = 'fulfilled' then
    return;
  end if;
  for l in select goods_id, quantity from order_line where village_id = p_village and order_id = p_order order by goods_id loop
    n := n + 1;
    perform stock_move(p_village, p_lines[n], l.goods_id, l.quantity, 5::smallint, p_order, p_by, p_at, '');
  end loop;
end $$;
-- +goose StatementEnd
grant execute on function order_close(bigint, uuid, text, uuid, timestamptz, text, uuid[]) to cunfen_app, cunfen_worker;

-- One signing at the desk may hand out several things: their redemptions share a slip. A proxy says what they
-- are to the household and by what authority they come.
alter table redemption add column slip_id uuid;
alter table redemption add column order_id uuid;
alter table redemption add column relation text not null default '';
alter table redemption add column authority text not null default '';
alter table redemption add column delivered boolean not null default false;
update redemption set slip_id = id where slip_id is null;
create index redemption_slip on redemption (village_id, slip_id);

-- A paper passbook that says something else than the ledger (R4.4.8b): until two people have signed what came
-- of it, nothing is handed out to the household (INV-84).
create table passbook_case (
  village_id     bigint not null references village,
  id             uuid not null,
  household_id   uuid not null,
  ledger         bigint not null, -- what the ledger said then
  paper          bigint not null, -- what the paper said
  opened_by      uuid not null,
  opened_by_name text not null,
  opened_at      timestamptz not null,
  state          text not null check (state in ('open', 'settled')),
  outcome        text not null default '' check (outcome in ('', 'paper', 'ledger')),
  reason         text not null default '',
  first_by       uuid,
  first_name     text not null default '',
  first_at       timestamptz,
  second_by      uuid,
  second_name    text not null default '',
  second_at      timestamptz,
  primary key (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id),
  check (first_by is null or second_by is null or first_by <> second_by),
  check (state = 'open' or first_by is not null and second_by is not null and outcome <> '')
);
create unique index passbook_case_open on passbook_case (village_id, household_id) where state = 'open';
select fence('passbook_case', 'select, insert, update');

-- passbook_check holds the household's balance and raises CF005 unless the paper passbook says the same, CF007
-- while a case about it is open (R4.4.8b).
-- +goose StatementBegin
create or replace function passbook_check(p_village bigint, p_household uuid, p_passbook bigint) returns void language plpgsql as $$
declare b bigint;
begin
  select year into b from balance where village_id = p_village and household_id = p_household for update;
  if not found then
    raise exception 'no balance' using errcode = 'CF002';
  end if;
  if exists (select from passbook_case c where c.village_id = p_village and c.household_id = p_household and c.state = 'open') then
    raise exception 'passbook under reconciliation' using errcode = 'CF007';
  end if;
  if b <> p_passbook then
    raise exception 'passbook differs' using errcode = 'CF005';
  end if;
end $$;
-- +goose StatementEnd

-- Days on which the desk is open besides the village's fixed day (R4.4.6a).
create table redeem_window (
  village_id bigint not null references village,
  day        date not null,
  hours      text not null,
  place      text not null,
  made_by    uuid not null,
  made_at    timestamptz not null,
  primary key (village_id, day)
);
select fence('redeem_window', 'select, insert, update, delete');

-- Who waits at the desk today, by number.
create table queue_ticket (
  village_id   bigint not null references village,
  day          date not null,
  number       integer not null check (number > 0),
  household_id uuid,
  state        text not null check (state in ('waiting', 'called', 'served', 'gone')),
  taken_at     timestamptz not null,
  called_at    timestamptz,
  called_by    uuid,
  desk_name    text not null default '',
  done_at      timestamptz,
  primary key (village_id, day, number),
  foreign key (village_id, household_id) references household (village_id, id)
);
select fence('queue_ticket', 'select, insert, update');

-- Households that are too frail to come: what they redeem is brought to their door.
create table doorstep (
  village_id   bigint not null references village,
  household_id uuid not null,
  reason       text not null,
  added_by     uuid not null,
  added_at     timestamptz not null,
  primary key (village_id, household_id),
  foreign key (village_id, household_id) references household (village_id, id)
);
select fence('doorstep', 'select, insert, update, delete');

-- The close of a redemption day, or a stock-taking at any other time: what is there against the book, each
-- difference explained.
create table stock_count (
  village_id  bigint not null references village,
  id          uuid not null,
  kind        text not null check (kind in ('day', 'taking')),
  day         date not null,
  counted_by  uuid not null,
  name        text not null,
  witness     text not null,
  at          timestamptz not null,
  redemptions integer not null,
  points      bigint not null,
  note        text not null default '',
  primary key (village_id, id)
);
create index stock_count_day on stock_count (village_id, day);
select fence('stock_count', 'select, insert');

create table stock_count_line (
  village_id bigint not null references village,
  count_id   uuid not null,
  goods_id   uuid not null,
  goods_name text not null,
  book       integer not null, -- in stock and set aside
  counted    integer not null check (counted >= 0),
  reason     text not null default '',
  primary key (village_id, count_id, goods_id),
  foreign key (village_id, count_id) references stock_count (village_id, id),
  foreign key (village_id, goods_id) references goods (village_id, id),
  check (counted = book or reason <> '')
);
select fence('stock_count_line', 'select, insert');

-- How a village keeps its purse: strict, and nothing is redeemed or bought before the township has agreed to
-- the year's budget; otherwise it is only warned. From quotes_from fen on, a purchase wants three quotes.
create table purse (
  village_id  bigint primary key references village,
  strict      boolean not null default false,
  quotes_from bigint not null default 200000 check (quotes_from >= 0),
  changed_by  uuid,
  changed_at  timestamptz not null
);
select fence('purse', 'select, insert, update');

-- The year's budget of goods (R4.5.2b): number 0 is the first, an amendment is the next, whole again.
create table budget (
  village_id   bigint not null references village,
  id           uuid not null,
  year         integer not null check (year between 2020 and 2099),
  number       integer not null check (number >= 0),
  state        text not null check (state in ('draft', 'submitted', 'returned', 'agreed')),
  reason       text not null default '', -- of an amendment
  note         text not null default '',
  drafted_by   uuid not null,
  drafted_name text not null,
  drafted_at   timestamptz not null,
  submitted_at timestamptz,
  decided_by   uuid,
  decided_name text not null default '',
  decided_at   timestamptz,
  advice       text not null default '',
  version      integer not null default 1,
  primary key (village_id, id),
  unique (village_id, year, number),
  check (state <> 'agreed' or decided_at is not null)
);
create unique index budget_open on budget (village_id, year) where state <> 'agreed';
select fence('budget', 'select, insert, update');

-- A line of money in (source above zero) or of goods to be had (source zero).
create table budget_line (
  village_id bigint not null references village,
  budget_id  uuid not null,
  position   integer not null,
  source     smallint not null check (source between 0 and 5), -- 0 goods 1 village 2 notables 3 firms 4 finance bodies 5 others
  name       text not null,
  quantity   integer not null default 0 check (quantity >= 0),
  fen        bigint not null check (fen >= 0),
  primary key (village_id, budget_id, position),
  foreign key (village_id, budget_id) references budget (village_id, id)
);
select fence('budget_line', 'select, insert, delete');

-- budget_gate raises CF009 where the village is strict and the year's budget is not agreed to.
-- +goose StatementBegin
create function budget_gate(p_village bigint, p_year integer) returns void language plpgsql as $$
begin
  if exists (select from purse p where p.village_id = p_village and p.strict)
     and not exists (select from budget b where b.village_id = p_village and b.year = p_year and b.state = 'agreed') then
    raise exception 'no budget' using errcode = 'CF009';
  end if;
end $$;
-- +goose StatementEnd
grant execute on function budget_gate(bigint, integer) to cunfen_app, cunfen_worker;
