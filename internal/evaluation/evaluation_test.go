package evaluation

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/bureau"
	"cunfen/internal/fault"
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
	inbox := func(at string) (n int) {
		t.Helper()
		now := db.Now()
		db.At(at)
		defer func() { db.DB.Now = func() time.Time { return now } }()
		all, err := (&bureau.Service{DB: db.DB, Sources: []bureau.Source{Overdue{}}}).Inbox(ctx, officer)
		if err != nil {
			t.Error(err)
		}
		for _, w := range all {
			if w.Kind == bureau.Evaluations && w.VillageID == pgtest.A && w.Late(month.Date(db.Now())) == (at > "2027-02-02") {
				n++
			}
		}
		return n
	}
	if before, due, late := inbox("2027-01-31T09:00:00+08:00"), inbox("2027-02-01T09:00:00+08:00"), inbox("2027-02-10T09:00:00+08:00"); before != 0 || due != 1 || late != 1 {
		t.Errorf("in the bureau's inbox: %d before the day, %d on it, %d after", before, due, late)
	}
	if all, _, err := s.Voices(ctx, lead, 20264, Voice{Item: "-", Channel: "self"}); err != nil || len(all) != 1 || all[0].HouseholdID != home {
		t.Errorf("%+v %v", all, err)
	}
	if all, _, err := s.Voices(ctx, lead, 20264, Voice{Search: "参加不了", Stance: "drop"}); err != nil || len(all) != 1 || all[0].HouseholdID != other {
		t.Errorf("%+v %v", all, err)
	}
	if e, err = s.Decide(ctx, lead, 20264, "amend", "按建议起草修订，走“四议两公开”"); err != nil || e.State != "decided" {
		t.Errorf("%+v %v", e, err)
	}
	if n := inbox("2027-02-10T09:00:00+08:00"); n != 0 {
		t.Errorf("a decided quarter waits in the inbox")
	}
	if err := say(own, Opinion{Item: "P05", Stance: "keep"}); !errors.Is(err, ErrClosed) {
		t.Errorf("after the decision: %v", err)
	}
	if _, err := s.Propose(ctx, lead, 20264, "再提一次建议看看行不行"); !errors.Is(err, ErrTurn) {
		t.Errorf("after the decision: %v", err)
	}
}

// TestAWholeSheet: a sheet is taken down at once, by a grid worker too; what the household said before stays.
func TestAWholeSheet(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := t.Context()
	db.At("2027-01-05T09:00:00+08:00")
	s := &Service{DB: db.DB}
	lead, grid := pgtest.In(pgtest.A, actor.Lead), pgtest.In(pgtest.A, actor.Grid)
	home := db.Household(t, pgtest.A, "1组1号", "甲")
	s.rules(t, lead)
	if err := s.Gather(ctx, actor.System(pgtest.A), 20264); err != nil {
		t.Fatal(err)
	}
	if e, err := s.Open(ctx, grid); err != nil || e.Quarter != 20264 {
		t.Errorf("%+v %v", e, err)
	}
	sheet := []Opinion{{Item: "P18", Stance: "raise"}, {Item: "N08", Stance: "lower", Text: "先提醒再减"}, {Stance: "add", Text: "加一条帮邻居收割"}}
	if got, err := s.SayAll(ctx, grid, 20264, home, "paper", sheet); err != nil || got != (Taken{New: 3}) {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := s.SayAll(ctx, grid, 20264, home, "paper", append(sheet, Opinion{Item: "P01", Stance: "keep"})); err != nil || got != (Taken{New: 1, Before: 3}) {
		t.Errorf("%+v %v", got, err)
	}
	for name, c := range map[string]struct {
		home uuid.UUID
		said []Opinion
		want error
	}{
		"nothing": {home, nil, ErrNothing}, "no home": {uuid.Nil, sheet, ErrHome}, "a strange stance": {home, []Opinion{{Item: "P01", Stance: "x"}}, ErrStance}, "a strange item": {home, []Opinion{{Item: "P77", Stance: "keep"}}, ErrItem},
		"twice": {home, []Opinion{{Item: "P01", Stance: "keep"}, {Item: "P01", Stance: "drop"}}, ErrSaid}, "add what": {home, []Opinion{{Stance: "add"}}, ErrText}, "a home that is not there": {pg.NewID(), sheet, fault.ErrNotFound},
	} {
		if _, err := s.SayAll(ctx, grid, 20264, c.home, "counter", c.said); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	own := pgtest.In(pgtest.A, actor.Household) // who lives nowhere
	if _, err := s.SayAll(ctx, own, 20264, home, "self", sheet); !errors.Is(err, ErrHome) {
		t.Errorf("for another's home: %v", err)
	}
	if _, _, err := s.Voices(ctx, own, 20264, Voice{}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a household reads the others': %v", err)
	}
	db.At("2027-01-26T09:00:00+08:00")
	if _, err := s.SayAll(ctx, grid, 20264, home, "paper", sheet); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, err := s.Open(ctx, grid); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
	e, _, err := s.Show(ctx, lead, 20264)
	if err != nil {
		t.Fatal(err)
	}
	pdf, missing, err := Form{Village: "示范村", Evaluation: e, Rules: tenants.Document()}.Print()
	if err != nil || len(missing) > 0 || !bytes.HasPrefix(pdf, []byte("%PDF")) {
		t.Errorf("%d bytes, missing %q, %v", len(pdf), missing, err)
	}
	if dir := os.Getenv("CUNFEN_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "opinion-form.pdf"), pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *Service) rules(t *testing.T, lead actor.Actor) {
	t.Helper()
	r := tenants.Document()
	r.Version = 1
	if err := s.DB.InVillage(t.Context(), lead, func(tx pg.Tx) error { return rulebook.Insert(t.Context(), tx, r) }); err != nil {
		t.Fatal(err)
	}
}

// TestRemind: the group hears of each stage of a quarter once, however often the calendar asks.
func TestRemind(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := t.Context()
	db.At("2027-01-05T09:00:00+08:00")
	s := &Service{DB: db.DB}
	lead := pgtest.In(pgtest.A, actor.Lead)
	if _, err := db.Owner.Exec(ctx, `insert into account (id, name, phone, phone_index, created_at) values ($1, '', '', uuid_send($1), now())`, lead.Account); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Owner.Exec(ctx, `insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values (11, $1, $2, '', 'lead', '两委', '2026-01-01', now())`, pg.NewID(), lead.Account); err != nil {
		t.Fatal(err)
	}
	s.rules(t, lead)
	check := func(at string, want int, says string) {
		t.Helper()
		db.At(at)
		for range 2 {
			if err := s.Remind(ctx, actor.System(pgtest.A)); err != nil {
				t.Fatal(err)
			}
		}
		var n int
		var last string
		if err := db.Owner.QueryRow(ctx, `select count(*), coalesce((array_agg(detail order by id desc))[1], '') from message`).Scan(&n, &last); err != nil || n != want || !strings.Contains(last, says) {
			t.Errorf("%s: %d messages, the last %q, %v; want %d", at, n, last, err, want)
		}
	}
	check("2027-01-05T08:00:00+08:00", 0, "")
	check("2027-01-15T08:00:00+08:00", 1, "还没有评估")
	if err := s.Gather(ctx, actor.System(pgtest.A), 20264); err != nil {
		t.Fatal(err)
	}
	check("2027-01-16T08:00:00+08:00", 2, "听取意见到2月4日")
	check("2027-01-25T08:00:00+08:00", 3, "请在2月1日前决定")
	check("2027-02-02T08:00:00+08:00", 4, "已经过期")
	if _, err := s.Propose(ctx, lead, 20264, "照现在的执行，明年再看"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Decide(ctx, lead, 20264, "keep", "意见不多，照旧执行一年"); err != nil {
		t.Fatal(err)
	}
	check("2027-03-01T08:00:00+08:00", 4, "已经过期")
}
