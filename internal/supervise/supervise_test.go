package supervise

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

var (
	officer = actor.Actor{Account: pg.NewID(), Name: "局里老周", Role: actor.Bureau, Township: pgtest.Town1}
	foreign = actor.Actor{Account: pg.NewID(), Name: "外镇", Role: actor.Bureau, Township: pgtest.Town2}
	reader  = actor.Actor{Account: pg.NewID(), Name: "环保办", Role: actor.Department, Township: pgtest.Town1, Topic: "environment"}
	member  = pgtest.In(pgtest.A, actor.Committee)
)

var urge = Draft{Kind: Urge, Title: "十月公示还没有张贴", Body: "应在5日前公示，请尽快办理并说明原因。", DueOn: time.Date(2026, 11, 17, 0, 0, 0, 0, time.UTC)}

// TestLife walks every verb from every state as either side: only what the table allows happens.
func TestLife(t *testing.T) {
	t.Parallel()
	can := map[Kind]map[State]map[Verb]string{ // who: o office, v village, b both
		Urge:    {Open: {Answer: "v", Withdraw: "o"}, Answered: {Return: "o", Close: "o"}, Closed: {Return: "o"}},
		Problem: {Open: {Answer: "v", Withdraw: "v"}, Answered: {Return: "o", Close: "b"}, Closed: {Return: "o"}},
	}
	for kind, states := range can {
		for _, state := range States {
			for _, verb := range []Verb{Raise, Answer, Return, Close, Withdraw, "delete"} {
				for who, by := range map[string]actor.Actor{"o": officer, "v": member} {
					m := Matter{Kind: kind, State: state}
					err := m.move(by, verb, "已经办好了", time.Now())
					want := states[state][verb]
					if allowed := want == who || want == "b"; allowed != (err == nil) {
						t.Errorf("%s %s: %s by %s gave %v", kind, state, verb, who, err)
					}
					if err != nil && m.State != state {
						t.Errorf("%s %s: a refused %s moved it", kind, state, verb)
					}
				}
			}
		}
	}
}

func TestDraft(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 10, 2, 0, 0, 0, time.UTC)
	today := time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		who    actor.Actor
		change func(*Draft)
		want   error
	}{
		"a reminder":                  {officer, func(*Draft) {}, nil},
		"a village cannot remind":     {member, func(*Draft) {}, ErrKind},
		"the bureau notes no problem": {officer, func(d *Draft) { d.Kind = Problem }, ErrKind},
		"a village's problem":         {member, func(d *Draft) { d.Kind = Problem }, nil},
		"no kind":                     {officer, func(d *Draft) { d.Kind = "" }, ErrKind},
		"an unknown topic":            {officer, func(d *Draft) { d.Topic = "finance" }, ErrTopic},
		"a short title":               {officer, func(d *Draft) { d.Title = " 公示 " }, ErrTitle},
		"due today":                   {officer, func(d *Draft) { d.DueOn = today }, ErrDue},
		"due in more than a year":     {officer, func(d *Draft) { d.DueOn = today.AddDate(1, 0, 1) }, ErrDue},
	} {
		d := urge
		c.change(&d)
		if _, err := d.raise(c.who, now, today); !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func arrange(t *testing.T) (*Service, *pgtest.DB) {
	t.Helper()
	db := pgtest.New(t)
	db.At("2026-11-10T10:00:00+08:00")
	return &Service{DB: db.DB}, db
}

// TestBothSides is a reminder from the bureau's words to its being closed, sent back once on the way.
func TestBothSides(t *testing.T) {
	t.Parallel()
	s, db := arrange(t)
	ctx := context.Background()
	m, err := s.Raise(ctx, officer, pgtest.A, urge)
	if err != nil {
		t.Fatal(err)
	}
	say := func(who actor.Actor, verb Verb, want error) {
		t.Helper()
		if _, err := s.Move(ctx, who, pgtest.A, m.ID, verb, "昨天已经张贴，拍了照片"); !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Fatalf("%s by %s: %v, want %v", verb, who.Role, err, want)
		}
	}
	say(officer, Close, ErrState)
	say(member, Answer, nil)
	say(member, Close, ErrState)
	say(officer, Return, nil)
	say(member, Answer, nil)
	say(officer, Close, nil)
	say(officer, Close, ErrState)
	w, err := s.Show(ctx, member, pgtest.A, m.ID)
	if err != nil || w.State != Closed || len(w.Steps) != 5 || w.Steps[2].Verb != Return || w.Steps[4].Role != actor.Bureau {
		t.Errorf("w = %+v, %v", w, err)
	}
	var lines int
	if err := db.Owner.QueryRow(ctx, `select count(*) from audit where village_id = 11 and object_id = $1`, m.ID.String()).Scan(&lines); err != nil || lines != 5 {
		t.Errorf("the village's log has %d lines, %v", lines, err)
	}
}

// TestApart asks that no matter is seen or moved from where it does not belong.
func TestApart(t *testing.T) {
	t.Parallel()
	s, _ := arrange(t)
	ctx := context.Background()
	m, err := s.Raise(ctx, officer, pgtest.A, urge)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Raise(ctx, foreign, pgtest.A, urge); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another township raised: %v", err)
	}
	if _, err := s.Raise(ctx, reader, pgtest.A, urge); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a department raised: %v", err)
	}
	for name, who := range map[string]actor.Actor{"village B": pgtest.In(pgtest.B, actor.Lead), "another township": foreign, "a department of another topic": reader} {
		if _, err := s.Show(ctx, who, pgtest.A, m.ID); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s saw it: %v", name, err)
		}
		if _, err := s.Move(ctx, who, pgtest.A, m.ID, Answer, "已经办好了"); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s moved it: %v", name, err)
		}
		list := s.Town
		if who.Village != 0 {
			list = s.List
		}
		if rows, _, err := list(ctx, who, Filter{}); err != nil || len(rows) != 0 {
			t.Errorf("%s lists %d, %v", name, len(rows), err)
		}
	}
	green := urge
	green.Topic = Environment
	if _, err := s.Raise(ctx, officer, pgtest.B, green); err != nil {
		t.Fatal(err)
	}
	if rows, _, err := s.Town(ctx, reader, Filter{Topic: Civil}); err != nil || len(rows) != 1 || rows[0].VillageID != pgtest.B {
		t.Errorf("the department lists %v, %v", rows, err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	s, db := arrange(t)
	ctx := context.Background()
	var ids []uuid.UUID
	for _, v := range []actor.VillageID{pgtest.A, pgtest.B, pgtest.A} {
		m, err := s.Raise(ctx, officer, v, urge)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.ID)
	}
	rows, next, err := s.Town(ctx, officer, Filter{Page: page.Page{Limit: 2}})
	if err != nil || len(rows) != 2 || next == "" || rows[0].ID != ids[2] || rows[1].Village != "西村" {
		t.Fatalf("rows = %v, next %q, %v", rows, next, err)
	}
	if rows, next, _ = s.Town(ctx, officer, Filter{Page: page.Page{Limit: 2, After: next}}); len(rows) != 1 || next != "" {
		t.Errorf("the second page has %d", len(rows))
	}
	if rows, _, _ := s.Town(ctx, officer, Filter{Village: pgtest.B}); len(rows) != 1 {
		t.Errorf("of B: %d", len(rows))
	}
	if rows, _, _ := s.Town(ctx, officer, Filter{Village: pgtest.C}); len(rows) != 0 {
		t.Errorf("of another township: %d", len(rows))
	}
	if rows, _, _ := s.Town(ctx, officer, Filter{Search: "西村"}); len(rows) != 1 {
		t.Errorf("searched: %d", len(rows))
	}
	db.At("2026-11-18T10:00:00+08:00")
	if n, err := s.Counts(ctx, officer); err != nil || n.Open != 3 || n.Late != 3 {
		t.Errorf("n = %+v, %v", n, err)
	}
}
