package queue

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

type probe struct {
	Nr int    `json:"nr"`
	As string `json:"as"`
}

func (probe) Kind() string     { return "test.probe" }
func (p probe) Dedupe() string { return p.As }

// bench is one test's database, queue and Redis.
type bench struct {
	*pgtest.DB
	t     *testing.T
	name  string
	redis redis.UniversalClient
}

// open uses Redis database 9; a test that flushes takes another. Each test has its own queue at asynq.
func open(t *testing.T, number int) *bench {
	t.Helper()
	addr := os.Getenv("TEST_REDIS_ADDR")
	if addr == "" {
		t.Fatal("TEST_REDIS_ADDR is not set: run the tests by make test, or inside cunfen dev exec")
	}
	rdb := redis.NewClient(&redis.Options{Addr: addr, DB: number})
	b := &bench{pgtest.New(t), t, "t" + strings.ReplaceAll(uuid.NewString(), "-", ""), rdb}
	t.Cleanup(func() {
		keys := rdb.Keys(context.Background(), "asynq:{"+b.name+"}:*").Val()
		rdb.Del(context.Background(), append(keys, "asynq:queues")...)
		rdb.Close()
	})
	return b
}

// background runs fn until the test ends or stop is called.
func (b *bench) background(fn func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { fn(ctx) })
	stop = func() { cancel(); wg.Wait() }
	b.t.Cleanup(stop)
	return stop
}

func (b *bench) relay() (stop func()) {
	r := &Relay{DB: b.DB.DB, Redis: b.redis, Name: b.name, Sweep: 100 * time.Millisecond, Stale: time.Second}
	return b.background(r.Run)
}

func (b *bench) worker(fn func(context.Context, actor.Actor, probe) error) (stop func()) {
	w := b.newWorker(fn)
	return b.background(func(ctx context.Context) {
		if err := w.Run(ctx); err != nil {
			b.t.Error(err)
		}
	})
}

func (b *bench) newWorker(fn func(context.Context, actor.Actor, probe) error) *Worker {
	w := &Worker{DB: b.DB.DB, Redis: b.redis, Name: b.name, Registry: &Registry{}, Width: 8, Lease: time.Second, Grace: 50 * time.Millisecond}
	On(w.Registry, fn)
	return w
}

func (b *bench) add(v actor.VillageID, jobs ...probe) {
	b.t.Helper()
	err := b.InVillage(context.Background(), actor.System(v), func(tx pg.Tx) error {
		for _, j := range jobs {
			if err := Add(context.Background(), tx, j); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

type line struct {
	ID        uuid.UUID
	Village   int64
	State     int16
	Attempts  int
	LastError string
}

func (b *bench) row(as string) (l line) {
	b.t.Helper()
	err := b.Owner.QueryRow(context.Background(), `select id, village_id, state, attempts, last_error from outbox where dedupe = $1`, as).
		Scan(&l.ID, &l.Village, &l.State, &l.Attempts, &l.LastError)
	if err != nil {
		b.t.Fatal(err)
	}
	return l
}

// hurry makes whatever waits for another try due now.
func (b *bench) hurry() {
	if _, err := b.Owner.Exec(context.Background(), `update outbox set due_at = '2020-01-01' where state = 0`); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	b.t.Fatalf("waited in vain: %s", what)
}

func (b *bench) all(state int16) func() bool {
	return func() (is bool) {
		err := b.Owner.QueryRow(context.Background(), `select bool_and(state = $1) from outbox`, state).Scan(&is)
		return err == nil && is
	}
}
