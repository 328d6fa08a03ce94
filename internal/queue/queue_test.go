package queue

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func TestJobIsDoneInItsVillage(t *testing.T) {
	t.Parallel()
	b := open(t, 9)
	got := make(chan actor.Actor, 4)
	b.relay()
	b.worker(func(_ context.Context, who actor.Actor, p probe) error {
		if p.Nr != 7 {
			t.Errorf("args: %+v", p)
		}
		got <- who
		return nil
	})
	b.add(pgtest.A, probe{7, "x"}, probe{7, "x"})
	b.add(pgtest.A, probe{7, "x"})
	b.add(pgtest.C, probe{7, "x"})
	b.until("done", b.all(done))
	if len(got) != 2 {
		t.Fatalf("%d runs, want one in each of two villages", len(got))
	}
	for range 2 {
		if who := <-got; who.Role != actor.Worker || who.Village != pgtest.A && who.Village != pgtest.C || !strings.HasPrefix(who.Request, "job:") {
			t.Errorf("ran as %+v", who)
		}
	}
}

func TestNothingIsLeftByARollback(t *testing.T) {
	t.Parallel()
	b := open(t, 9)
	ctx := context.Background()
	_ = b.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error {
		return errors.Join(Add(ctx, tx, probe{1, "x"}), errors.New("no"))
	})
	if c, err := Count(ctx, b.DB.DB); err != nil || c.Open != 0 {
		t.Errorf("%+v %v", c, err)
	}
}

func TestNotBeforeDue(t *testing.T) {
	t.Parallel()
	b := open(t, 9)
	b.relay()
	b.worker(func(context.Context, actor.Actor, probe) error { return nil })
	ctx := context.Background()
	err := b.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error {
		return AddAt(ctx, tx, probe{1, "later"}, tx.Now.Add(time.Hour))
	})
	if err != nil {
		t.Fatal(err)
	}
	b.add(pgtest.A, probe{2, "now"})
	b.until("the due one", func() bool { return b.row("now").State == done })
	if l := b.row("later"); l.State != waiting || l.Attempts != 0 {
		t.Errorf("ran before it was due: %+v", l)
	}
}

func TestEffectOnceThoughDeliveredOften(t *testing.T) {
	t.Parallel()
	b := open(t, 9)
	var runs, live atomic.Int32
	work := func(context.Context, actor.Actor, probe) error {
		if live.Add(1) > 1 {
			t.Error("two copies at once")
		}
		time.Sleep(200 * time.Millisecond)
		live.Add(-1)
		runs.Add(1)
		return nil
	}
	b.add(pgtest.A, probe{1, "x"})
	id := b.row("x").ID
	one, two := b.newWorker(work), b.newWorker(work)
	one.defaults()
	two.defaults()
	for range 3 {
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { one.deliver(context.Background(), pgtest.A, id) })
			wg.Go(func() { two.deliver(context.Background(), pgtest.A, id) })
		}
		wg.Wait()
	}
	if l := b.row("x"); runs.Load() != 1 || l.State != done || l.Attempts != 1 {
		t.Errorf("%d runs, %+v", runs.Load(), l)
	}
}

func TestDeliveryToTheWrongVillageDoesNothing(t *testing.T) {
	t.Parallel()
	b := open(t, 9)
	w := b.newWorker(func(context.Context, actor.Actor, probe) error { t.Error("ran"); return nil })
	w.defaults()
	b.add(pgtest.A, probe{1, "x"})
	w.deliver(context.Background(), pgtest.B, b.row("x").ID)
	if l := b.row("x"); l.State == done || l.Attempts != 0 {
		t.Errorf("%+v", l)
	}
}

func TestFaultsDecideWhatBecomesOfAJob(t *testing.T) {
	t.Parallel()
	b := open(t, 9)
	wrong := fault.New(fault.Conflict, "test.decided", "张三的申报已经办结")
	w := b.newWorker(func(_ context.Context, _ actor.Actor, p probe) error {
		switch p.As {
		case "final":
			return wrong
		case "bug":
			return errors.New("13812345678 is not a row")
		case "panic":
			panic("张三")
		case "busy":
			return pg.ErrBusy
		}
		return pg.ErrUnavailable
	})
	w.defaults()
	b.add(pgtest.A, probe{1, "final"}, probe{2, "bug"}, probe{3, "panic"}, probe{4, "away"}, probe{5, "busy"})
	for range tries {
		b.hurry()
		for _, as := range []string{"final", "bug", "panic", "away", "busy"} {
			w.deliver(context.Background(), pgtest.A, b.row(as).ID)
		}
	}
	for as, want := range map[string]line{
		"final": {State: dead, Attempts: 1, LastError: "test.decided"},
		"bug":   {State: dead, Attempts: tries, LastError: "*errors.errorString"},
		"panic": {State: dead, Attempts: tries, LastError: "panic: string"},
		"away":  {State: waiting, Attempts: tries, LastError: "database.unavailable"},
		"busy":  {State: dead, Attempts: tries, LastError: "busy"},
	} {
		if l := b.row(as); l.State != want.State || l.Attempts != want.Attempts || l.LastError != want.LastError {
			t.Errorf("%s: %+v, want %+v", as, l, want)
		}
	}
	deadAreVisible(t, b)
}

func deadAreVisible(t *testing.T, b *bench) {
	t.Helper()
	ctx := context.Background()
	if c, err := Count(ctx, b.DB.DB); err != nil || c.Dead != 4 || c.Open != 1 {
		t.Errorf("counted %+v %v", c, err)
	}
	err := b.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error {
		list, err := Dead(ctx, tx)
		if err != nil || len(list) != 4 {
			t.Errorf("listed %+v", list)
		}
		return errors.Join(err, Revive(ctx, tx, b.row("bug").ID))
	})
	if l := b.row("bug"); err != nil || l.State != waiting || l.Attempts != 0 {
		t.Errorf("not revived: %+v %v", l, err)
	}
	err = b.InVillage(ctx, actor.System(pgtest.B), func(tx pg.Tx) error { return Revive(ctx, tx, b.row("panic").ID) })
	if !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("revived from another village: %v", err)
	}
}

func TestUnknownKindWaitsForAProgramThatKnowsIt(t *testing.T) {
	t.Parallel()
	b := open(t, 9)
	b.add(pgtest.A, probe{1, "x"})
	w := &Worker{DB: b.DB.DB, Registry: &Registry{}}
	w.defaults()
	w.deliver(context.Background(), pgtest.A, b.row("x").ID)
	if l := b.row("x"); l.State != waiting || l.LastError != "queue.kind" {
		t.Errorf("%+v", l)
	}
}

// TestPickup measures how long a job of an idle queue waits from its commit to its handler (P15).
func TestPickup(t *testing.T) {
	b := open(t, 9)
	ran := make(chan time.Time, 1)
	r := &Relay{DB: b.DB.DB, Redis: b.redis, Name: b.name, Sweep: -1}
	b.background(r.Run)
	b.worker(func(context.Context, actor.Actor, probe) error {
		ran <- time.Now()
		return nil
	})
	var waits []time.Duration
	for i := range 40 {
		time.Sleep(30 * time.Millisecond)
		b.add(pgtest.A, probe{i, uuid.NewString()})
		at := time.Now()
		select {
		case end := <-ran:
			waits = append(waits, end.Sub(at))
		case <-time.After(10 * time.Second):
			t.Fatal("never picked up")
		}
	}
	slices.Sort(waits)
	t.Logf("p50 %v, p90 %v", waits[20], waits[36])
	if waits[36] > time.Second {
		t.Errorf("p90 %v", waits[36])
	}
}

func TestOneVillageDoesNotFillTheQueue(t *testing.T) {
	t.Parallel()
	b := open(t, 9)
	for i := range 8 {
		b.add(pgtest.A, probe{i, uuid.NewString()})
	}
	ctx := context.Background()
	first, err := claim(ctx, b.DB.DB, pgtest.A, time.Minute, 5)
	second, err2 := claim(ctx, b.DB.DB, pgtest.A, time.Minute, 5)
	if len(first) != 5 || len(second) != 0 || err != nil || err2 != nil {
		t.Errorf("claimed %d and %d: %v %v", len(first), len(second), err, err2)
	}
}

func TestCheckRedis(t *testing.T) {
	t.Parallel()
	for info, wrong := range map[string]bool{"maxmemory_policy:noeviction\r\naof_enabled:1\r\n": false, "": true} {
		if (field(info, "maxmemory_policy") != "noeviction" || field(info, "aof_enabled") != "1") != wrong {
			t.Errorf("%q misread", info)
		}
	}
	b := open(t, 9)
	ctx := context.Background()
	if err := CheckRedis(ctx, b.redis, false); err != nil {
		t.Errorf("refused outside production: %v", err)
	}
	aof := b.redis.ConfigGet(ctx, "appendonly").Val()["appendonly"]
	if err := CheckRedis(ctx, b.redis, true); (err == nil) != (aof == "yes") {
		t.Errorf("appendonly %s in production: %v", aof, err)
	}
	gone := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
	defer gone.Close()
	if err := CheckRedis(ctx, gone, false); err == nil {
		t.Error("no Redis, no complaint")
	}
}

func TestOneHandlerAKind(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("two handlers for one kind")
		}
	}()
	var r Registry
	for range 2 {
		On(&r, func(context.Context, actor.Actor, probe) error { return nil })
	}
}
