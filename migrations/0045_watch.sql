-- +goose Up
-- That the township has taken up a village's settled annual selection, and what it does with it (R4.5.1b).
create table nomination (
  village_id bigint not null,
  year       integer not null,
  words      text not null,
  taken_by   uuid not null,
  taken_name text not null,
  taken_at   timestamptz not null,
  primary key (village_id, year),
  foreign key (village_id, year) references selection (village_id, year)
);
select fence('nomination', 'select, insert');

-- A case opened by what the fairness watch showed is a matter of its own kind (R4.1.7).
alter table matter drop constraint matter_kind_check;
alter table matter add constraint matter_kind_check check (kind in ('urge', 'advice', 'visit', 'problem', 'fairness'));

-- What the fairness watch found in a village over the last months, as the worker last counted it: one row a
-- statistic. The village does not read it; it is asked.
create table watch (
  village_id bigint not null,
  statistic  text not null,
  flagged    boolean not null,
  body       jsonb not null, -- watch.Finding
  from_on    date not null,
  to_on      date not null,
  counted_at timestamptz not null,
  primary key (village_id, statistic)
);
select fence('watch', 'select, insert, update');

-- Decisions looked at a second time (R4.1.7): some of a month's, drawn by a kept seed.
create table rescore (
  village_id  bigint not null,
  id          uuid not null,
  month       integer not null,
  seed        text not null,
  wanted      integer not null check (wanted between 1 and 100),
  decided     integer not null, -- that there were to draw from
  drawn_by    uuid not null,
  drawn_name  text not null,
  drawn_at    timestamptz not null,
  primary key (village_id, id)
);
select fence('rescore', 'select, insert');

create table rescore_item (
  village_id  bigint not null,
  rescore_id  uuid not null,
  claim_id    uuid not null,
  position    integer not null,
  first       boolean not null, -- what was decided then: let through or not
  verdict     text not null default '' check (verdict in ('', 'yes', 'no', 'unclear')),
  note        text not null default '',
  scorer      uuid,
  scorer_name text not null default '',
  scored_at   timestamptz,
  primary key (village_id, rescore_id, claim_id),
  foreign key (village_id, rescore_id) references rescore (village_id, id),
  foreign key (village_id, claim_id) references claim (village_id, id),
  check ((verdict = '') = (scorer is null))
);
select fence('rescore_item', 'select, insert, update');
