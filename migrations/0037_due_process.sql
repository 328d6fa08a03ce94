-- +goose Up
-- The deciders of a deduction are strangers to the home: neither of it, nor declared relatives of it (INV-77).
-- The domain refuses them with a sentence; this refuses them whoever asks. A distributed table cannot look
-- into others while it is written, so there the domain's check stands alone.
-- +goose StatementBegin
create function stranger(village bigint, household uuid, who uuid) returns boolean language plpgsql stable set search_path from current as $$
begin
  return not exists (select from membership m where m.village_id = village and m.account_id = who and m.household_id = household)
    and not exists (select from member m where m.village_id = village and m.account_id = who and m.household_id = household)
    and not exists (select from relative r where r.village_id = village and r.account_id = who and r.household_id = household);
end $$;
-- +goose StatementEnd
grant execute on function stranger(bigint, uuid, uuid) to cunfen_app, cunfen_worker;
-- +goose StatementBegin
do $$ begin
  if not exists (select from pg_extension where extname = 'citus') then
    alter table clearance add constraint clearance_strangers
      check (stranger(village_id, household_id, first_by) and stranger(village_id, household_id, second_by)) not valid;
  end if;
end $$;
-- +goose StatementEnd

-- Whom an opinion is about, if it is about one of the group: that person neither sees nor answers it.
alter table opinion add column about uuid;
alter table opinion add column about_name text not null default '';
alter table opinion add constraint opinion_about check (about is null or answered_by is null or answered_by <> about);
