-- +goose Up
-- What points are redeemed for (R4.5.2a). Prices in points, stock in pieces.
create table goods (
  village_id bigint not null references village,
  id         uuid not null,
  code       text not null,
  name       text not null,
  unit       text not null,
  price      integer not null check (price between 1 and 100000),
  stock      integer not null check (stock >= 0),
  active     boolean not null default true,
  version    integer not null default 1,
  created_at timestamptz not null,
  primary key (village_id, id),
  unique (village_id, code)
);
select fence('goods', 'select, insert, update');

-- Points turned into goods at the desk, book and ledger found equal, and signed (R4.4.8b).
create table redemption (
  village_id       bigint not null references village,
  id               uuid not null,
  household_id     uuid not null,
  goods_id         uuid not null,
  goods_name       text not null,
  quantity         integer not null check (quantity between 1 and 1000),
  points           integer not null check (points > 0),
  passbook_balance bigint not null,
  receiver         text not null,
  signature        bytea,
  desk             uuid not null,
  desk_name        text not null,
  at               timestamptz not null,
  entry_id         uuid not null,
  cancelled_at     timestamptz,
  cancelled_by     uuid,
  cancel_reason    text not null default '',
  primary key (village_id, id),
  foreign key (village_id, household_id) references household (village_id, id),
  foreign key (village_id, goods_id) references goods (village_id, id)
);
create index redemption_day on redemption (village_id, at);
create index redemption_household on redemption (village_id, household_id);
select fence('redemption', 'select, insert, update');

-- goods_take takes pieces out of stock: price and name as they stand. CF003 when there are not enough, CF004
-- when the goods are not offered.
-- +goose StatementBegin
create function goods_take(p_village bigint, p_goods uuid, p_quantity integer, p_price integer) returns void language plpgsql as $$
begin
  update goods g set stock = g.stock - p_quantity
  where g.village_id = p_village and g.id = p_goods and g.active and g.price = p_price and g.stock >= p_quantity;
  if not found then
    if exists (select from goods g where g.village_id = p_village and g.id = p_goods and g.active and g.price = p_price) then
      raise exception 'out of stock' using errcode = 'CF003';
    end if;
    raise exception 'not offered' using errcode = 'CF004';
  end if;
end $$;
-- +goose StatementEnd
grant execute on function goods_take(bigint, uuid, integer, integer) to cunfen_app, cunfen_worker;

-- passbook_check holds the household's balance and raises CF005 unless the paper passbook says the same (R4.4.8b).
-- +goose StatementBegin
create function passbook_check(p_village bigint, p_household uuid, p_passbook bigint) returns void language plpgsql as $$
declare b bigint;
begin
  select year into b from balance where village_id = p_village and household_id = p_household for update;
  if not found then
    raise exception 'no balance' using errcode = 'CF002';
  end if;
  if b <> p_passbook then
    raise exception 'passbook differs' using errcode = 'CF005';
  end if;
end $$;
-- +goose StatementEnd
grant execute on function passbook_check(bigint, uuid, bigint) to cunfen_app, cunfen_worker;
