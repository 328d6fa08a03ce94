package opinion

import (
	"context"
	"errors"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg/pgtest"
)

var ctx = context.Background()

func TestOpinion(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-23T10:00:00+08:00")
	s := &Service{DB: db.DB}
	home, other := db.Household(t, pgtest.A, "1组1号", "张桂兰"), db.Household(t, pgtest.A, "1组2号", "单建国")
	family, neighbour, member := pgtest.In(pgtest.A, actor.Household), pgtest.In(pgtest.A, actor.Household), pgtest.In(pgtest.A, actor.Committee)
	family.Household, neighbour.Household = home, other

	for _, c := range []struct {
		d    Draft
		want error
	}{{Draft{Kind: "x", Words: "分值太低了"}, ErrKind}, {Draft{Kind: "item", Words: "低"}, ErrWords}} {
		if _, err := s.File(ctx, family, c.d); fault.Of(err).Code != fault.Of(c.want).Code {
			t.Errorf("%v: %v", c.d, err)
		}
	}
	mine, err := s.File(ctx, family, Draft{Kind: "item", Item: "P07", Words: "垃圾分类的分太低了"})
	if err != nil || mine.From() != "张桂兰家" || mine.Code != "" {
		t.Fatalf("%+v %v", mine, err)
	}
	nameless, err := s.File(ctx, family, Draft{Kind: "conduct", Words: "组长偏袒亲戚", Nameless: true})
	if err != nil || len(nameless.Code) != 8 || nameless.HouseholdID != nil || nameless.Name != "" {
		t.Fatalf("%+v %v", nameless, err)
	}
	var traces int
	if err := db.Owner.QueryRow(ctx, `select (select count(*) from audit where object_id = $1) + (select count(*) from opinion where id = $1::uuid and (account_id is not null or household_id is not null))`,
		nameless.ID.String()).Scan(&traces); err != nil || traces != 0 {
		t.Errorf("%d traces of who it is (%v)", traces, err)
	}
	counter, err := s.File(ctx, member, Draft{Kind: "other", Words: "希望多换些米", Household: other})
	if err != nil || counter.Channel != "counter" {
		t.Fatalf("%+v %v", counter, err)
	}
	if rows, _, err := s.List(ctx, family, Filter{}); err != nil || len(rows) != 1 {
		t.Errorf("%v %v", rows, err)
	}
	if rows, _, err := s.List(ctx, member, Filter{State: "open"}); err != nil || len(rows) != 3 {
		t.Errorf("%v %v", rows, err)
	}
	if _, err := s.Show(ctx, neighbour, mine.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a neighbour reads it: %v", err)
	}
	if _, err := s.Answer(ctx, member, mine.ID, "行", false); !errors.Is(err, ErrAnswer) {
		t.Error(err)
	}
	if _, err := s.Answer(ctx, member, mine.ID, "下个季度评估时提出来议", false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Answer(ctx, member, mine.ID, "再答复一次看看", false); !errors.Is(err, ErrAnswered) {
		t.Error(err)
	}
	if o, err := s.Answer(ctx, member, mine.ID, "更正：这个月就提出来议", true); err != nil || o.Answer != "更正：这个月就提出来议" {
		t.Errorf("put right: %+v, %v", o, err)
	}
	if _, err := s.Answer(ctx, member, mine.ID, "行", true); !errors.Is(err, ErrAnswer) {
		t.Error(err)
	}
	if _, err := s.Answer(ctx, member, nameless.ID, "查过，没有这回事", false); err != nil {
		t.Fatal(err)
	}
	if o, err := s.ByCode(ctx, pgtest.A, nameless.Code); err != nil || o.Answer == "" {
		t.Errorf("%+v %v", o, err)
	}
	if _, err := s.ByCode(ctx, pgtest.B, nameless.Code); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another village finds it: %v", err)
	}
	if _, err := s.ByCode(ctx, pgtest.A, ""); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("no code finds something: %v", err)
	}
	var told int
	if err := db.Owner.QueryRow(ctx, `select count(*) from message where household_id = $1 and kind = 'opinion.answered'`, home).Scan(&told); err != nil || told != 2 { // of the answer, and of the one that took its place
		t.Errorf("%d told (%v)", told, err)
	}
}

// TestAboutAMember: who is complained of neither finds the complaint nor answers it, by any door, and is not the
// one who is told; the database refuses the answer as well.
func TestAboutAMember(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-23T10:00:00+08:00")
	s := &Service{DB: db.DB}
	family := pgtest.In(pgtest.A, actor.Household)
	family.Household = db.Household(t, pgtest.A, "1组1号", "张桂兰")
	lead, member := seat(t, db, actor.Lead), seat(t, db, actor.Committee)
	if _, err := s.File(ctx, family, Draft{Kind: "conduct", Words: "办事偏着自家亲戚", About: pgtest.In(pgtest.A, actor.Lead).Account}); !errors.Is(err, ErrAbout) {
		t.Errorf("about somebody who is not of the group: %v", err)
	}
	o, err := s.File(ctx, family, Draft{Kind: "conduct", Words: "办事偏着自家亲戚", About: lead.Account})
	if err != nil || o.AboutName != lead.Name {
		t.Fatalf("%+v %v", o, err)
	}
	if _, err := s.Show(ctx, lead, o.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("who is complained of reads it: %v", err)
	}
	if rows, _, err := s.List(ctx, lead, Filter{}); err != nil || len(rows) != 0 {
		t.Errorf("who is complained of lists it: %v %v", rows, err)
	}
	if _, err := s.Answer(ctx, lead, o.ID, "没有这回事，查过了", false); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("who is complained of answers it: %v", err)
	}
	var wrong, right int
	if err := db.Owner.QueryRow(ctx, `select count(*) filter (where account_id = $1), count(*) filter (where account_id = $2) from message`, lead.Account, member.Account).Scan(&wrong, &right); err != nil || wrong != 0 || right != 1 {
		t.Errorf("told: %d complained of, %d others (%v)", wrong, right, err)
	}
	if _, err := db.Owner.Exec(ctx, `update opinion set answered_by = $1 where id = $2`, lead.Account, o.ID); err == nil {
		t.Error("the database lets who is complained of answer")
	}
	if _, err := s.Answer(ctx, member, o.ID, "已请镇里核查，结果再告知", false); err != nil {
		t.Error(err)
	}
}

func seat(t *testing.T, db *pgtest.DB, r actor.Role) actor.Actor {
	t.Helper()
	who := pgtest.In(pgtest.A, r)
	who.Name = string(r)
	for _, sql := range []string{`insert into account (id, name, phone, phone_index, created_at) values ($1, $2, '', uuid_send($1), now())`,
		`insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values (11, gen_random_uuid(), $1, $2, $2, '两委', '2026-01-01', now())`} {
		if _, err := db.Owner.Exec(ctx, sql, who.Account, who.Name); err != nil {
			t.Fatal(err)
		}
	}
	return who
}
