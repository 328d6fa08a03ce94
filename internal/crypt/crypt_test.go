package crypt

import (
	"bytes"
	"context"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func TestVillagesHaveKeysOfTheirOwn(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := context.Background()
	v, err := New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	key := func(v *Vault, village actor.VillageID) (k *Key) {
		err := db.InVillage(ctx, pgtest.In(village, actor.Lead), func(tx pg.Tx) (err error) { k, err = v.Village(ctx, tx); return err })
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	a, b := key(v, pgtest.A), key(v, pgtest.B)
	const phone = "13800001234"
	sealed := a.Seal(phone)
	if got, err := a.Open(sealed); err != nil || got != phone {
		t.Errorf("opened %q, %v", got, err)
	}
	if bytes.Contains(sealed, []byte(phone)) || bytes.Equal(sealed, a.Seal(phone)) {
		t.Error("a sealed field shows its content, or is the same twice")
	}
	if _, err := b.Open(sealed); err == nil {
		t.Error("another village's key opened it")
	}
	if !bytes.Equal(a.Index("phone", phone), a.Index("phone", phone)) || bytes.Equal(a.Index("phone", phone), b.Index("phone", phone)) || bytes.Equal(a.Index("phone", phone), a.Index("identity", phone)) {
		t.Error("an index must be the same for one village and kind, and another for every other")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := a.Open(sealed); err == nil {
		t.Error("a broken field was opened")
	}
	again, err := New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := key(again, pgtest.A).Open(a.Seal(phone)); err != nil || got != phone {
		t.Errorf("after a restart: %q, %v", got, err)
	}
	other, _ := New(bytes.Repeat([]byte{8}, 32))
	err = db.InVillage(ctx, pgtest.In(pgtest.A, actor.Lead), func(tx pg.Tx) error { _, err := other.Village(ctx, tx); return err })
	if err == nil {
		t.Error("another master key opened the village's key")
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"13800001234": "138****1234", "32062319500101123X": "**************123X", "12": "****", "": "****"} {
		if got := Mask(in); got != want {
			t.Errorf("Mask(%q) = %q; want %q", in, got, want)
		}
	}
}
