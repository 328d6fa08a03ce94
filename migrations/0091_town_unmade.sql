-- +goose Up
-- A township that an import made and could not finish goes with the rest of what it began.
grant delete on township to cunfen_keeper;
