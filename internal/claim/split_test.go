package claim

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func (s *stand) member() actor.Actor {
	who := pgtest.In(pgtest.A, actor.Committee)
	s.account(who)
	return who
}

// TestTwoPeopleForOpenItems is D7: what the group sets the points of, two members let through.
func TestTwoPeopleForOpenItems(t *testing.T) {
	s := newStand(t)
	d := deed(s.home)
	d.Item, d.Parts, d.Note = "P25", map[string]int{"": 3}, "村民代表会议议定的加分"
	c := s.must(s.grid, d)
	first, second := s.member(), s.member()
	got, err := s.Approve(ctx, first, c.ID)
	if err != nil || got.State != Pending || *got.FirstBy != first.Account {
		t.Fatalf("%+v %v", got, err)
	}
	_, err = s.Approve(ctx, first, c.ID)
	want(t, "the same member again", err, ErrSecond)
	if got, err = s.Undo(ctx, first, c.ID); err != nil || got.FirstBy != nil || got.State != Pending {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := s.Approve(ctx, first, c.ID); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Approve(ctx, second, c.ID); err != nil || got.State != Approved || *got.Reviewer != second.Account || *got.FirstBy != first.Account {
		t.Errorf("%+v %v", got, err)
	}
}

func TestApprovePart(t *testing.T) {
	s := newStand(t)
	d := deed(s.home)
	d.Item, d.Parts, d.Proofs, d.Evidence = "P01", map[string]int{"": 3}, nil, []uuid.UUID{s.photo(pgtest.A, s.grid.Account)}
	c := s.must(s.grid, d)
	who := s.member()
	for _, n := range []int{0, 3, 4, -1} {
		_, err := s.ApprovePart(ctx, who, c.ID, map[string]int{"": n}, "签到表上只有两人")
		want(t, "not a part", err, ErrSplit)
	}
	_, err := s.ApprovePart(ctx, who, c.ID, map[string]int{"": 2}, "")
	want(t, "no reason", err, ErrReason)
	_, err = s.ApprovePart(ctx, s.grid, c.ID, map[string]int{"": 2}, "签到表上只有两人")
	want(t, "who recorded it", err, ErrOwnRecord)
	got, err := s.ApprovePart(ctx, who, c.ID, map[string]int{"": 2}, "签到表上只有两人")
	if err != nil || got.State != Approved || got.Points != 10 || got.Split() != "申报 3，认定 2" || got.Reason == "" {
		t.Fatalf("%+v %v", got, err)
	}
	if got, err = s.Undo(ctx, who, c.ID); err != nil || got.State != Pending || got.Points != 15 || got.Parts[""] != 3 || got.Asked != nil {
		t.Errorf("%+v %v", got, err)
	}
}

// TestTwins: the same person, item and day is shown before the decision and not let through twice.
func TestTwins(t *testing.T) {
	s := newStand(t)
	member := pg.NewID()
	s.exec(`insert into member (village_id, id, household_id, name, created_at) values (11, $1, $2, '张桂兰', now())`, member, s.home)
	d := deed(s.home)
	d.Item, d.Member = "P16", member
	a, b := s.must(s.grid, d), s.must(s.grid, d)
	who := s.member()
	w, err := s.Show(ctx, who, a.ID)
	if err != nil || len(w.Twins) != 1 || w.Twins[0].ID != b.ID || w.Verdict.Err() != nil {
		t.Errorf("%+v %v", w, err)
	}
	s.cautioned(who, map[uuid.UUID]string{a.ID: "可能重复", b.ID: "可能重复"})
	if _, err := s.Approve(ctx, who, a.ID); err != nil {
		t.Fatal(err)
	}
	_, err = s.Approve(ctx, who, b.ID)
	want(t, "the second", err, ErrTwin)
	s.cautioned(who, map[uuid.UUID]string{b.ID: "可能重复"})
	if _, err := s.Reject(ctx, s.lead, b.ID, "同一件事已经记过分"); err != nil {
		t.Fatal(err)
	}
	away := s.db.Household(t, pgtest.A, "1组9号", "单建国")
	c := s.must(s.grid, deed(away))
	s.cautioned(who, map[uuid.UUID]string{c.ID: ""})
	s.exec(`insert into exemption (village_id, id, household_id, item, reason, from_on, granted_by, granted_by_name, granted_at) values (11, $1, $2, 'P16', '常年在外', '2026-01-01', $1, '', now())`, uuid.New(), away)
	s.cautioned(who, map[uuid.UUID]string{c.ID: "免评"})
	if w, err := s.Show(ctx, s.family, b.ID); err != nil || w.Twins != nil {
		t.Errorf("a household sees what reviewers compare: %+v %v", w, err)
	}
}

// cautioned checks what the queue says of the claims that wait, before any of them is opened.
func (s *stand) cautioned(who actor.Actor, want map[uuid.UUID]string) {
	s.t.Helper()
	rows, _, err := s.Queue(ctx, who, Filter{State: Pending})
	if err != nil || len(rows) != len(want) {
		s.t.Fatalf("%d rows: %v", len(rows), err)
	}
	for _, r := range rows {
		if w := want[r.ID]; w == "" && r.Caution != "" || !strings.Contains(r.Caution, w) {
			s.t.Errorf("%s: %q, not %q", r.ID, r.Caution, w)
		}
	}
}

// TestLookAlike: a photo that looks like another claim's takes a second member with a written reason; nobody gets
// round it, in bulk or by a part.
func TestLookAlike(t *testing.T) {
	s := newStand(t)
	shot := func(c Claim, hash int64) {
		t.Helper()
		id := s.photo(pgtest.A, s.grid.Account)
		s.exec(`update evidence set claim_id = $1, phash = $2 where id = $3`, c.ID, hash, id)
	}
	away := s.db.Household(t, pgtest.A, "1组2号", "单建国")
	a, b, c := s.must(s.grid, deed(s.home)), s.must(s.grid, deed(away)), s.must(s.grid, deed(away))
	shot(a, 0x7f00ff00ff00ff00)
	shot(b, 0x7f00ff00ff00ff03)
	shot(c, 0x0123456789abcdef)
	first, second := s.member(), s.member()
	s.cautioned(first, map[uuid.UUID]string{a.ID: "照片", b.ID: "照片", c.ID: "可能重复"})
	if got, err := s.Approve(ctx, first, c.ID); err != nil || got.State != Approved {
		t.Fatalf("one that looks like none: %v %v", got.State, err)
	}
	if got, err := s.ApproveAlike(ctx, first, b.ID, "看过了，没有问题"); err != nil || got.State != Pending || got.FirstBy == nil {
		t.Fatalf("the first of two: %+v %v", got, err)
	}
	_, err := s.ApproveAlike(ctx, first, b.ID, "再看一次，没有问题")
	want(t, "the same member twice", err, ErrSecond)
	if r, err := s.ApproveAll(ctx, second, []uuid.UUID{b.ID}); err != nil || r[0].Fault == nil || r[0].Fault.Code != ErrAlike.Code {
		t.Errorf("in bulk, without a reason: %+v %v", r, err)
	}
	got, err := s.ApproveAlike(ctx, second, b.ID, "同一天两家一起清沟，不是同一件")
	if err != nil || got.State != Approved || got.Reason == "" || *got.FirstBy != first.Account || *got.Reviewer != second.Account {
		t.Errorf("%+v %v", got, err)
	}
	s.is(a.ID, Pending)
	if _, err := s.Reject(ctx, second, a.ID, "和另一户的照片相同"); err != nil {
		t.Fatal(err)
	}
	if n := s.count(`select count(*) from message where household_id = $1 and kind = 'claim.rejected' and subject_id = $2`, s.home, a.ID); n != 1 {
		t.Errorf("%d messages of the refusal", n)
	}
	if n := s.count(`select count(*) from message where household_id = $1 and kind = 'claim.approved'`, away); n != 2 {
		t.Errorf("%d messages of what was let through", n)
	}
}

// TestUndoSince takes a bulk approval back while its window is open, and only the person's own.
func TestUndoSince(t *testing.T) {
	s := newStand(t)
	d := deed(s.home)
	d.Item = "P16"
	var ids []uuid.UUID
	for range 3 {
		ids = append(ids, s.must(s.grid, d).ID)
	}
	who, other := s.member(), s.member()
	since := s.db.Now()
	if _, err := s.ApproveAll(ctx, who, ids[:2]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Approve(ctx, other, ids[2]); err != nil {
		t.Fatal(err)
	}
	if n, err := s.UndoSince(ctx, who, since); n != 2 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	s.is(ids[0], Pending)
	s.is(ids[2], Approved)
	s.db.At("2026-11-23T10:20:00+08:00")
	_, err := s.UndoSince(ctx, who, since)
	want(t, "too late", err, ErrWindow)
}

// TestTwoApproveAtOnce: of two members who decide one claim at once, one does, the other is told in words.
func TestTwoApproveAtOnce(t *testing.T) {
	s := newStand(t)
	d := deed(s.home)
	d.Item = "P16"
	c := s.must(s.grid, d)
	people := []actor.Actor{s.member(), s.member(), s.member()}
	errs := make([]error, len(people))
	var all sync.WaitGroup
	for i, who := range people {
		all.Go(func() {
			if i%2 == 0 {
				_, errs[i] = s.Approve(ctx, who, c.ID)
			} else {
				_, errs[i] = s.Return(ctx, who, c.ID, "请补拍一张")
			}
		})
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, ErrDecided) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d decided: %v", won, errs)
	}
}
