package budget

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Guard sets what may still be redeemed against what there is to redeem it for (D9).
type Guard struct {
	Year   int
	Owed   int64 // points that households can redeem now, base points that are open among them (D1)
	Base   int64 // of these, base points
	Coming int64 // points that will come to the year's end: at the pace of the last three months, and base points that open by then
	Opens  int64 // of these, base points
	Shelf  int64 // points that the goods in stock are redeemed for
	Due    int64 // points that goods are redeemed for which are bought and not taken into stock yet
	Funds  int64 // fen of the budget agreed to; 0 without one
	Spent  int64 // fen of this year's purchases
	Worth  int64 // fen that a hundred points cost, by the budget; 0 where unknown
	Agreed bool
	Purse  Purse
}

// Left is the money not spent yet.
func (g Guard) Left() int64 { return max(0, g.Funds-g.Spent) }

// Buys is the points that the money left buys goods for.
func (g Guard) Buys() int64 {
	if g.Worth == 0 {
		return 0
	}
	return g.Left() * 100 / g.Worth
}

// Level is how well goods and money do.
type Level int

// Fine does to the year's end; Tight does for what is owed now; Short does not even for that, and redemption
// would have to be capped.
const (
	Fine Level = iota
	Tight
	Short
)

// Key is the level's name in addresses and data, Chinese the one on screen.
func (l Level) Key() string { return [...]string{"fine", "tight", "short"}[l] }

func (l Level) Chinese() string {
	return [...]string{"够到年底", "到年底可能不够", "现在就不够"}[l]
}

// Level says how well goods and money do.
func (g Guard) Level() Level {
	have := g.Shelf + g.Due + g.Buys()
	switch {
	case have < g.Owed:
		return Short
	case have < g.Owed+g.Coming:
		return Tight
	}
	return Fine
}

const sqlGuard = `-- budget.guard
select
  u.owed, u.owed - u.year as base,
  (select coalesce(sum(b.base), 0)::bigint from balance b join household h on h.village_id = @village_id and h.id = b.household_id
    where b.village_id = @village_id and h.base_unlocks_on > @today and h.base_unlocks_on <= @end and (select (r.settings->>'base_usable')::boolean from rule_set r
      where r.village_id = @village_id and r.in_force_from <= @today order by r.in_force_from desc, r.version desc limit 1)) as opens,
  (select coalesce(sum(points), 0)::bigint from ledger_entry where village_id = @village_id and kind in (2, 3) and month between @from and @upto) as pace,
  (select coalesce(sum(stock::bigint * price), 0)::bigint from goods where village_id = @village_id and active) as shelf,
  (select coalesce(sum(p.quantity::bigint * g.price), 0)::bigint from purchase p join goods g on g.village_id = @village_id and g.id = p.goods_id
    where p.village_id = @village_id and p.state = 'bought' and p.cancelled_at is null and g.active) as due,
  (select coalesce(sum(fen), 0)::bigint from purchase where village_id = @village_id and year = @year and cancelled_at is null) as spent
from (
  select coalesce(sum(greatest(f.free + f.open, 0)), 0)::bigint as owed, coalesce(sum(greatest(f.free, 0)), 0)::bigint as year from (
    select b.year - b.held - b.disputed as free, case when h.base_unlocks_on <= @today and (select (r.settings->>'base_usable')::boolean from rule_set r
      where r.village_id = @village_id and r.in_force_from <= @today order by r.in_force_from desc, r.version desc limit 1) then b.base else 0 end as open
    from balance b join household h on h.village_id = @village_id and h.id = b.household_id where b.village_id = @village_id) f
) u`

func guard(ctx context.Context, tx pg.Tx) (g Guard, err error) {
	now := month.Of(tx.Now)
	row, err := pg.One[struct{ Owed, Base, Opens, Pace, Shelf, Due, Spent int64 }](ctx, tx, sqlGuard, pgx.NamedArgs{"village_id": int64(tx.Village()), "year": now.Year(),
		"from": int32(now.Prev().Prev().Prev()), "upto": int32(now.Prev()), "today": month.Date(tx.Now), "end": time.Date(now.Year(), 12, 31, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		return g, err
	}
	g = Guard{Year: now.Year(), Owed: row.Owed, Base: row.Base, Shelf: row.Shelf, Due: row.Due, Spent: row.Spent, Coming: forecast(row.Pace, now) + row.Opens, Opens: row.Opens}
	if g.Purse, err = purse(ctx, tx); err != nil {
		return g, err
	}
	all, err := list(ctx, tx, g.Year)
	for _, b := range all {
		if b.State == Agreed {
			g.Agreed, g.Funds = true, b.Funds()
			if cost, points := b.Goods(); points > 0 {
				g.Worth = max(1, cost*100/points)
			}
			break
		}
	}
	return g, err
}

// forecast is what comes to the year's end when each month, this one among them, brings what the last three did
// on average.
func forecast(three int64, now month.Month) int64 {
	return max(0, three) * int64(13-now.Number()) / 3
}

// Guard reads how goods and money stand in the village.
func (s *Service) Guard(ctx context.Context, who actor.Actor) (g Guard, err error) {
	defer fault.Wrap(&err, "budget.Guard")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		g, err = guard(ctx, tx)
		return err
	})
	return g, err
}

// Standing is one village's budget and guard, as the bureau sees it.
type Standing struct {
	Village actor.VillageID
	Name    string
	Budget  *Budget // the newest of the year that was sent
	Guard
}

// NotSent is the state of a village that has not sent a budget.
const NotSent State = "none"

// State is that of the village's budget.
func (v Standing) State() State {
	if v.Budget == nil {
		return NotSent
	}
	return v.Budget.State
}

// TownFilter narrows the township's list; empty fields do not.
type TownFilter struct {
	Search string // of the village's name
	State  State
	Level  string // its key
}

func (f TownFilter) fits(v Standing) bool {
	return strings.Contains(v.Name, strings.TrimSpace(f.Search)) && (f.State == "" || f.State == v.State()) && (f.Level == "" || f.Level == v.Level().Key())
}

const sqlTownVillages = `-- budget.town_villages
select id as village, name from village where id = any(@villages) order by id`

// Town reads the villages of the officer's township. A township has some two dozen.
func (s *Service) Town(ctx context.Context, who actor.Actor, f TownFilter) (all []Standing, err error) {
	defer fault.Wrap(&err, "budget.Town")
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		rows, err := pg.All[struct {
			Village int64
			Name    string
		}](ctx, tx, sqlTownVillages, pgx.NamedArgs{"villages": villages})
		if err != nil {
			return err
		}
		for _, r := range rows {
			tx.Who.Village = actor.VillageID(r.Village)
			st := Standing{Village: tx.Who.Village, Name: r.Name}
			if st.Guard, err = guard(ctx, tx); err != nil {
				return err
			}
			budgets, err := list(ctx, tx, st.Year)
			if err != nil {
				return err
			}
			if i := slices.IndexFunc(budgets, func(b Budget) bool { return b.State != Draft }); i >= 0 {
				st.Budget = &budgets[i]
			}
			if f.fits(st) {
				all = append(all, st)
			}
		}
		return nil
	})
	return all, err
}
