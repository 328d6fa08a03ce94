package idem

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func TestOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := context.Background()
	who := pgtest.In(pgtest.A, actor.Lead)
	who.Key = "key-00000001"
	var ran atomic.Int32
	do := func(who actor.Actor, verb string) (out int32, replayed bool, err error) {
		err = db.InVillage(ctx, who, func(tx pg.Tx) error {
			out, replayed, err = Once(ctx, tx, verb, func() (int32, error) { return ran.Add(1), nil })
			return err
		})
		return out, replayed, err
	}
	var wg sync.WaitGroup
	var fresh atomic.Int32
	for range 32 {
		wg.Go(func() {
			out, replayed, err := do(who, "test.do")
			if err != nil || out != 1 {
				t.Errorf("out = %d, %v; want the first answer", out, err)
			}
			if !replayed {
				fresh.Add(1)
			}
		})
	}
	wg.Wait()
	if ran.Load() != 1 || fresh.Load() != 1 {
		t.Errorf("ran %d times, fresh %d times", ran.Load(), fresh.Load())
	}
	other := who
	other.Body[0] = 1
	if _, _, err := do(other, "test.do"); !errors.Is(err, ErrReused) {
		t.Errorf("another body: %v", err)
	}
	if _, _, err := do(who, "test.else"); !errors.Is(err, ErrReused) {
		t.Errorf("another verb: %v", err)
	}
	neighbour := pgtest.In(pgtest.B, actor.Lead)
	neighbour.Account, neighbour.Key = who.Account, who.Key
	if out, _, err := do(neighbour, "test.do"); err != nil || out != 2 {
		t.Errorf("a key is private to its village: %d, %v", out, err)
	}
	who.Key = "x"
	if _, _, err := do(who, "test.do"); !errors.Is(err, ErrKey) {
		t.Errorf("a malformed key: %v", err)
	}
}

func TestFailureLeavesTheKeyFree(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := context.Background()
	who := pgtest.In(pgtest.A, actor.Lead)
	who.Key = "key-00000002"
	for _, want := range []error{fault.ErrNotFound, nil} {
		err := db.InVillage(ctx, who, func(tx pg.Tx) error {
			_, replayed, err := Once(ctx, tx, "test.do", func() (bool, error) { return true, want })
			if replayed {
				t.Error("a failed try was replayed")
			}
			return err
		})
		if !errors.Is(err, want) {
			t.Errorf("err = %v; want %v", err, want)
		}
	}
}
