package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
)

const (
	carrier    = "cunfen"         // the queue's name at asynq
	chunk      = 500              // villages looked at in one query
	longest    = 10 * time.Minute // how long one run of a job may take
	carrying   = 2 * time.Hour    // and of one of the platform's own, which carry whole villages
	redelivery = 25               // how often asynq brings a job again that took its worker down
)

// Relay hands due rows of the outbox to asynq: at once when a transaction of this process commits, and by a
// sweep over all villages that also picks up what was lost on the way. Any number of relays may run.
type Relay struct {
	DB    *pg.DB
	Redis redis.UniversalClient
	Name  string        // queue at asynq; cunfen if empty
	Sweep time.Duration // how often to look at all villages; 2 s if zero, never if negative
	Stale time.Duration // how long a row may be with asynq before it counts as lost; 2 min if zero
	Most  int           // jobs of one village on their way at once; 200 if zero

	away bool // Redis did not answer last time
}

// payload is all that Redis ever holds of a job (INV-32).
type payload struct {
	Village actor.VillageID `json:"village"`
	ID      uuid.UUID       `json:"id"`
}

// Run relays until ctx ends.
func (r *Relay) Run(ctx context.Context) {
	r.defaults()
	hush()
	kicks, leave := listeners.join()
	defer leave()
	client := asynq.NewClientFromRedisClient(r.Redis)
	var sweep <-chan time.Time
	if r.Sweep > 0 {
		t := time.NewTicker(r.Sweep)
		defer t.Stop()
		sweep = t.C
		r.pass(ctx, client, r.everywhere)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case v := <-kicks:
			r.pass(ctx, client, func(context.Context) ([]int64, error) { return gather(v, kicks), nil })
		case <-sweep:
			r.pass(ctx, client, r.everywhere)
		}
	}
}

func (r *Relay) defaults() {
	if r.Name == "" {
		r.Name = carrier
	}
	if r.Sweep == 0 {
		r.Sweep = 2 * time.Second
	}
	if r.Stale == 0 {
		r.Stale = 2 * time.Minute
	}
	if r.Most == 0 {
		r.Most = 200
	}
}

// gather takes v and whatever else has been kicked meanwhile, each village once.
func gather(v actor.VillageID, kicks <-chan actor.VillageID) []int64 {
	all := []int64{int64(v)}
	for range len(kicks) {
		if v := int64(<-kicks); !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// pass relays the villages that find names. Nothing is claimed while Redis is away.
func (r *Relay) pass(ctx context.Context, client *asynq.Client, find func(context.Context) ([]int64, error)) {
	if !r.reachable(ctx) {
		return
	}
	villages, err := find(ctx)
	for _, v := range villages {
		if err != nil || ctx.Err() != nil {
			break
		}
		err = r.village(ctx, client, actor.VillageID(v))
	}
	if err != nil && ctx.Err() == nil {
		slog.WarnContext(ctx, "queue relay", "cause", cause(err))
	}
}

// reachable logs once an outage.
func (r *Relay) reachable(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err := r.Redis.Ping(ctx).Err()
	if away := err != nil; away != r.away && !errors.Is(err, context.Canceled) {
		r.away = away
		if away {
			slog.ErrorContext(ctx, "queue: Redis is away; jobs wait in PostgreSQL", "error", err)
		} else {
			slog.InfoContext(ctx, "queue: Redis is back")
		}
	}
	return err == nil
}

func (r *Relay) everywhere(ctx context.Context) (due []int64, err error) {
	villages, err := r.DB.Relayed(ctx)
	if err == nil {
		var own bool
		if own, err = officeDue(ctx, r.DB, r.Stale); own {
			due = append(due, int64(office))
		}
	}
	for part := range slices.Chunk(villages, chunk) {
		if err != nil {
			break
		}
		var some []int64
		some, err = villagesDue(ctx, r.DB, part, r.Stale)
		due = append(due, some...)
	}
	return due, err
}

// village claims first and hands over after the commit: a worker never meets a row that is not claimed yet,
// and what is lost between the two goes stale and is claimed again.
func (r *Relay) village(ctx context.Context, client *asynq.Client, v actor.VillageID) error {
	rows, err := claim(ctx, r.DB, v, r.Stale, r.Most)
	if err != nil {
		return err
	}
	for i, row := range rows {
		if err = r.enqueue(ctx, client, v, row); err != nil {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			return errors.Join(err, unclaim(ctx, r.DB, v, ids(rows[i:])))
		}
	}
	return nil
}

// enqueue names the task by the row and the attempt: the same attempt is carried once, and a task that asynq
// still keeps from a worker that died does not stand in the way of the next.
func (r *Relay) enqueue(ctx context.Context, client *asynq.Client, v actor.VillageID, row ready) error {
	body, err := json.Marshal(payload{v, row.ID})
	if err != nil {
		return err
	}
	_, err = client.EnqueueContext(ctx, asynq.NewTask("job", body), asynq.Queue(r.Name), asynq.MaxRetry(redelivery),
		asynq.TaskID(fmt.Sprintf("v%d:%s:%d", v, row.ID, row.Attempts)), asynq.Timeout(most(v)+time.Minute))
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil
	}
	return err
}

// most is how long one run of a job may take.
func most(v actor.VillageID) time.Duration {
	if v == office {
		return carrying
	}
	return longest
}

func ids(rows []ready) (all []uuid.UUID) {
	for _, r := range rows {
		all = append(all, r.ID)
	}
	return all
}
