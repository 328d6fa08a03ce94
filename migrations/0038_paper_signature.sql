-- +goose Up
-- A name under the paper sheet, entered from its scan: by whom. Nobody enters another's drawn or typed one.
alter table signature add column entered_by uuid;
alter table signature add column entered_name text not null default '';
alter table signature add constraint signature_entered check ((method = 'paper') = (entered_by is not null)) not valid;
