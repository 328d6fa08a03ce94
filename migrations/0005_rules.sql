-- +goose Up
-- The village's rules, a dated version that never changes once it is there (D2).
create table rule_set (
  village_id    bigint not null references village,
  version       integer not null check (version > 0),
  year          integer not null,
  in_force_from date not null,
  reason        text not null,
  base_points   integer not null check (base_points between 0 and 100000),
  settings      jsonb not null,
  digest        text not null,
  created_at    timestamptz not null,
  primary key (village_id, version)
);
create index rule_set_date on rule_set (village_id, in_force_from);
select fence('rule_set', 'select, insert');

create table rule_item (
  village_id bigint not null references village,
  version    integer not null,
  code       text not null,
  position   integer not null,
  body       jsonb not null, -- rulebook.Item
  primary key (village_id, version, code),
  foreign key (village_id, version) references rule_set (village_id, version)
);
select fence('rule_item', 'select, insert');

-- The township's recorded legal review that lets an X item be switched on (INV-74).
create table legal_review (
  village_id  bigint not null references village,
  item        text not null,
  document    text not null,
  reviewed_by text not null,
  reviewed_on date not null,
  primary key (village_id, item)
);
select fence('legal_review', 'select, insert');
