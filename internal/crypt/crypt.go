// Package crypt seals the personal fields of people (phone, identity number) so that the database holds no
// plain one (INV-79): SM4-GCM under a key of the village's own, which the deployment's master key wraps. A
// keyed hash beside it lets a full value be looked up.
package crypt

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/emmansun/gmsm/sm4"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
)

// Vault hands out keys. It is safe for concurrent use.
type Vault struct {
	master *Key
	mu     sync.RWMutex
	keys   map[actor.VillageID]*Key
}

// Key seals and opens the fields of one owner.
type Key struct {
	aead cipher.AEAD
	mac  []byte
}

// New makes a vault from the master key, 32 bytes.
func New(master []byte) (*Vault, error) {
	if len(master) != 32 {
		return nil, errors.New("crypt: 主密钥应是 32 字节")
	}
	k, err := newKey(master, "master")
	return &Vault{master: k, keys: map[actor.VillageID]*Key{}}, err
}

func newKey(secret []byte, purpose string) (*Key, error) {
	b, err := hkdf.Key(sha256.New, secret, nil, "cunfen/"+purpose, 16+32)
	if err != nil {
		return nil, err
	}
	block, err := sm4.NewCipher(b[:16])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Key{aead: aead, mac: b[16:]}, err
}

// Platform is the key for what belongs to no village: accounts.
func (v *Vault) Platform() *Key { return v.master }

const sqlKey = `-- crypt.key
select wrapped from village_key where village_id = @village_id`

const sqlNewKey = `-- crypt.new_key
insert into village_key (village_id, wrapped, created_at) values (@village_id, @wrapped, @at) on conflict (village_id) do nothing`

// Village is the key of the transaction's village, made on first use (then in a transaction that may write).
// A key that this call made is not remembered before a later transaction reads it back: the one that made it
// may still roll back.
func (v *Vault) Village(ctx context.Context, tx pg.Tx) (*Key, error) {
	id := tx.Village()
	v.mu.RLock()
	k := v.keys[id]
	v.mu.RUnlock()
	if k != nil {
		return k, nil
	}
	secret, fresh, err := v.load(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("crypt: key of village %d: %w", id, err)
	}
	k, err = newKey(secret, "village")
	if err == nil && !fresh {
		v.mu.Lock()
		v.keys[id] = k
		v.mu.Unlock()
	}
	return k, err
}

func (v *Vault) load(ctx context.Context, tx pg.Tx) (secret []byte, fresh bool, err error) {
	args := pgx.NamedArgs{"village_id": int64(tx.Village()), "at": tx.Now}
	for range 2 {
		wrapped, err := pg.Column[[]byte](ctx, tx, sqlKey, args)
		if err != nil {
			return nil, false, err
		}
		if len(wrapped) == 1 {
			secret, err := v.master.open(wrapped[0])
			return secret, fresh, err
		}
		secret := make([]byte, 32)
		rand.Read(secret)
		args["wrapped"] = v.master.seal(secret)
		if _, err := tx.Exec(ctx, sqlNewKey, args); err != nil {
			return nil, false, err
		}
		fresh = true
	}
	return nil, false, errors.New("not readable after it was made")
}

// Secret is the key itself of the transaction's village, for carrying the village to another platform.
func (v *Vault) Secret(ctx context.Context, tx pg.Tx) ([]byte, error) {
	wrapped, err := pg.Column[[]byte](ctx, tx, sqlKey, pgx.NamedArgs{"village_id": int64(tx.Village())})
	if err != nil || len(wrapped) == 0 { // a village whose people have no field that is sealed
		return nil, err
	}
	return v.master.open(wrapped[0])
}

// Keep makes a secret that another platform gave out the key of the transaction's village.
func (v *Vault) Keep(ctx context.Context, tx pg.Tx, secret []byte) error {
	if len(secret) == 0 {
		return nil
	}
	if len(secret) != 32 {
		return errBroken
	}
	v.Forget(tx.Village())
	_, err := tx.Exec(ctx, sqlNewKey, pgx.NamedArgs{"village_id": int64(tx.Village()), "wrapped": v.master.seal(secret), "at": tx.Now})
	return err
}

// Forget drops the key of a village that is no more.
func (v *Vault) Forget(id actor.VillageID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.keys, id)
}

// Seal encrypts a field; "" seals to nil.
func (k *Key) Seal(plain string) []byte {
	if plain == "" {
		return nil
	}
	return k.seal([]byte(plain))
}

// Open decrypts what Seal made.
func (k *Key) Open(sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	b, err := k.open(sealed)
	return string(b), err
}

// Index is the keyed hash of a full value, for looking it up; "" has none. Kind keeps phones and identity
// numbers apart.
func (k *Key) Index(kind, plain string) []byte {
	if plain == "" {
		return nil
	}
	m := hmac.New(sha256.New, k.mac)
	m.Write([]byte(kind + "\x00" + plain))
	return m.Sum(nil)
}

// version 1 is SM4-GCM.
const version = 1

func (k *Key) seal(plain []byte) []byte {
	nonce := make([]byte, k.aead.NonceSize())
	rand.Read(nonce)
	out := append([]byte{version}, nonce...)
	return k.aead.Seal(out, nonce, plain, nil)
}

var errBroken = errors.New("crypt: 密文无法解开（密钥不对或数据损坏）")

func (k *Key) open(sealed []byte) ([]byte, error) {
	n := k.aead.NonceSize()
	if len(sealed) < 1+n || sealed[0] != version {
		return nil, errBroken
	}
	b, err := k.aead.Open(nil, sealed[1:1+n], sealed[1+n:], nil)
	if err != nil {
		return nil, errBroken
	}
	return b, nil
}

// Mask shows the last four characters of a phone or identity number.
func Mask(s string) string {
	r := []rune(s)
	if len(r) <= 4 {
		return "****"
	}
	head := 0
	if len(r) == 11 {
		head = 3
	}
	out := append([]rune{}, r[:head]...)
	for range r[head : len(r)-4] {
		out = append(out, '*')
	}
	return string(append(out, r[len(r)-4:]...))
}
