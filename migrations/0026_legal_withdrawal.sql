-- +goose Up
-- The township may withdraw a legal review, and may review the item anew later.
alter table legal_review add column number integer not null default 1;
alter table legal_review drop constraint legal_review_pkey;
alter table legal_review add primary key (village_id, item, number);

-- From ends_on the item is off in every version that rested on the review: those versions are named here. What
-- happened before that day is scored as before.
create table legal_withdrawal (
  village_id bigint not null,
  item       text not null,
  number     integer not null,
  ends_on    date not null,
  reason     text not null check (reason <> ''),
  versions   integer[] not null,
  by_name    text not null,
  account_id uuid not null,
  at         timestamptz not null,
  primary key (village_id, item, number),
  foreign key (village_id, item, number) references legal_review (village_id, item, number)
);
select fence('legal_withdrawal', 'select, insert');
