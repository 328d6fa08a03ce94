package household

import (
	"context"
	"crypto/hmac"
	"encoding/base32"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// sealBytes is how much of the keyed hash a door plate bears: enough that nobody makes one.
const sealBytes = 9

var plate = base32.StdEncoding.WithPadding(base32.NoPadding)

// DoorToken is what the QR code on a household's door plate says; only the village's key makes one.
func DoorToken(key *crypt.Key, id uuid.UUID) string {
	return plate.EncodeToString(append(id[:], key.Index("door", id.String())[:sealBytes]...))
}

// AtDoor is the household whose door plate bears the token.
func AtDoor(key *crypt.Key, token string) (id uuid.UUID, err error) {
	b, err := plate.DecodeString(token)
	if err != nil || len(b) != len(id)+sealBytes {
		return id, fault.ErrNotFound
	}
	copy(id[:], b)
	if !hmac.Equal(b[len(id):], key.Index("door", id.String())[:sealBytes]) {
		return uuid.Nil, fault.ErrNotFound
	}
	return id, nil
}

// DoorTokens makes the tokens of several households, for printing their plates.
func (s *Service) DoorTokens(ctx context.Context, who actor.Actor, ids []uuid.UUID) (tokens map[uuid.UUID]string, err error) {
	defer fault.Wrap(&err, "household.DoorTokens(%d)", len(ids))
	tokens = make(map[uuid.UUID]string, len(ids))
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		key, err := s.Vault.Village(ctx, tx)
		for _, id := range ids {
			if err == nil {
				tokens[id] = DoorToken(key, id)
			}
		}
		return err
	})
	return tokens, err
}

// Scan shows the household whose door plate was scanned.
func (s *Service) Scan(ctx context.Context, who actor.Actor, token string) (h Household, err error) {
	defer fault.Wrap(&err, "household.Scan")
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		key, err := s.Vault.Village(ctx, tx)
		if err != nil {
			return err
		}
		id, err := AtDoor(key, token)
		if err != nil {
			return err
		}
		h, err = s.Find(ctx, tx, id)
		return err
	})
	return h, err
}
