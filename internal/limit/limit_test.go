package limit

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/fault"
)

func client(t *testing.T) *redis.Client {
	t.Helper()
	addr := os.Getenv("TEST_REDIS_ADDR")
	if addr == "" {
		t.Fatal("TEST_REDIS_ADDR is not set")
	}
	c := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { c.Close() })
	return c
}

func away(t *testing.T) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1, DialTimeout: 200 * time.Millisecond})
	t.Cleanup(func() { c.Close() })
	return c
}

func TestRate(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), client(t)
	l, key := New(c), "v11:test:"+uuid.NewString()
	for i := range 3 {
		if err := l.Strict(ctx, key, 3); err != nil {
			t.Fatalf("use %d: %v", i+1, err)
		}
	}
	err := l.Strict(ctx, key, 3)
	if !errors.Is(err, ErrTooMany) || Wait(err) <= 0 || Wait(err) > 20*time.Second || !strings.Contains(fault.Of(err).Text, "秒后再试") {
		t.Fatalf("fourth use: %v, wait %s", err, Wait(err))
	}
	if err := l.Allow(ctx, key, 3); !errors.Is(err, ErrTooMany) {
		t.Fatalf("reading: %v", err)
	}
	if n, err := c.Exists(ctx, key+":rate").Result(); n != 1 || err != nil {
		t.Fatalf("the key does not begin with its village: %d %v", n, err)
	}
	if err := l.Strict(ctx, "test:1", 3); err == nil || errors.Is(err, ErrUnavailable) {
		t.Fatalf("key of nobody: %v", err)
	}
}

func TestTakeIsExact(t *testing.T) {
	t.Parallel()
	ctx, l := context.Background(), New(client(t))
	at := time.Now()
	l.now = func() time.Time { return at }
	key := "platform:test:" + uuid.NewString()
	sms := []Window{{1, time.Minute}, {5, time.Hour}, {10, 24 * time.Hour}}
	sent := map[int]int{}
	for minute := range 24 * 60 {
		switch err := l.Take(ctx, key, sms...); {
		case err == nil:
			sent[minute/60]++
		case !errors.Is(err, ErrTooMany):
			t.Fatal(err)
		}
		if minute == 0 {
			if err := l.Take(ctx, key, sms...); Wait(err) != time.Minute {
				t.Fatalf("second in the same minute: %v", err)
			}
		}
		if minute == 5 {
			if err := l.Take(ctx, key, sms...); Wait(err) != 55*time.Minute {
				t.Fatalf("sixth in the hour: %v", err)
			}
		}
		at = at.Add(time.Minute)
	}
	if sent[0] != 5 || sent[1] != 5 || len(sent) != 2 {
		t.Fatalf("sent by hour: %v", sent)
	}
	if err := l.Take(ctx, key, sms...); err != nil {
		t.Fatalf("the next day: %v", err)
	}
}

func TestTakeAtOnce(t *testing.T) {
	t.Parallel()
	l, key := New(client(t)), "platform:test:"+uuid.NewString()
	var passed atomic.Int32
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if l.Take(context.Background(), key, Window{5, time.Minute}) == nil {
				passed.Add(1)
			}
		})
	}
	wg.Wait()
	l.Reset(context.Background(), key)
	if err := l.Take(context.Background(), key, Window{5, time.Minute}); err != nil {
		t.Errorf("after Reset: %v", err)
	}
	if passed.Load() != 5 {
		t.Fatalf("%d passed", passed.Load())
	}
}

func TestAway(t *testing.T) {
	t.Parallel()
	ctx, l := context.Background(), New(away(t))
	if err := l.Strict(ctx, "platform:x", 1); fault.Of(err).Kind != fault.Unavailable {
		t.Errorf("Strict: %v", err)
	}
	if err := l.Take(ctx, "platform:x", Window{1, time.Minute}); fault.Of(err).Kind != fault.Unavailable {
		t.Errorf("Take: %v", err)
	}
	if err := l.Allow(ctx, "platform:x", 1); err != nil {
		t.Errorf("Allow: %v", err)
	}
}

func TestChinese(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{0: "1 秒", 900 * time.Millisecond: "1 秒", time.Minute: "60 秒", 61 * time.Second: "2 分钟", 90 * time.Minute: "2 小时"} {
		if got := Chinese(d); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}
