package rehearse

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

var ctx = context.Background()

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

// amended is the document's list as a village might want it.
func amended(r rulebook.RuleSet) rulebook.RuleSet {
	r.Items = slices.Clone(r.Items)
	for n := range r.Items {
		i := &r.Items[n]
		i.Parts = slices.Clone(i.Parts)
		switch i.Code {
		case "P07":
			i.Parts[0].Points = 3
		case "P16":
			i.Parts[0].Points = 8
		case "P01":
			i.Parts[0].Cap = rulebook.Cap{Per: rulebook.PerYear, N: 3}
		case "P24":
			i.On = false
		case "N08":
			i.Parts[0].Points = -10
		}
	}
	return r
}

type stand struct {
	*Service
	t   testing.TB
	db  *pgtest.DB
	who actor.Actor
}

func newStand(t testing.TB) *stand {
	t.Helper()
	db := pgtest.New(t)
	db.At("2026-01-20T10:00:00+08:00")
	s := &stand{&Service{DB: db.DB}, t, db, pgtest.In(pgtest.A, actor.Lead)}
	r := tenants.Document()
	r.Version, r.InForceFrom = 1, month.Month(202501).First()
	if err := s.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) }); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stand) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Owner.Exec(ctx, sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

// fact is an event as the test knows it.
type fact struct {
	home  int
	item  string
	parts map[string]int
	day   time.Time
	given int
}

// village makes homes of every kind and a year of events, in the tables as the program would have them.
func (s *stand) village(homes, events int) (ids []uuid.UUID, facts []fact) {
	s.t.Helper()
	d := rand.New(rand.NewPCG(1, 2))
	for n := range homes {
		id := s.db.Household(s.t, pgtest.A, fmt.Sprintf("%d号", n), "张")
		s.exec(`update household set residence = $2, party = $3 where id = $1`, id, []string{"local", "outside"}[n%2], n%3 == 0)
		for m := range n % 6 {
			s.exec(`insert into member (village_id, id, household_id, name, created_at) values (11, $1, $2, $3, now())`, uuid.New(), id, fmt.Sprint(m))
		}
		if n%5 == 0 {
			s.exec(`insert into exemption (village_id, id, household_id, item, reason, from_on, granted_by, granted_by_name, granted_at) values (11, $1, $1, 'P10', '不种不养', '2025-03-01', $1, '', now())`, id)
		}
		ids = append(ids, id)
	}
	set := tenants.Document()
	for range events {
		item := set.Items[d.IntN(len(set.Items))]
		for !item.On {
			item = set.Items[d.IntN(len(set.Items))]
		}
		f := fact{home: d.IntN(homes), item: item.Code, parts: map[string]int{}, day: month.Month(202501).First().AddDate(0, 0, d.IntN(365))}
		p := item.Parts[d.IntN(len(item.Parts))]
		f.parts[p.Code] = 1
		switch {
		case p.Unit == rulebook.Open:
			f.given = 1 + d.IntN(10)
			f.parts[""] = f.given
		case p.Unit.Counted() != "":
			f.parts[p.Code] = 1 + d.IntN(3)
		case item.Code == "P15":
			f.parts = map[string]int{"a": 1, "c": 1, "d2": 1}
		}
		facts = append(facts, f)
		s.store(ids[f.home], item, f)
	}
	return ids, facts
}

func (s *stand) store(home uuid.UUID, item rulebook.Item, f fact) {
	id := uuid.New()
	if item.Sign == rulebook.Plus && !item.Monthly {
		parts, _ := json.Marshal(f.parts)
		s.exec(`insert into claim (village_id, id, household_id, item, parts, rule_version, points, occurred_on, channel, recorder, recorder_name, recorded_at, state)
			values (11, $1, $2, $3, $4, 1, greatest($5, 1), $6, 'self', $1, '', now(), 'posted')`, id, home, f.item, string(parts), f.given, month.Date(f.day))
		return
	}
	for part, n := range f.parts {
		points := item.Sign.Of(max(f.given, 1))
		s.exec(`insert into slot (village_id, household_id, holder_kind, holder_id, item, part, key, sole, counted, points, occurred_on) values (11, $1, $2, $3, $4, $5, '', false, $6, $7, $8)`,
			home, map[bool]int{true: 2, false: 3}[item.Monthly], id, f.item, part, map[bool]int{true: 1, false: n}[f.given > 0], points, month.Date(f.day))
	}
}

// pairs and their periods, caps and overlaps as the document has them, for the recomputation.
var (
	pairs     = map[string]string{"P06": "N14y", "P08": "N08m N09m", "P09": "N12m", "P10": "N13m", "P11": "N10m", "P12": "N19y", "P13": "N16y", "P14": "N17y", "P15": "N20ay", "P20": "N22y"}
	onceAYear = " P03 P04 P06 P13 P14a P14b P15a P20 P21 P22t1 P22t2 N07 N17 N19 N20a N22 "
)

type scored struct {
	item, part string
	day        time.Time
	count      int
}

// brute scores one household's year straight from the words of the rules, without the engine.
func brute(set rulebook.RuleSet, facts []fact, free time.Time) (sum int, classes map[string]int) {
	classes = map[string]int{}
	var done []scored
	for m := 1; m <= 12; m++ {
		type line struct {
			scored
			rate, size int
			sign       rulebook.Sign
			class      string
		}
		var lines []line
		for _, f := range facts {
			item, err := set.Item(f.item)
			if int(f.day.Month()) != m || err != nil || !item.On || f.item == "P10" && !free.IsZero() && !f.day.Before(free) {
				continue
			}
			for _, p := range item.Parts {
				n := f.parts[p.Code]
				if n == 0 || p.Code == "c" && f.parts["d2"] > 0 {
					continue
				}
				l := line{scored{f.item, p.Code, f.day, n}, p.Points, 0, item.Sign, item.Class}
				if f.given > 0 {
					l.count, l.rate = 1, item.Sign.Of(f.given)
				}
				l.size = l.rate * l.count
				if item.Sign == rulebook.Plus {
					l.size = l.rate
				}
				lines = append(lines, l)
			}
		}
		sort.SliceStable(lines, func(a, b int) bool {
			if lines[a].sign != lines[b].sign {
				return lines[a].sign == rulebook.Minus
			}
			if lines[a].size != lines[b].size {
				return lines[a].size*lines[a].size > lines[b].size*lines[b].size
			}
			return lines[a].day.Before(lines[b].day)
		})
	next:
		for _, l := range lines {
			count, most := l.count, 1<<30
			switch {
			case strings.Contains(onceAYear, " "+l.item+l.part+" "), l.item == "P15" && l.part == "b", len(l.item) == 3 && l.item >= "P07" && l.item <= "P11":
				most = 1
			case l.item == "P01" && set.Items[0].Parts[0].Cap.N == 3:
				most = 3
			case strings.Contains(" P05 P17t1 P17t2 P17t3 P19t1 P19t2 P19t3 P19t4 ", " "+l.item+l.part+" "):
				most = 1
			}
			for _, d := range done {
				if paired(l.scored, d) || paired(d, l.scored) {
					continue next
				}
				if l.item+d.item == "N08N09" || l.item+d.item == "N09N08" {
					if l.day.Equal(d.day) {
						continue next
					}
				}
				same := d.item == l.item && (d.part == l.part || strings.Contains("P17 P19 P22", l.item))
				switch {
				case !same:
				case l.item >= "P07" && l.item <= "P11":
					same = d.day.Month() == l.day.Month()
				case l.item == "P15" && l.part == "b":
					same = (d.day.Month()-1)/3 == (l.day.Month()-1)/3
				case strings.Contains("P05 P17 P19", l.item):
					same = d.day.Equal(l.day)
				}
				if same {
					most -= d.count
				}
			}
			if count = min(count, most); count <= 0 {
				continue
			}
			l.scored.count = count
			done = append(done, l.scored)
			sum += count * l.rate
			classes[string(l.sign)+l.class] += count * l.rate
		}
	}
	return sum, classes
}

// paired reports whether a plus and a minus exclude each other.
func paired(plus, minus scored) bool {
	for _, ref := range strings.Fields(pairs[plus.item]) {
		of, per := ref[:len(ref)-1], ref[len(ref)-1]
		if of == minus.item+minus.part || of == minus.item && minus.part == "" {
			return per == 'y' || plus.day.Month() == minus.day.Month()
		}
	}
	return false
}

func TestEqualsBruteForce(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	ids, facts := s.village(40, 1600)
	now := tenants.Document()
	then := amended(now)
	got, err := s.Rehearse(ctx, s.who, 0, func(pg.Tx, rulebook.RuleSet) (rulebook.RuleSet, error) { return then, nil })
	if err != nil {
		t.Fatal(err)
	}
	if got.Year != 2025 || got.Made || got.Events != len(facts) {
		t.Errorf("%d, %v, %d events", got.Year, got.Made, got.Events)
	}
	equalsBruteForce(t, got, len(ids), facts, now, then, func(n int) []string {
		return []string{"全部住户", []string{"本村户籍", "外来常住"}[n%2], map[bool]string{true: "党员户", false: "非党员户"}[n%3 == 0],
			[]string{"1–2 口人", "1–2 口人", "1–2 口人", "3–4 口人", "3–4 口人", "5 口人以上"}[n%6], map[bool]string{true: "有免评的户", false: "没有免评的户"}[n%5 == 0]}
	})
	if len(got.Classes) != 13 || len(got.Gainers) != 5 || len(got.Losers) != 5 {
		t.Errorf("%d classes, %d and %d movers", len(got.Classes), len(got.Gainers), len(got.Losers))
	}
	for n, c := range got.Losers[1:] {
		if d := got.Losers[n]; d.Before-d.After < c.Before-c.After {
			t.Errorf("%+v before %+v", d, c)
		}
	}
}

// equalsBruteForce recomputes every figure of a report, without the engine and without the report's own sums.
func equalsBruteForce(t *testing.T, got Report, homes int, facts []fact, now, then rulebook.RuleSet, kindsOf func(home int) []string) {
	t.Helper()
	want := map[string]*Group{}
	classes := [2]map[string]int{{}, {}}
	owed := [2]int64{}
	lost := 0
	for n := range homes {
		var mine []fact
		for _, f := range facts {
			if f.home == n {
				mine = append(mine, f)
			}
			if item, err := then.Item(f.item); f.home == n && (err != nil || !item.On) {
				lost++
			}
		}
		free := time.Time{}
		if n%5 == 0 {
			free = month.Month(got.Year*100 + 3).First()
		}
		var sums [2]int
		for i, set := range []rulebook.RuleSet{now, then} {
			var by map[string]int
			sums[i], by = brute(set, mine, free)
			owed[i] += int64(max(sums[i], 0))
			for c, v := range by {
				classes[i][c] += v
			}
		}
		for _, k := range kindsOf(n) {
			g := want[k]
			if g == nil {
				g = &Group{Label: k}
				want[k] = g
			}
			g.Homes, g.Before, g.After = g.Homes+1, g.Before+sums[0], g.After+sums[1]
			if sums[1] > sums[0] {
				g.Gain++
			}
			if sums[1] < sums[0] {
				g.Lose++
			}
		}
	}
	for _, g := range got.Groups {
		if w := want[g.Label]; w == nil || g != *w {
			t.Errorf("%+v, want %+v", g, w)
		}
	}
	if len(got.Groups) != len(want) || got.Owed != owed || got.Uncountable != lost {
		t.Errorf("%d groups, owed %v, %d lost; want %d, %v, %d", len(got.Groups), got.Owed, got.Uncountable, len(want), owed, lost)
	}
	for _, c := range got.Classes {
		if k := string(c.Sign) + c.Name; c.Before != classes[0][k] || c.After != classes[1][k] {
			t.Errorf("%+v, want %d and %d", c, classes[0][k], classes[1][k])
		}
	}
}

// TestFate: whether goods and budget do, by the figures around each edge.
func TestFate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spent, stock, buys, before, after int64
		want                              Verdict
		left                              [2]int64
	}{
		{30, 70, 0, 90, 100, Enough, [2]int64{10, 0}}, {30, 70, 0, 100, 101, NoLonger, [2]int64{0, -1}}, {30, 70, 1, 100, 101, Enough, [2]int64{1, 0}},
		{30, 70, 0, 101, 150, Never, [2]int64{-1, -50}}, {30, 70, 0, 150, 90, Enough, [2]int64{-50, 10}}, {0, 0, 0, 0, 0, Enough, [2]int64{}}, {0, 0, 0, 0, 1, NoLonger, [2]int64{0, -1}},
	} {
		r := Report{Goods: Goods{Spent: c.spent, Stock: c.stock}, Owed: [2]int64{c.before, c.after}}
		if f := r.Fate(c.buys); f.Verdict() != c.want || f.Left != c.left || f.Have != c.spent+c.stock+c.buys {
			t.Errorf("%+v: %+v, %s", c, f, f.Verdict())
		}
	}
}

func TestGoodsAndNewItems(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	home := s.db.Household(t, pgtest.A, "1号", "张")
	s.exec(`insert into goods (village_id, id, code, name, unit, price, stock, active, created_at) values (11, $1, 'G1', '肥皂', '块', 5, 20, true, now()), (11, $2, 'G2', '旧的', '块', 5, 20, false, now())`, home, uuid.New())
	for n, at := range []string{"2025-06-01", "2025-07-01", "2026-01-02"} {
		s.exec(`insert into redemption (village_id, id, household_id, goods_id, goods_name, quantity, points, passbook_balance, receiver, desk, desk_name, at, entry_id, cancelled_at, slip_id)
			values (11, $1, $2, $2, '', 1, 30, 0, '', $2, '', $3, $2, $4, $1)`, uuid.New(), home, at, map[bool]any{true: time.Now(), false: nil}[n == 1])
	}
	got, err := s.Rehearse(ctx, s.who, 2025, func(_ pg.Tx, now rulebook.RuleSet) (rulebook.RuleSet, error) {
		now = amended(now)
		extra := now.Items[23]
		extra.Code, extra.On, extra.Title = "P26", true, "新的一项"
		now.Items = append(now.Items, extra)
		return now, nil
	})
	if err != nil || got.Goods != (Goods{Spent: 30, Stock: 100}) || !got.Made || !reflect.DeepEqual(got.Unseen, []string{"P26 新的一项"}) || got.Events == 0 {
		t.Errorf("%+v %v", got, err)
	}
}

// TestMadeUp: a village without events rehearses a year made up, the same each time, and nothing is written.
func TestMadeUp(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for n := range 30 {
		s.db.Household(t, pgtest.A, fmt.Sprintf("%d号", n), "张")
	}
	same := func(_ pg.Tx, now rulebook.RuleSet) (rulebook.RuleSet, error) { return now, nil }
	a, err := s.Rehearse(ctx, s.who, 0, same)
	b, err2 := s.Rehearse(ctx, s.who, 0, same)
	if err != nil || err2 != nil || !a.Made || a.Year != 2026 || !reflect.DeepEqual(a, b) {
		t.Errorf("%v %v: %+v", err, err2, a)
	}
	if g := a.Groups[0]; g.Homes != 30 || g.Before != g.After || g.Gain+g.Lose != 0 || g.Before < 30*200 || g.Before > 30*400 {
		t.Errorf("%+v: a model household earns about 300", g)
	}
	other, err := s.Rehearse(ctx, pgtest.In(pgtest.B, actor.Lead), 0, same)
	if err == nil {
		t.Errorf("a village without rules: %+v", other)
	}
}

// TestMadeUpEqualsBruteForce: the year made up for a new village is counted as any other, item by item.
func TestMadeUpEqualsBruteForce(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	at := map[uuid.UUID]int{}
	for n := range 60 {
		id := s.db.Household(t, pgtest.A, fmt.Sprintf("%d号", n), "张")
		at[id] = n
		if n%5 == 0 {
			s.exec(`insert into exemption (village_id, id, household_id, item, reason, from_on, granted_by, granted_by_name, granted_at) values (11, $1, $1, 'P10', '不种不养', '2026-03-01', $1, '', now())`, id)
		}
	}
	now := tenants.Document()
	then := amended(now)
	then.Items[slices.IndexFunc(then.Items, func(i rulebook.Item) bool { return i.Code == "P07" })].Parts[0].Points = 5 // nearly all have it: all would lose
	got, err := s.Rehearse(ctx, s.who, 0, func(pg.Tx, rulebook.RuleSet) (rulebook.RuleSet, error) { return then, nil })
	if err != nil || !got.Made || got.Year != 2026 {
		t.Fatalf("%+v, %v", got, err)
	}
	homes := make([]Home, len(at))
	for id, n := range at {
		homes[n].ID = id
	}
	seen := map[string]int{}
	var facts []fact
	for _, e := range makeUp(now, then, homes, 2026) {
		item, _ := now.Item(e.Event.Item)
		f := fact{home: at[e.Household], item: item.Code, parts: e.Event.Parts, day: e.Event.OccurredOn}
		if item.Tier == rulebook.Decided {
			f.given = 1
		}
		facts = append(facts, f)
		seen[item.Code]++
	}
	for _, i := range now.Items {
		if n := seen[i.Code]; (n > 0) != i.On && !(i.Sign == rulebook.Minus && i.On) || i.Monthly && (n < 600 || n > 700) {
			t.Errorf("%s happens %d times in the year made up", i.Code, n)
		}
	}
	if got.Events != len(facts) {
		t.Errorf("%d events, want %d", got.Events, len(facts))
	}
	equalsBruteForce(t, got, len(homes), facts, now, then, func(n int) []string {
		return []string{"全部住户", "本村户籍", "非党员户", "1–2 口人", map[bool]string{true: "有免评的户", false: "没有免评的户"}[n%5 == 0]}
	})
	if g := got.Groups[0]; g.Gain == 0 || g.Lose == 0 {
		t.Errorf("nobody gains or nobody loses: %+v", g)
	}
}

// BenchmarkYearOfAVillage rehearses a year of 1,200 households.
func BenchmarkYearOfAVillage(b *testing.B) {
	s := newStand(b)
	s.exec(`insert into household (village_id, id, door, head, residence, passbook_no, registered_on, base_unlocks_on, created_at, updated_at)
		select 11, gen_random_uuid(), n || '号', '张', 'local', n::text, '2025-01-01', '2026-01-01', now(), now() from generate_series(1, 1200) n`)
	s.exec(`insert into slot (village_id, household_id, holder_kind, holder_id, item, part, key, sole, counted, points, occurred_on)
		select 11, h.id, 2, gen_random_uuid(), i, '', m::text, true, 1, 5, make_date(2025, m, 20) from household h, generate_series(1, 12) m, unnest(array['P07', 'P08', 'P09', 'P10', 'P11']) i`)
	s.exec(`insert into claim (village_id, id, household_id, item, parts, rule_version, points, occurred_on, channel, recorder, recorder_name, recorded_at, state)
		select 11, gen_random_uuid(), h.id, 'P16', '{"": 1}', 1, 5, make_date(2025, m, 5), 'self', h.id, '', now(), 'posted' from household h, generate_series(1, 8) m`)
	for b.Loop() {
		r, err := s.Rehearse(ctx, s.who, 0, func(_ pg.Tx, now rulebook.RuleSet) (rulebook.RuleSet, error) { return amended(now), nil })
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(r.Events), "events")
	}
}
