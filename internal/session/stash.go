package session

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
)

// StashLife is how long what a person sent waits for their next step.
const StashLife = 30 * time.Minute

// ErrStash says that what was kept for the next step is gone.
var ErrStash = fault.New(fault.Invalid, "session.stash", "上次选的文件已经过期，请重新选择文件上传").On("file")

// Stash keeps a file between two steps of one person, such as the dry run of a sheet and its import. The key
// that opens it is the token in the person's page: whoever reads Redis reads nothing. A later file takes the
// earlier one's place.
func (m *Manager) Stash(ctx context.Context, who actor.Actor, data []byte) (token string, err error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	box, err := lid(key)
	if err != nil {
		return "", err
	}
	if err := m.redis().Set(ctx, stashKey(who), box.Seal(nil, nil, data, nil), StashLife).Err(); err != nil {
		return "", away(err)
	}
	return base64.RawURLEncoding.EncodeToString(key), nil
}

// Stashed gives the file back that the token was given for.
func (m *Manager) Stashed(ctx context.Context, who actor.Actor, token string) ([]byte, error) {
	key, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(key) != 32 {
		return nil, ErrStash
	}
	sealed, err := m.redis().Get(ctx, stashKey(who)).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, ErrStash
	}
	if err != nil {
		return nil, away(err)
	}
	box, err := lid(key)
	if err != nil {
		return nil, err
	}
	data, err := box.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, ErrStash
	}
	return data, nil
}

// Unstash forgets the file once it has been used.
func (m *Manager) Unstash(ctx context.Context, who actor.Actor) error {
	if err := m.redis().Del(ctx, stashKey(who)).Err(); err != nil {
		return away(err)
	}
	return nil
}

func (m *Manager) redis() *redis.Client { return m.scs.Store.(*store).client }

func stashKey(who actor.Actor) string { return fmt.Sprintf("%d:stash:%s", who.Village, who.Account) }

func lid(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
