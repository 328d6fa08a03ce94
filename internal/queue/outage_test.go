package queue

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/actor"
	"cunfen/internal/pg/pgtest"
)

func TestStopInterruptsAndTheNextWorkerGoesOn(t *testing.T) {
	t.Parallel()
	b := open(t, 9)
	begun := make(chan bool, 1)
	b.relay()
	stop := b.worker(func(ctx context.Context, _ actor.Actor, _ probe) error {
		begun <- true
		<-ctx.Done()
		return ctx.Err()
	})
	b.add(pgtest.A, probe{1, "x"})
	<-begun
	stop()
	if l := b.row("x"); l.State == done || l.LastError != "interrupted" {
		t.Errorf("after the stop: %+v", l)
	}
	b.worker(func(context.Context, actor.Actor, probe) error { return nil })
	b.until("done by the next worker", b.all(done))
}

func TestHandlerThatIgnoresItsContextRunsAlone(t *testing.T) {
	t.Parallel()
	b := open(t, 9)
	var runs atomic.Int32
	b.relay()
	b.worker(func(context.Context, actor.Actor, probe) error {
		runs.Add(1)
		time.Sleep(3 * time.Second) // three leases and three times what counts as stale
		return nil
	})
	b.add(pgtest.A, probe{1, "x"})
	b.until("done", b.all(done))
	if runs.Load() != 1 {
		t.Errorf("%d runs", runs.Load())
	}
}

func TestFlushedRedisLosesNothing(t *testing.T) {
	t.Parallel()
	b := open(t, 10)
	var runs atomic.Int32
	b.relay()
	for i := range 40 {
		b.add(pgtest.A, probe{i, uuid.NewString()})
	}
	b.until("all with asynq", b.all(queued))
	if err := b.redis.FlushDB(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
	b.worker(func(context.Context, actor.Actor, probe) error {
		runs.Add(1)
		return nil
	})
	b.until("done", b.all(done))
	if runs.Load() != 40 {
		t.Errorf("%d runs for 40 jobs", runs.Load())
	}
}

func TestRedisAwayAndBack(t *testing.T) {
	t.Parallel()
	b := open(t, 9)
	line := &cable{to: os.Getenv("TEST_REDIS_ADDR")}
	line.plug(t, "127.0.0.1:0")
	rdb := redis.NewClient(&redis.Options{Addr: line.addr, DB: 9, MaxRetries: -1, DialTimeout: 200 * time.Millisecond})
	t.Cleanup(func() { rdb.Close() })
	b.redis = rdb
	b.relay()
	b.worker(func(context.Context, actor.Actor, probe) error { return nil })
	b.add(pgtest.A, probe{1, "before"})
	b.until("done before", b.all(done))
	line.pull()
	b.add(pgtest.A, probe{2, "during"})
	time.Sleep(500 * time.Millisecond)
	if l := b.row("during"); l.State != waiting {
		t.Errorf("while Redis is away: %+v", l)
	}
	line.plug(t, line.addr)
	t.Cleanup(line.pull)
	b.until("done after", b.all(done))
}

// cable leads to Redis and can be pulled.
type cable struct {
	to, addr string
	l        net.Listener
	mu       sync.Mutex
	open     []net.Conn
}

func (c *cable) plug(t *testing.T, addr string) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c.l, c.addr = l, l.Addr().String()
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", c.to)
			if err != nil {
				from.Close()
				continue
			}
			c.mu.Lock()
			c.open = append(c.open, from, to)
			c.mu.Unlock()
			go io.Copy(from, to)
			go io.Copy(to, from)
		}
	}()
}

func (c *cable) pull() {
	c.l.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.open {
		conn.Close()
	}
	c.open = nil
}

// TestKilledWorker runs a worker as a process of its own and kills it in the middle of a job.
func TestKilledWorker(t *testing.T) {
	if db := os.Getenv("QUEUE_TEST_DB"); db != "" {
		victim(t, db)
		return
	}
	t.Parallel()
	b := open(t, 9)
	b.relay()
	b.add(pgtest.A, probe{1, "x"})
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWorker$")
	cmd.Env = append(os.Environ(), "QUEUE_TEST_DB="+b.Name, "QUEUE_TEST_NAME="+b.name)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b.until("the victim is at it", func() bool { return b.row("x").Attempts == 1 })
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	var runs atomic.Int32
	b.worker(func(context.Context, actor.Actor, probe) error {
		runs.Add(1)
		return nil
	})
	b.until("done by another", b.all(done))
	if l := b.row("x"); runs.Load() != 1 || l.Attempts != 2 {
		t.Errorf("%d runs, %+v", runs.Load(), l)
	}
}

func victim(t *testing.T, db string) {
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv("TEST_REDIS_ADDR"), DB: 9})
	w := &Worker{DB: pgtest.Open(t, db, "cunfen_worker"), Redis: rdb, Name: os.Getenv("QUEUE_TEST_NAME"), Registry: &Registry{}, Lease: time.Second}
	On(w.Registry, func(context.Context, actor.Actor, probe) error { select {} })
	_ = w.Run(context.Background())
}

func TestAJobThatKillsItsWorkersIsGivenUp(t *testing.T) {
	t.Parallel()
	b := open(t, 9)
	b.add(pgtest.A, probe{1, "x"})
	_, err := b.Owner.Exec(context.Background(), `update outbox set state = 1, attempts = $1, queued_at = now() - interval '1 hour', held_until = now() - interval '1 minute'`, tries)
	if err != nil {
		t.Fatal(err)
	}
	b.relay()
	b.worker(func(context.Context, actor.Actor, probe) error { t.Error("ran again"); return nil })
	b.until("dead", b.all(dead))
}
