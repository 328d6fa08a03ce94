package exempt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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

var ctx = context.Background()

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

type stand struct {
	*Service
	t    *testing.T
	db   *pgtest.DB
	home uuid.UUID
	who  actor.Actor
}

func newStand(t *testing.T) *stand {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-23T10:00:00+08:00")
	s := &stand{Service: &Service{DB: db.DB}, t: t, db: db, who: pgtest.In(pgtest.A, actor.Committee)}
	s.rules(1, "2026-01-01", nil)
	s.home = db.Household(t, pgtest.A, "1组1号", "张桂兰")
	s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, $2, '', uuid_send($1), now())`, s.who.Account, s.who.Name)
	return s
}

func (s *stand) rules(version int, from string, change func(*rulebook.RuleSet)) {
	s.t.Helper()
	r := tenants.Document()
	r.Version, r.InForceFrom = version, day(from)
	if change != nil {
		change(&r)
	}
	if err := s.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) }); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Owner.Exec(ctx, sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) must(d Draft) Exemption {
	s.t.Helper()
	e, err := s.Grant(ctx, s.who, d)
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

func (s *stand) draft(item string) Draft {
	return Draft{Household: s.home, Item: item, Reason: "家里不种地也不养殖"}
}

func day(s string) time.Time {
	t, err := month.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return t
}

func want(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func TestGrantAndEnd(t *testing.T) {
	s := newStand(t)
	e := s.must(s.draft("P10"))
	if e.On(day("2026-11-23")) != Standing || e.On(day("2026-11-22")) != Upcoming || e.GrantedByName != s.who.Name {
		t.Errorf("%+v", e)
	}
	_, err := s.Grant(ctx, s.who, s.draft("P10"))
	want(t, "twice", err, ErrHas)
	s.must(s.draft("N20a"))
	if _, err = s.End(ctx, s.who, e.ID, "开始养鸡了，重新评"); err != nil {
		t.Fatal(err)
	}
	_, err = s.End(ctx, s.who, e.ID, "开始养鸡了，重新评")
	want(t, "ended twice", err, ErrEnded)
	again := s.must(s.draft("P10"))
	for f, n := range map[Filter]int{{}: 3, {State: Standing}: 2, {State: Ended}: 1, {Item: "N20"}: 1, {Search: "张桂"}: 3, {Search: "无"}: 0, {Household: uuid.New()}: 0} {
		if list, _, err := s.List(ctx, s.who, f); err != nil || len(list) != n {
			t.Errorf("%+v: %d, want %d: %v", f, len(list), n, err)
		}
	}
	if list, _, err := s.List(ctx, pgtest.In(pgtest.B, actor.Lead), Filter{}); err != nil || len(list) != 0 {
		t.Errorf("another village: %v %v", list, err)
	}
	_, err = s.End(ctx, pgtest.In(pgtest.B, actor.Lead), again.ID, "开始养鸡了，重新评")
	want(t, "from another village", err, fault.ErrNotFound)
	on := map[uuid.UUID][]rulebook.Exempt{}
	if err := s.DB.Look(ctx, s.who, func(tx pg.Tx) error { on, err = On(ctx, tx, tx.Now); return err }); err != nil || len(on[s.home]) != 2 {
		t.Errorf("%v %v", on, err)
	}
	var b bytes.Buffer
	if n, err := s.Export(ctx, s.who, Filter{}, tenants.Document(), &b); err != nil || n != 3 || b.Len() == 0 {
		t.Errorf("%d rows, %v", n, err)
	}
	for verb, n := range map[string]int{"exempt.grant": 3, "exempt.end": 1, "exempt.export": 1} {
		got := 0
		if err := s.db.Owner.QueryRow(ctx, `select count(*) from audit where verb = $1`, verb).Scan(&got); err != nil || got != n {
			t.Errorf("%d × %s in the log, %v", got, verb, err)
		}
	}
}

func TestGrantRefuses(t *testing.T) {
	s := newStand(t)
	foreign := s.db.Household(t, pgtest.B, "1组1号", "别村")
	for _, c := range []struct {
		name string
		edit func(*Draft)
		want error
	}{
		{"no reason", func(d *Draft) { d.Reason = "无" }, ErrReason},
		{"an item that is off", func(d *Draft) { d.Item = "N23" }, ErrItem},
		{"no item", func(d *Draft) { d.Item = "" }, ErrItem},
		{"a rung alone", func(d *Draft) { d.Item = "P19t1" }, ErrItem},
		{"last year", func(d *Draft) { d.FromOn = day("2025-12-31") }, ErrFrom},
		{"over in the past", func(d *Draft) { d.FromOn, d.UntilOn = day("2026-10-01"), day("2026-11-22") }, ErrUntil},
		{"over before it begins", func(d *Draft) { d.FromOn, d.UntilOn = day("2026-12-02"), day("2026-12-01") }, ErrUntil},
		{"another village's household", func(d *Draft) { d.Household = foreign }, fault.ErrNotFound},
	} {
		d := s.draft("P10")
		c.edit(&d)
		_, err := s.Grant(ctx, s.who, d)
		want(t, c.name, err, c.want)
	}
	own := s.who
	own.Household = s.home
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '兄弟', now())`, s.who.Account, s.home)
	_, err := s.Grant(ctx, s.who, s.draft("P10"))
	want(t, "a relative's", err, ErrRelated)
	s.exec(`delete from relative`)
	e := s.must(s.draft("P10"))
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '兄弟', now())`, s.who.Account, s.home)
	_, err = s.End(ctx, s.who, e.ID, "重新评，情况变了")
	want(t, "ending a relative's", err, ErrRelated)
	s.exec(`delete from relative`)
	s.rules(2, "2026-11-23", func(r *rulebook.RuleSet) { r.Settings.Exemptions = false })
	_, err = s.Grant(ctx, s.who, s.draft("P09"))
	want(t, "where the rules have none", err, ErrOff)
}

func TestLapses(t *testing.T) {
	s := newStand(t)
	d := s.draft("P10")
	d.FromOn, d.UntilOn = day("2026-10-01"), day("2026-11-30")
	e := s.must(d)
	s.db.At("2026-12-05T10:00:00+08:00")
	_, err := s.End(ctx, s.who, e.ID, "重新评，情况变了")
	want(t, "what lapsed by itself", err, ErrEnded)
	s.must(s.draft("P10"))
	list, _, err := s.List(ctx, s.who, Filter{State: Lapsed})
	if err != nil || len(list) != 1 || list[0].On(day("2026-12-05")) != Lapsed || list[0].On(day("2026-11-30")) != Standing {
		t.Errorf("%+v %v", list, err)
	}
	if list, _, err := s.List(ctx, s.who, Filter{State: Standing}); err != nil || len(list) != 1 {
		t.Errorf("%+v %v", list, err)
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	set := tenants.Document()
	rules := func(d time.Time) (rulebook.RuleSet, bool) { return set, !d.Before(day("2026-01-01")) }
	from, end := day("2026-01-01"), day("2026-12-31")
	until, first := month.Date(day("2026-06-30")), month.Date(from)
	// By hand: the five of the month 5×5×12; P03 5, P04 10, P06 5, P13 5, P14 5+5, P15 a 2 and b 1×4, P20 5, P21 5, P22 the higher rung 10.
	const whole = 300 + 5 + 10 + 5 + 5 + 10 + 2 + 4 + 5 + 5 + 10
	for _, c := range []struct {
		name  string
		since time.Time
		upto  time.Time
		spans []Span
		had   map[string]int
		want  Share
	}{
		{"a whole year, nothing had", from, end, nil, nil, Share{0, whole}},
		{"one month", from, day("2026-01-31"), nil, nil, Share{0, whole - 300 - 4 + 25 + 1}},
		{"in since December", day("2026-12-01"), end, nil, nil, Share{0, whole - 300 - 4 + 25 + 1}},
		{"free of one of the five", from, end, []Span{{Item: "P10", FromOn: first}}, nil, Share{0, whole - 60}},
		{"free of it for half a year", from, end, []Span{{Item: "P10", FromOn: first, UntilOn: &until}}, nil, Share{0, whole - 30}},
		{"free of a yearly one for half a year", from, end, []Span{{Item: "P06", FromOn: first, UntilOn: &until}}, nil, Share{0, whole}},
		{"free of one part", from, end, []Span{{Item: "P14b", FromOn: first}}, nil, Share{0, whole - 5}},
		{"deeds that nothing bounds are had and could be had", from, end, nil, map[string]int{"P24": 15, "P07": 60}, Share{75, whole + 15}},
		{"a deduction is had and no less reachable", from, end, nil, map[string]int{"N12": -5, "P07": 60}, Share{55, whole}},
		{"more of an item than its bound", from, end, nil, map[string]int{"P15": 16}, Share{16, whole + 10}},
	} {
		if got := Reachable(rules, c.since, c.upto, c.spans, c.had); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	if a, b := (Share{1, 3}), (Share{2, 7}); a.Better(b) >= 0 || b.Better(a) <= 0 || a.Better(Share{2, 6}) != 0 {
		t.Error("a third is better than two sevenths and as good as two sixths")
	}
}

func TestShares(t *testing.T) {
	s := newStand(t)
	other := s.db.Household(t, pgtest.A, "1组2号", "单建国")
	s.exec(`update household set registered_on = '2026-01-01'`)
	n := 0
	entry := func(home uuid.UUID, item string, points int, on string) {
		n++
		s.exec(`insert into ledger_entry (village_id, id, household_id, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
			values (11, $1, $2, $1, now(), $3, 202611, $4, 1, 2, 2, 2, true, $5)`, uuid.MustParse(fmt.Sprintf("00000000-0000-7000-8000-%012d", n)), home, points, on, item)
	}
	entry(s.home, "P07", 5, "2026-01-20")
	entry(s.home, "P24", 5, "2026-11-23")
	entry(s.home, "P07", 5, "2025-12-20")
	entry(s.home, "P07", 5, "2026-11-24")
	s.must(Draft{Household: s.home, Item: "P10", Reason: "家里不种地也不养殖", FromOn: day("2026-01-01")})
	var got, one map[uuid.UUID]Share
	err := s.DB.Look(ctx, s.who, func(tx pg.Tx) (err error) {
		if got, err = Shares(ctx, tx, uuid.Nil, tx.Now); err == nil {
			one, err = Shares(ctx, tx, s.home, tx.Now)
		}
		return err
	})
	const to = 275 + 5 + 10 + 5 + 5 + 10 + 2 + 4 + 5 + 5 + 10
	if err != nil || got[s.home] != (Share{10, to - 55 + 5}) || got[other] != (Share{0, to}) || len(one) != 1 || one[s.home] != got[s.home] {
		t.Errorf("%v %v %v", got, one, err)
	}
}
