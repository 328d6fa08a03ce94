-- +goose Up
-- A claim that was told by a neighbour's phone: whose phone it was and how it was known who spoke.
alter table claim add column through text not null default '';
alter table claim drop constraint claim_identity;
alter table claim add constraint claim_identity check (identity in ('', 'seen', 'known', 'card', 'passbook', 'phone', 'neighbour'));
alter table claim add constraint claim_through check ((identity = 'neighbour') = (through <> ''));
