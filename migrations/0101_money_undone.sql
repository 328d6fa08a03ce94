-- +goose Up
-- A purchase, a donation, a use of one that should not have been written down: it stays to be read and counts for
-- nothing. What it had brought into stock goes out again by a line of its own kind.
alter table purchase add column cancelled_at timestamptz;
alter table purchase add column cancelled_by uuid;
alter table purchase add column cancelled_name text not null default '';
alter table purchase add column cancel_reason text not null default '';
alter table donation add column cancelled_at timestamptz;
alter table donation add column cancelled_by uuid;
alter table donation add column cancelled_name text not null default '';
alter table donation add column cancel_reason text not null default '';
alter table donation_use add column cancelled_at timestamptz;
alter table donation_use add column cancelled_by uuid;
alter table donation_use add column cancelled_name text not null default '';
alter table donation_use add column cancel_reason text not null default '';
grant update on donation_use to cunfen_app;

alter table stock_line drop constraint stock_line_kind_check;
alter table stock_line add constraint stock_line_kind_check check (kind between 1 and 10); -- 10: what was counted in or given, taken back
