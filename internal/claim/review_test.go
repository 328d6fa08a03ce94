package claim

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// TestDutiesApart is INV-22 and ATK-25: by the program, and by the table where the program is gone round.
func TestDutiesApart(t *testing.T) {
	s := newStand(t)
	inGroup := func() actor.Actor {
		who := pgtest.In(pgtest.A, actor.Committee)
		s.account(who)
		return who
	}
	seated, ended, registered, relative := inGroup(), inGroup(), inGroup(), inGroup()
	for who, over := range map[actor.Actor]any{seated: nil, ended: s.db.Now()} {
		s.exec(`insert into membership (village_id, id, account_id, name, role, household_id, starts_on, ended_at, created_at)
			values (11, $1, $2, '', 'household', $3, '2026-01-01', $4, now())`, pg.NewID(), who.Account, s.home, over)
	}
	s.exec(`insert into member (village_id, id, household_id, name, account_id, created_at) values (11, $1, $2, '李四', $3, now())`, pg.NewID(), s.home, registered.Account)
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '弟弟家', now())`, relative.Account, s.home)
	c := s.must(s.grid, deed(s.home))
	for name, try := range map[string]struct {
		who  actor.Actor
		want *fault.Error
	}{
		"own record":                {s.grid, ErrOwnRecord},
		"own household":             {seated, ErrRelated},
		"household of before":       {ended, ErrRelated},
		"household by the register": {registered, ErrRelated},
		"declared relative":         {relative, ErrRelated},
	} {
		for verb, decide := range map[string]func() (Claim, error){
			"approve": func() (Claim, error) { return s.Approve(ctx, try.who, c.ID) },
			"reject":  func() (Claim, error) { return s.Reject(ctx, try.who, c.ID, "不属实") },
			"return":  func() (Claim, error) { return s.Return(ctx, try.who, c.ID, "请补材料") },
		} {
			_, err := decide()
			if f := fault.Of(err); f.Text != try.want.Text || f.Kind != fault.Forbidden {
				t.Errorf("%s, %s: %v", name, verb, err)
			}
		}
		if w, err := s.Show(ctx, try.who, c.ID); err != nil || w.Recused != try.want.Text {
			t.Errorf("%s: not shown as recused: %v", name, err)
		}
		if rows, _, err := s.List(ctx, try.who, Filter{}); err != nil || rows[0].Recused != try.want.Text {
			t.Errorf("%s: not listed as recused: %v", name, err)
		}
	}
	s.is(c.ID, Pending)
	_, err := s.db.Owner.Exec(ctx, `update claim set reviewer = recorder where id = $1`, c.ID)
	if !pg.Is(err, pg.Checked) {
		t.Errorf("the table lets a recorder review: %v", err)
	}
	if _, err := s.Approve(ctx, s.lead, c.ID); err != nil {
		t.Error(err)
	}
}

func TestApprove(t *testing.T) {
	s := newStand(t)
	c := s.must(s.family, sorted(s.home, "2026-11-20"))
	for _, who := range []actor.Actor{pgtest.In(pgtest.B, actor.Lead), pgtest.In(pgtest.C, actor.Lead)} {
		_, err := s.Approve(ctx, who, c.ID)
		want(t, "from another village", err, fault.ErrNotFound)
	}
	_, err := s.Approve(ctx, s.lead, uuid.New())
	want(t, "what never was", err, fault.ErrNotFound)
	got, err := s.Approve(ctx, s.lead, c.ID)
	if err != nil || got.State != Approved || *got.Reviewer != s.lead.Account || got.ReviewerName != s.lead.Name || got.Month != nil {
		t.Errorf("%+v %v", got, err)
	}
	_, err = s.Approve(ctx, pgtest.In(pgtest.A, actor.Committee), c.ID)
	want(t, "twice", err, ErrDecided)
	_, err = s.Reject(ctx, pgtest.In(pgtest.A, actor.Committee), c.ID, "不属实")
	want(t, "reject what was approved", err, ErrDecided)
	_, err = s.Undo(ctx, pgtest.In(pgtest.A, actor.Committee), c.ID)
	want(t, "another undoes", err, ErrDecided)
	if back, err := s.Undo(ctx, s.lead, c.ID); err != nil || back.State != Pending {
		t.Errorf("%+v %v", back, err)
	}
	for _, reason := range []string{"", " 不 ", strings.Repeat("长", 501)} {
		_, err := s.Reject(ctx, s.lead, c.ID, reason)
		want(t, "reject without a reason", err, ErrReason)
		_, err = s.Return(ctx, s.lead, c.ID, reason)
		want(t, "return without a reason", err, ErrReason)
	}
	if n := s.count(`select count(*) from balance where score <> 0 or entries <> 0`); n != 0 {
		t.Error("an approval gave points before the month was signed")
	}
}

func TestTwoDecideAtOnce(t *testing.T) {
	s := newStand(t)
	for range 10 {
		c := s.must(s.grid, deed(s.home))
		errs := make([]error, 8)
		var all sync.WaitGroup
		for i := range errs {
			who := pgtest.In(pgtest.A, actor.Committee)
			all.Go(func() {
				if i%2 == 0 {
					_, errs[i] = s.Approve(ctx, who, c.ID)
				} else {
					_, errs[i] = s.Reject(ctx, who, c.ID, "不属实")
				}
			})
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
		if n := s.count(`select count(*) from audit where object_id = $1 and verb <> 'claim.submit'`, c.ID.String()); won != 1 || n != 1 {
			t.Errorf("%d won, %d lines in the log", won, n)
		}
	}
}

func TestApproveAll(t *testing.T) {
	s := newStand(t)
	good, good2, decided := s.must(s.grid, deed(s.home)), s.must(s.grid, deed(s.home)), s.must(s.grid, deed(s.home))
	own := s.must(s.lead, deed(s.home))
	if _, err := s.Reject(ctx, s.lead, decided.ID, "不属实"); err != nil {
		t.Fatal(err)
	}
	ids := []uuid.UUID{good.ID, own.ID, decided.ID, uuid.New(), good2.ID}
	wants := []error{nil, ErrOwnRecord, ErrDecided, fault.ErrNotFound, nil}
	s.lead.Key = "key-0000000001"
	for range 2 { // the second time is a repeat with the same key
		out, err := s.ApproveAll(ctx, s.lead, ids)
		if err != nil || len(out) != len(ids) {
			t.Fatalf("%v %v", out, err)
		}
		for i, r := range out {
			if r.ID != ids[i] || (r.Fault == nil) != (wants[i] == nil) || wants[i] != nil && !r.Fault.Is(wants[i]) || r.Fault == nil && r.Claim.State != Approved {
				t.Errorf("%d: %+v", i, r)
			}
		}
	}
	s.is(good.ID, Approved)
	s.is(good2.ID, Approved)
	s.is(own.ID, Pending)
	if n := s.count(`select count(*) from audit where verb = 'claim.approve'`); n != 2 {
		t.Errorf("%d approvals in the log", n)
	}
	for _, n := range []int{0, MostBulk + 1} {
		_, err := s.ApproveAll(ctx, s.lead, make([]uuid.UUID, n))
		want(t, "too few or many", err, ErrBulk)
	}
	long := s.lead
	long.Key = strings.Repeat("k", 128)
	if out, err := s.ApproveAll(ctx, long, []uuid.UUID{s.must(s.grid, deed(s.home)).ID}); err != nil || out[0].Fault != nil {
		t.Errorf("with the longest key: %+v %v", out, err)
	}
}

func TestListAndShow(t *testing.T) {
	s := newStand(t)
	neighbour := s.db.Household(t, pgtest.A, "2组8号", "单建国")
	mine, theirs := s.must(s.grid, deed(s.home)), s.must(s.grid, sorted(neighbour, "2026-11-20"))
	s.must(s.grid, deed(neighbour))
	if _, err := s.Approve(ctx, s.lead, mine.ID); err != nil {
		t.Fatal(err)
	}
	_, err := s.Show(ctx, s.family, theirs.ID)
	want(t, "a neighbour's claim", err, fault.ErrNotFound)
	_, err = s.Show(ctx, pgtest.In(pgtest.B, actor.Lead), theirs.ID)
	want(t, "another village's claim", err, fault.ErrNotFound)
	for name, c := range map[string]struct {
		who  actor.Actor
		f    Filter
		rows int
	}{
		"the household":                         {s.family, Filter{}, 1},
		"the household, asking for a neighbour": {s.family, Filter{Household: neighbour}, 1},
		"no home":                               {pgtest.In(pgtest.A, actor.Household), Filter{}, 0},
		"the lead":                              {s.lead, Filter{}, 3},
		"another village":                       {pgtest.In(pgtest.B, actor.Lead), Filter{}, 0},
		"pending":                               {s.lead, Filter{State: Pending}, 2},
		"an item":                               {s.lead, Filter{Item: "P07"}, 1},
		"a head":                                {s.lead, Filter{Search: "单建"}, 2},
		"a door":                                {s.lead, Filter{Search: "2组8"}, 2},
		"like is not a pattern":                 {s.lead, Filter{Search: "%"}, 0},
		"another grid":                          {s.lead, Filter{Grid: 7}, 0},
	} {
		if rows, _, err := s.List(ctx, c.who, c.f); err != nil || len(rows) != c.rows {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
	}
	rows, next, err := s.List(ctx, s.lead, Filter{Page: page.Page{Limit: 2}})
	if err != nil || len(rows) != 2 || next == "" {
		t.Fatalf("%d %q %v", len(rows), next, err)
	}
	if more, next, err := s.List(ctx, s.lead, Filter{Page: page.Page{Limit: 2, After: next}}); err != nil || len(more) != 1 || next != "" || more[0].ID == rows[1].ID {
		t.Errorf("%d %q %v", len(more), next, err)
	}
	_, _, err = s.List(ctx, s.lead, Filter{Page: page.Page{After: "' or 1=1"}})
	want(t, "a bad cursor", err, fault.ErrNotFound)
	if n, err := s.Counts(ctx, s.lead); err != nil || n[Pending] != 2 || n[Approved] != 1 || n[Posted] != 0 {
		t.Errorf("%v %v", n, err)
	}
}
