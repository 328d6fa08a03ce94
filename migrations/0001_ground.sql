-- +goose Up
-- Who connects: four logins that own nothing and are not members of each other (INV-2).
-- +goose StatementBegin
do $$
declare r text;
begin
  foreach r in array array['cunfen_app', 'cunfen_worker', 'cunfen_bureau', 'cunfen_export'] loop
    begin
      execute format('create role %I login', r);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
end $$;
-- +goose StatementEnd

revoke all on schema public from public;
grant usage on schema public to cunfen_app, cunfen_worker, cunfen_bureau, cunfen_export;
alter default privileges revoke execute on functions from public;

-- A transaction belongs to the village bound here, and to no other, until it ends.
-- +goose StatementBegin
create function bind_village(village bigint) returns void language plpgsql as $$
begin
  execute 'set local citus.propagate_set_commands = ''local''';
  execute format('set local app.village = %L', village::text);
end $$;
-- +goose StatementEnd

-- A supervising transaction sees the villages listed here: the text of a bigint[].
-- +goose StatementBegin
create function bind_villages(villages bigint[]) returns void language plpgsql as $$
begin
  execute 'set local citus.propagate_set_commands = ''local''';
  execute format('set local app.villages = %L', villages::text);
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function bureau_villages() returns bigint[] language plpgsql stable cost 100000 parallel safe as $$
begin
  return coalesce(nullif(current_setting('app.villages', true), '')::bigint[], '{}');
end $$;
-- +goose StatementEnd
grant execute on function bind_village(bigint) to cunfen_app, cunfen_worker;
grant execute on function bind_villages(bigint[]), bureau_villages() to cunfen_bureau, cunfen_export;

-- fence makes a table a village's: distributed by village_id where Citus is there, row-level security
-- enabled and forced, one policy for those who work in a village and one for those who read across villages.
-- does: what the working roles may do; supervised: whether the bureau may read it.
-- +goose StatementBegin
create function fence(tbl regclass, does text, supervised boolean default true) returns void language plpgsql as $$
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
end $$;
-- +goose StatementEnd

-- share makes a table one that every village reads: a reference table where Citus is there.
-- +goose StatementBegin
create function share(tbl regclass, does text) returns void language plpgsql as $$
begin
  if exists (select from pg_extension where extname = 'citus') then
    execute format('select create_reference_table(%L)', tbl);
  end if;
  execute format('grant %s on %s to cunfen_app, cunfen_worker', does, tbl);
  execute format('grant select on %s to cunfen_export', tbl);
end $$;
-- +goose StatementEnd

create table township (
  id         bigint primary key,
  name       text not null,
  bureau     text not null,
  settings   jsonb not null default '{}',
  created_at timestamptz not null
);
select share('township', 'select, insert, update');
grant select on township to cunfen_bureau;

create table village (
  id          bigint primary key,
  township_id bigint not null references township,
  code        text not null unique,
  name        text not null,
  kind        text not null check (kind in ('village', 'farm')),
  settings    jsonb not null default '{}',
  created_at  timestamptz not null
);
create index village_township on village (township_id, id);
select share('village', 'select, insert, update');
grant select on village to cunfen_bureau;

-- The key that seals a village's personal fields, itself wrapped by the deployment's master key (INV-79).
create table village_key (
  village_id bigint primary key references village,
  wrapped    bytea not null,
  created_at timestamptz not null
);
select fence('village_key', 'select, insert', false);
