-- +goose Up
-- Who carries a whole village out, deletes it and brings it in: a login of the operator's own commands. No running
-- process has its password, and it too sees the one village that it is bound to.
-- +goose StatementBegin
do $$
begin
  create role cunfen_keeper login;
exception when duplicate_object or unique_violation then null;
end $$;
-- +goose StatementEnd
grant usage on schema public to cunfen_keeper;
grant execute on function bind_village(bigint) to cunfen_keeper;

-- +goose StatementBegin
create function keep(tbl regclass) returns void language plpgsql as $$
begin
  execute format('create policy keeping on %s to cunfen_keeper
    using (village_id = nullif(current_setting(''app.village'', true), '''')::bigint)
    with check (village_id = nullif(current_setting(''app.village'', true), '''')::bigint)', tbl);
  execute format('grant select, insert, delete on %s to cunfen_keeper', tbl);
end $$;
-- +goose StatementEnd

-- fence as before, for the tables that come after this; the keeper keeps them too.
-- +goose StatementBegin
create or replace function fence(tbl regclass, does text, supervised boolean default true) returns void language plpgsql as $$
declare readers text := case when supervised then 'cunfen_bureau, cunfen_export' else 'cunfen_export' end;
begin
  if exists (select from pg_extension where extname = 'citus') then
    execute format('select create_distributed_table(%L, ''village_id'')', tbl);
  end if;
  execute format('alter table %s enable row level security', tbl);
  execute format('alter table %s force row level security', tbl);
  execute format('create policy village on %s to cunfen_app, cunfen_worker
    using (village_id = nullif(current_setting(''app.village'', true), '''')::bigint)
    with check (village_id = nullif(current_setting(''app.village'', true), '''')::bigint)', tbl);
  execute format('create policy supervision on %s for select to %s using (village_id = any(bureau_villages()))', tbl, readers);
  execute format('grant %s on %s to cunfen_app, cunfen_worker', does, tbl);
  execute format('grant select on %s to %s', tbl, readers);
  perform keep(tbl);
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
do $$
declare t regclass;
begin
  for t in select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relrowsecurity order by c.relname loop
    perform keep(t);
  end loop;
end $$;
-- +goose StatementEnd
grant select on township to cunfen_keeper;
grant insert on township to cunfen_keeper;
grant select, insert, update, delete on village to cunfen_keeper;
grant select, insert, update, delete on account to cunfen_keeper;
grant select on officer to cunfen_keeper;
grant select, delete on sign_in to cunfen_keeper;
grant select, update on onboarding to cunfen_keeper;
grant insert on office_audit to cunfen_keeper;

-- What was carried out, brought in or deleted: with the hash of the file and what was in it, the proof that stays
-- when the village is gone.
create table certificate (
  id          uuid primary key,
  kind        text not null check (kind in ('export', 'import', 'delete')),
  village     bigint not null,
  code        text not null,
  name        text not null,
  township    text not null,
  file_sha256 bytea not null,
  tables      jsonb not null, -- name, rows and hash of each
  objects     integer not null,
  bytes       bigint not null,
  by_name     text not null,
  at          timestamptz not null
);
select share('certificate', 'select');
grant select, insert on certificate to cunfen_keeper;
