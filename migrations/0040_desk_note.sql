-- +goose Up
-- What somebody asked for at the desk while the network was away: taken down, nothing granted. It is dealt with
-- when the ledger can be asked again.
create table desk_note (
  village_id bigint not null references village,
  id         uuid not null,
  who        text not null, -- household as it was taken down: name, door or number of the passbook
  wants      text not null,
  by         uuid not null,
  by_name    text not null,
  at         timestamptz not null,
  done_by    uuid,
  done_name  text not null default '',
  done_at    timestamptz,
  outcome    text not null default '',
  primary key (village_id, id),
  check ((done_at is null) = (outcome = ''))
);
create index desk_note_open on desk_note (village_id, id) where done_at is null;
select fence('desk_note', 'select, insert, update');
