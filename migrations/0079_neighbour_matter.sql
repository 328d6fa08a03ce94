-- What a household says of another home, or of a place, that should be put right: a word to the group, which goes
-- and looks. Whose home it is about, where the place is a door of the village, keeps it from those of that home.
-- +goose Up
alter table opinion drop constraint opinion_kind_check;
alter table opinion
  add constraint opinion_kind_check check (kind in ('item', 'line', 'conduct', 'matter', 'other')),
  add column place text not null default '',
  add column target_id uuid,
  add column outcome text not null default '' check (outcome in ('', 'mended', 'found', 'unfounded')),
  add constraint opinion_target foreign key (village_id, target_id) references household (village_id, id);
