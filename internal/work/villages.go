package work

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"golang.org/x/sync/errgroup"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// PerVillage runs fn for every village in which work is done, width of them at once. A village that fails does not
// keep the others from their turn; the error says how many failed and holds the first.
func PerVillage(ctx context.Context, db *pg.DB, width int, fn func(ctx context.Context, who actor.Actor) error) error {
	villages, err := db.Working(ctx)
	if err != nil {
		return err
	}
	var (
		mu     sync.Mutex
		failed int
		first  error
		group  errgroup.Group
	)
	group.SetLimit(width)
	for _, v := range villages {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			err := inVillage(ctx, actor.System(actor.VillageID(v)), fn)
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				if failed++; first == nil {
					first = fmt.Errorf("village %d: %w", v, err)
				}
				slog.WarnContext(ctx, "work in a village failed", "village", v, "cause", fault.Of(err).Code, "error", err)
			}
			return nil
		})
	}
	_ = group.Wait()
	if failed > 0 {
		return fmt.Errorf("%d of %d villages failed: %w", failed, len(villages), first)
	}
	return ctx.Err()
}

func inVillage(ctx context.Context, who actor.Actor, fn func(context.Context, actor.Actor) error) (err error) {
	defer func() {
		if x := recover(); x != nil {
			slog.ErrorContext(ctx, "work in a village panicked", "village", who.Village, "panic", fmt.Sprintf("%T", x), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %T", x)
		}
	}()
	return fn(ctx, who)
}
