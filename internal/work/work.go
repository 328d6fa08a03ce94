// Package work is the worker's door: it does the jobs that the villages' business left in the outbox, and
// keeps the calendar of what has to happen by itself, such as publishing a month on the village's fixed day.
package work

import (
	"context"
	"sync"

	"github.com/redis/go-redis/v9"

	"cunfen/internal/observe"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
)

// Deps is what the worker stands on.
type Deps struct {
	DB      *pg.DB
	Redis   redis.UniversalClient // to be closed only after Run has returned
	Metrics *observe.Metrics
}

// Worker does jobs and keeps the calendar. Register everything before Run.
type Worker struct {
	Deps
	Jobs     queue.Registry // queue.On(&w.Jobs, …)
	Calendar Schedule
}

// New makes a worker without any job or date yet.
func New(d Deps) *Worker {
	w := &Worker{Deps: d, Calendar: Schedule{DB: d.DB}}
	d.Metrics.Gauges("cunfen_outbox", "Jobs that are open and dead, and by how many seconds the oldest open one is late.", "what", w.count)
	return w
}

// Run works until ctx ends and all that ran has stopped.
func (w *Worker) Run(ctx context.Context) error {
	relay := &queue.Relay{DB: w.DB, Redis: w.Redis}
	hands := &queue.Worker{DB: w.DB, Redis: w.Redis, Registry: &w.Jobs, Observe: w.Metrics.Job}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	all.Go(func() { relay.Run(ctx) })
	all.Go(func() { w.Calendar.Run(ctx) })
	err := hands.Run(ctx)
	stop()
	all.Wait()
	return err
}

func (w *Worker) count(ctx context.Context) (map[string]float64, error) {
	c, err := queue.Count(ctx, w.DB)
	return map[string]float64{"open": float64(c.Open), "dead": float64(c.Dead), "late_seconds": max(0, c.Late)}, err
}
