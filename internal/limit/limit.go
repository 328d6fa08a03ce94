// Package limit says how often something may be done: pages read, sign-ins tried, messages sent to one phone.
// It counts in Redis, so that all instances share one count. Keys begin with whose the count is: "v11:…" for a
// village's, "platform:…" for nobody's.
package limit

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/fault"
)

var (
	// ErrTooMany says how long to wait; Wait reads it as a duration.
	ErrTooMany = fault.New(fault.TooMany, "limit.too_many", "操作太频繁，请 %s后再试")
	// ErrUnavailable is the answer of a limit that fails closed while Redis is away.
	ErrUnavailable = fault.New(fault.Unavailable, "limit.unavailable", "登录服务正在恢复，请过一会儿再试")
)

// Refusal is ErrTooMany with the time after which it may be tried again.
type Refusal struct {
	Wait  time.Duration
	fault *fault.Error
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s (%s)", r.fault, r.Wait) }
func (r *Refusal) Unwrap() error { return r.fault }

// Refuse makes the refusal with which f, whose Text takes the time to wait, is answered.
func Refuse(f *fault.Error, wait time.Duration) error {
	return &Refusal{Wait: wait, fault: f.With(Chinese(wait))}
}

// Wait is how long the person has to wait, 0 if err is no refusal; for the Retry-After header.
func Wait(err error) time.Duration {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Wait
	}
	return 0
}

// Chinese says a time to wait, rounded up.
func Chinese(d time.Duration) string {
	switch {
	case d <= time.Minute:
		return fmt.Sprintf("%d 秒", max(1, int(math.Ceil(d.Seconds()))))
	case d <= time.Hour:
		return fmt.Sprintf("%d 分钟", int(math.Ceil(d.Minutes())))
	}
	return fmt.Sprintf("%d 小时", int(math.Ceil(d.Hours())))
}

// Limiter counts. It is safe for concurrent use.
type Limiter struct {
	redis *redis.Client
	rate  *redis_rate.Limiter
	now   func() time.Time
}

// New makes a limiter on Redis.
func New(client *redis.Client) *Limiter {
	return &Limiter{redis: client, rate: redis_rate.NewLimiter(ours{client}), now: time.Now}
}

// Allow lets through perMinute of key a minute. It is for reading: while Redis is away, everything passes.
func (l *Limiter) Allow(ctx context.Context, key string, perMinute int) error {
	err := l.Strict(ctx, key, perMinute)
	if errors.Is(err, ErrUnavailable) {
		slog.WarnContext(ctx, "limit: Redis is away, let through", "error", err)
		return nil
	}
	return err
}

// Strict is Allow for signing in: while Redis is away, nothing passes.
func (l *Limiter) Strict(ctx context.Context, key string, perMinute int) error {
	if err := check(key); err != nil {
		return err
	}
	r, err := l.rate.Allow(ctx, key, redis_rate.PerMinute(perMinute))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if r.Allowed == 0 {
		return Refuse(ErrTooMany, r.RetryAfter)
	}
	return nil
}

// Window is how many in which time.
type Window struct {
	Times int
	In    time.Duration
}

//go:embed take.lua
var takeText string

var take = redis.NewScript(takeText)

// Take counts one use of key unless any of the windows, which end now, is full. Unlike Strict it is exact over
// long times; it remembers each use, so it is for what is rare. While Redis is away, nothing passes.
func (l *Limiter) Take(ctx context.Context, key string, windows ...Window) error {
	if err := check(key); err != nil {
		return err
	}
	args := []any{l.now().UnixMilli(), uuid.NewString()}
	for _, w := range windows {
		args = append(args, w.Times, w.In.Milliseconds())
	}
	wait, err := take.Run(ctx, l.redis, []string{key + ":uses"}, args...).Int64()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if wait > 0 {
		return Refuse(ErrTooMany, time.Duration(wait)*time.Millisecond)
	}
	return nil
}

// Reset forgets the uses of key that Take counted: the person proved right, and is no guesser.
func (l *Limiter) Reset(ctx context.Context, key string) {
	if err := l.redis.Del(ctx, key+":uses").Err(); err != nil {
		slog.WarnContext(ctx, "limit: Redis is away, count kept", "error", err)
	}
}

var shape = regexp.MustCompile(`^(v\d+|platform):.`)

func check(key string) error {
	if !shape.MatchString(key) {
		return fmt.Errorf("limit: key %q belongs to no village and not to the platform", key)
	}
	return nil
}

// ours puts redis_rate's mark behind the key, so that keys keep beginning with whose they are (INV-11).
type ours struct{ *redis.Client }

func renamed(keys []string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = strings.TrimPrefix(k, "rate:") + ":rate"
	}
	return out
}

func (o ours) Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd {
	return o.Client.Eval(ctx, script, renamed(keys), args...)
}

func (o ours) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	return o.Client.EvalSha(ctx, sha, renamed(keys), args...)
}
