-- +goose Up
-- The township's word on a village's list of honours can be taken back; the log keeps both.
grant delete on nomination to cunfen_app;
