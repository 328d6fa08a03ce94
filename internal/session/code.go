package session

import (
	"context"
	_ "embed"
	"time"

	"github.com/redis/go-redis/v9"

	"cunfen/internal/fault"
)

// A code sent by SMS is good for CodeLife, CodeTries tries and one use (INV-47).
const (
	CodeLife  = 5 * time.Minute
	CodeTries = 5
)

// ErrCode is the answer to any code that does not fit, whatever is wrong with it.
var ErrCode = fault.New(fault.Unauthorized, "session.code", "验证码不对或已失效，请重新获取")

// Codes keeps the codes on their way. It sees keyed hashes only: whoever reads Redis learns no code.
type Codes struct{ redis *redis.Client }

// NewCodes makes the keeper.
func NewCodes(client *redis.Client) *Codes { return &Codes{client} }

// Keep remembers the hash of a code under the request that asked for it.
func (c *Codes) Keep(ctx context.Context, request string, hash []byte) error {
	key := codeKey(request)
	_, err := c.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Del(ctx, key)
		p.HSet(ctx, key, "hash", hash, "tries", CodeTries)
		p.PExpire(ctx, key, CodeLife)
		return nil
	})
	if err != nil {
		return away(err)
	}
	return nil
}

//go:embed code.lua
var codeText string

var useCode = redis.NewScript(codeText)

// Use spends the code of the request if the hash is right, and one of its tries if not.
func (c *Codes) Use(ctx context.Context, request string, hash []byte) error {
	right, err := useCode.Run(ctx, c.redis, []string{codeKey(request)}, hash).Bool()
	if err != nil {
		return away(err)
	}
	if !right {
		return ErrCode
	}
	return nil
}

func codeKey(request string) string { return "platform:code:" + request }
