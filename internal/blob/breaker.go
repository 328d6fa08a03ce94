package blob

import (
	"context"
	"errors"
	"sync"
	"time"
)

// breaker refuses at once while the store is known to be away, so that a slow store holds up nobody: after a
// run of failures it lets one try through every few seconds, and closes with the first success.
type breaker struct {
	mu     sync.Mutex
	failed int
	until  time.Time
}

const (
	tolerated = 5
	rest      = 3 * time.Second
)

// open reports whether a call has to be refused now.
func (b *breaker) open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed < tolerated {
		return false
	}
	if time.Now().Before(b.until) {
		return true
	}
	b.until = time.Now().Add(rest)
	return false
}

// saw takes note of how a call ended; a caller who left says nothing about the store.
func (b *breaker) saw(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !errors.Is(err, ErrUnavailable) {
		b.failed = 0
		return
	}
	b.failed++
	b.until = time.Now().Add(rest)
}
