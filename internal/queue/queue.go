// Package queue carries what a village's business leaves to be done afterwards: render this notice, tell that
// household. A job is a row of the outbox, written in the transaction of the business itself, so that neither
// is there without the other. PostgreSQL is the only record of a job; asynq on Redis merely carries its id to
// a worker, and may be wiped at any time.
package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
)

// Args is what a job is told: a struct of ids, marshalled as JSON. Kind names the handler and is the same for
// every value of the type; Dedupe tells one effect from another: of two jobs of a village with the same Kind
// and Dedupe only the first ever exists.
type Args interface {
	Kind() string
	Dedupe() string
}

// The states of a job.
const (
	waiting int16 = iota // to be handed to asynq once it is due
	queued               // with asynq or a worker
	done
	dead // given up; kept for people to look at
)

// Add leaves a job to be done as soon as tx is committed.
func Add(ctx context.Context, tx pg.Tx, args Args) error { return AddAt(ctx, tx, args, tx.Now) }

// AddAt leaves a job to be done at due or later.
func AddAt(ctx context.Context, tx pg.Tx, args Args, due time.Time) error {
	body, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("queue.Add(%s): %w", args.Kind(), err)
	}
	_, err = tx.Exec(ctx, sqlAdd, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": pg.NewID(), "kind": args.Kind(),
		"dedupe": args.Dedupe(), "args": body, "due": due, "now": tx.Now})
	if err != nil {
		return fmt.Errorf("queue.Add(%s): %w", args.Kind(), err)
	}
	if !due.After(tx.Now) {
		tx.OnCommit(func() { listeners.kick(tx.Village()) })
	}
	return nil
}

// AddOffice leaves a job of the platform itself, of no village; its handler gets the system as actor, in none.
func AddOffice(ctx context.Context, tx pg.Tx, args Args, due time.Time) error {
	body, err := json.Marshal(args)
	if err == nil {
		_, err = tx.Exec(ctx, sqlOfficeAdd, pgx.NamedArgs{"id": pg.NewID(), "kind": args.Kind(), "dedupe": args.Dedupe(), "args": body, "due": due, "now": tx.Now})
	}
	if err != nil {
		return fmt.Errorf("queue.AddOffice(%s): %w", args.Kind(), err)
	}
	if !due.After(tx.Now) {
		tx.OnCommit(func() { listeners.kick(office) })
	}
	return nil
}

// listeners are the relays running in this process. They are told of a new job by its commit and not by the
// database: a NOTIFY in the transaction costs a third of the throughput.
var listeners hub

type hub struct {
	mu     sync.RWMutex
	relays map[chan actor.VillageID]bool
}

func (h *hub) join() (kicks chan actor.VillageID, leave func()) {
	kicks = make(chan actor.VillageID, 256)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.relays == nil {
		h.relays = map[chan actor.VillageID]bool{}
	}
	h.relays[kicks] = true
	return kicks, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.relays, kicks)
	}
}

// kick never waits: what does not fit is found by the sweep.
func (h *hub) kick(v actor.VillageID) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for c := range h.relays {
		select {
		case c <- v:
		default:
		}
	}
}
