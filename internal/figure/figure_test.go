package figure

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

var ctx = context.Background()

var officer = actor.Actor{Account: uuid.UUID{1}, Name: "局经办", Role: actor.Bureau, Township: pgtest.Town1}

// life is a village with some of everything that the figures count, at random over fifteen months.
type life struct {
	t    *testing.T
	db   *pgtest.DB
	rng  *rand.Rand
	v    actor.VillageID
	from time.Time
	to   time.Time
	home []uuid.UUID
	late bool // no more deductions: those that pgtest clears are of January
}

func (l *life) exec(sql string, args ...any) {
	l.t.Helper()
	if _, err := l.db.Owner.Exec(ctx, sql, args...); err != nil {
		l.t.Fatalf("%v\n%s", err, sql)
	}
}

func (l *life) at() time.Time {
	return l.from.Add(time.Duration(l.rng.Int64N(int64(l.to.Sub(l.from)))))
}

// some is true once in n.
func (l *life) some(n int) bool { return l.rng.IntN(n) == 0 }

func (l *life) one() uuid.UUID { return l.home[l.rng.IntN(len(l.home))] }

func live(t *testing.T, db *pgtest.DB, v actor.VillageID, seed uint64) *life {
	t.Helper()
	l := &life{t: t, db: db, rng: rand.New(rand.NewPCG(seed, 1)), v: v}
	l.from, _ = time.Parse(time.RFC3339, "2025-09-01T00:00:00+08:00")
	l.to, _ = time.Parse(time.RFC3339, "2026-11-20T10:00:00+08:00")
	rules := tenants.Document()
	rules.Version = 1
	if err := db.InVillage(ctx, actor.System(v), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, rules) }); err != nil {
		t.Fatal(err)
	}
	print := pg.NewID()
	l.exec(`insert into passbook_print (village_id, id, kind, scope, households, lines, by, by_name, at) values ($1, $2, 'book', '', 1, 1, $2, '', '2026-03-05T10:00:00+08:00')`, int64(v), print)
	for i := range 30 {
		id := db.Household(t, v, fmt.Sprintf("1组%d号", i), "户")
		l.home = append(l.home, id)
		var left *time.Time
		state := "active"
		if l.some(8) {
			d := month.Date(l.at())
			left, state = &d, "left"
		}
		l.exec(`update household set registered_on = $3, left_on = $4, state = $5, party = $6, residence = $7 where village_id = $1 and id = $2`, int64(v), id, month.Date(l.at()), left, state, l.some(3),
			map[bool]string{true: "outside", false: "local"}[l.some(4)])
		l.exec(`insert into member (village_id, id, household_id, name, state, left_on, created_at) values ($1, $2, $3, '人', $4, $5, $6)`, int64(v), pg.NewID(), id, state, left, l.at())
		if l.some(2) {
			l.exec(`insert into passbook_print_home (village_id, print_id, household_id, passbook_no, from_line, to_line, page, year_after, base_after) values ($1, $2, $3, 'x', 1, 1, 1, 0, 0)`, int64(v), print, id)
		}
	}
	for range 120 {
		l.claim()
		l.line()
	}
	for i := range 12 {
		l.matter(i)
	}
	l.money()
	for m := month.Month(202510); m < 202611; m = m.Next() {
		state, posted, published := "published", any(m.Next().First().AddDate(0, 0, 1)), any(m.Next().First().AddDate(0, 0, l.rng.IntN(6)))
		if l.some(4) {
			state, published = "posted", nil
		}
		l.exec(`insert into sheet (village_id, month, state, posted_at, published_at) values ($1, $2, $3, $4, $5)`, int64(v), int(m), state, posted, published)
	}
	return l
}

func (l *life) claim() {
	at := l.at()
	var decided *time.Time
	state, reviewer := "pending", any(nil)
	if !l.some(4) {
		d := at.Add(time.Duration(l.rng.IntN(20*24*60)) * time.Minute)
		decided, reviewer, state = &d, uuid.New(), []string{"approved", "posted", "rejected", "returned"}[l.rng.IntN(4)]
	} else if l.some(3) {
		state = "withdrawn"
	}
	l.exec(`insert into claim (village_id, id, household_id, item, parts, rule_version, points, occurred_on, channel, recorder, recorder_name, recorded_at, state, reviewer, decided_at)
		values ($1, $2, $3, 'P24', '{"": 1}', 1, 5, '2026-05-01', $4, $2, '', $5, $6, $7, $8)`, int64(l.v), pg.NewID(), l.one(), []string{"self", "grid", "counter"}[l.rng.IntN(3)], at, state, reviewer, decided)
}

// line posts an award, sometimes a deduction, sometimes takes it back.
func (l *life) line() {
	home, at, id := l.one(), l.at(), pg.NewID()
	kind, source, points, item := 2, uuid.New(), l.rng.IntN(20)+1, []string{"P07", "P24", "P16"}[l.rng.IntN(3)]
	by := 2
	if !l.late && l.some(8) {
		kind, by, points, item = 3, 6, -5, "N10"
		source = l.db.Cleared(l.t, l.v, home, item, 1, points)
	}
	insert := `insert into ledger_entry (village_id, id, household_id, reverses, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11, 2, true, $12)`
	l.exec(insert, int64(l.v), id, home, nil, source, at, points, int(month.Of(at)), month.Date(at), by, kind, item)
	if l.some(6) {
		l.exec(insert, int64(l.v), pg.NewID(), home, id, uuid.New(), at, -points, int(month.Of(at)), month.Date(at), 4, 5, item)
	}
}

// matter is a finding put right, an objection, an appeal.
func (l *life) matter(i int) {
	at := l.at()
	done := at.Add(time.Duration(l.rng.IntN(25*24)) * time.Hour)
	var entry uuid.UUID
	if err := l.db.Owner.QueryRow(ctx, `select id from ledger_entry where village_id = $1 and kind = 2 offset $2 limit 1`, int64(l.v), i).Scan(&entry); err != nil {
		l.t.Fatal(err)
	}
	state := []string{"open", "upheld", "dismissed", "withdrawn"}[i%4]
	decided := any(done)
	if state == "open" {
		decided = nil
	}
	objection := pg.NewID()
	l.exec(`insert into objection (village_id, id, household_id, entry_id, grounds, channel, filed_by, filed_by_name, filed_at, due_on, state, decided_at) values ($1, $2, $3, $4, '', 'self', $2, '', $5, $6, $7, $8)`,
		int64(l.v), objection, l.home[0], entry, at, month.Date(at.AddDate(0, 0, 7)), state, decided)
	l.exec(`insert into appeal (village_id, id, objection_id, household_id, entry_id, grounds, channel, filed_by, filed_by_name, filed_at, due_on, held, state, decided_at) values ($1, $2, $3, $4, $5, '', 'self', $2, '', $6, $7, false, $8, $9)`,
		int64(l.v), pg.NewID(), objection, l.home[0], entry, at, month.Date(at.AddDate(0, 0, 15)), state, decided)
	l.exec(`insert into finding (village_id, id, household_id, item, parts, rule_version, points, occurred_on, found_at, matter, proofs, evidence, recorder, recorder_name, recorded_at, state, outcome, closed_at)
		values ($1, $2, $3, 'N10', '{"": 1}', 1, -5, $4, $5, '屋后堆物', '{photo}', sha256('x'), $2, '', $5, 'closed', $6, $7)`, int64(l.v), pg.NewID(), l.one(), month.Date(at), at, []string{"put_right", "waived"}[i%2], done)
}

func (l *life) money() {
	goods := pg.NewID()
	l.exec(`insert into goods (village_id, id, code, name, unit, price, stock, created_at) values ($1, $2, 'G', '油', '桶', 10, 500, now())`, int64(l.v), goods)
	for range 40 {
		cancelled := any(nil)
		if l.some(7) {
			cancelled = l.to
		}
		l.exec(`insert into redemption (village_id, id, household_id, goods_id, goods_name, quantity, points, passbook_balance, receiver, desk, desk_name, at, entry_id, cancelled_at) values ($1, $2, $3, $4, '油', 1, $5, 0, '', $2, '', $6, $2, $7)`,
			int64(l.v), pg.NewID(), l.one(), goods, l.rng.IntN(50)+1, l.at(), cancelled)
	}
	for n, state := range []string{"agreed", "agreed", "submitted"} {
		id := pg.NewID()
		decided := any(nil)
		if state == "agreed" {
			decided = uuid.New()
		}
		l.exec(`insert into budget (village_id, id, year, number, state, drafted_by, drafted_name, drafted_at, submitted_at, decided_by, decided_at) values ($1, $2, 2026, $3, $4, $2, '', $5, $5, $6, $5)`, int64(l.v), id, n, state, l.from, decided)
		l.exec(`insert into budget_line (village_id, budget_id, position, source, name, quantity, fen) values ($1, $2, 1, 0, '油', 10, $3), ($1, $2, 2, 1, '集体', 0, 999999)`, int64(l.v), id, 10000*(n+1))
	}
	for range 9 {
		l.exec(`insert into purchase (village_id, id, year, goods_id, goods_name, quantity, supplier, fen, bought_on, receipt, buyer, buyer_name, at, state) values ($1, $2, 2026, $3, '油', 1, '社', $4, $5, '1', $2, '', now(), 'bought')`,
			int64(l.v), pg.NewID(), goods, l.rng.IntN(9000)+1, month.Date(l.at()))
	}
}

// agrees counts every figure of every month by testdata/figures.sql and compares.
func (l *life) agrees(when string) (compared int) {
	l.t.Helper()
	script, err := os.ReadFile("testdata/figures.sql")
	if err != nil {
		l.t.Fatal(err)
	}
	var months []int
	rows, err := l.db.Owner.Query(ctx, `select month from figure where village_id = $1 order by month`, int64(l.v))
	if err != nil {
		l.t.Fatal(err)
	}
	for rows.Next() {
		var m int
		if err := rows.Scan(&m); err != nil {
			l.t.Fatal(err)
		}
		months = append(months, m)
	}
	for _, m := range months {
		var kept map[string]any
		if err := l.db.Owner.QueryRow(ctx, `select to_jsonb(r) from figure r where village_id = $1 and month = $2`, int64(l.v), m).Scan(&kept); err != nil {
			l.t.Fatal(err)
		}
		figures, err := l.db.Owner.Query(ctx, string(script), int64(l.v), m)
		if err != nil {
			l.t.Fatal(err)
		}
		for figures.Next() {
			var name string
			var want int64
			if err := figures.Scan(&name, &want); err != nil {
				l.t.Fatal(err)
			}
			got, ok := kept[name].(float64)
			if b, is := kept[name].(bool); is {
				ok = true
				if b {
					got = 1
				}
			}
			if name == "wait_minutes" { // rounded twice there, once here
				if diff := int64(got) - want; diff >= -1 && diff <= 1 {
					got = float64(want)
				}
			}
			if compared++; !ok || int64(got) != want {
				l.t.Errorf("%s: village %d, %d, %s: kept %v, counted %d", when, l.v, m, name, kept[name], want)
			}
		}
		if figures.Err() != nil {
			l.t.Fatal(figures.Err())
		}
	}
	return compared
}

// TestEveryFigure counts the figures independently after a rebuild, and again after changes that a refresh picks up.
func TestEveryFigure(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	s := &Service{DB: db.DB}
	a, b := live(t, db, pgtest.A, 3), live(t, db, pgtest.B, 4)
	for _, l := range []*life{a, b} {
		if err := s.Rebuild(ctx, actor.System(l.v)); err != nil {
			t.Fatal(err)
		}
		if n := l.agrees("rebuilt"); n < 15*30 {
			t.Fatalf("only %d figures were compared", n)
		}
	}
	// a day of business later, with a line for a month long past
	db.At("2026-11-21T10:00:00+08:00")
	a.from, a.to, a.late = a.to, a.to.Add(20*time.Hour), true
	for range 10 {
		a.claim()
		a.line()
	}
	a.money2()
	a.exec(`insert into ledger_entry (village_id, id, household_id, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
		values (11, $1, $2, $1, '2026-11-20T12:00:00+08:00', 7, 202604, '2026-04-08', 1, 2, 2, 2, true, 'P24')`, pg.NewID(), a.home[1])
	a.exec(`insert into audit (village_id, id, at, name, role, verb, object_kind, object_id) values (11, $1, '2026-11-20T12:00:00+08:00', '', '', '', '', '')`, pg.NewID())
	if err := s.Refresh(ctx, actor.System(pgtest.A)); err != nil {
		t.Fatal(err)
	}
	a.agrees("refreshed")
	all, err := s.Months(ctx, officer, pgtest.A)
	if err != nil || len(all) < 14 {
		t.Fatalf("%d months, %v", len(all), err)
	}
	for _, m := range all {
		if fresh := m.AsOf.Equal(db.Now()); fresh != (m.Month == 202611 || m.Month == 202610 || m.Month == 202604) {
			t.Errorf("%s: gathered at %s", m.Month, m.AsOf)
		}
	}
}

func (l *life) money2() {
	l.exec(`insert into purchase (village_id, id, year, goods_id, goods_name, quantity, supplier, fen, bought_on, receipt, buyer, buyer_name, at, state)
		select $1, $2, 2026, id, '油', 1, '社', 7, '2026-11-20', '1', $2, '', now(), 'bought' from goods where village_id = $1`, int64(l.v), pg.NewID())
}

// TestRefresh asks that nothing is gathered where nothing was done, but that the stamp moves.
func TestRefresh(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	s := &Service{DB: db.DB}
	db.Household(t, pgtest.A, "1", "甲")
	gathered := func() (at time.Time) {
		t.Helper()
		if err := s.Refresh(ctx, actor.System(pgtest.A)); err != nil {
			t.Fatal(err)
		}
		if err := db.Owner.QueryRow(ctx, `select max(as_of) from figure where village_id = 11`).Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	first := gathered()
	db.At("2026-11-20T10:10:00+08:00")
	if again := gathered(); !again.Equal(first) {
		t.Errorf("gathered anew at %s, though nothing was done", again)
	}
	all, err := s.Board(ctx, officer, Year(2026))
	if err != nil || len(all) != 2 || all[0].AsOf == nil || !all[0].AsOf.Equal(db.Now()) || all[1].AsOf != nil || all[0].Households != 1 {
		t.Fatalf("all = %+v, %v", all, err)
	}
	if _, err := db.Owner.Exec(ctx, `insert into audit (village_id, id, at, name, role, verb, object_kind, object_id) values (11, $1, $2, '', '', '', '', '')`, pg.NewID(), db.Now()); err != nil {
		t.Fatal(err)
	}
	if again := gathered(); !again.Equal(db.Now()) {
		t.Errorf("not gathered though something was done: %s", again)
	}
	db.At("2026-12-01T00:10:00+08:00")
	gathered()
	if all, _ := s.Board(ctx, officer, One(202612)); all[0].Households != 1 {
		t.Error("the new month has no figures")
	}
}

func TestBoardIsTheTownships(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	s := &Service{DB: db.DB}
	l := live(t, db, pgtest.A, 5)
	live(t, db, pgtest.C, 6)
	for _, v := range []actor.VillageID{pgtest.A, pgtest.B, pgtest.C} {
		if err := s.Rebuild(ctx, actor.System(v)); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Board(ctx, officer, Year(2026))
	if err != nil || len(all) != 2 {
		t.Fatalf("%d villages, %v", len(all), err)
	}
	var year Flow
	months, err := s.Months(ctx, officer, pgtest.A)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range months {
		if m.Month.Year() == 2026 {
			year.Add(m.Flow)
		}
	}
	got := all[0].Flow
	got.Active, year.Active, got.RedeemedHomes, year.RedeemedHomes = 0, 0, 0, 0 // the most, not the sum
	if got != year || got.Score == 0 {
		t.Errorf("the year is %+v, its months %+v", got, year)
	}
	if all[0].Level != months[0].Level {
		t.Errorf("stands at %+v, the last month at %+v", all[0].Level, months[0].Level)
	}
	if _, err := s.Months(ctx, officer, pgtest.C); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another township's village: %v", err)
	}
	if _, err := s.Board(ctx, pgtest.In(pgtest.A, actor.Lead), Year(2026)); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a village's lead: %v", err)
	}
	green := officer
	green.Role, green.Topic = actor.Department, "environment"
	for who, most := range map[*actor.Actor]int{&officer: 3, &green: 1} {
		classes, err := s.Classes(ctx, *who, Year(2026))
		seen := map[string]bool{}
		for _, c := range classes {
			seen[c.Class] = true
			if c.VillageID == pgtest.C {
				t.Error("a class of another township")
			}
		}
		if err != nil || len(seen) < 1 || len(seen) > most || who == &green && !seen["农村人居环境整治"] {
			t.Errorf("%s sees %v, %v", who.Role, seen, err)
		}
	}
	trend, err := s.Trend(ctx, officer)
	if err != nil || len(trend) != 12 || trend[11].Month != 202611 {
		t.Errorf("trend of %d months, %v", len(trend), err)
	}
	_ = l
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	now, _ := time.Parse(time.RFC3339, "2026-02-10T10:00:00+08:00")
	for text, want := range map[string]Period{"": Year(2026), "2025": Year(2025), "2026-Q1": {202601, 202603}, "2025-12": {202512, 202512}} {
		p, err := ParsePeriod(text, now)
		if err != nil || p != want {
			t.Errorf("%q is %v, %v", text, p, err)
		}
		if back, err := ParsePeriod(p.String(), now); err != nil || back != p {
			t.Errorf("%v is written %q", p, p)
		}
	}
	for _, text := range []string{"26", "2026-13", "2026-Q5", "2026-Q01", "x", "2026-", "1999"} {
		if _, err := ParsePeriod(text, now); !errors.Is(err, ErrPeriod) {
			t.Errorf("%q is a period: %v", text, err)
		}
	}
	seen := map[Period]bool{}
	for _, p := range Periods(now) {
		if !p.Valid() || seen[p] {
			t.Errorf("%v", p)
		}
		seen[p] = true
	}
	if !seen[One(202503)] || seen[One(202502)] {
		t.Error("not the last twelve months")
	}
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	now, _ := time.Parse(time.RFC3339, "2026-11-10T10:00:00+08:00")
	all := []Standing{
		{Name: "东村", Level: Level{Households: 10, Entered: 10, BudgetFen: 1}, Last: Sheet{Begun: true, DueOn: time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)}},
		{Name: "西村", Level: Level{Households: 10, Entered: 4, ObjectionsLate: 1, Pending: 1}, Last: Sheet{Begun: true, PublishedAt: &now, DueOn: time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)}},
	}
	if !all[1].Last.OnTime() || all[1].Last.Overdue(now) || !all[0].Last.Overdue(now) {
		t.Error("on time and overdue are wrong")
	}
	for f, want := range map[Filter]string{{}: "东村西村", {Search: "西"}: "西村", {Only: "overdue"}: "东村", {Only: "late"}: "西村", {Only: "low"}: "西村", {Only: "waiting"}: "西村", {Only: "nobudget"}: "西村", {Only: "low", Search: "东"}: ""} {
		got := ""
		for _, v := range f.Narrow(all, now) {
			got += v.Name
		}
		if got != want {
			t.Errorf("%+v keeps %q", f, got)
		}
	}
}

// BenchmarkBoard is what a township's board costs at the database, with a year of months: 24 villages, and 2,000.
func BenchmarkBoard(b *testing.B) {
	for _, villages := range []int{24, 2000} {
		b.Run(fmt.Sprint(villages), func(b *testing.B) {
			db := pgtest.New(b)
			db.At("2026-11-20T10:00:00+08:00")
			for _, sql := range []string{
				`insert into village (id, township_id, code, name, kind, created_at) select 1000 + g, 1, 'v' || g, '村' || g, 'village', now() from generate_series(3, $1::int) g`,
				`insert into figure select v.id, 202500 + case when g > 0 then 100 + g else 12 + g end, 1200, 40, 90, 1100, 4000, 1100, 80, 900, 90000, 8000, 5000, 2000, 4000, 3800, 100, 100, 900000, 30, 20, 10, 5, -25, 3, 2, 1, 1, 0, 1, 0, 800, 40000, 700,
					5000000, 300000, true, 'published', now(), now(), '2026-11-05', now() from village v, generate_series(-1, 11) g where v.township_id = 1 and $1::int > 0`,
				`insert into figure_mark select id, now(), now() from village where township_id = 1 and $1::int > 0`,
			} {
				if _, err := db.Owner.Exec(ctx, sql, villages); err != nil {
					b.Fatal(err)
				}
			}
			if _, err := db.Owner.Exec(ctx, `analyze`); err != nil {
				b.Fatal(err)
			}
			s := &Service{DB: db.DB}
			for b.Loop() {
				all, err := s.Board(ctx, officer, Year(2026))
				if err != nil || len(all) != villages || all[0].Score == 0 {
					b.Fatal(len(all), err)
				}
				if _, err := s.Trend(ctx, officer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestManyVillages reads a township of more villages than a statement names at once: every one of them is there with
// its figures, and the sums of the trend and the classes are over all.
func TestManyVillages(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-10T10:00:00+08:00")
	s := &Service{DB: db.DB}
	for _, sql := range []string{
		`insert into village (id, township_id, code, name, kind, created_at) select 1000 + g, 1, 'v' || g, '村' || g, 'village', now() from generate_series(1, 448) g`,
		`insert into figure select v.id, 202600 + g, 10, 0, 0, 0, 0, 5, 0, 3, v.id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0,
			true, 'published', now(), '2026-11-01', '2026-11-05', now() from village v, generate_series(9, 10) g where v.township_id = 1`,
		`insert into figure_class select village_id, month, '德善公益', true, 2, 1, 10 from figure where month = 202610`,
		`insert into figure_mark select id, now(), now() from village where township_id = 1`,
	} {
		if _, err := db.Owner.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Board(ctx, officer, Year(2026))
	if err != nil || len(all) != 450 {
		t.Fatalf("%d villages, %v", len(all), err)
	}
	for _, v := range all {
		if v.Households != 10 || v.Score != 2*int64(v.ID) || v.Last.State != "published" || v.AsOf == nil {
			t.Fatalf("v = %+v", v)
		}
	}
	trend, err := s.Trend(ctx, officer)
	if err != nil || len(trend) != 2 || trend[0].Month != 202609 || trend[1].Households != 4500 || trend[1].Begun != 450 {
		t.Errorf("trend = %+v, %v", trend, err)
	}
	classes, err := s.Classes(ctx, officer, Year(2026))
	if err != nil || len(classes) != 450 {
		t.Errorf("%d classes, %v", len(classes), err)
	}
	if one, err := s.ClassesOf(ctx, officer, 1448, Year(2026)); err != nil || len(one) != 1 || one[0].Times != 2 {
		t.Errorf("one = %+v, %v", one, err)
	}
	if _, err := s.ClassesOf(ctx, officer, pgtest.C, Year(2026)); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another township's: %v", err)
	}
}
