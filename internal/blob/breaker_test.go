package blob

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

// TestAStoreThatIsAway first takes its time, then is refused at once.
func TestAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	s, err := Open(Config{Endpoint: "127.0.0.1:1", AccessKey: "a", SecretKey: "abcdefgh", Bucket: "away"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for range tolerated {
		if err := s.Put(ctx, photo(1), []byte("x"), "image/jpeg"); !errors.Is(err, ErrUnavailable) {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	for range 100 {
		if err := s.Put(ctx, photo(1), []byte("x"), "image/jpeg"); !errors.Is(err, ErrUnavailable) {
			t.Fatal(err)
		}
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("a hundred refusals took %v", took)
	}
}

// TestAStoreThatSaysNothing accepts and never answers; a caller who leaves is let go at once.
func TestAStoreThatSaysNothing(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := Open(Config{Endpoint: l.Addr().String(), AccessKey: "a", SecretKey: "abcdefgh", Bucket: "mute"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, leave)
	begin := time.Now()
	if _, err := s.Get(ctx, photo(1), 9); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("let go after %v", took)
	}
	if s.breaker.failed != 0 {
		t.Error("the store is blamed for a caller who left")
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	var b breaker
	for range tolerated - 1 {
		b.saw(ErrUnavailable)
	}
	if b.open() {
		t.Error("open too early")
	}
	b.saw(ErrUnavailable)
	if !b.open() {
		t.Error("still closed")
	}
	b.until = time.Now()
	if b.open() || !b.open() {
		t.Error("not exactly one try after the rest")
	}
	b.saw(ErrMissing)
	if b.open() {
		t.Error("open after an answer")
	}
}
