-- +goose Up
-- Of a goods line of a budget: how many points these goods are redeemed for altogether.
alter table budget_line add column points bigint not null default 0;

-- One thing bought (R4.5.2c). It comes into stock when somebody else than the buyer has counted it.
create table purchase (
  village_id   bigint not null references village,
  id           uuid not null,
  year         integer not null,
  goods_id     uuid not null,
  goods_name   text not null,
  quantity     integer not null check (quantity between 1 and 1000000),
  supplier     text not null,
  fen          bigint not null check (fen > 0), -- altogether
  bought_on    date not null,
  receipt      text not null, -- the number of the invoice or receipt
  reason       text not null default '', -- why not the lowest quote
  buyer        uuid not null,
  buyer_name   text not null,
  at           timestamptz not null,
  state        text not null check (state in ('bought', 'stocked')),
  received     integer check (received >= 0),
  remark       text not null default '', -- where what came is not what was bought
  stocked_by   uuid,
  stocked_name text not null default '',
  stocked_at   timestamptz,
  primary key (village_id, id),
  foreign key (village_id, goods_id) references goods (village_id, id),
  check (stocked_by is null or stocked_by <> buyer),
  check (state = 'bought' or stocked_by is not null and received is not null and (received = quantity or remark <> ''))
);
create index purchase_year on purchase (village_id, year);
select fence('purchase', 'select, insert, update');

create table purchase_quote (
  village_id  bigint not null references village,
  purchase_id uuid not null,
  position    integer not null,
  supplier    text not null,
  fen         bigint not null check (fen > 0),
  primary key (village_id, purchase_id, position),
  foreign key (village_id, purchase_id) references purchase (village_id, id)
);
select fence('purchase_quote', 'select, insert');

-- What was given to the village for its points (R4.5.2d), and what became of it. The donor's name is public
-- only where the donor agreed.
create table donation (
  village_id    bigint not null references village,
  id            uuid not null,
  source        smallint not null check (source between 2 and 5), -- 2 notables 3 firms 4 finance bodies 5 others
  donor         text not null,
  named         boolean not null,
  fen           bigint not null check (fen >= 0),
  goods_id      uuid,
  goods_name    text not null default '',
  quantity      integer not null default 0 check (quantity >= 0),
  received_on   date not null,
  recorded_by   uuid not null,
  recorded_name text not null,
  at            timestamptz not null,
  primary key (village_id, id),
  foreign key (village_id, goods_id) references goods (village_id, id),
  check ((goods_id is null) = (quantity = 0)),
  check (fen > 0 or quantity > 0)
);
select fence('donation', 'select, insert, update'); -- update to lock it while its use is counted

create table donation_use (
  village_id  bigint not null references village,
  id          uuid not null,
  donation_id uuid not null,
  what        text not null,
  fen         bigint not null check (fen >= 0),
  used_on     date not null,
  recorded_by uuid not null,
  at          timestamptz not null,
  primary key (village_id, id),
  foreign key (village_id, donation_id) references donation (village_id, id)
);
create index donation_use_of on donation_use (village_id, donation_id);
select fence('donation_use', 'select, insert');
