package queue

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
)

// deliver does one job that asynq brought. Whatever becomes of it stands in PostgreSQL; asynq is told nothing
// and keeps nothing.
func (w *Worker) deliver(ctx context.Context, v actor.VillageID, id uuid.UUID) {
	if _, here := w.live.LoadOrStore(id, true); here {
		return
	}
	defer w.live.Delete(id)
	j, err := start(ctx, w.DB, v, id, w.Lease)
	if err != nil {
		slog.WarnContext(ctx, "queue: job could not be begun and will be brought again", "job", id, "village", v, "cause", cause(err))
		return
	}
	if j == nil {
		return
	}
	begun := time.Now()
	err = w.run(ctx, v, j)
	d := judge(j, err, w.DB.Now(), ctx.Err() != nil)
	w.report(ctx, v, j, d, err, time.Since(begun))
	w.settle(ctx, v, j, d)
}

// run holds the job while its handler is at it, and ends the handler's context if it cannot be held.
func (w *Worker) run(ctx context.Context, v actor.VillageID, j *job) error {
	if j.LastError == "lost" && j.Attempts > tries {
		return &panicked{"takes its worker down"}
	}
	ctx, cancel := context.WithTimeout(ctx, most(v))
	defer cancel()
	returned := make(chan struct{})
	var holding sync.WaitGroup
	holding.Go(func() { w.keep(context.WithoutCancel(ctx), v, j, cancel, returned) })
	err := w.guard(ctx, v, j)
	close(returned)
	holding.Wait()
	return err
}

// keep renews the lease until the handler has returned, even past the end of its context, so that a handler
// slow to stop is never joined by a second copy (INV-30).
func (w *Worker) keep(ctx context.Context, v actor.VillageID, j *job, lost func(), returned <-chan struct{}) {
	t := time.NewTicker(w.Lease / 3)
	defer t.Stop()
	until := time.Now().Add(w.Lease)
	for {
		select {
		case <-returned:
			return
		case <-t.C:
			try, stop := context.WithTimeout(ctx, w.Lease/3)
			ours, err := hold(try, w.DB, v, j, w.Lease)
			stop()
			if err == nil && ours {
				until = time.Now().Add(w.Lease)
			} else if err == nil || time.Until(until) < w.Lease/3 {
				lost()
			}
		}
	}
}

// guard calls the handler and makes an error of its panic.
func (w *Worker) guard(ctx context.Context, v actor.VillageID, j *job) (err error) {
	defer func() {
		if x := recover(); x != nil {
			what := fmt.Sprintf("%T", x)
			if e, ok := x.(runtime.Error); ok {
				what = e.Error()
			}
			slog.ErrorContext(ctx, "queue: handler panicked", "kind", j.Kind, "job", j.ID, "village", v, "panic", what, "stack", string(debug.Stack()))
			err = &panicked{what}
		}
	}()
	who := actor.System(v)
	who.Request = "job:" + j.ID.String()
	return w.Registry.handle(ctx, who, j.Kind, j.Args)
}

// settle writes the verdict. If PostgreSQL is away for long the lease runs out and the job is done again,
// which is harmless.
func (w *Worker) settle(ctx context.Context, v actor.VillageID, j *job, d verdict) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.Lease/3)
	defer cancel()
	for {
		err := finish(ctx, w.DB, v, j, d)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			slog.WarnContext(ctx, "queue: result of a job could not be kept; it will run again", "job", j.ID, "village", v, "cause", cause(err))
			return
		case <-time.After(w.Lease / 30):
		}
	}
}

func (w *Worker) report(ctx context.Context, v actor.VillageID, j *job, d verdict, err error, took time.Duration) {
	outcome := map[int16]string{done: "done", waiting: "again", dead: "dead"}[d.state]
	if w.Observe != nil {
		w.Observe(j.Kind, outcome, took)
	}
	log := slog.With("kind", j.Kind, "job", j.ID, "village", v, "attempt", j.Attempts, "ms", took.Milliseconds())
	switch d.state {
	case done:
		log.DebugContext(ctx, "job done")
	case waiting:
		log.WarnContext(ctx, "job failed and will run again", "cause", d.cause, "due", d.due, "error", err)
	case dead:
		log.ErrorContext(ctx, "job given up", "cause", d.cause, "error", err)
	}
}
