package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/pg"
)

// Worker does the jobs that asynq brings. Any number of workers may run.
type Worker struct {
	DB       *pg.DB
	Redis    redis.UniversalClient // to be closed only after Run has returned: asynq panics otherwise
	Registry *Registry
	Name     string        // queue at asynq; cunfen if empty
	Width    int           // jobs at once; 4 if zero
	Lease    time.Duration // how long a job stays a dead worker's; 30 s if zero
	Grace    time.Duration // how long running jobs may go on after a stop is asked for; 15 s if zero

	// Observe, if set, is told of every run: its kind, "done", "again" or "dead", and the time it took.
	Observe func(kind, outcome string, took time.Duration)

	live sync.Map // ids of the jobs that this process is at
}

// Run works until ctx ends, then takes no more jobs, lets the running ones go on for Grace, ends their
// contexts and waits for them: 20 s in all.
func (w *Worker) Run(ctx context.Context) error {
	w.defaults()
	hush()
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	server := asynq.NewServerFromRedisClient(w.Redis, asynq.Config{
		Concurrency:       w.Width,
		Queues:            map[string]int{w.Name: 1},
		TaskCheckInterval: 40 * time.Millisecond, // it sleeps half to one and a half of it
		ShutdownTimeout:   w.Grace + 5*time.Second,
		RetryDelayFunc:    func(int, error, *asynq.Task) time.Duration { return time.Second },
		Logger:            &quiet{},
		LogLevel:          asynq.WarnLevel,
	})
	// The handler's context is ours and not asynq's, which ends when Redis is away for half a minute.
	take := func(_ context.Context, t *asynq.Task) error { w.take(running, t); return nil }
	if err := server.Start(asynq.HandlerFunc(take)); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	<-ctx.Done()
	late := time.AfterFunc(w.Grace, stop)
	defer late.Stop()
	server.Shutdown()
	return nil
}

func (w *Worker) defaults() {
	if w.Name == "" {
		w.Name = carrier
	}
	if w.Width == 0 {
		w.Width = 4
	}
	if w.Lease == 0 {
		w.Lease = 30 * time.Second
	}
	if w.Grace == 0 {
		w.Grace = 15 * time.Second
	}
}

func (w *Worker) take(ctx context.Context, t *asynq.Task) {
	var p payload
	if err := json.Unmarshal(t.Payload(), &p); err != nil {
		slog.ErrorContext(ctx, "queue: dropped what is not a job of ours")
		return
	}
	w.deliver(ctx, p.Village, p.ID)
}
