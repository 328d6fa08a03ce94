-- +goose Up
-- The keeper brings in what was decided when the deciders were strangers to the home; who has become a relative since
-- does not undo it. Everybody else is held to it as before.
-- +goose StatementBegin
create or replace function stranger(village bigint, household uuid, who uuid) returns boolean language plpgsql stable set search_path from current as $$
begin
  return current_user = 'cunfen_keeper'
    or not exists (select from membership m where m.village_id = village and m.account_id = who and m.household_id = household)
    and not exists (select from member m where m.village_id = village and m.account_id = who and m.household_id = household)
    and not exists (select from relative r where r.village_id = village and r.account_id = who and r.household_id = household);
end $$;
-- +goose StatementEnd
grant execute on function stranger(bigint, uuid, uuid) to cunfen_keeper;
