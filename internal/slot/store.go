package slot

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/exempt"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

const sqlLock = `-- slot.lock
select household_id from balance where village_id = @village_id and household_id = any(@households) order by household_id for update`

const sqlHeld = `-- slot.held
select household_id, holder_kind, holder_id, item, part, key, occurred_on, counted, points from slot
where village_id = @village_id and household_id = any(@households) and item = any(@items) and occurred_on >= @from_day and occurred_on < @to_day
  and not given_back
order by household_id, occurred_on, holder_id, part`

const sqlInsert = `-- slot.take
insert into slot (village_id, household_id, holder_kind, holder_id, item, part, key, sole, counted, points, occurred_on)
select @village_id::bigint, household_id, holder_kind, holder_id, item, part, key, sole, counted, points, occurred_on
from unnest(@households::uuid[], @kinds::smallint[], @holders::uuid[], @items::text[], @parts::text[], @keys::text[], @soles::boolean[],
  @counts::integer[], @points::integer[], @days::date[])
  as u(household_id, holder_kind, holder_id, item, part, key, sole, counted, points, occurred_on)
on conflict (village_id, household_id, holder_kind, holder_id, item, part) do nothing`

const sqlFree = `-- slot.free
delete from slot where village_id = @village_id and holder_kind = @kind and holder_id = any(@ids)`

// lock keeps everybody else from the households' slots until the transaction ends.
func lock(ctx context.Context, tx pg.Tx, uses []Use) error {
	homes := households(uses)
	got, err := pg.Column[uuid.UUID](ctx, tx, sqlLock, pgx.NamedArgs{"village_id": int64(tx.Village()), "households": homes})
	if err == nil && len(got) != len(homes) {
		err = fault.ErrNotFound
	}
	return err
}

func households(uses []Use) (homes []uuid.UUID) {
	seen := make(map[uuid.UUID]bool, len(uses))
	for _, u := range uses {
		if !seen[u.Household] {
			seen[u.Household] = true
			homes = append(homes, u.Household)
		}
	}
	return homes
}

type row struct {
	HouseholdID uuid.UUID
	HolderKind  Kind
	HolderID    uuid.UUID
	Item        string
	Part        string
	Key         string
	OccurredOn  time.Time
	Counted     int
	Points      int
}

// past reads what the households have that can bear on the uses.
func past(ctx context.Context, tx pg.Tx, uses []Use, rules []rulebook.RuleSet) (map[uuid.UUID]rulebook.Past, error) {
	items, from, to := bearing(uses, rules)
	rows, err := pg.All[row](ctx, tx, sqlHeld, pgx.NamedArgs{"village_id": int64(tx.Village()), "households": households(uses), "items": items,
		"from_day": month.Date(from), "to_day": month.Date(to)})
	if err != nil {
		return nil, err
	}
	own := make(map[Holder]bool, len(uses))
	for _, u := range uses {
		own[u.Holder] = true
	}
	out := map[uuid.UUID]rulebook.Past{}
	for _, r := range rows {
		if own[Holder{r.HolderKind, r.HolderID}] {
			continue
		}
		p := out[r.HouseholdID]
		p.Held = append(p.Held, rulebook.Held{Item: r.Item, Part: r.Part, Key: r.Key, OccurredOn: r.OccurredOn, Count: r.Counted,
			Points: r.Points, Where: r.HolderKind.Chinese()})
		out[r.HouseholdID] = p
	}
	return out, nil
}

// exempted reads what the households are free of on the days of the uses.
func exempted(ctx context.Context, tx pg.Tx, uses []Use) (map[uuid.UUID][]exempt.Span, error) {
	first, last := uses[0].Event.OccurredOn, uses[0].Event.OccurredOn
	for _, u := range uses {
		if u.Event.OccurredOn.Before(first) {
			first = u.Event.OccurredOn
		}
		if u.Event.OccurredOn.After(last) {
			last = u.Event.OccurredOn
		}
	}
	return exempt.Between(ctx, tx, households(uses), first, last.AddDate(0, 0, 1))
}

// bearing is what has to be read of a household to judge the uses: which items, from which day to which.
func bearing(uses []Use, rules []rulebook.RuleSet) (items []string, from, to time.Time) {
	type key struct {
		version int
		item    string
		month   month.Month
	}
	seen := map[key]bool{}
	for n, u := range uses {
		k := key{rules[n].Version, u.Event.Item, month.Of(u.Event.OccurredOn)}
		if seen[k] {
			continue
		}
		seen[k] = true
		item, err := rules[n].Item(u.Event.Item)
		if err != nil {
			continue
		}
		items = append(items, rules[n].Bearing(item)...)
		for _, p := range item.Parts {
			a, b := rules[n].Span(item, p, u.Event.OccurredOn)
			if from.IsZero() || a.Before(from) {
				from = a
			}
			if b.After(to) {
				to = b
			}
		}
	}
	slices.Sort(items)
	return slices.Compact(items), from, to
}

// insert writes what counts.
func insert(ctx context.Context, tx pg.Tx, uses []Use, verdicts []Verdict) error {
	var (
		homes, holders     []uuid.UUID
		kinds              []int16
		items, parts, keys []string
		soles              []bool
		counts, points     []int32
		days               []time.Time
	)
	for n, v := range verdicts {
		u := uses[n]
		for _, l := range v.Lines {
			homes, holders, kinds = append(homes, u.Household), append(holders, u.Holder.ID), append(kinds, int16(u.Holder.Kind))
			items, parts, keys = append(items, u.Event.Item), append(parts, l.Part), append(keys, l.Key)
			soles, counts, points = append(soles, l.Sole), append(counts, int32(l.Count)), append(points, int32(l.Points))
			days = append(days, month.Date(u.Event.OccurredOn))
		}
	}
	if len(homes) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, sqlInsert, pgx.NamedArgs{"village_id": int64(tx.Village()), "households": homes, "kinds": kinds, "holders": holders,
		"items": items, "parts": parts, "keys": keys, "soles": soles, "counts": counts, "points": points, "days": days})
	return err
}

func free(ctx context.Context, tx pg.Tx, kind Kind, ids []uuid.UUID) error {
	_, err := tx.Exec(ctx, sqlFree, pgx.NamedArgs{"village_id": int64(tx.Village()), "kind": int16(kind), "ids": ids})
	return err
}
