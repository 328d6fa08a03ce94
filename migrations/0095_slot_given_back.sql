-- A line that was taken back gives up what its record had used of the item, so that what is right can be recorded:
-- the cap, the pair and the group are free again. The row stays, for a signed sheet is read from it.
-- +goose Up
alter table slot add column given_back boolean not null default false;
grant update (given_back) on slot to cunfen_app, cunfen_worker;
drop index slot_sole;
create unique index slot_sole on slot (village_id, household_id, item, key) where sole and not given_back;

-- Lines taken back before. A migration runs as the owner, whom forced row-level security shows nothing.
alter table slot no force row level security;
alter table ledger_entry no force row level security;
update slot s set given_back = true from ledger_entry e
where e.village_id = s.village_id and e.household_id = s.household_id and e.item = s.item
  and (s.holder_kind = 1 and e.source_kind = 2 and e.source_id = s.holder_id or s.holder_kind = 3 and e.source_kind = 6 and e.source_id = s.holder_id
    or s.holder_kind = 2 and e.source_kind = 5 and e.occurred_on = s.occurred_on)
  and exists (select from ledger_entry r where r.village_id = s.village_id and r.source_kind = 4 and r.source_id = e.id);
alter table ledger_entry force row level security;
alter table slot force row level security;
