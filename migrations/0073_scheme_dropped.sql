-- +goose Up
-- An assessment laid down by mistake is dropped with a reason, before it is signed; it is kept.
alter table scheme drop constraint scheme_state_check;
alter table scheme add constraint scheme_state_check check (state in ('running', 'sent', 'signed', 'dropped'));
alter table scheme add dropped_name text not null default '';
alter table scheme add dropped_at timestamptz;
alter table scheme add reason text not null default '';
alter table scheme add constraint scheme_dropped check ((state = 'dropped') = (dropped_at is not null));
