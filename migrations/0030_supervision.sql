-- +goose Up
-- What the bureau puts to a village and waits to hear back on, and what a village notes as a problem of its
-- own (R5.2b, R6.1a, R6.4a).
create table matter (
  village_id       bigint not null,
  id               uuid not null,
  kind             text not null check (kind in ('urge', 'advice', 'visit', 'problem')),
  topic            text not null default '' check (topic in ('', 'organisation', 'publicity', 'environment', 'civil', 'command')),
  title            text not null,
  body             text not null,
  raised_by        uuid not null,
  raised_by_name   text not null,
  raised_at        timestamptz not null,
  due_on           date not null,
  state            text not null check (state in ('open', 'answered', 'closed', 'withdrawn')),
  answer           text not null default '',
  answered_by_name text not null default '',
  answered_at      timestamptz,
  closed_at        timestamptz,
  version          integer not null default 1,
  primary key (village_id, id)
);
create index matter_open on matter (village_id, due_on) where state in ('open', 'answered');
select fence('matter', 'select, insert, update');

-- What was said on a matter, step by step.
create table matter_step (
  village_id bigint not null,
  matter_id  uuid not null,
  id         uuid not null,
  verb       text not null check (verb in ('raise', 'answer', 'return', 'close', 'withdraw')),
  words      text not null,
  by_name    text not null,
  role       text not null,
  at         timestamptz not null,
  primary key (village_id, matter_id, id),
  foreign key (village_id, matter_id) references matter (village_id, id)
);
select fence('matter_step', 'select, insert');
