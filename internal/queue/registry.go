package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"cunfen/internal/actor"
)

type handler func(ctx context.Context, who actor.Actor, raw json.RawMessage) error

// Registry knows which function does which kind of job.
type Registry struct{ byKind map[string]handler }

// On says what does the jobs of A. fn may be called more than once for the same job and must do it once; it
// must return when ctx ends. A kind registered twice is a mistake in the program.
func On[A Args](r *Registry, fn func(ctx context.Context, who actor.Actor, a A) error) {
	var zero A
	kind := zero.Kind()
	if r.byKind == nil {
		r.byKind = map[string]handler{}
	}
	if r.byKind[kind] != nil {
		panic("queue: two handlers for " + kind)
	}
	r.byKind[kind] = func(ctx context.Context, who actor.Actor, raw json.RawMessage) error {
		var a A
		if err := json.Unmarshal(raw, &a); err != nil {
			return fmt.Errorf("%w: %w", errArgs, err)
		}
		return fn(ctx, who, a)
	}
}

// Kinds lists what is registered.
func (r *Registry) Kinds() []string { return slices.Sorted(maps.Keys(r.byKind)) }

func (r *Registry) handle(ctx context.Context, who actor.Actor, kind string, raw json.RawMessage) error {
	h := r.byKind[kind]
	if h == nil {
		return errKind
	}
	return h(ctx, who, raw)
}
