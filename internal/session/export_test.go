package session

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
)

// hashed is what scs keeps a session's token as.
func (m *Manager) hashed(ctx context.Context) string {
	h := sha256.Sum256([]byte(m.scs.Token(ctx)))
	return base64.RawURLEncoding.EncodeToString(h[:])
}
