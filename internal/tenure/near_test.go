package tenure

import (
	"context"
	"errors"
	"strings"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/bureau"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// TestNearlyUsedUp tells the village's lead once a month, and its own township's inbox alone.
func TestNearlyUsedUp(t *testing.T) {
	t.Parallel()
	s := platform(t, 12)
	ctx := context.Background()
	s.live(t, pgtest.A)
	count := func() int { return s.rows(t, `select count(*) from message where kind = 'quota.near'`) }
	for range 2 {
		if err := s.Warn(ctx, actor.System(pgtest.A)); err != nil || count() != 0 {
			t.Fatalf("without quotas: %v, %d", err, count())
		}
	}
	s.db.Exec(t, `update village set flags = '{"most": {"households": 3, "accounts": 50}}' where id = 11`)
	for range 2 {
		if err := s.Warn(ctx, actor.System(pgtest.A)); err != nil || count() != 1 {
			t.Fatalf("%v, %d", err, count())
		}
	}
	s.db.At("2026-12-02T09:00:00+08:00")
	s.DB.Now = s.db.Now
	if err := s.Warn(ctx, actor.System(pgtest.A)); err != nil || count() != 2 {
		t.Errorf("the next month: %v, %d", err, count())
	}
	for town, want := range map[actor.TownshipID]int{1: 1, 2: 0} {
		all, err := (&bureau.Service{DB: s.DB, Sources: []bureau.Source{Nearly{}}}).Inbox(ctx, actor.Actor{Role: actor.Bureau, Township: town})
		n := 0
		for _, w := range all {
			if w.Kind == bureau.Quotas && strings.Contains(w.Title, "住户用了 3，限 3") {
				n++
			}
		}
		if err != nil || n != want {
			t.Errorf("township %d: %d, %v", town, n, err)
		}
	}
}

// TestFormerLines reads in the new village what the home had in the old one, with no cause that could harm somebody,
// and leaves the old village its own.
func TestFormerLines(t *testing.T) {
	t.Parallel()
	s := platform(t, 13)
	ctx := context.Background()
	s.live(t, pgtest.A)
	if _, err := s.Shift(ctx, admin, Transfer{From: pgtest.A, To: pgtest.B, Prefix: true, Reason: "两村合并，市政府批复"}); err != nil {
		t.Fatal(err)
	}
	var moved [16]byte
	lead := pgtest.In(pgtest.B, actor.Lead)
	err := s.DB.Look(ctx, lead, func(tx pg.Tx) error {
		home, err := pg.Column[[16]byte](ctx, tx, `select id from household where village_id = 12 and state = 'active' order by id`)
		if err != nil || len(home) != 3 {
			t.Fatalf("%d homes, %v", len(home), err)
		}
		came, err := CameFrom(ctx, tx, home[0])
		if err != nil || came == nil || came.FromName != "东村" || came.Year != 15 {
			t.Errorf("%+v, %v", came, err)
		}
		moved = home[0]
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.Former(ctx, lead, moved, false, page.Page{Limit: 2})
	if err != nil || len(first.Lines) != 2 || first.Next == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	rest, err := s.Former(ctx, lead, moved, false, page.Page{Limit: 50, After: first.Next})
	if err != nil || len(rest.Lines) != 3 || rest.Next != "" || rest.Lines[0].EntryID == first.Lines[1].EntryID {
		t.Errorf("%+v, %v", rest, err)
	}
	if foreign, err := s.Former(ctx, pgtest.In(pgtest.A, actor.Lead), moved, false, page.Page{}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another village reads %+v, %v", foreign, err)
	}
	err = s.DB.Look(ctx, pgtest.In(pgtest.A, actor.Lead), func(tx pg.Tx) error {
		n, err := pg.Scalar[int64](ctx, tx, `select count(*) from ledger_entry where village_id = 11`)
		if n != 15 {
			t.Errorf("the old village reads %d of its lines", n)
		}
		if err == nil {
			if came, e := CameFrom(ctx, tx, pg.NewID()); e != nil || came != nil {
				t.Errorf("%+v, %v", came, e)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestJobsFromThePage tries again, hurries and drops, and never drops what a home's points depend on.
func TestJobsFromThePage(t *testing.T) {
	t.Parallel()
	s := platform(t, 14)
	ctx := context.Background()
	add := func(kind string, state int) [16]byte {
		id := pg.NewID()
		s.db.Exec(t, `insert into outbox (village_id, id, kind, dedupe, args, state, attempts, due_at, added_at) values (11, $1, $2, $3, '{}', $4, 12, now() + interval '1 hour', now())`, id, kind, id.String(), state)
		return id
	}
	dead, held, sent, home := add("archive.make", 3), add("archive.make", 0), add("inform.send", 3), add("tenure.arrive", 3)
	for _, c := range []struct {
		id  [16]byte
		act string
		ok  bool
	}{{dead, "retry", true}, {dead, "retry", false}, {held, "now", true}, {held, "drop", false}, {home, "drop", false}, {sent, "drop", true}, {sent, "other", false}} {
		err := s.Job(ctx, admin, pgtest.A, c.id, c.act)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.act, err)
		}
	}
	if err := s.Job(ctx, admin, pgtest.B, home, "retry"); err == nil {
		t.Error("by another village's address")
	}
	if n := s.rows(t, `select count(*) from outbox where (id = $1 and state = 0 and attempts = 0) or (id = $2 and due_at <= now() + interval '1 minute') or (id = $3 and state = 2) or (id = $4 and state = 3)`, dead, held, sent, home); n < 3 {
		t.Errorf("%d of 4 stand as they should", n)
	}
	if n := s.rows(t, `select count(*) from office_audit where verb like 'job.%'`); n != 3 {
		t.Errorf("%d lines of the log", n)
	}
}
