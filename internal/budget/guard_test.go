package budget

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg/pgtest"
)

// lived is a home as the test knows it.
type lived struct{ year, base, held, disputed, opens int }

// TestGuardAgainstOwnComputation makes villages by chance and computes every figure of the guard a second time,
// from what was put in and not from what is there.
func TestGuardAgainstOwnComputation(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s, ctx := &Service{DB: db.DB}, context.Background()
	day := func(n int) string { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) } // n-th day of 2026
	for n, c := range []struct {
		name   string
		now    string
		today  int   // day of the year
		usable any   // base_usable; nil without a rule set
		strict bool  // and no budget
		months []int // of which entries count for the pace
	}{
		{"base opens", "2026-11-20T10:00:00+08:00", 324, true, false, []int{202608, 202609, 202610}},
		{"base stays shut", "2026-11-20T10:00:00+08:00", 324, false, false, []int{202608, 202609, 202610}},
		{"no rules", "2026-03-10T10:00:00+08:00", 69, nil, true, []int{202512, 202601, 202602}},
		{"January looks back over the year", "2026-01-01T00:30:00+08:00", 1, true, false, []int{202510, 202511, 202512}},
		{"the last evening", "2026-12-31T23:30:00+08:00", 365, true, false, []int{202609, 202610, 202611}},
	} {
		v := actor.VillageID(300 + n)
		dice := rand.New(rand.NewPCG(uint64(n), 5))
		lead := pgtest.In(v, actor.Lead)
		db.Exec(t, `insert into village (id, township_id, code, name, kind, created_at) values ($1, 1, $2, $3, 'village', now())`, int64(v), fmt.Sprint("g", n), c.name)
		if c.usable != nil {
			db.Exec(t, `insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at)
				values ($1, 1, 2026, '2025-01-01', '', 100, jsonb_build_object('base_usable', not $2::boolean), 'x', now()), ($1, 2, 2026, '2025-12-31', '', 100, jsonb_build_object('base_usable', $2::boolean), 'y', now()),
				($1, 3, 2027, '2027-01-01', '', 100, jsonb_build_object('base_usable', not $2::boolean), 'z', now())`, int64(v), c.usable)
		}
		want := Guard{Year: 2026, Agreed: !c.strict}
		var pace int64
		for i := range 12 {
			// homes whose base points opened long ago, opened today, open tomorrow, on the year's last day, and after it
			h := lived{year: dice.IntN(200) - 30, base: 100, held: dice.IntN(20), disputed: dice.IntN(9) - 4, opens: []int{c.today - 200, c.today, c.today + 1, 365, 366}[i%5]}
			id := db.Household(t, v, fmt.Sprintf("%d号", i), "户")
			db.Exec(t, `update household set base_unlocks_on = $2 where id = $1`, id, day(h.opens))
			db.Exec(t, `insert into balance (village_id, household_id, base, year, score, honour, held, disputed, entries, cleared_year) values ($1, $2, $3, $4, 0, 0, $5, $6, 0, 2025)
				on conflict (village_id, household_id) do update set base = $3, year = $4, held = $5, disputed = $6`, int64(v), id, h.base, h.year, h.held, h.disputed)
			left, open := h.year-h.held-h.disputed, 0
			switch usable, _ := c.usable.(bool); {
			case !usable:
			case h.opens <= c.today:
				open = h.base
			case h.opens <= 365:
				want.Opens += int64(h.base)
			}
			if left+open > 0 { // where the year is in debt, base points make that good first
				want.Owed += int64(left + open)
				want.Base += int64(min(open, left+open))
			}
			for m, kind := range map[int]int{c.months[i%3]: 2, before(c.months[0]): 2, after(c.months[2]): 2, c.months[1]: 4} {
				points := 1 + dice.IntN(40)
				db.Exec(t, `insert into ledger_entry (village_id, id, household_id, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
					values ($1, $2, $3, $4, now(), $5, $6, '2026-01-01', 1, 1, $7, 2, true, 'P08') on conflict do nothing`, int64(v), uuid.New(), id, uuid.New(), points, m, kind)
				if kind == 2 && m >= c.months[0] && m <= c.months[2] {
					pace += int64(points)
				}
			}
		}
		monthsLeft := int64(13 - int(time.Date(2026, 1, c.today, 0, 0, 0, 0, time.UTC).Month()))
		want.Coming = pace*monthsLeft/3 + want.Opens
		var prices [4]int64
		for i := range 4 {
			stock, price, on := dice.IntN(50), 1+dice.IntN(90), i > 0
			db.Exec(t, `insert into goods (village_id, id, code, name, unit, price, stock, active, created_at) values ($1, $2, $3, '物', '个', $4, $5, $6, now())`, int64(v), uuid.New(), fmt.Sprint(i), price, stock, on)
			if on {
				prices[i] = int64(price)
				want.Shelf += int64(stock * price)
			}
		}
		for i, year := range []int{2025, 2026, 2026} {
			fen := int64(1000 + dice.IntN(90000))
			db.Exec(t, `insert into purchase (village_id, id, year, goods_id, goods_name, quantity, supplier, fen, bought_on, receipt, buyer, buyer_name, at, state, stocked_by, received)
				select $1, $2, $3, id, name, 3, '店', $4, '2026-01-01', 'x', $2, '甲', now(), $6, $7, $8 from goods where village_id = $1 order by code offset $5 limit 1`,
				int64(v), uuid.New(), year, fen, i, []string{"bought", "bought", "stocked"}[i], []any{nil, nil, uuid.New()}[i], []any{nil, nil, 3}[i])
			if i < 2 { // what is on its way counts, unless it is not offered any more
				want.Due += 3 * prices[i]
			}
			if year == 2026 {
				want.Spent += fen
			}
		}
		if !c.strict { // the last that was agreed to counts, not the draft over it
			for number, b := range []struct {
				state             string
				funds, cost, pots int64
			}{{"agreed", 1_000_00, 900_00, 700}, {"agreed", 5_000_00, 4_321_00, 1234}, {"draft", 9_000_00, 1_00, 1}} {
				id := uuid.New()
				db.Exec(t, `insert into budget (village_id, id, year, number, state, reason, note, drafted_by, drafted_name, drafted_at, submitted_at, decided_by, decided_name, decided_at)
					values ($1, $2, 2026, $3, $4, '改', '', $2, '甲', now(), now(), $2, '乙', now())`, int64(v), id, number, b.state)
				db.Exec(t, `insert into budget_line (village_id, budget_id, position, source, name, quantity, fen, points) values ($1, $2, 1, 1, '钱', 0, $3, 0), ($1, $2, 2, 0, '油', 1, $4, $5)`, int64(v), id, b.funds, b.cost, b.pots)
			}
			want.Funds, want.Worth = 5_000_00, 4_321_00*100/1234
		}
		db.At(c.now)
		got, err := s.Guard(ctx, lead)
		want.Purse = got.Purse
		if err != nil || got != want {
			t.Errorf("%s:\n got %+v\nwant %+v (%v)", c.name, got, want, err)
		}
		buys := int64(0)
		if want.Worth > 0 && want.Funds > want.Spent {
			buys = (want.Funds - want.Spent) * 100 / want.Worth
		}
		level := Fine
		if have := want.Shelf + want.Due + buys; have < want.Owed {
			level = Short
		} else if have < want.Owed+want.Coming {
			level = Tight
		}
		if got.Buys() != buys || got.Level() != level {
			t.Errorf("%s: buys %d, level %d; want %d, %d", c.name, got.Buys(), got.Level(), buys, level)
		}
	}
}

func before(month int) int {
	if month%100 == 1 {
		return month - 89
	}
	return month - 1
}

func after(month int) int {
	if month%100 == 12 {
		return month + 89
	}
	return month + 1
}
