-- +goose Up
-- A typical case (R5.2c): written by a village, edited by the township, published with the consent of whoever can be
-- recognised in it.
create table story (
  village_id    bigint not null,
  id            uuid not null,
  title         text not null check (length(title) between 4 and 40),
  body          text not null check (length(body) between 20 and 4000),
  consent       text not null check (consent in ('nobody', 'given')), -- nobody can be recognised, or they agreed
  consent_words text not null default '', -- who agreed, how and when
  state         text not null check (state in ('proposed', 'returned', 'published', 'withdrawn')),
  proposed_name text not null,
  proposed_at   timestamptz not null,
  edited_name   text not null default '',
  edited_at     timestamptz,
  words         text not null default '', -- why it was returned or withdrawn
  published_at  timestamptz,
  version       integer not null default 1,
  primary key (village_id, id),
  check (consent = 'nobody' or consent_words <> ''),
  check (state <> 'published' or published_at is not null)
);
create index story_state on story (village_id, state, id);
select fence('story', 'select, insert, update');
