-- +goose Up
-- Who let a claim of an open-value item through first; a second member is asked as well (D7). What was asked,
-- where only a part of it was let through.
alter table claim add column first_by uuid;
alter table claim add column first_by_name text not null default '';
alter table claim add column first_at timestamptz;
alter table claim add column asked jsonb;
alter table claim add constraint claim_two_people check (first_by is null or (first_by <> recorder and (reviewer is null or state <> 'approved' or reviewer <> first_by)));
