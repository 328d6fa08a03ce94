package work

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"cunfen/internal/actor"
	"cunfen/internal/observe"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/queue"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

// clock is a time that tests move while schedulers look at it.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(0, c.at.Load()) }
func (c *clock) set(s string) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	c.at.Store(at.UnixNano())
}

// schedulers runs n schedulers on one database, each with a connection of its own.
func schedulers(t *testing.T, db *pgtest.DB, n int, c *clock, plan func(*Schedule)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for range n {
		own := pgtest.Open(t, db.Name, "cunfen_worker")
		own.Now = c.now
		s := &Schedule{DB: own, Poll: 10 * time.Millisecond}
		plan(s)
		all.Go(func() { s.Run(ctx) })
	}
	t.Cleanup(func() { cancel(); all.Wait() })
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited in vain: %s", what)
}

func TestEachTickRunsOnce(t *testing.T) {
	t.Parallel()
	db, c := pgtest.New(t), &clock{}
	c.set("2026-11-23T10:00:30+08:00")
	var runs atomic.Int32
	schedulers(t, db, 3, c, func(s *Schedule) {
		s.Every("seal", time.Minute, func(context.Context, time.Time) error { runs.Add(1); return nil })
	})
	for i, at := range []string{"2026-11-23T10:01:00+08:00", "2026-11-23T10:02:59+08:00", "2026-11-23T12:30:00+08:00"} {
		until(t, "a run", func() bool { return runs.Load() == int32(i+1) })
		time.Sleep(60 * time.Millisecond)
		if n := runs.Load(); n != int32(i+1) {
			t.Fatalf("%d runs before %s, want %d", n, at, i+1)
		}
		c.set(at) // the last jump is an outage of more than two hours: one run makes up for it
	}
	until(t, "the late run", func() bool { return runs.Load() == 4 })
	time.Sleep(100 * time.Millisecond)
	if n := runs.Load(); n != 4 {
		t.Errorf("%d runs after the outage", n)
	}
}

func TestFailedTickIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	db, c := pgtest.New(t), &clock{}
	c.set("2026-11-23T10:00:30+08:00")
	var runs atomic.Int32
	schedulers(t, db, 2, c, func(s *Schedule) {
		s.Daily("publish", 6*time.Hour, func(context.Context, time.Time) error {
			switch runs.Add(1) {
			case 1:
				return errors.New("away")
			case 2:
				panic("bug")
			}
			return nil
		})
	})
	for i, at := range []string{"2026-11-23T10:02:00+08:00", "2026-11-23T10:04:00+08:00", "2026-11-23T20:00:00+08:00"} {
		until(t, "a run", func() bool { return runs.Load() == int32(i+1) })
		time.Sleep(60 * time.Millisecond)
		c.set(at)
	}
	time.Sleep(100 * time.Millisecond)
	if n := runs.Load(); n != 3 {
		t.Errorf("%d runs, want two that failed and one that did not", n)
	}
}

func TestTickOfADeadSchedulerIsTakenOver(t *testing.T) {
	t.Parallel()
	db, c := pgtest.New(t), &clock{}
	c.set("2026-11-23T10:00:30+08:00")
	_, err := db.Owner.Exec(context.Background(), `insert into tick values ('publish', '2026-11-22T16:00:00Z', $1, $2)`, c.now(), c.now().Add(10*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	var runs atomic.Int32
	schedulers(t, db, 2, c, func(s *Schedule) {
		s.Daily("publish", 0, func(context.Context, time.Time) error { runs.Add(1); return nil })
	})
	time.Sleep(100 * time.Millisecond)
	if runs.Load() != 0 {
		t.Fatal("ran beside a scheduler that may be alive")
	}
	c.set("2026-11-23T10:11:00+08:00")
	until(t, "the takeover", func() bool { return runs.Load() == 1 })
}

func TestTicksFollowTheVillagesDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		d         date
		now, want string
	}{
		{date{period: 24 * time.Hour}, "2026-11-23T00:00:00+08:00", "2026-11-23T00:00:00+08:00"},
		{date{period: 24 * time.Hour}, "2026-11-23T23:59:59+08:00", "2026-11-23T00:00:00+08:00"},
		{date{period: 24 * time.Hour, after: 6 * time.Hour}, "2026-11-23T05:59:59+08:00", "2026-11-22T06:00:00+08:00"},
		{date{period: 24 * time.Hour, after: 6 * time.Hour}, "2026-11-23T06:00:00+08:00", "2026-11-23T06:00:00+08:00"},
		{date{period: 5 * time.Minute}, "2026-11-23T06:04:59+08:00", "2026-11-23T06:00:00+08:00"},
	} {
		now, _ := time.Parse(time.RFC3339, c.now)
		want, _ := time.Parse(time.RFC3339, c.want)
		if got := c.d.tick(now); !got.Equal(want) {
			t.Errorf("%v at %s: %s, want %s", c.d.period, c.now, got, c.want)
		}
	}
}

func TestPerVillage(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var live, most, seen atomic.Int32
	wrong := errors.New("no")
	err := PerVillage(context.Background(), db.DB, 2, func(_ context.Context, who actor.Actor) error {
		most.Store(max(most.Load(), live.Add(1)))
		defer live.Add(-1)
		seen.Add(1)
		time.Sleep(20 * time.Millisecond)
		switch who.Village {
		case pgtest.A:
			return wrong
		case pgtest.B:
			panic("bug")
		}
		return nil
	})
	if err == nil || seen.Load() != 3 || most.Load() != 2 {
		t.Errorf("%v, %d villages, %d at once", err, seen.Load(), most.Load())
	}
	if err := PerVillage(context.Background(), db.DB, 4, func(context.Context, actor.Actor) error { return nil }); err != nil {
		t.Error(err)
	}
}

type greet struct {
	Village int64 `json:"village"`
}

func (greet) Kind() string   { return "test.greet" }
func (greet) Dedupe() string { return "once" }

func TestWorkerDoesJobsAndKeepsTheCalendar(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv("TEST_REDIS_ADDR"), DB: 11})
	t.Cleanup(func() { rdb.Close() })
	ctx, cancel := context.WithCancel(context.Background())
	w := New(Deps{DB: pgtest.Open(t, db.Name, "cunfen_worker"), Redis: rdb, Metrics: observe.NewMetrics("test")})
	greeted := make(chan actor.VillageID, 9)
	queue.On(&w.Jobs, func(_ context.Context, who actor.Actor, _ greet) error { greeted <- who.Village; return nil })
	w.Calendar.Every("greet", time.Hour, func(ctx context.Context, _ time.Time) error {
		return PerVillage(ctx, w.DB, 2, func(ctx context.Context, who actor.Actor) error {
			return w.DB.InVillage(ctx, who, func(tx pg.Tx) error { return queue.Add(ctx, tx, greet{int64(who.Village)}) })
		})
	})
	stopped := make(chan error)
	go func() { stopped <- w.Run(ctx) }()
	for range 3 {
		select {
		case <-greeted:
		case <-time.After(20 * time.Second):
			t.Fatal("a village was not greeted")
		}
	}
	until(t, "nothing open", func() bool { c, err := w.count(ctx); return err == nil && c["open"] == 0 })
	cancel()
	if err := <-stopped; err != nil || len(greeted) != 0 {
		t.Errorf("%v, %d too many", err, len(greeted))
	}
}
