package inspect

import (
	"sync"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/internal/slot"
)

// TestRound is a grid's month: what is not in order is noted, the rest passes, a member confirms.
func TestRound(t *testing.T) {
	s := newStand(t, 10)
	r := s.begun()
	if len(r.Items) != 5 || len(r.Sample) != 3 || r.RuleVersion != 1 {
		t.Fatalf("the round is %+v", r)
	}
	_, err := s.Open(ctx, s.member, 1, november)
	want(t, "a second round", err, ErrThere)
	_, err = s.Open(ctx, s.grid, 2, november)
	want(t, "another grid", err, ErrGrid)
	_, err = s.Open(ctx, s.member, 1, 202609)
	want(t, "a month long over", err, ErrMonth)
	_, err = s.Open(ctx, s.member, 1, 202612)
	want(t, "a month to come", err, ErrMonth)
	if why, err := s.Stands(ctx, s.grid, 202612); err != nil || why == nil || why.Code != ErrMonth.Code {
		t.Errorf("a month to come: %v %v", why, err)
	}
	if why, err := s.Stands(ctx, s.grid, november); err != nil || why != nil {
		t.Errorf("this month: %v %v", why, err)
	}

	bad := s.plain(r)[0]
	s.mark(r, Mark{Household: bad, Failed: []string{"P08", "P07"}, Reason: "门前有杂物"})
	_, err = s.Close(ctx, s.grid, r.ID, 10)
	want(t, "a count that is not so", err, ErrCount)
	r, err = s.Close(ctx, s.grid, r.ID, 9)
	if err != nil || r.Homes != 10 || r.Passes != 48 {
		t.Fatalf("closed: %d homes, %d passes, %v", r.Homes, r.Passes, err)
	}
	if n := s.count(`select count(*) from slot where holder_kind = 2 and holder_id = $1`, r.ID); n != 48 {
		t.Errorf("%d slots are held, want 48", n)
	}
	if n := s.count(`select count(*) from slot where household_id = $1 and item in ('P07', 'P08')`, bad); n != 0 {
		t.Error("what failed passed")
	}
	_, err = s.Mark(ctx, s.grid, r.ID, Mark{Household: bad})
	want(t, "a mark after the close", err, ErrClosed)
	_, err = s.Close(ctx, s.grid, r.ID, 9)
	want(t, "a second close", err, ErrClosed)
	_, err = s.Confirm(ctx, s.grid, r.ID)
	want(t, "who closed it confirms", err, ErrOwn)
	s.is(r.ID, Closed)
	if _, err = s.Confirm(ctx, s.member, r.ID); err != nil {
		t.Fatal(err)
	}
	s.is(r.ID, Confirmed)
	_, err = s.Confirm(ctx, s.other, r.ID)
	want(t, "a confirmation too many", err, ErrDone)

	_, err = s.Reopen(ctx, s.member, r.ID, " ")
	want(t, "no reason", err, ErrBack)
	if _, err = s.Reopen(ctx, s.member, r.ID, "漏了一户"); err != nil {
		t.Fatal(err)
	}
	s.is(r.ID, Open)
	if n := s.count(`select count(*) from slot where holder_id = $1`, r.ID); n != 0 {
		t.Errorf("%d slots are held by an open round", n)
	}
	s.mark(r, Mark{Household: bad})
	if r, err = s.Close(ctx, s.grid, r.ID, 10); err != nil || r.Passes != 50 {
		t.Errorf("closed again: %d passes, %v", r.Passes, err)
	}
}

// TestSample holds a round open until every home that was drawn has a photo or a word why not.
func TestSample(t *testing.T) {
	s := newStand(t, 6)
	r, err := s.Open(ctx, s.grid, 1, november)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Close(ctx, s.grid, r.ID, 6)
	want(t, "no photo", err, ErrSample)
	s.mark(r, Mark{Household: r.Sample[0], Photos: []uuid.UUID{s.photo(s.grid.Account)}})
	s.mark(r, Mark{Household: r.Sample[1], Reason: "家里没有人"})
	s.mark(r, Mark{Household: r.Sample[2]})
	_, err = s.Close(ctx, s.grid, r.ID, 6)
	want(t, "one photo short", err, ErrSample)
	_, err = s.Mark(ctx, s.grid, r.ID, Mark{Household: r.Sample[2], Photos: []uuid.UUID{s.photo(s.member.Account)}})
	want(t, "another's photo", err, fault.ErrNotFound)
	s.mark(r, Mark{Household: r.Sample[2], Photos: []uuid.UUID{s.photo(s.grid.Account)}})
	if _, err = s.Close(ctx, s.grid, r.ID, 6); err != nil {
		t.Error(err)
	}
	w, err := s.Show(ctx, s.member, r.ID)
	if err != nil || len(w.Photos) != 2 {
		t.Errorf("%d homes with photos, %v", len(w.Photos), err)
	}
}

// TestRecusal leaves the homes of a confirming member and of relatives to another member.
func TestRecusal(t *testing.T) {
	s := newStand(t, 5)
	r := s.begun()
	if _, err := s.Close(ctx, s.grid, r.ID, 5); err != nil {
		t.Fatal(err)
	}
	for _, who := range []actor.Actor{s.member, s.other} {
		s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, $2, '', uuid_send($1), now())`, who.Account, who.Name)
	}
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '兄弟', now()), (11, $1, $3, '姐妹', now()), (11, $4, $3, '姑母', now())`,
		s.member.Account, s.homes[0], s.homes[1], s.other.Account)
	got, err := s.Confirm(ctx, s.member, r.ID)
	if err != nil || len(got.Waiting()) != 2 {
		t.Fatalf("%d homes wait, %v", len(got.Waiting()), err)
	}
	s.is(r.ID, Closed)
	_, err = s.Confirm(ctx, s.member, r.ID)
	want(t, "the same member again", err, ErrTwice)
	got, err = s.Confirm(ctx, s.other, r.ID)
	if err != nil || len(got.Waiting()) != 1 || got.Waiting()[0] != s.homes[1] || len(got.Confirms[1].Covers) != 1 {
		t.Fatalf("after the second: %+v, %v", got.Confirms, err)
	}
	third := pgtest.In(pgtest.A, actor.Lead)
	s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, $2, '', uuid_send($1), now())`, third.Account, third.Name)
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '兄弟', now())`, third.Account, s.homes[1])
	_, err = s.Confirm(ctx, third, r.ID)
	want(t, "only relatives are left", err, ErrRelated)
	if _, err = s.Confirm(ctx, pgtest.In(pgtest.A, actor.Committee), r.ID); err != nil {
		t.Error(err)
	}
	s.is(r.ID, Confirmed)
}

// TestTwoPhones lets nobody change unseen what another noted.
func TestTwoPhones(t *testing.T) {
	s := newStand(t, 4)
	r := s.begun()
	home := s.plain(r)[0]
	bad := Mark{Household: home, Failed: []string{"P07"}, Reason: "混投垃圾"}
	s.mark(r, bad)
	_, err := s.Mark(ctx, s.member, r.ID, Mark{Household: home})
	want(t, "another result, unseen", err, ErrOther)
	_, err = s.Mark(ctx, s.member, r.ID, bad)
	want(t, "the same result", err, nil)
	n, err := s.Mark(ctx, s.member, r.ID, Mark{Household: home, Base: 2})
	want(t, "another result, seen", err, nil)
	if n.Version != 3 {
		t.Errorf("version %d, want 3", n.Version)
	}
	_, err = s.Mark(ctx, s.grid, r.ID, Mark{Household: home, Failed: []string{"P07"}, Reason: "混投垃圾", Base: 1, Insist: true})
	want(t, "insisting", err, nil)
	s.exec(`update household set state = 'left', left_on = '2026-11-20' where id = $1`, home)
	_, err = s.Mark(ctx, s.grid, r.ID, Mark{Household: home})
	want(t, "a home that left", err, ErrHome)
	elsewhere := s.db.Household(t, pgtest.B, "1组1号", "李四")
	_, err = s.Mark(ctx, s.grid, r.ID, Mark{Household: elsewhere})
	want(t, "another village's home", err, fault.ErrNotFound)
	_, err = s.Show(ctx, pgtest.In(pgtest.B, actor.Lead), r.ID)
	want(t, "another village's round", err, fault.ErrNotFound)
	away := s.grid
	away.Grid = 2
	_, err = s.Show(ctx, away, r.ID)
	want(t, "another grid's round", err, fault.ErrNotFound)
}

// TestMirror gives a home the pass or what stands against it, never both (D3), and no item twice.
func TestMirror(t *testing.T) {
	s := newStand(t, 4)
	r := s.begun()
	held := func(kind slot.Kind, home uuid.UUID, item string, by rulebook.Starter) {
		s.inside(func(tx pg.Tx) error {
			_, err := slot.Take(ctx, tx, slot.Use{Holder: slot.Holder{Kind: kind, ID: uuid.New()}, Household: home, Proven: true,
				Event: rulebook.Event{ID: uuid.New(), Item: item, Parts: map[string]int{"": 1}, OccurredOn: s.DB.Now(), By: by}})
			return err
		})
	}
	held(slot.Finding, s.homes[0], "N08", rulebook.ByGroup)   // falls to P08
	held(slot.Claim, s.homes[1], "P07", rulebook.ByHousehold) // the same item, the same month
	r, err := s.Close(ctx, s.grid, r.ID, 4)
	if err != nil || r.Passes != 18 {
		t.Fatalf("%d passes, %v; want 18", r.Passes, err)
	}
	if n := s.count(`select count(*) from slot where household_id = $1 and item = 'P08'`, s.homes[0]); n != 0 {
		t.Error("a home has P08 and N08 in one month")
	}
	if n := s.count(`select count(*) from slot where household_id = $1 and item = 'P07'`, s.homes[1]); n != 1 {
		t.Errorf("P07 counts %d times in one month", n)
	}
}

// TestVillage closes a round of 1,200 homes × 5 items: one transaction, whatever their number, and once however
// many ask for it.
func TestVillage(t *testing.T) {
	s := newStand(t, 1200)
	r := s.begun()
	bad := s.plain(r)[:40]
	for _, h := range bad {
		s.mark(r, Mark{Household: h, Failed: []string{"P08"}, Reason: "门前有杂物"})
	}
	// What it takes of the grid worker. On the walk's page a home that is not in order takes four taps (不合格, the
	// item, the reason from the list, 记下), one that was drawn three (拍照, the shutter, 记下), the beginning one and
	// the end two (其余都合格, and once more).
	requests, taps := s.marks+2, 4*len(bad)+3*len(r.Sample)+3
	if each := 1200 * len(r.Items); taps*20 >= each || requests*20 >= each {
		t.Errorf("the round took %d taps and %d requests; ticking each item of each home takes %d", taps, requests, each)
	}
	var group sync.WaitGroup
	results := make([]error, 4)
	for n := range results {
		who := []actor.Actor{s.grid, s.member}[n%2]
		who.Key = []string{"close-key-1", "close-key-1", "close-key-1", "close-key-2"}[n]
		group.Go(func() { _, results[n] = s.Close(ctx, who, r.ID, 1160) })
	}
	group.Wait()
	closed := 0
	for _, err := range results {
		if err == nil {
			closed++
			continue
		}
		want(t, "the one who came second", err, ErrClosed)
	}
	if closed == 0 || closed > 2 { // the winner, and its own repeat under the same key
		t.Errorf("%d closed the round: %v", closed, results)
	}
	if n := s.count(`select count(*) from slot where holder_id = $1`, r.ID); n != 1200*5-40 {
		t.Errorf("%d passes, want %d", n, 1200*5-40)
	}
	if n := s.count(`select count(distinct xmin::text) from slot where holder_id = $1`, r.ID); n != 1 {
		t.Errorf("%d transactions wrote the passes", n)
	}
	if n := s.count(`select count(*) from audit where verb = 'round.close'`); n != 1 {
		t.Errorf("%d closes stand in the log", n)
	}
}
