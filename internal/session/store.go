package session

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"time"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/redis/go-redis/v9"
)

// store is scs's own on Redis, but for two things: reading a session keeps it alive without writing it, and
// only Begin may make one, so that a request which overlaps with signing out does not bring the session back.
type store struct {
	*goredisstore.RedisStore
	client *redis.Client
}

type freshKey struct{}

func newStore(client *redis.Client) *store {
	return &store{goredisstore.NewWithPrefix(client, prefix), client}
}

//go:embed find.lua
var findText string

var find = redis.NewScript(findText)

// FindCtx reads a session; one that has less than Idle to live then has Idle again.
func (s *store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	b, err := find.Run(ctx, s.client, []string{prefix + token}, Idle.Milliseconds()).Text()
	if errors.Is(err, redis.Nil) {
		return nil, false, nil
	}
	return []byte(b), err == nil, err
}

// CommitCtx writes a session.
func (s *store) CommitCtx(ctx context.Context, token string, b []byte, until time.Time) error {
	args := redis.SetArgs{TTL: max(time.Until(until), time.Second)}
	if fresh, _ := ctx.Value(freshKey{}).(bool); !fresh {
		args.Mode = "XX"
	}
	err := s.client.SetArgs(ctx, prefix+token, b, args).Err()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// codec keeps a session as JSON. What it cannot read is nobody's session.
type codec struct{}

type content struct {
	Until time.Time
	Seat  Seat
}

func (codec) Encode(until time.Time, values map[string]any) ([]byte, error) {
	seat, _ := values["seat"].(Seat)
	return json.Marshal(content{until, seat})
}

func (codec) Decode(b []byte) (time.Time, map[string]any, error) {
	var c content
	values := map[string]any{}
	if json.Unmarshal(b, &c) == nil {
		values["seat"] = c.Seat
	}
	return c.Until, values, nil
}
