package exempt

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Share is how far a household got of what it could have had in a year (D10).
type Share struct {
	Had   int // points earned less deducted
	Reach int // points that it could have had
}

// Ratio is Had of Reach, 0 where nothing could be had.
func (s Share) Ratio() float64 {
	if s.Reach <= 0 {
		return 0
	}
	return float64(s.Had) / float64(s.Reach)
}

// Better orders shares, the best first, without rounding.
func (s Share) Better(o Share) int { return o.Had*max(s.Reach, 1) - s.Had*max(o.Reach, 1) }

// Reachable is the share of a household that is in the register since a day, up to and including another of
// the same year, that was free of the spans' items and had points by item. What could be had is what the
// awards give that a month, a quarter or a year bounds, the best rung of each ladder, in every period that the
// household was not free of all through; of awards that nothing bounds, and of an item with more points than
// its bound, it is what was had. So nobody is above the whole, and no event that others never had weighs
// against a household. rules gives the version of a day; ok is false where there was none.
func Reachable(rules func(day time.Time) (r rulebook.RuleSet, ok bool), since, upto time.Time, spans []Span, had map[string]int) (s Share) {
	bounds := map[string]map[string]int{} // by item, then by group and period
	for m := month.Of(since); m <= month.Of(upto); m = m.Next() {
		last := m.End().AddDate(0, 0, -1)
		if last.After(upto) {
			last = upto
		}
		r, ok := rules(last)
		if !ok {
			continue
		}
		free := Of(spans, last)
		for _, i := range r.Items {
			if !i.On || i.Sign != rulebook.Plus {
				continue
			}
			for _, p := range i.Parts {
				key := p.Period(last)
				if key == "" || p.Points == 0 || p.Cap.Per == rulebook.PerPerson || covered(free, i.Code, p.Code) {
					continue
				}
				group := p.Ladder
				if group == "" {
					group = p.Code
				}
				if bounds[i.Code] == nil {
					bounds[i.Code] = map[string]int{}
				}
				bounds[i.Code][group+":"+key] = max(bounds[i.Code][group+":"+key], p.Points*max(p.Cap.N, 1))
			}
		}
	}
	for code, n := range had {
		s.Had += n
		if _, bounded := bounds[code]; !bounded {
			s.Reach += max(n, 0)
		}
	}
	for code, periods := range bounds {
		sum := 0
		for _, n := range periods {
			sum += n
		}
		s.Reach += max(sum, had[code])
	}
	return s
}

func covered(free []rulebook.Exempt, code, part string) bool {
	return slices.ContainsFunc(free, func(x rulebook.Exempt) bool { return x.Ref == code || x.Ref == code+part })
}

const sqlHad = `-- exempt.had
select h.id as household_id, h.registered_on, coalesce(e.item, '') as item, coalesce(e.points, 0)::integer as points
from household h left join (
  select household_id, item, sum(points) as points from ledger_entry
  where village_id = @village_id and scores and occurred_on >= @from_day and occurred_on < @to_day and item <> ''
    and (@household::uuid is null or household_id = @household)
  group by household_id, item) e on e.household_id = h.id
where h.village_id = @village_id and h.state = 'active' and (@household::uuid is null or h.id = @household)`

// Shares reads the share of every household in the register, up to and including a day, of the points of that
// day's year; with a household that is not nil, of that one.
func Shares(ctx context.Context, tx pg.Tx, household uuid.UUID, day time.Time) (out map[uuid.UUID]Share, err error) {
	defer fault.Wrap(&err, "exempt.Shares")
	first := month.Month(month.Of(day).Year()*100 + 1).First()
	args := pgx.NamedArgs{"village_id": int64(tx.Village()), "household": nil, "from_day": month.Date(first), "to_day": month.Date(day).AddDate(0, 0, 1)}
	var only []uuid.UUID
	if household != uuid.Nil {
		args["household"], only = household, []uuid.UUID{household}
	}
	rows, err := pg.All[struct {
		HouseholdID  uuid.UUID
		RegisteredOn time.Time
		Item         string
		Points       int
	}](ctx, tx, sqlHad, args)
	if err != nil {
		return nil, err
	}
	spans, err := Between(ctx, tx, only, first, day.AddDate(0, 0, 1))
	if err != nil {
		return nil, err
	}
	rules, err := versions(ctx, tx, first, day)
	if err != nil {
		return nil, err
	}
	had, since := map[uuid.UUID]map[string]int{}, map[uuid.UUID]time.Time{}
	for _, r := range rows {
		if had[r.HouseholdID] == nil {
			had[r.HouseholdID] = map[string]int{}
			since[r.HouseholdID] = later(first, r.RegisteredOn)
		}
		if r.Item != "" {
			had[r.HouseholdID][r.Item] += r.Points
		}
	}
	out = make(map[uuid.UUID]Share, len(had))
	for h, points := range had {
		out[h] = Reachable(rules, since[h], day, spans[h], points)
	}
	return out, nil
}

// versions reads the rule sets of the ends of the months, and of the last day, once.
func versions(ctx context.Context, tx pg.Tx, first, upto time.Time) (func(time.Time) (rulebook.RuleSet, bool), error) {
	known := map[string]rulebook.RuleSet{}
	for m := month.Of(first); m <= month.Of(upto); m = m.Next() {
		last := m.End().AddDate(0, 0, -1)
		if last.After(upto) {
			last = upto
		}
		r, err := rulebook.InForce(ctx, tx, last)
		if fault.Of(err).Code == rulebook.ErrNoRules.Code {
			continue
		}
		if err != nil {
			return nil, err
		}
		known[last.In(month.Zone).Format(time.DateOnly)] = r
	}
	return func(day time.Time) (rulebook.RuleSet, bool) {
		r, ok := known[day.In(month.Zone).Format(time.DateOnly)]
		return r, ok
	}, nil
}
