package claim

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
)

func TestSubmit(t *testing.T) {
	s := newStand(t)
	photo := s.photo(pgtest.A, s.family.Account)
	c := s.must(s.family, Draft{Household: s.home, Item: "P07", Parts: once, OccurredOn: day("2026-11-23"), Note: " 分好了 ", Evidence: []uuid.UUID{photo}})
	w, err := s.Show(ctx, s.family, c.ID)
	if err != nil || w.State != Pending || w.Points != 5 || w.RuleVersion != 1 || w.Channel != Self || w.Recorder != s.family.Account ||
		w.Note != "分好了" || len(w.Photos) != 1 || w.Photos[0].ID != photo || w.OccurredOn.Format("2006-01-02") != "2026-11-23" || w.Proofs[0] != string(rulebook.Photo) {
		t.Errorf("%+v %v", w, err)
	}
	if n := s.count(`select count(*) from audit where village_id = 11 and verb = 'claim.submit' and object_id = $1`, c.ID.String()); n != 1 {
		t.Errorf("%d audit lines", n)
	}
	if c := s.must(s.grid, deed(s.home)); c.Channel != ByGrid {
		t.Errorf("%+v", c)
	}
	if c := s.must(pgtest.In(pgtest.A, actor.Desk), deed(s.home)); c.Channel != Counter {
		t.Errorf("%+v", c)
	}
	multi := deed(s.home)
	multi.Item, multi.Parts, multi.Proofs = "P15", map[string]int{"a": 1, "b": 1, "c": 1, "d3": 1}, []rulebook.Evidence{rulebook.Feedback}
	if c := s.must(s.grid, multi); c.Points != 2+1+4 { // D6: the prize replaces the entry
		t.Errorf("contest: %d points", c.Points)
	}
	multi.Parts = map[string]int{"b": 1}
	_, err = s.Submit(ctx, s.grid, multi)
	want(t, "second activity in the quarter", err, ErrTaken)
}

func TestSubmitRefuses(t *testing.T) {
	s := newStand(t)
	neighbour := s.db.Household(t, pgtest.A, "1组2号", "单建国")
	foreign := s.db.Household(t, pgtest.B, "1组1号", "别村")
	left := s.db.Household(t, pgtest.A, "1组3号", "搬走")
	s.exec(`update household set state = 'left' where id = $1`, left)
	s.exec(`update household set grid = 3 where id = $1`, neighbour)
	members := map[uuid.UUID]uuid.UUID{}
	for home, v := range map[uuid.UUID]int64{s.home: 11, neighbour: 11, foreign: 12} {
		members[home] = pg.NewID()
		s.exec(`insert into member (village_id, id, household_id, name, created_at) values ($1, $2, $3, '小明', now())`, v, members[home], home)
	}
	gridTwo := s.grid
	gridTwo.Grid = 2
	theirs, taken, away := s.photo(pgtest.A, uuid.New()), s.photo(pgtest.A, s.grid.Account), s.photo(pgtest.B, s.grid.Account)
	withTaken := deed(s.home)
	withTaken.Evidence, withTaken.Member = []uuid.UUID{taken}, members[s.home]
	if c := s.must(s.grid, withTaken); c.MemberID == nil || *c.MemberID != members[s.home] {
		t.Errorf("%+v", c)
	}
	before := s.count(`select count(*) from claim`)
	for _, c := range []struct {
		name string
		who  actor.Actor
		edit func(*Draft)
		want error
	}{
		{"a neighbour's household", s.family, func(d *Draft) { d.Household = neighbour }, ErrNotYours},
		{"a household without a home", pgtest.In(pgtest.A, actor.Household), func(d *Draft) {}, ErrNotYours},
		{"no home for no home", pgtest.In(pgtest.A, actor.Household), func(d *Draft) { d.Household = uuid.Nil }, fault.ErrNotFound},
		{"another grid", gridTwo, func(d *Draft) { d.Household = neighbour }, ErrOtherGrid},
		{"another village's household", s.grid, func(d *Draft) { d.Household = foreign }, fault.ErrNotFound},
		{"a household that never was", s.grid, func(d *Draft) { d.Household = uuid.New() }, fault.ErrNotFound},
		{"a household that left", s.grid, func(d *Draft) { d.Household = left }, fault.ErrNotFound},
		{"a neighbour's member", s.grid, func(d *Draft) { d.Member = members[neighbour] }, fault.ErrNotFound},
		{"another village's member", s.grid, func(d *Draft) { d.Member = members[foreign] }, fault.ErrNotFound},
		{"a member that never was", s.grid, func(d *Draft) { d.Member = uuid.New() }, fault.ErrNotFound},
		{"tomorrow", s.grid, func(d *Draft) { d.OccurredOn = day("2026-11-24") }, ErrFuture},
		{"last year", s.grid, func(d *Draft) { d.OccurredOn = day("2025-12-31") }, ErrOtherYear},
		{"no day", s.grid, func(d *Draft) { d.OccurredOn = day("0001-01-01") }, ErrOtherYear},
		{"a minus item", s.grid, func(d *Draft) { d.Item = "N12" }, ErrMinus},
		{"a sensitive minus item", s.family, func(d *Draft) { d.Item = "N24" }, ErrMinus},
		{"no such item", s.grid, func(d *Draft) { d.Item = "P99" }, rulebook.ErrNoItem},
		{"no part", s.grid, func(d *Draft) { d.Parts = nil }, rulebook.ErrNoPart},
		{"a part that is not there", s.grid, func(d *Draft) { d.Parts = map[string]int{"z": 1} }, rulebook.ErrPart},
		{"a proof that the item does not take", s.grid, func(d *Draft) { d.Proofs = []rulebook.Evidence{rulebook.PoliceRecord} }, rulebook.ErrEvidenceForbidden},
		{"without the proof required", s.grid, func(d *Draft) { d.Proofs = []rulebook.Evidence{rulebook.Photo} }, rulebook.ErrEvidenceMissing},
		{"a photo without one", s.grid, func(d *Draft) { d.Proofs = append(d.Proofs, rulebook.Photo) }, ErrNoEvidence},
		{"a long note", s.grid, func(d *Draft) { d.Note = strings.Repeat("长", 501) }, ErrNote},
		{"another's photo", s.grid, func(d *Draft) { d.Evidence = []uuid.UUID{theirs} }, fault.ErrNotFound},
		{"a photo of another claim", s.grid, func(d *Draft) { d.Evidence = []uuid.UUID{taken} }, fault.ErrNotFound},
		{"another village's photo", s.grid, func(d *Draft) { d.Evidence = []uuid.UUID{away} }, fault.ErrNotFound},
		{"a village without rules", pgtest.In(pgtest.B, actor.Grid), func(d *Draft) { d.Household = foreign }, rulebook.ErrNoRules},
	} {
		d := deed(s.home)
		c.edit(&d)
		_, err := s.Submit(ctx, c.who, d)
		want(t, c.name, err, c.want)
	}
	if n := s.count(`select count(*) from claim`); n != before {
		t.Errorf("%d claims came of refusals", n-before)
	}
	own := gridTwo
	own.Grid = 3
	d := deed(neighbour)
	s.must(own, d)
}

// TestQuantities is ATK-59: nothing but what the item allows goes in, and nothing fails inside.
func TestQuantities(t *testing.T) {
	s := newStand(t)
	for _, n := range []int{-1 << 63, -1, 0, 101, 1 << 31, 1<<32 + 1, 1<<63 - 1} {
		d := deed(s.home)
		d.Item, d.Parts, d.Proofs = "P01", map[string]int{"": n}, []rulebook.Evidence{rulebook.AttendanceList}
		d.Evidence = []uuid.UUID{s.photo(pgtest.A, s.grid.Account)}
		if _, err := s.Submit(ctx, s.grid, d); fault.Of(err).Kind != fault.Invalid {
			t.Errorf("P01 × %d: %v", n, err)
		}
		d.Item, d.Proofs, d.Note = "P25", []rulebook.Evidence{rulebook.Feedback}, "村民代表会议议定的加分"
		if _, err := s.Submit(ctx, s.grid, d); fault.Of(err).Kind != fault.Invalid {
			t.Errorf("P25 of %d: %v", n, err)
		}
	}
	d := deed(s.home)
	d.Parts = map[string]int{"": 2}
	_, err := s.Submit(ctx, s.grid, d)
	want(t, "two of what counts once", err, rulebook.ErrOnce)
}

// TestOpenItem is D7: a ceiling and a written reason.
func TestOpenItem(t *testing.T) {
	s := newStand(t)
	d := deed(s.home)
	d.Item, d.Parts = "P25", map[string]int{"": 11}
	d.Note = "村民代表会议议定的加分"
	_, err := s.Submit(ctx, s.grid, d)
	want(t, "above the ceiling", err, rulebook.ErrPoints)
	d.Parts, d.Note = map[string]int{"": 10}, ""
	_, err = s.Submit(ctx, s.grid, d)
	want(t, "without a reason", err, rulebook.ErrReason)
	d.Note = "村民代表会议议定的加分"
	if c := s.must(s.grid, d); c.Points != 10 {
		t.Errorf("%+v", c)
	}
}

// TestRulesOfTheDay is D2: a deed is scored by the version in force on its day.
func TestRulesOfTheDay(t *testing.T) {
	s := newStand(t)
	s.rules(pgtest.A, 2, "2026-11-23", func(r *rulebook.RuleSet) {
		for i := range r.Items {
			switch r.Items[i].Code {
			case "P16":
				r.Items[i].Parts[0].Points = 7
			case "P24":
				r.Items[i].On = false
			}
		}
	})
	d := deed(s.home)
	old := s.must(s.grid, d)
	d.OccurredOn = day("2026-11-23")
	now := s.must(s.grid, d)
	if old.Points != 5 || old.RuleVersion != 1 || now.Points != 7 || now.RuleVersion != 2 {
		t.Errorf("%d by %d, %d by %d", old.Points, old.RuleVersion, now.Points, now.RuleVersion)
	}
	d.Item = "P24"
	_, err := s.Submit(ctx, s.grid, d)
	want(t, "an item that is off", err, rulebook.ErrOff)
	d.OccurredOn = day("2026-11-22")
	s.must(s.grid, d)
}

func TestJanuary(t *testing.T) {
	s := newStand(t)
	s.db.At("2027-01-03T09:00:00+08:00")
	s.must(s.grid, sorted(s.home, "2026-12-31"))
	s.must(s.grid, sorted(s.home, "2027-01-01"))
	_, err := s.Submit(ctx, s.grid, sorted(s.home, "2026-11-30"))
	want(t, "November in January", err, ErrOtherYear)
	s.db.At("2027-02-01T00:00:00+08:00")
	_, err = s.Submit(ctx, s.grid, sorted(s.db.Household(t, pgtest.A, "1组2号", "单建国"), "2026-12-31"))
	want(t, "December in February", err, ErrOtherYear)
}

func TestOnceAMonth(t *testing.T) {
	s := newStand(t)
	s.must(s.grid, sorted(s.home, "2026-11-02"))
	_, err := s.Submit(ctx, pgtest.In(pgtest.A, actor.Desk), sorted(s.home, "2026-11-22"))
	want(t, "second in the month", err, ErrTaken)
	if f := fault.Of(err); f.Kind != fault.Conflict || !strings.Contains(f.Text, "2026年11月") {
		t.Errorf("%+v", f)
	}
	s.must(s.grid, sorted(s.home, "2026-10-31"))
	s.must(s.grid, sorted(s.db.Household(t, pgtest.A, "1组2号", "单建国"), "2026-11-02"))
	year := deed(s.home)
	year.Item, year.Proofs = "P13", []rulebook.Evidence{rulebook.Feedback}
	s.must(s.grid, year)
	year.OccurredOn = day("2026-02-01")
	_, err = s.Submit(ctx, s.grid, year)
	want(t, "second in the year", err, ErrTaken)
}

// TestOnceAMonthTogether is ATK-70: two recorders with 32 requests, one claim.
func TestOnceAMonthTogether(t *testing.T) {
	s := newStand(t)
	recorders := [2]actor.Actor{s.grid, pgtest.In(pgtest.A, actor.Desk)}
	errs := make([]error, 32)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = s.Submit(ctx, recorders[i%2], sorted(s.home, "2026-11-20")) })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		want(t, "a later one", err, ErrTaken)
	}
	if claims, slots := s.count(`select count(*) from claim`), s.count(`select count(*) from slot`); won != 1 || claims != 1 || slots != 1 {
		t.Errorf("%d went through, %d claims, %d slots", won, claims, slots)
	}
}

func TestSlotIsGivenBack(t *testing.T) {
	s := newStand(t)
	d := sorted(s.home, "2026-11-20")
	first := s.must(s.grid, d)
	if _, err := s.Reject(ctx, s.lead, first.ID, "照片不清楚"); err != nil {
		t.Fatal(err)
	}
	second := s.must(s.grid, d)
	_, err := s.Undo(ctx, s.lead, first.ID)
	want(t, "undo while another holds the month", err, ErrTaken)
	s.is(first.ID, Rejected)
	if _, err := s.Withdraw(ctx, s.family, second.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Undo(ctx, s.lead, first.ID); err != nil {
		t.Fatal(err)
	}
	s.is(first.ID, Pending)
	_, err = s.Submit(ctx, s.grid, d)
	want(t, "after the undo", err, ErrTaken)
	if _, err := s.Return(ctx, s.lead, first.ID, "请补一张照片"); err != nil {
		t.Fatal(err)
	}
	_, err = s.Submit(ctx, s.grid, d)
	want(t, "while returned", err, ErrTaken)
	if n := s.count(`select count(*) from slot`); n != 1 {
		t.Errorf("%d slots", n)
	}
}

func TestResubmit(t *testing.T) {
	s := newStand(t)
	c := s.must(s.grid, deed(s.home))
	_, err := s.Resubmit(ctx, s.grid, c.ID, "补充", nil)
	want(t, "what was not returned", err, ErrDecided)
	if _, err := s.Return(ctx, s.lead, c.ID, "请补一张照片"); err != nil {
		t.Fatal(err)
	}
	_, err = s.Resubmit(ctx, s.resident(uuid.New()), c.ID, "补充", nil)
	want(t, "by a stranger", err, fault.ErrNotFound)
	_, err = s.Resubmit(ctx, s.grid, c.ID, strings.Repeat("长", 501), nil)
	want(t, "a long note", err, ErrNote)
	_, err = s.Resubmit(ctx, s.family, c.ID, "补充", []uuid.UUID{s.photo(pgtest.A, s.grid.Account)})
	want(t, "with another's photo", err, fault.ErrNotFound)
	s.is(c.ID, Returned)
	again, err := s.Resubmit(ctx, s.family, c.ID, "补了照片", []uuid.UUID{s.photo(pgtest.A, s.family.Account)})
	if err != nil || again.State != Pending || again.Reviewer != nil || again.Note != "补了照片" {
		t.Errorf("%+v %v", again, err)
	}
	_, err = s.Undo(ctx, s.lead, c.ID)
	want(t, "undo of the return, after it was answered", err, ErrDecided)
	if c, err := s.Approve(ctx, s.lead, c.ID); err != nil || c.State != Approved {
		t.Errorf("%+v %v", c, err)
	}
	if w, err := s.Show(ctx, s.lead, c.ID); err != nil || len(w.Photos) != 1 {
		t.Errorf("%+v %v", w.Photos, err)
	}
}

func TestWithdraw(t *testing.T) {
	s := newStand(t)
	c := s.must(s.grid, deed(s.home))
	_, err := s.Withdraw(ctx, pgtest.In(pgtest.A, actor.Grid), c.ID)
	want(t, "by another recorder", err, fault.ErrNotFound)
	_, err = s.Withdraw(ctx, pgtest.In(pgtest.B, actor.Lead), c.ID)
	want(t, "from another village", err, fault.ErrNotFound)
	if _, err := s.Withdraw(ctx, s.grid, c.ID); err != nil {
		t.Fatal(err)
	}
	_, err = s.Withdraw(ctx, s.grid, c.ID)
	want(t, "twice", err, ErrDecided)
	_, err = s.Approve(ctx, s.lead, c.ID)
	want(t, "approve what was withdrawn", err, ErrDecided)
	c = s.must(s.grid, deed(s.home))
	if _, err := s.Approve(ctx, s.lead, c.ID); err != nil {
		t.Fatal(err)
	}
	_, err = s.Withdraw(ctx, s.grid, c.ID)
	want(t, "what was approved", err, ErrDecided)
}

func TestSubmitAgainWithTheSameKey(t *testing.T) {
	s := newStand(t)
	s.grid.Key, s.grid.Body = "key-0000000001", [32]byte{1}
	ids := make([]uuid.UUID, 8)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			c, err := s.Submit(ctx, s.grid, deed(s.home))
			if err != nil {
				t.Error(err)
			}
			ids[i] = c.ID
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("%v", ids)
		}
	}
	if n := s.count(`select count(*) from claim`); n != 1 {
		t.Errorf("%d claims", n)
	}
	other := s.grid
	other.Body = [32]byte{2}
	_, err := s.Submit(ctx, other, deed(s.home))
	want(t, "same key, other body", err, idem.ErrReused)
	_, err = s.Withdraw(ctx, s.grid, ids[0])
	want(t, "same key, other verb", err, idem.ErrReused)
	neighbour := pgtest.In(pgtest.A, actor.Grid)
	neighbour.Key, neighbour.Body = s.grid.Key, s.grid.Body
	if c, err := s.Submit(ctx, neighbour, deed(s.home)); err != nil || c.ID == ids[0] {
		t.Errorf("a key is private to its person: %v", err)
	}
	s.lead.Key = "key-0000000002"
	first, err := s.Approve(ctx, s.lead, ids[0])
	again, err2 := s.Approve(ctx, s.lead, ids[0])
	if err != nil || err2 != nil || again.State != Approved || again.Version != first.Version || !again.DecidedAt.Equal(*first.DecidedAt) {
		t.Errorf("%+v %v %v", again, err, err2)
	}
	if n := s.count(`select count(*) from audit where verb = 'claim.approve'`); n != 1 {
		t.Errorf("%d approvals in the log", n)
	}
}
