package session

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
)

func TestStash(t *testing.T) {
	t.Parallel()
	rdb := client(t)
	m, ctx := New(rdb, Options{}), t.Context()
	who := actor.Actor{Account: uuid.New(), Village: 11}
	first, err := m.Stash(ctx, who, []byte("张桂兰 13800138000"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := m.Stashed(ctx, who, first); err != nil || string(got) != "张桂兰 13800138000" {
		t.Fatalf("got %q, %v", got, err)
	}
	raw, err := rdb.Get(ctx, stashKey(who)).Bytes()
	if err != nil || bytes.Contains(raw, []byte("13800138000")) {
		t.Errorf("Redis reads the file: %q, %v", raw, err)
	}
	if ttl := rdb.TTL(ctx, stashKey(who)).Val(); ttl <= 0 || ttl > StashLife {
		t.Errorf("it lives %s", ttl)
	}
	second, err := m.Stash(ctx, who, []byte("第二份"))
	if err != nil {
		t.Fatal(err)
	}
	other := who
	other.Village = 12
	for name, try := range map[string]struct {
		who   actor.Actor
		token string
	}{"the file before": {who, first}, "another village": {other, second}, "no token": {who, ""}} {
		if _, err := m.Stashed(ctx, try.who, try.token); !errors.Is(err, ErrStash) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := m.Unstash(ctx, who); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Stashed(ctx, who, second); !errors.Is(err, ErrStash) {
		t.Errorf("after it was used: %v", err)
	}
}
