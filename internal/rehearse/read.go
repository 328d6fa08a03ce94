package rehearse

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/exempt"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Service is what the screens may ask.
type Service struct{ DB *pg.DB }

const sqlHomes = `-- rehearse.homes
select h.id, h.door, h.head, h.residence, h.party,
  (select count(*) from member m where m.village_id = @village_id and m.household_id = h.id and m.state = 'active')::integer as members
from household h where h.village_id = @village_id and h.state = 'active' order by h.grid, h.walk, h.id`

// Claims are read whole, with the parts that did not count and those under review; passes and findings by the
// slots that they hold. A further source is a further line of the union.
const sqlEvents = `-- rehearse.events
select household_id, holder_id, item, part, quantity, points, occurred_on, member_id, source from (
  select c.household_id, c.id as holder_id, c.item, p.key as part, p.value::integer as quantity, c.points, c.occurred_on, c.member_id, c.source
  from claim c cross join lateral jsonb_each_text(c.parts) as p(key, value)
  where c.village_id = @village_id and c.state in ('pending', 'returned', 'approved', 'posted') and c.occurred_on >= @from_day and c.occurred_on < @to_day
  union all
  select s.household_id, s.holder_id, s.item, s.part, s.counted, s.points, s.occurred_on, null, ''
  from slot s where s.village_id = @village_id and s.holder_kind <> 1 and not s.given_back and s.occurred_on >= @from_day and s.occurred_on < @to_day
) e order by household_id, occurred_on, holder_id, item, part`

const sqlSeen = `-- rehearse.seen
select exists (select from slot where village_id = @village_id and occurred_on >= @from_day and occurred_on < @to_day)`

const sqlGoods = `-- rehearse.goods
select coalesce((select sum(points) from redemption where village_id = @village_id and cancelled_at is null and at >= @from_at and at < @to_at), 0)::bigint as spent,
  coalesce((select sum(stock::bigint * price) from goods where village_id = @village_id and active), 0)::bigint as stock`

type part struct {
	HouseholdID uuid.UUID
	HolderID    uuid.UUID
	Item        string
	Part        string
	Quantity    int
	Points      int
	OccurredOn  time.Time
	MemberID    *uuid.UUID
	Source      string
}

// Rehearse judges a year's events by the rules in force and by those that change makes of them. Year 0 is the
// year before this one if it had events, else this one, else a year made up.
func (s *Service) Rehearse(ctx context.Context, who actor.Actor, year int, change func(tx pg.Tx, now rulebook.RuleSet) (rulebook.RuleSet, error)) (r Report, err error) {
	defer fault.Wrap(&err, "rehearse.Rehearse(%d)", year)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		now, err := rulebook.InForce(ctx, tx, tx.Now)
		if err != nil {
			return err
		}
		then, err := change(tx, now)
		if err != nil {
			return err
		}
		r, err = rehearse(ctx, tx, year, now, then)
		return err
	})
	return r, err
}

func rehearse(ctx context.Context, tx pg.Tx, year int, now, then rulebook.RuleSet) (r Report, err error) {
	if year == 0 {
		if year, err = latest(ctx, tx); err != nil {
			return r, err
		}
	}
	from, to := span(year)
	homes, err := pg.All[Home](ctx, tx, sqlHomes, args(tx, from, to))
	if err != nil {
		return r, err
	}
	free, err := exempt.Between(ctx, tx, nil, from, to)
	if err != nil {
		return r, err
	}
	for n := range homes {
		homes[n].Free = free[homes[n].ID]
	}
	parts, err := pg.All[part](ctx, tx, sqlEvents, args(tx, from, to))
	if err != nil {
		return r, err
	}
	events, made := happenings(parts), len(parts) == 0
	if made {
		events = makeUp(now, then, homes, year)
	}
	then.Items = slices.Clone(then.Items) // shared with whoever keeps the rule set
	then.Settle()
	r = Reckon(now, then, homes, events)
	r.Year, r.Made = year, made
	r.Goods, err = pg.One[Goods](ctx, tx, sqlGoods, args(tx, from, to))
	return r, err
}

func args(tx pg.Tx, from, to time.Time) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "from_day": month.Date(from), "to_day": month.Date(to), "from_at": from, "to_at": to}
}

// latest is the year before this one if anything happened in it, else this one.
func latest(ctx context.Context, tx pg.Tx) (int, error) {
	year := month.Of(tx.Now).Year()
	from, to := span(year - 1)
	seen, err := pg.Scalar[bool](ctx, tx, sqlSeen, args(tx, from, to))
	if err == nil && seen {
		year--
	}
	return year, err
}

// happenings puts the parts of events together.
func happenings(parts []part) (events []Happening) {
	for n, p := range parts {
		if n > 0 && parts[n-1].HouseholdID == p.HouseholdID && parts[n-1].HolderID == p.HolderID && parts[n-1].Item == p.Item {
			events[len(events)-1].Event.Parts[p.Part] = p.Quantity
			continue
		}
		e := rulebook.Event{ID: p.HolderID, Item: p.Item, Parts: map[string]int{p.Part: p.Quantity}, OccurredOn: p.OccurredOn, Name: p.Source}
		if p.MemberID != nil {
			e.Member = *p.MemberID
		}
		events = append(events, Happening{p.HouseholdID, e, p.Points})
	}
	return events
}
