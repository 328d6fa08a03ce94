-- +goose Up
-- What a household has used of an item: one row for each part of each claim, inspection pass and finding that
-- counts (INV-62). Caps, mirror pairs (D3) and overlap groups (D4) are judged against these rows under the
-- lock of the household's balance; where a cap is once, the index below keeps it besides.
create table slot (
  village_id   bigint not null references village,
  household_id uuid not null,
  holder_kind  smallint not null check (holder_kind between 1 and 3), -- 1 claim 2 inspection 3 finding
  holder_id    uuid not null,
  item         text not null,
  part         text not null default '',
  key          text not null default '', -- rulebook.Part.Key: of the cap that it uses up
  sole         boolean not null, -- the cap is once
  counted      integer not null check (counted > 0),
  points       integer not null check (points <> 0),
  occurred_on  date not null,
  primary key (village_id, household_id, holder_kind, holder_id, item, part),
  foreign key (village_id, household_id) references household (village_id, id)
);
create unique index slot_sole on slot (village_id, household_id, item, key) where sole;
create index slot_item on slot (village_id, household_id, item, occurred_on);
create index slot_holder on slot (village_id, holder_kind, holder_id);
select fence('slot', 'select, insert, delete');

-- The periods that claims held become slots, and the parts that no period caps with them. A migration runs as
-- the owner, whom forced row-level security shows nothing.
alter table claim no force row level security;
alter table claim_slot no force row level security;
alter table rule_item no force row level security;
alter table slot no force row level security;

insert into slot (village_id, household_id, holder_kind, holder_id, item, part, key, sole, counted, points, occurred_on)
select c.village_id, c.household_id, 1, c.id, c.item, p.key, coalesce(s.period, ''), s.period is not null,
  case when x.part ->> 'unit' = 'open' then 1 else p.value::integer end,
  case when x.part ->> 'unit' = 'open' then p.value::integer else p.value::integer * (x.part ->> 'points')::integer end, c.occurred_on
from claim c
cross join lateral jsonb_each_text(c.parts) as p(key, value)
join rule_item i on i.village_id = c.village_id and i.version = c.rule_version and i.code = c.item
cross join lateral jsonb_array_elements(i.body -> 'parts') as x(part)
left join claim_slot s on s.village_id = c.village_id and s.claim_id = c.id and s.item = c.item
  and left(s.period, -length(substring(s.period from '[^:]*$'))) =
    case when coalesce(x.part ->> 'ladder', '') <> '' then x.part ->> 'ladder' || ':' when p.key <> '' then p.key || ':' else '' end
where c.state not in ('rejected', 'withdrawn') and p.value::integer > 0 and coalesce(x.part ->> 'code', '') = p.key
  and not exists (select from jsonb_array_elements(i.body -> 'parts') as o(part)
    where o.part ->> 'ladder' = x.part ->> 'replaced_by' and c.parts ? coalesce(o.part ->> 'code', ''))
on conflict (village_id, household_id, holder_kind, holder_id, item, part) do nothing;

alter table claim force row level security;
alter table claim_slot force row level security;
alter table rule_item force row level security;
alter table slot force row level security;

drop table claim_slot;
