-- +goose Up
-- When a desk without network took a note down, at being when that reached the server; null where both were the
-- same moment.
alter table desk_note add column taken_at timestamptz;
alter table desk_note add constraint desk_note_taken check (taken_at is null or taken_at < at);
