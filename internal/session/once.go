package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// Once keeps what is on its way out of the house and must come back at most once, such as a sign-in at another
// house's door. It keeps sealed values under the hash of their key: whoever reads Redis learns nothing.
type Once struct{ redis *redis.Client }

// NewOnce makes the keeper.
func NewOnce(client *redis.Client) *Once { return &Once{client} }

// Keep remembers a value for a while.
func (o *Once) Keep(ctx context.Context, key string, sealed []byte, life time.Duration) error {
	if err := o.redis.Set(ctx, onceKey(key), sealed, life).Err(); err != nil {
		return away(err)
	}
	return nil
}

// Take gives the value back and forgets it; nil where there is none, or none any more.
func (o *Once) Take(ctx context.Context, key string) ([]byte, error) {
	b, err := o.redis.GetDel(ctx, onceKey(key)).Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, nil
	case err != nil:
		return nil, away(err)
	}
	return b, nil
}

func onceKey(key string) string {
	h := sha256.Sum256([]byte(key))
	return "platform:once:" + hex.EncodeToString(h[:])
}
