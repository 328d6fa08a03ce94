package session

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/actor"
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

// key is that of the session in Redis whose token the context holds.
func key(m *Manager, ctx context.Context) string {
	return prefix + m.hashed(ctx)
}

func lead() Seat {
	return Seat{Account: uuid.New(), Epoch: 1, Role: actor.Lead, Village: 11, Township: 1, Place: uuid.New(), SecondFactorAt: time.Now().Round(0).UTC()}
}

// do sends one request with the cookie (if any) through the middleware and answers the cookie set.
func do(t *testing.T, m *Manager, cookie *http.Cookie, fn func(ctx context.Context)) *http.Cookie {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	m.Middleware(func(_ http.ResponseWriter, _ *http.Request, err error) { t.Error(err) })(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { fn(r.Context()) })).ServeHTTP(w, r)
	set := w.Result().Cookies()
	if len(set) == 0 {
		return nil
	}
	return set[len(set)-1]
}

func seat(t *testing.T, m *Manager, c *http.Cookie) (s Seat, ok bool) {
	do(t, m, c, func(ctx context.Context) { s, ok = m.Seat(ctx) })
	return s, ok
}

func TestBeginAndEnd(t *testing.T) {
	t.Parallel()
	m, want := New(client(t), Options{}), lead()
	preset := &http.Cookie{Name: "__Host-cunfen", Value: strings.Repeat("A", 43)}
	var first string
	c := do(t, m, preset, func(ctx context.Context) {
		if _, ok := m.Seat(ctx); ok {
			t.Error("a token that nobody was given is somebody's")
		}
		if err := m.Begin(ctx, want); err != nil {
			t.Fatal(err)
		}
		first = key(m, ctx)
	})
	if c == nil || c.Name != "__Host-cunfen" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Value == preset.Value || len(c.Value) < 43 {
		t.Fatalf("cookie %v", c)
	}
	if strings.Contains(first, c.Value) {
		t.Error("Redis holds the token itself")
	}
	got, ok := seat(t, m, c)
	got.Since = time.Time{}
	if d := cmp.Diff(want, got); !ok || d != "" {
		t.Fatal(d)
	}
	if set := do(t, m, c, func(context.Context) {}); set != nil {
		t.Errorf("a request that changes nothing sets %v", set)
	}
	again := do(t, m, c, func(ctx context.Context) {
		s, _ := m.Seat(ctx)
		s.Role = actor.Committee
		if err := m.Begin(ctx, s); err != nil {
			t.Fatal(err)
		}
	})
	if _, ok := seat(t, m, c); ok || again.Value == c.Value {
		t.Error("the token of before the change of role still works")
	}
	gone := do(t, m, again, func(ctx context.Context) {
		if err := m.End(ctx); err != nil {
			t.Fatal(err)
		}
	})
	if gone.MaxAge >= 0 {
		t.Errorf("the browser keeps %v", gone)
	}
	if _, ok := seat(t, m, again); ok {
		t.Error("the session lives on after its end")
	}
}

func TestLifetimes(t *testing.T) {
	t.Parallel()
	c := client(t)
	m := New(c, Options{Plain: true})
	start := time.Now()
	begin := func(role actor.Role) (cookie *http.Cookie, k string) {
		s := lead()
		s.Role = role
		cookie = do(t, m, nil, func(ctx context.Context) {
			if err := m.Begin(ctx, s); err != nil {
				t.Fatal(err)
			}
			k = key(m, ctx)
		})
		return cookie, k
	}
	left := func(k string) time.Duration { return c.PTTL(context.Background(), k).Val().Round(time.Minute) }

	staff, staffKey := begin(actor.Grid)
	home, homeKey := begin(actor.Household)
	if left(staffKey) != Idle || left(homeKey) != Absolute {
		t.Fatalf("staff %s, household %s", left(staffKey), left(homeKey))
	}
	if staff.Name != "cunfen" || staff.Secure {
		t.Errorf("cookie without TLS: %v", staff)
	}
	c.PExpire(context.Background(), staffKey, 5*time.Minute)
	if _, ok := seat(t, m, staff); !ok || left(staffKey) != Idle {
		t.Errorf("a request does not prolong the session of staff: %s", left(staffKey))
	}
	if _, ok := seat(t, m, home); !ok || left(homeKey) != Absolute {
		t.Errorf("household: %s", left(homeKey))
	}
	m.now = func() time.Time { return start.Add(Absolute + time.Minute) }
	if _, ok := seat(t, m, staff); ok {
		t.Error("a session outlives its absolute end")
	}
	if n := c.Exists(context.Background(), staffKey).Val(); n != 0 {
		t.Error("it is still in Redis")
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	m := New(client(t), Options{})
	c := do(t, m, nil, func(ctx context.Context) {
		if m.Begin(ctx, lead()) != nil || m.Confirmed(ctx, time.Hour) {
			t.Error("confirmed from the start")
		}
	})
	do(t, m, c, func(ctx context.Context) {
		if err := m.Confirm(ctx); err != nil {
			t.Fatal(err)
		}
	})
	do(t, m, c, func(ctx context.Context) {
		if !m.Confirmed(ctx, 5*time.Minute) {
			t.Error("not confirmed")
		}
		now := m.now()
		m.now = func() time.Time { return now.Add(6 * time.Minute) }
		if m.Confirmed(ctx, 5*time.Minute) {
			t.Error("confirmed for ever")
		}
		m.now = time.Now
	})
	// A request that was under way when the person signed out does not bring the session back.
	do(t, m, c, func(slow context.Context) {
		do(t, m, c, func(ctx context.Context) {
			if err := m.End(ctx); err != nil {
				t.Fatal(err)
			}
		})
		if err := m.Confirm(slow); err != nil {
			t.Fatal(err)
		}
	})
	if _, ok := seat(t, m, c); ok {
		t.Error("the session came back")
	}
}

func TestOwes(t *testing.T) {
	t.Parallel()
	for want, s := range map[Step]Seat{
		StepNone: lead(), StepPassword: {MustChange: true, Role: actor.Lead}, StepSeat: {Account: uuid.New()}, StepSecond: {Role: actor.Desk},
	} {
		if s.Owes() != want {
			t.Errorf("%v owes %q, not %q", s, s.Owes(), want)
		}
	}
	if (Seat{Role: actor.Household}).Owes() != StepNone {
		t.Error("a household owes a second factor")
	}
}

func TestAway(t *testing.T) {
	t.Parallel()
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1, DialTimeout: 200 * time.Millisecond})
	defer c.Close()
	m, ctx := New(c, Options{}), context.Background()
	if _, err := m.Load(ctx, "token"); fault.Of(err).Kind != fault.Unavailable {
		t.Errorf("Load: %v", err)
	}
	ctx, err := m.Load(ctx, "")
	if err != nil {
		t.Fatalf("somebody without a cookie: %v", err)
	}
	if err := m.Begin(ctx, lead()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Begin: %v", err)
	}
	if err := NewCodes(c).Use(ctx, "x", []byte("x")); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Use: %v", err)
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	ctx, codes := context.Background(), NewCodes(client(t))
	right, wrong := []byte{0, 1, 2, 255}, []byte("x")
	keep := func() string {
		r := uuid.NewString()
		if err := codes.Keep(ctx, r, right); err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := keep()
	if err := codes.Use(ctx, keep(), wrong); !errors.Is(err, ErrCode) {
		t.Errorf("wrong code: %v", err)
	}
	if err := codes.Use(ctx, r, right); err != nil {
		t.Errorf("right code: %v", err)
	}
	if err := codes.Use(ctx, r, right); !errors.Is(err, ErrCode) {
		t.Errorf("second use: %v", err)
	}
	if err := codes.Use(ctx, uuid.NewString(), right); !errors.Is(err, ErrCode) {
		t.Errorf("another request's code: %v", err)
	}
	r = keep()
	for range CodeTries {
		_ = codes.Use(ctx, r, wrong)
	}
	if err := codes.Use(ctx, r, right); !errors.Is(err, ErrCode) {
		t.Errorf("after %d wrong tries: %v", CodeTries, err)
	}
	r = keep()
	if d := codes.redis.PTTL(ctx, codeKey(r)).Val(); d <= CodeLife-time.Minute || d > CodeLife {
		t.Errorf("lives %s", d)
	}
	var used atomic.Int32
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if codes.Use(ctx, r, right) == nil {
				used.Add(1)
			}
		})
	}
	wg.Wait()
	if used.Load() != 1 {
		t.Errorf("used %d times", used.Load())
	}
}
