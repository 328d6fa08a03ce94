package appeal

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func (s *stand) officer() actor.Actor {
	return actor.Actor{Account: pg.NewID(), Name: "局里老周", Role: actor.Bureau, Township: pgtest.Town1}
}

// dismissed is the first household's objection to its award, answered in the negative.
func (s *stand) dismissed() Objection {
	s.t.Helper()
	o := s.file(s.family, s.award)
	o, err := s.Decide(ctx, s.member, o.ID, false, "到现场看过，分数没有错")
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

// TestAppeal: from the village's answer to the township's, with what the household can use at each step.
func TestAppeal(t *testing.T) {
	s := newStand(t)
	o := s.file(s.family, s.award)
	_, err := s.Appeal(ctx, s.family, o.ID, "村里还没有答复")
	want(t, "before the village has answered", err, ErrNotHeard)
	if _, err := s.Decide(ctx, s.member, o.ID, false, "到现场看过，分数没有错"); err != nil {
		t.Fatal(err)
	}
	s.has("after the village's answer", 15, 15, 0)
	_, err = s.Appeal(ctx, s.family, o.ID, " 不 ")
	want(t, "no grounds", err, ErrGrounds)
	other := pgtest.In(pgtest.A, actor.Household)
	other.Household = s.neighbour
	_, err = s.Appeal(ctx, other, o.ID, "不是我家的事")
	want(t, "the neighbour's", err, fault.ErrNotFound)
	a, err := s.Appeal(ctx, s.family, o.ID, "照片不是我家")
	if err != nil || a.State != Open || a.Channel != "self" || a.DueOn.Format("2006-01-02") != "2026-12-18" || a.First == "" || a.Answer == "" {
		t.Fatalf("%+v %v", a, err)
	}
	s.has("while the township hears it", 10, 15, 5)
	_, err = s.Appeal(ctx, s.desk, o.ID, "再申诉一次看看")
	want(t, "twice", err, ErrAppealed)

	for name, who := range map[string]actor.Actor{"another township": {Account: pg.NewID(), Role: actor.Bureau, Township: pgtest.Town2},
		"a department": {Account: pg.NewID(), Role: actor.Department, Township: pgtest.Town1}, "the village's lead": pgtest.In(pgtest.A, actor.Lead)} {
		if _, err := s.Settle(ctx, who, a.ID, true, "核查后认为成立"); fault.Of(err).Kind != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	officer := s.officer()
	s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, '', '', uuid_send($1), now())`, officer.Account)
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '姐姐家', now())`, officer.Account, s.home)
	_, err = s.Settle(ctx, officer, a.ID, true, "核查后认为成立")
	want(t, "an officer of the family", err, ErrOffice)
	officer = s.officer()
	_, err = s.Settle(ctx, officer, a.ID, true, "")
	want(t, "no reason", err, ErrReason)
	rows, _, err := s.OfficeList(ctx, officer, OfficeFilter{State: Open})
	if err != nil || len(rows) != 1 || rows[0].ID != a.ID || rows[0].Village == "" {
		t.Errorf("%+v %v", rows, err)
	}
	done, err := s.Settle(ctx, officer, a.ID, true, "核查后认为成立")
	if err != nil || done.State != Upheld {
		t.Fatalf("%+v %v", done, err)
	}
	s.has("upheld", 10, 10, 0)
	_, err = s.Settle(ctx, officer, a.ID, false, "又改主意了")
	want(t, "twice", err, ErrEnded)
	for what, sql := range map[string]string{"reversing lines": `select count(*) from ledger_entry where kind = 5`,
		"corrected notices": `select count(*) from outbox where kind = 'notice.correct'`, "words to the household": `select count(*) from message where kind = 'appeal.decided'`,
		"lines in the village's log": `select count(*) from audit where village_id = 11 and verb = 'appeal.settle' and role = 'bureau'`} {
		if n := s.count(sql); n != 1 {
			t.Errorf("%d %s", n, what)
		}
	}
}

func TestAppealDismissedOrTakenBack(t *testing.T) {
	s := newStand(t)
	o := s.dismissed()
	a, err := s.Appeal(ctx, s.desk, o.ID, "住户说照片不是他家")
	if err != nil || a.Channel != "counter" {
		t.Fatalf("%+v %v", a, err)
	}
	if _, err := s.Settle(ctx, s.officer(), a.ID, false, "经核查，照片确是本户"); err != nil {
		t.Fatal(err)
	}
	s.has("dismissed", 15, 15, 0)
	if n := s.count(`select count(*) from ledger_entry where kind = 5`); n != 0 {
		t.Error("a line was taken back")
	}

	s = &stand{Service: s.Service, t: t, db: s.db, home: s.home, family: s.family, desk: s.desk, member: s.member, award: s.award}
	s.exec(`delete from appeal`)
	a, err = s.Appeal(ctx, s.family, o.ID, "照片不是我家")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.TakeBack(ctx, pgtest.In(pgtest.A, actor.Committee), a.ID)
	want(t, "somebody else", err, fault.ErrNotFound)
	if _, err := s.TakeBack(ctx, s.family, a.ID); err != nil {
		t.Fatal(err)
	}
	s.has("taken back", 15, 15, 0)
}

func TestAppealInTime(t *testing.T) {
	s := newStand(t)
	o := s.dismissed()
	s.db.At("2026-12-19T09:00:00+08:00")
	_, err := s.Appeal(ctx, s.family, o.ID, "照片不是我家")
	want(t, "sixteen days later", err, ErrAppealLate)
	s.db.At("2026-12-18T23:00:00+08:00")
	if _, err := s.Appeal(ctx, s.family, o.ID, "照片不是我家"); err != nil {
		t.Error(err)
	}
}

// TestTwoOfficers: two officers who decide at once: one does, the line is taken back at most once.
func TestTwoOfficers(t *testing.T) {
	s := newStand(t)
	a, err := s.Appeal(ctx, s.family, s.dismissed().ID, "照片不是我家")
	if err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 4)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = s.Settle(ctx, s.officer(), a.ID, i%2 == 0, "核查后作出决定") })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			want(t, "the slower", err, ErrEnded)
		}
	}
	if won != 1 || s.count(`select count(*) from ledger_entry where kind = 5`) > 1 {
		t.Errorf("%d decided: %v", won, errs)
	}
	s.has("after", map[bool]int64{true: 10, false: 15}[s.count(`select count(*) from ledger_entry where kind = 5`) == 1], map[bool]int64{true: 10, false: 15}[s.count(`select count(*) from ledger_entry where kind = 5`) == 1], 0)
}

func TestRemind(t *testing.T) {
	s := newStand(t)
	s.file(s.family, s.award)
	s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, '', '', uuid_send($1), now())`, s.member.Account)
	s.exec(`insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values (11, $1, $2, '', 'committee', '两委', '2026-01-01', now())`, uuid.New(), s.member.Account)
	system := actor.System(pgtest.A)
	for _, c := range []struct {
		at   string
		want int
	}{{"2026-12-07T08:00:00+08:00", 0}, {"2026-12-08T08:00:00+08:00", 1}, {"2026-12-09T08:00:00+08:00", 1}, {"2026-12-11T08:00:00+08:00", 2}, {"2026-12-12T08:00:00+08:00", 2}} {
		s.db.At(c.at)
		if err := s.Remind(ctx, system); err != nil {
			t.Fatal(err)
		}
		if n := s.count(`select count(*) from message`); n != c.want {
			t.Errorf("%s: %d messages, want %d", c.at, n, c.want)
		}
	}
}

// TestStepsAreTold: a household whose objection was written down for it hears of every step, and those who may
// hear the objection, and no others, hear that it waits.
func TestStepsAreTold(t *testing.T) {
	s := newStand(t)
	for _, who := range []actor.Actor{s.member, s.recorder, s.desk} {
		role := map[bool]string{true: "desk", false: "committee"}[who.Account == s.desk.Account]
		s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, '', '', uuid_send($1), now())`, who.Account)
		s.exec(`insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values (11, $1, $2, '', $3, '两委', '2026-01-01', now())`, uuid.New(), who.Account, role)
	}
	told := func(when string, want ...string) {
		t.Helper()
		var got []string
		rows, err := s.db.Owner.Query(ctx, `select kind from message where household_id = $1 order by id`, s.home)
		if err != nil {
			t.Fatal(err)
		}
		if got, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: told %v, want %v (%v)", when, got, want, err)
		}
	}
	o := s.file(s.desk, s.award)
	told("filed at the counter", "objection.taken")
	if n := s.count(`select count(*) from message where account_id = $1 and kind = 'objection.filed'`, s.member.Account); n != 1 {
		t.Errorf("who may hear it was told %d times", n)
	}
	if n := s.count(`select count(*) from message where account_id is not null`); n != 1 {
		t.Errorf("%d of the staff were told", n)
	}
	if _, err := s.Decide(ctx, s.member, o.ID, false, "查过，确实做了"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Appeal(ctx, s.desk, o.ID, "还是不同意村里的说法"); err != nil {
		t.Fatal(err)
	}
	told("taken to the township", "objection.taken", "objection.decided", "appeal.taken")
}
