package evaluation

import (
	"errors"
	"testing"
	"time"

	"cunfen/internal/actor"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func TestQuarters(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]Quarter{"2027-01-05": 20264, "2027-04-01": 20271, "2027-03-31": 20264, "2026-12-31": 20263} {
		day, _ := month.ParseDay(at)
		if got := Last(day); got != want {
			t.Errorf("before %s: %s", at, got)
		}
	}
	q := Quarter(20264)
	if q.String() != "2026-4" || q.First().Format(time.DateOnly) != "2026-10-01" || q.End().Format(time.DateOnly) != "2027-01-01" {
		t.Errorf("%s %s %s", q, q.First(), q.End())
	}
	for s, ok := range map[string]bool{"2026-4": true, "2026-5": false, "2026-0": false, "26-4": false, "2026-44": false, "": false} {
		if _, is := ParseQuarter(s); is != ok {
			t.Errorf("%q: %v", s, is)
		}
	}
}

func TestAQuarterIsEvaluated(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := t.Context()
	db.At("2027-01-05T09:00:00+08:00")
	s := &Service{DB: db.DB}
	lead, worker := pgtest.In(pgtest.A, actor.Lead), actor.System(pgtest.A)
	home := db.Household(t, pgtest.A, "1组1号", "甲")
	other := db.Household(t, pgtest.A, "1组2号", "乙")
	queued := func() (n int) {
		if err := db.InVillage(ctx, worker, func(tx pg.Tx) error { return Ready(ctx, tx) }); err != nil {
			t.Fatal(err)
		}
		if err := db.Owner.QueryRow(ctx, `select count(*) from outbox where kind = 'evaluation.pack'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := queued(); n != 0 {
		t.Errorf("%d jobs for a village without rules", n)
	}
	r := tenants.Document()
	r.Version = 1
	if err := db.InVillage(ctx, lead, func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) }); err != nil {
		t.Fatal(err)
	}
	if n := queued() + queued(); n != 2 { // one and the same job, seen twice
		t.Errorf("%d jobs", n)
	}
	for n, day := range []string{"2026-10-02", "2026-12-31", "2027-01-01", "2026-09-30"} {
		state := []string{"approved", "rejected", "approved", "approved"}[n]
		_, err := db.Owner.Exec(ctx, `insert into claim (village_id, id, household_id, item, parts, rule_version, points, occurred_on, channel, recorder, recorder_name, recorded_at, state)
			values (11, $1, $2, 'P18', '{}', 1, 5, $3, 'self', $1, 'x', now(), $4)`, pg.NewID(), home, day, state)
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := s.Gather(ctx, worker, 20264); err != nil {
			t.Fatal(err)
		}
	}
	e, _, err := s.Show(ctx, lead, 20264)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range e.Pack.Items {
		if u.Code == "P18" && (u.Claimed != 2 || u.Refused != 1 || u.Never()) || u.Code == "P05" && !u.Never() {
			t.Errorf("%+v", u)
		}
	}
	if e.Pack.Households != 2 || e.Pack.Entries != 2 || e.Pack.Burden != 1 || e.OpinionsUntil.Format(time.DateOnly) != "2027-01-25" {
		t.Errorf("%+v until %s", e.Pack, e.OpinionsUntil)
	}
	own := pgtest.In(pgtest.A, actor.Household)
	own.Household = home
	say := func(who actor.Actor, o Opinion) error { _, err := s.Say(ctx, who, 20264, o); return err }
	for _, c := range []struct {
		who  actor.Actor
		o    Opinion
		want error
	}{
		{own, Opinion{Item: "P18", Stance: "raise"}, nil}, {own, Opinion{Item: "P18", Stance: "keep"}, ErrSaid}, {own, Opinion{Item: "P77", Stance: "keep"}, ErrItem},
		{own, Opinion{Item: "P01", Stance: "more"}, ErrStance}, {own, Opinion{Stance: "add"}, ErrText}, {own, Opinion{Stance: "keep", HouseholdID: other}, nil},
		{lead, Opinion{Item: "P18", Stance: "drop", Text: "年纪大了参加不了", HouseholdID: other, Channel: "paper"}, nil}, {lead, Opinion{Item: "P18", Stance: "keep", Channel: "self"}, ErrHome},
	} {
		if err := say(c.who, c.o); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%+v: %v; want %v", c.o, err, c.want)
		}
	}
	if _, said, err := s.Show(ctx, own, 20264); err != nil || len(said) != 2 {
		t.Errorf("a household sees %d opinions, %v", len(said), err)
	}
	if _, said, err := s.Show(ctx, lead, 20264); err != nil || len(said) != 3 {
		t.Errorf("the group sees %d opinions, %v", len(said), err)
	}
	if _, err := s.Decide(ctx, lead, 20264, "keep", "大家意见不多，照旧执行"); !errors.Is(err, ErrTurn) {
		t.Errorf("decided without a proposal: %v", err)
	}
	if _, err := s.Propose(ctx, lead, 20264, "建议志愿服务改为每次 6 分"); err != nil {
		t.Fatal(err)
	}
	officer := actor.Actor{Role: actor.Bureau, Township: pgtest.Town1}
	if q, all, err := s.Town(ctx, officer); err != nil || q != 20264 || len(all) != 2 || all[0].State != "proposed" || !all[0].Rules || all[1].Rules {
		t.Errorf("the bureau sees %s %+v %v", q, all, err)
	}
	if e, err = s.Decide(ctx, lead, 20264, "amend", "按建议起草修订，走“四议两公开”"); err != nil || e.State != "decided" {
		t.Errorf("%+v %v", e, err)
	}
	if err := say(own, Opinion{Item: "P05", Stance: "keep"}); !errors.Is(err, ErrClosed) {
		t.Errorf("after the decision: %v", err)
	}
	if _, err := s.Propose(ctx, lead, 20264, "再提一次建议看看行不行"); !errors.Is(err, ErrTurn) {
		t.Errorf("after the decision: %v", err)
	}
}
