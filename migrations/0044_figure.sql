-- +goose Up
-- The figures of a village and month that the township looks at, gathered by the worker from the village's own
-- rows and never written by hand: cunfen figures makes them anew. What stands at a moment (households, what waits)
-- is as at the month's end, or as of now for the month under way; the rest is what happened in the month.
create table figure (
  village_id        bigint not null,
  month             integer not null check (month between 200001 and 209912),
  households        integer not null,
  outside           integer not null, -- of them, not of the village's hukou
  party             integer not null, -- of them, homes of party members
  booked            integer not null, -- of them, with a passbook on paper
  members           integer not null,
  entered           integer not null, -- of them, with any points gained or lost in the year so far (R5.2a)
  entered_party     integer not null,
  active            integer not null, -- of them, with any in the month
  score             bigint not null,  -- points of the month that score
  score_party       bigint not null,
  claims            integer not null, -- recorded in the month
  claims_self       integer not null, -- of them, by the household itself
  decided           integer not null,
  approved          integer not null,
  rejected          integer not null,
  returned          integer not null,
  wait_minutes      bigint not null,  -- from the record to the decision, over the decided
  pending           integer not null,
  found             integer not null, -- deductible matters noted
  righted           integer not null, -- put right, so that nothing was deducted
  deductions        integer not null,
  deducted          bigint not null,  -- points, below zero
  objections        integer not null, -- filed
  objections_decided integer not null,
  objections_upheld integer not null,
  objections_open   integer not null,
  objections_late   integer not null,
  appeals           integer not null,
  appeals_upheld    integer not null,
  redemptions       integer not null,
  redeemed          bigint not null,
  redeemed_homes    integer not null,
  budget_fen        bigint not null,  -- of the year, as the township last agreed to it
  spent_fen         bigint not null,  -- bought in the month
  begun             boolean not null, -- the village had a sheet by then
  state             text not null,    -- of the month's sheet
  posted_at         timestamptz,
  published_at      timestamptz,
  due_on            date not null,    -- by when the notice must hang (R4.4.3b)
  as_of             timestamptz not null,
  primary key (village_id, month)
);
select fence('figure', 'select, insert, delete');

-- The same by class of the two lists, for those who look after one topic (R6.4a).
create table figure_class (
  village_id bigint not null,
  month      integer not null,
  class      text not null,
  plus       boolean not null,
  times      integer not null,
  homes      integer not null,
  points     bigint not null,
  primary key (village_id, month, class, plus)
);
select fence('figure_class', 'select, insert, delete');

-- Up to when a village's figures are right.
create table figure_mark (
  village_id bigint not null primary key,
  as_of      timestamptz not null, -- what was committed by then is in them
  rebuilt_at timestamptz not null
);
select fence('figure_mark', 'select, insert, update');

-- What a department looks after is one of five topics, by its code.
update officer set topic = case when topic like '%组织%' then 'organisation' when topic like '%宣传%' then 'publicity'
  when topic like '%环%' then 'environment' when topic like '%民政%' then 'civil' when topic like '%指挥%' then 'command' else topic end
where role = 'department';
