package appeal

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/ledger"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func TestFile(t *testing.T) {
	s := newStand(t)
	s.has("before", 15, 15, 0)
	if s.place() != 1 {
		t.Error("the household does not lead")
	}
	stands := func(when string, what *fault.Error) {
		t.Helper()
		if why, err := s.Stands(ctx, s.family, s.award); err != nil || why != what {
			t.Errorf("%s the line stands as %v, %v; want %v", when, why, err, what)
		}
	}
	stands("before", nil)
	o := s.file(s.family, s.award)
	stands("while heard", ErrAlready)
	if o.State != Open || o.HouseholdID != s.home || o.EntryID != s.award || o.Points != 5 || o.Channel != "self" || o.Item != "P07" ||
		o.FiledBy != s.family.Account || o.DueOn.Format("2006-01-02") != "2026-12-10" || o.Door != "1组1号" {
		t.Errorf("%+v", o)
	}
	s.has("while heard", 10, 15, 5)
	if s.place() != 2 {
		t.Error("a disputed line counts for the rank")
	}
	_, err := s.File(ctx, s.desk, s.award, "这件事不是我家做的")
	want(t, "again while it is heard", err, ErrAlready)
	err = s.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error {
		_, err := ledger.Post(ctx, tx, ledger.Entry{HouseholdID: s.home, SourceKind: ledger.FromRedemption, SourceID: uuid.New(), Points: -11, Month: 202612,
			OccurredOn: day("2026-12-03"), RuleVersion: 1, Kind: ledger.Redemption, Bucket: ledger.YearBucket})
		return err
	})
	want(t, "redeem what is disputed", err, ledger.ErrNotEnough)
	counter := s.file(s.desk, s.enter(s.home, ledger.Deduction, -3))
	if counter.Channel != "counter" {
		t.Errorf("%+v", counter)
	}
	s.has("a deduction beside it", 10, 12, 2)
	if _, err := s.Decide(ctx, s.member, o.ID, true, "到现场看过，确实不是这一户"); err != nil {
		t.Fatal(err)
	}
	stands("taken back", ErrDone)
}

func TestFileRefuses(t *testing.T) {
	s := newStand(t)
	theirs := s.enter(s.neighbour, ledger.Award, 5)
	spent := s.enter(s.home, ledger.Redemption, -2)
	noHome := pgtest.In(pgtest.A, actor.Household)
	for _, c := range []struct {
		name    string
		who     actor.Actor
		entry   uuid.UUID
		grounds string
		want    error
	}{
		{"a neighbour's line", s.family, theirs, "不是他家做的", fault.ErrNotFound},
		{"without a home", noHome, s.award, "不是他家做的", fault.ErrNotFound},
		{"another village", pgtest.In(pgtest.B, actor.Desk), s.award, "不是他家做的", fault.ErrNotFound},
		{"no such line", s.family, uuid.New(), "不是我家做的", fault.ErrNotFound},
		{"a redemption", s.family, spent, "没有换过东西", ErrKind},
		{"too short", s.family, s.award, " 不对 ", ErrGrounds},
		{"too long", s.family, s.award, strings.Repeat("长", 501), ErrGrounds},
	} {
		_, err := s.File(ctx, c.who, c.entry, c.grounds)
		want(t, c.name, err, c.want)
	}
	if n := s.count(`select count(*) from objection`); n != 0 {
		t.Errorf("%d objections came of refusals", n)
	}
	s.has("after refusals", 13, 15, 0)
}

// TestWindow is D8: seven days from the notice, in the village's own days.
func TestWindow(t *testing.T) {
	s := newStand(t)
	second := s.enter(s.home, ledger.Award, 1)
	s.db.At("2026-12-10T15:59:59Z")
	s.file(s.family, s.award)
	s.db.At("2026-12-10T16:00:00Z")
	_, err := s.File(ctx, s.family, second, "这件事不是我家做的")
	want(t, "the day after", err, ErrLate)
	if text := fault.Of(err).Text; !strings.Contains(text, "7 天") {
		t.Error(text)
	}
	s.exec(`delete from notice`)
	s.file(s.family, second) // posted, and its notice is not out yet
}

func TestWhoDecides(t *testing.T) {
	s := newStand(t)
	relative, resident, registered := s.member, s.member, s.member
	for _, who := range []*actor.Actor{&relative, &resident, &registered} {
		*who = pgtest.In(pgtest.A, actor.Committee)
		s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, $2, '', uuid_send($1), now())`, who.Account, who.Name)
	}
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '弟弟家', now())`, relative.Account, s.home)
	s.exec(`insert into membership (village_id, id, account_id, name, role, household_id, starts_on, created_at) values (11, $1, $2, '', 'household', $3, '2026-01-01', now())`,
		pg.NewID(), resident.Account, s.home)
	s.exec(`insert into member (village_id, id, household_id, name, account_id, created_at) values (11, $1, $2, '李四', $3, now())`, pg.NewID(), s.home, registered.Account)
	o := s.file(s.desk, s.award)
	for name, who := range map[string]actor.Actor{"who decided the line": s.reviewer, "who recorded it": s.recorder, "who filed": s.desk, "a relative": relative,
		"who lives there": resident, "who lives there by the register": registered} {
		for _, uphold := range []bool{true, false} {
			_, err := s.Decide(ctx, who, o.ID, uphold, "核查过现场")
			if f := fault.Of(err); f.Code != "conflict_of_duty" || f.Kind != fault.Forbidden {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	_, err := s.Decide(ctx, pgtest.In(pgtest.B, actor.Lead), o.ID, true, "核查过现场")
	want(t, "another village", err, fault.ErrNotFound)
	for _, reason := range []string{"", " 对的 ", strings.Repeat("长", 501)} {
		_, err = s.Decide(ctx, s.member, o.ID, true, reason)
		want(t, "without reasons", err, ErrReason)
	}
	s.has("after refusals", 10, 15, 5)
	if _, err := s.Decide(ctx, s.member, o.ID, true, "核查过现场"); err != nil {
		t.Error(err)
	}
}

func TestUphold(t *testing.T) {
	s := newStand(t)
	o := s.file(s.family, s.award)
	s.db.At("2026-12-05T09:00:00+08:00")
	errs := make([]error, 16)
	var all sync.WaitGroup
	for i := range errs {
		who := pgtest.In(pgtest.A, actor.Committee)
		all.Go(func() { _, errs[i] = s.Decide(ctx, who, o.ID, i%4 > 0, "核查过现场，确实记错了") })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		want(t, "a later one", err, ErrDecided)
	}
	if n := s.count(`select count(*) from audit where verb = 'appeal.decide'`); won != 1 || n != 1 {
		t.Errorf("%d won, %d in the log", won, n)
	}
}

func TestUpholdReversesOnce(t *testing.T) {
	s := newStand(t)
	o := s.file(s.family, s.award)
	s.db.At("2026-12-05T09:00:00+08:00")
	var all sync.WaitGroup
	for range 16 {
		who := pgtest.In(pgtest.A, actor.Committee)
		all.Go(func() { _, _ = s.Decide(ctx, who, o.ID, true, "核查过现场，确实记错了") })
	}
	all.Wait()
	s.has("upheld", 10, 10, 0)
	if n := s.count(`select count(*) from ledger_entry where reverses = $1 and points = -5 and month = 202612 and rule_version = 1 and household_id = $2 and occurred_on = '2026-11-20'`,
		s.award, s.home); n != 1 {
		t.Errorf("%d reversing lines", n)
	}
	if n := s.count(`select coalesce(sum(points), 0) from ledger_entry where month = 202611 and household_id = $1`, s.home); n != 15 {
		t.Errorf("the closed month holds %d now", n)
	}
	if n := s.count(`select count(*) from outbox where kind = 'notice.correct'`); n != 1 {
		t.Errorf("%d jobs for a corrected notice", n)
	}
	got, err := s.Show(ctx, s.family, o.ID)
	if err != nil || got.State != Upheld || got.DecidedAt == nil || got.Reason == "" {
		t.Errorf("%+v %v", got, err)
	}
	_, err = s.File(ctx, s.family, s.award, "这件事不是我家做的")
	want(t, "what was put right", err, ErrDone)
	_, err = s.Withdraw(ctx, s.family, o.ID)
	want(t, "withdraw what was decided", err, ErrDecided)
	back, err := uuid.Parse(s.text(`select id::text from ledger_entry where reverses = $1`, s.award))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.File(ctx, s.family, back, "这件事不是我家做的")
	want(t, "the reversing line", err, ErrKind)
}

// TestFileWhileDeciding: a second objection that comes while the first is upheld finds nothing left to object to.
func TestFileWhileDeciding(t *testing.T) {
	s := newStand(t)
	for range 12 {
		entry := s.enter(s.home, ledger.Award, 3)
		o := s.file(s.family, entry)
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := s.Decide(ctx, s.member, o.ID, true, "核查过现场，确实记错了"); err != nil {
				t.Error(err)
			}
		})
		for range 3 {
			all.Go(func() {
				_, err := s.File(ctx, s.desk, entry, "这件事不是我家做的")
				if f := fault.Of(err); !f.Is(ErrAlready) && !f.Is(ErrDone) {
					t.Errorf("filed on a line that is taken back: %v", err)
				}
			})
		}
		all.Wait()
	}
	s.has("after all", 15, 15, 0)
}

func TestDismissAndWithdraw(t *testing.T) {
	s := newStand(t)
	o := s.file(s.family, s.award)
	got, err := s.Decide(ctx, s.member, o.ID, false, "照片和时间都对得上")
	if err != nil || got.State != Dismissed || got.DecidedByName != s.member.Name {
		t.Errorf("%+v %v", got, err)
	}
	s.has("dismissed", 15, 15, 0)
	if s.place() != 1 {
		t.Error("the line does not count again")
	}
	_, err = s.Decide(ctx, s.member, o.ID, true, "照片和时间都对得上")
	want(t, "decided twice", err, ErrDecided)
	for _, who := range []actor.Actor{s.family, s.desk} {
		_, err = s.File(ctx, who, s.award, "还是觉得不对")
		want(t, "objected to again after it was heard", err, ErrHeard)
	}
	s.has("heard and dismissed", 15, 15, 0)
	o = s.file(s.desk, s.enter(s.home, ledger.Award, 2))
	_, err = s.Withdraw(ctx, pgtest.In(pgtest.A, actor.Household), o.ID)
	want(t, "withdrawn by a stranger", err, fault.ErrNotFound)
	_, err = s.Withdraw(ctx, pgtest.In(pgtest.B, actor.Desk), o.ID)
	want(t, "withdrawn from another village", err, fault.ErrNotFound)
	s.has("open", 15, 17, 2)
	if got, err := s.Withdraw(ctx, s.family, o.ID); err != nil || got.State != Withdrawn {
		t.Errorf("%+v %v", got, err)
	}
	s.has("withdrawn", 17, 17, 0)
	_, err = s.Withdraw(ctx, s.family, o.ID)
	want(t, "withdrawn twice", err, ErrDecided)
	if n := s.count(`select count(*) from ledger_entry where kind = 5`); n != 0 {
		t.Error("a line was taken back")
	}
	if n := s.count(`select count(*) from outbox`); n != 0 {
		t.Error("a notice is corrected though nothing changed")
	}
}

// A village may settle that a line counts until it is decided. What was settled when the objection was filed
// holds to its end.
func TestNotHeldWhileHeard(t *testing.T) {
	s := newStand(t)
	held := s.file(s.family, s.award)
	s.has("as the document has it", 10, 15, 5)
	s.rules(2, func(r *rulebook.Settings) { r.HoldDisputed = false })
	s.db.At("2026-12-04T09:00:00+08:00")
	counted := s.file(s.family, s.enter(s.home, ledger.Award, 3))
	s.has("counts while it is heard", 13, 18, 5)
	if _, err := s.Withdraw(ctx, s.family, held.ID); err != nil {
		t.Fatal(err)
	}
	s.has("withdrawn", 18, 18, 0)
	if _, err := s.Decide(ctx, s.member, counted.ID, true, "核查过现场，确实记错了"); err != nil {
		t.Fatal(err)
	}
	s.has("upheld", 15, 15, 0)
}

// TestUpheldDeduction gives the points back.
func TestUpheldDeduction(t *testing.T) {
	s := newStand(t)
	o := s.file(s.family, s.enter(s.home, ledger.Deduction, -5))
	s.has("heard", 15, 10, -5)
	if _, err := s.Decide(ctx, s.member, o.ID, true, "核查过现场，确实记错了"); err != nil {
		t.Fatal(err)
	}
	s.has("upheld", 15, 15, 0)
}

func TestAgainWithTheSameKey(t *testing.T) {
	s := newStand(t)
	s.family.Key = "key-0000000001"
	first, again := s.file(s.family, s.award), s.file(s.family, s.award)
	if first.ID != again.ID {
		t.Error("two objections")
	}
	s.has("filed", 10, 15, 5)
	_, err := s.Withdraw(ctx, s.family, first.ID)
	want(t, "same key, other verb", err, idem.ErrReused)
	s.member.Key = "key-0000000002"
	for range 2 {
		if o, err := s.Decide(ctx, s.member, first.ID, true, "核查过现场"); err != nil || o.State != Upheld {
			t.Errorf("%+v %v", o, err)
		}
	}
	s.has("upheld", 10, 10, 0)
}

func TestListAndShow(t *testing.T) {
	s := newStand(t)
	mine, theirs := s.file(s.family, s.award), s.file(s.desk, s.enter(s.neighbour, ledger.Award, 5))
	_, err := s.Show(ctx, s.family, theirs.ID)
	want(t, "a neighbour's", err, fault.ErrNotFound)
	_, err = s.Show(ctx, pgtest.In(pgtest.B, actor.Lead), mine.ID)
	want(t, "another village's", err, fault.ErrNotFound)
	for name, c := range map[string]struct {
		who  actor.Actor
		f    Filter
		rows int
	}{
		"the household":                         {s.family, Filter{}, 1},
		"the household, asking for a neighbour": {s.family, Filter{Household: s.neighbour}, 1},
		"a household without a home":            {pgtest.In(pgtest.A, actor.Household), Filter{}, 0},
		"a member":                              {s.member, Filter{}, 2},
		"open":                                  {s.member, Filter{State: Open}, 2},
		"upheld":                                {s.member, Filter{State: Upheld}, 0},
		"by head":                               {s.member, Filter{Search: "单建国"}, 1},
		"another village":                       {pgtest.In(pgtest.B, actor.Lead), Filter{}, 0},
	} {
		if rows, _, err := s.List(ctx, c.who, c.f); err != nil || len(rows) != c.rows {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
	}
	rows, next, err := s.List(ctx, s.member, Filter{Page: page.Page{Limit: 1}})
	if err != nil || len(rows) != 1 || rows[0].ID != theirs.ID {
		t.Fatalf("%+v %v", rows, err)
	}
	if rows, next, err := s.List(ctx, s.member, Filter{Page: page.Page{Limit: 1, After: next}}); err != nil || len(rows) != 1 || rows[0].ID != mine.ID || next != "" {
		t.Errorf("%+v %q %v", rows, next, err)
	}
	for _, state := range []State{Open, Upheld, Dismissed, Withdrawn} {
		if state.Chinese() == "" {
			t.Errorf("%s has no name", state)
		}
	}
}

func (s *stand) text(sql string, args ...any) (out string) {
	s.t.Helper()
	if err := s.db.Owner.QueryRow(ctx, sql, args...).Scan(&out); err != nil {
		s.t.Fatal(err)
	}
	return out
}
