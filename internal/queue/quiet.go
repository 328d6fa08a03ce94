package queue

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// quiet passes on at most one complaint of asynq or the Redis client in half a minute: while Redis is away
// they have twenty a second, and the relay has said it already.
type quiet struct{ last atomic.Int64 }

// hush makes the Redis client quiet in the whole process.
var hush = sync.OnceFunc(func() { redis.SetLogger(&quiet{}) })

func (q *quiet) Debug(...any)      {}
func (q *quiet) Info(...any)       {}
func (q *quiet) Warn(args ...any)  { q.say(fmt.Sprint(args...)) }
func (q *quiet) Error(args ...any) { q.say(fmt.Sprint(args...)) }
func (q *quiet) Fatal(args ...any) { q.say(fmt.Sprint(args...)) }

func (q *quiet) Printf(_ context.Context, format string, args ...any) {
	q.say(fmt.Sprintf(format, args...))
}

func (q *quiet) say(text string) {
	now, last := time.Now().UnixNano(), q.last.Load()
	if now-last > int64(30*time.Second) && q.last.CompareAndSwap(last, now) {
		slog.Warn("redis", "says", text)
	}
}
