package figure

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
	"cunfen/tenants"
)

const sqlPartLevel = `households, outside, party, booked, members, entered, entered_party, pending, objections_open, objections_late, budget_fen`

const sqlPartFlow = `max(active)::int as active, sum(score)::bigint as score, sum(score_party)::bigint as score_party, sum(claims)::int as claims, sum(claims_self)::int as claims_self,
  sum(decided)::int as decided, sum(approved)::int as approved, sum(rejected)::int as rejected, sum(returned)::int as returned, sum(wait_minutes)::bigint as wait_minutes,
  sum(found)::int as found, sum(righted)::int as righted, sum(deductions)::int as deductions, sum(deducted)::bigint as deducted, sum(objections)::int as objections,
  sum(objections_decided)::int as objections_decided, sum(objections_upheld)::int as objections_upheld, sum(appeals)::int as appeals, sum(appeals_upheld)::int as appeals_upheld,
  sum(redemptions)::int as redemptions, sum(redeemed)::bigint as redeemed, max(redeemed_homes)::int as redeemed_homes, sum(spent_fen)::bigint as spent_fen`

const sqlVillages = `-- figure.villages
select id, code, name, kind, state, state_reason as why, case when cardinality(@villages::bigint[]) = 1 then settings else '{}' end as settings from village where id = any(@villages) order by id`

// sqlFlows reads each village's months once: what happened summed, what stands from the last of them.
const sqlFlows = `-- figure.flows
select village_id, ` + sqlPartLast + `, ` + sqlPartFlow + `,
  count(*) filter (where begun and (published_at is not null or due_on < @today))::int as due, count(*) filter (where published_at is not null)::int as published,
  count(*) filter (where published_at is not null and (published_at at time zone 'Asia/Shanghai')::date <= due_on)::int as on_time
from figure where village_id = any(@villages) and month between @from and @to group by village_id`

const sqlPartLast = `(array_agg(households order by month desc))[1] as households, (array_agg(outside order by month desc))[1] as outside, (array_agg(party order by month desc))[1] as party,
  (array_agg(booked order by month desc))[1] as booked, (array_agg(members order by month desc))[1] as members, (array_agg(entered order by month desc))[1] as entered,
  (array_agg(entered_party order by month desc))[1] as entered_party, (array_agg(pending order by month desc))[1] as pending, (array_agg(objections_open order by month desc))[1] as objections_open,
  (array_agg(objections_late order by month desc))[1] as objections_late, (array_agg(budget_fen order by month desc))[1] as budget_fen`

const sqlSheets = `-- figure.sheets
select village_id, month, state, begun, posted_at, published_at, due_on from figure where village_id = any(@villages) and month = @last`

const sqlMarks = `-- figure.marks
select village_id, as_of from figure_mark where village_id = any(@villages)`

type flowRow struct {
	VillageID actor.VillageID
	Level
	Flow
	Due, Published, OnTime int
}

type sheetRow struct {
	VillageID actor.VillageID
	Sheet
}

type markRow struct {
	VillageID actor.VillageID
	AsOf      time.Time
}

// Board is how every village of the actor's township stands in a period.
func (s *Service) Board(ctx context.Context, who actor.Actor, p Period) (all []Standing, err error) {
	defer fault.Wrap(&err, "figure.Board(%s)", p)
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		all, err = standings(ctx, tx, villages, p)
		return err
	})
	return all, err
}

func standings(ctx context.Context, tx pg.Tx, villages []int64, p Period) (all []Standing, err error) {
	a := pgx.NamedArgs{"villages": villages, "from": int(p.From), "to": int(p.To), "today": month.Date(tx.Now), "last": int(month.Of(tx.Now).Prev())}
	places, err := pg.All[struct {
		ID                           actor.VillageID
		Code, Name, Kind, State, Why string
		Settings                     tenants.Profile
	}](ctx, tx, sqlVillages, a)
	if err != nil {
		return nil, err
	}
	at := make(map[actor.VillageID]int, len(places))
	for i, v := range places {
		at[v.ID] = i
		all = append(all, Standing{ID: v.ID, Code: v.Code, Name: v.Name, Kind: v.Kind, State: v.State, Why: v.Why, Settings: v.Settings, Last: Sheet{Month: month.Of(tx.Now).Prev(), State: "open"}})
	}
	err = tx.Parts(ctx, villages, func(part []int64) error {
		a["villages"] = part
		flows, err := pg.All[flowRow](ctx, tx, sqlFlows, a)
		if err != nil {
			return err
		}
		for _, f := range flows {
			v := &all[at[f.VillageID]]
			v.Level, v.Flow, v.Due, v.Published, v.OnTime = f.Level, f.Flow, f.Due, f.Published, f.OnTime
		}
		sheets, err := pg.All[sheetRow](ctx, tx, sqlSheets, a)
		if err != nil {
			return err
		}
		for _, r := range sheets {
			all[at[r.VillageID]].Last = r.Sheet
		}
		marks, err := pg.All[markRow](ctx, tx, sqlMarks, a)
		for _, m := range marks {
			all[at[m.VillageID]].AsOf = &m.AsOf
		}
		return err
	})
	return all, err
}

const sqlMonths = `-- figure.months
select month, state, begun, posted_at, published_at, due_on, ` + sqlPartLevel + `, active, score, score_party, claims, claims_self, decided, approved, rejected, returned, wait_minutes,
  found, righted, deductions, deducted, objections, objections_decided, objections_upheld, appeals, appeals_upheld, redemptions, redeemed, redeemed_homes, spent_fen, as_of
from figure where village_id = any(@villages) order by month desc limit 24`

// Months is the last two years of one village of the actor's township, newest first.
func (s *Service) Months(ctx context.Context, who actor.Actor, id actor.VillageID) (all []Month, err error) {
	defer fault.Wrap(&err, "figure.Months(%d)", id)
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		if !slices.Contains(villages, int64(id)) {
			return fault.ErrNotFound
		}
		all, err = pg.All[Month](ctx, tx, sqlMonths, pgx.NamedArgs{"villages": []int64{int64(id)}})
		return err
	})
	return all, err
}

const sqlTrend = `-- figure.trend
select month, sum(households)::int as households, sum(entered)::int as entered, sum(active)::int as active, sum(score)::bigint as score, sum(redeemed)::bigint as redeemed,
  count(*) filter (where begun)::int as begun, count(*) filter (where published_at is not null and (published_at at time zone 'Asia/Shanghai')::date <= due_on)::int as on_time
from figure where village_id = any(@villages) and month between @from and @to group by month order by month`

// Point is the whole township in one month.
type Point struct {
	Month      month.Month
	Households int
	Entered    int
	Active     int
	Score      int64
	Redeemed   int64
	Begun      int
	OnTime     int
}

// together adds what some villages came to in each month to what others did, by month.
func together(all, more []Point) []Point {
	for _, m := range more {
		i, found := slices.BinarySearchFunc(all, m.Month, func(p Point, at month.Month) int { return int(p.Month - at) })
		if !found {
			all = slices.Insert(all, i, m)
			continue
		}
		p := &all[i]
		p.Households, p.Entered, p.Active, p.Score = p.Households+m.Households, p.Entered+m.Entered, p.Active+m.Active, p.Score+m.Score
		p.Redeemed, p.Begun, p.OnTime = p.Redeemed+m.Redeemed, p.Begun+m.Begun, p.OnTime+m.OnTime
	}
	return all
}

// Trend is the township over the last twelve months, oldest first.
func (s *Service) Trend(ctx context.Context, who actor.Actor) (all []Point, err error) {
	defer fault.Wrap(&err, "figure.Trend")
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		this := month.Of(tx.Now)
		a := pgx.NamedArgs{"villages": villages, "from": int(month.Of(this.First().AddDate(0, -11, 0))), "to": int(this)}
		return tx.Parts(ctx, villages, func(part []int64) error {
			a["villages"] = part
			points, err := pg.All[Point](ctx, tx, sqlTrend, a)
			all = together(all, points)
			return err
		})
	})
	return all, err
}

const sqlClassSums = `-- figure.class_sums
select village_id, class, plus, sum(times)::int as times, max(homes)::int as homes, sum(points)::bigint as points
from figure_class where village_id = any(@villages) and month between @from and @to and (cardinality(@classes::text[]) = 0 or class = any(@classes::text[]))
group by village_id, class, plus order by village_id, class, plus desc`

// Classes is what the classes came to in every village of the township in a period; a department sees those of its
// topic.
func (s *Service) Classes(ctx context.Context, who actor.Actor, p Period) (all []Class, err error) {
	defer fault.Wrap(&err, "figure.Classes")
	return s.classes(ctx, who, p, sqlClassSums)
}

func (s *Service) classes(ctx context.Context, who actor.Actor, p Period, sql string) (all []Class, err error) {
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		return tx.Parts(ctx, villages, func(part []int64) error {
			some, err := pg.All[Class](ctx, tx, sql, pgx.NamedArgs{"villages": part, "from": int(p.From), "to": int(p.To), "classes": actor.Classes(who.Topic)})
			all = append(all, some...)
			return err
		})
	})
	return all, err
}

const sqlClassTotals = `-- figure.class_totals
select 0::bigint as village_id, class, plus, sum(times)::int as times, sum(homes)::int as homes, sum(points)::bigint as points
from figure_class where village_id = any(@villages) and month between @from and @to and (cardinality(@classes::text[]) = 0 or class = any(@classes::text[]))
group by class, plus order by class, plus desc`

// Totals is what the classes came to in the whole township, of no village in particular; a class stands there more
// than once where the villages are many.
func (s *Service) Totals(ctx context.Context, who actor.Actor, p Period) (all []Class, err error) {
	defer fault.Wrap(&err, "figure.Totals")
	return s.classes(ctx, who, p, sqlClassTotals)
}

// ClassesOf is what the classes came to in one village.
func (s *Service) ClassesOf(ctx context.Context, who actor.Actor, id actor.VillageID, p Period) (all []Class, err error) {
	defer fault.Wrap(&err, "figure.ClassesOf(%d)", id)
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		if !slices.Contains(villages, int64(id)) {
			return fault.ErrNotFound
		}
		all, err = pg.All[Class](ctx, tx, sqlClassSums, pgx.NamedArgs{"villages": []int64{int64(id)}, "from": int(p.From), "to": int(p.To), "classes": actor.Classes(who.Topic)})
		return err
	})
	return all, err
}

// Filter narrows the board.
type Filter struct {
	Search string
	Only   string // a Value of the list Only
}

// Only lists what a board can be narrowed to.
var Only = []struct{ Value, Chinese string }{{"overdue", "上月公示逾期"}, {"late", "有超期异议"}, {"low", "参与率不到一半"}, {"waiting", "有待审核申报"}, {"nobudget", "今年预算还没同意"}}

// Narrow keeps the villages that fit.
func (f Filter) Narrow(all []Standing, now time.Time) (kept []Standing) {
	for _, v := range all {
		if f.Search != "" && !strings.Contains(v.Name, f.Search) && !strings.Contains(v.Code, f.Search) {
			continue
		}
		fits := map[string]bool{"": true, "overdue": v.Last.Overdue(now), "late": v.ObjectionsLate > 0, "low": v.Share() < 50, "waiting": v.Pending > 0, "nobudget": v.BudgetFen == 0}
		if fits[f.Only] {
			kept = append(kept, v)
		}
	}
	return kept
}

// Village is how one village of the actor's township stands in a period.
func (s *Service) Village(ctx context.Context, who actor.Actor, id actor.VillageID, p Period) (v Standing, err error) {
	defer fault.Wrap(&err, "figure.Village(%d)", id)
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		if !slices.Contains(villages, int64(id)) {
			return fault.ErrNotFound
		}
		all, err := standings(ctx, tx, []int64{int64(id)}, p)
		if err == nil {
			v = all[0]
		}
		return err
	})
	return v, err
}
