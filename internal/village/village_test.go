package village

import (
	"context"
	"errors"
	"testing"

	"cunfen/internal/fault"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func TestFind(t *testing.T) {
	t.Parallel()
	r := &Register{DB: pgtest.New(t).DB}
	ctx := context.Background()
	v, err := r.Find(ctx, pgtest.A)
	if err != nil || v.Name != "东村" || v.Township != "甲镇" {
		t.Errorf("v = %+v, %v", v, err)
	}
	if _, err := r.Find(ctx, 99); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
	if v, err := r.ByCode(ctx, "c"); err != nil || v.ID != pgtest.C {
		t.Errorf("by code: %+v, %v", v, err)
	}
	if all, err := r.All(ctx, pgtest.Town1); err != nil || len(all) != 2 {
		t.Errorf("all = %v, %v", all, err)
	}
}
