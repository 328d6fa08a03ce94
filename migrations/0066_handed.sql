-- +goose Up
-- What the phone or the desk had kept and the village refused, and its recorder then gave to the group as it
-- stands: it lies among the notes, grants nothing, and somebody settles it by hand. who is what it was about, wants
-- why it was refused. It is about no household where that cannot be told.
alter table desk_note
  add column path         text not null default '', -- where the record was to go; '' for a note of the desk itself
  add column said         jsonb not null default '[]', -- what was filled in: pairs of label and text
  add column household_id uuid,
  add foreign key (village_id, household_id) references household (village_id, id);
create index desk_note_handed on desk_note (village_id, id) where path <> '';
