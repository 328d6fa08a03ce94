package pg_test

import (
	"context"
	"errors"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestOfficeDoor(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := context.Background()
	db.Household(t, pgtest.A, "1组1号", "甲")
	db.Household(t, pgtest.B, "1组1号", "乙")
	officer := actor.Actor{Account: pg.NewID(), Name: "局里老周", Role: actor.Bureau, Township: pgtest.Town1}
	t.Run("sees and changes the one village, and its log says who", func(t *testing.T) {
		err := db.InOffice(ctx, officer, pgtest.A, func(tx pg.Tx) error {
			if n, err := pg.Scalar[int](ctx, tx, `select count(*)::int from household`); n != 1 || err != nil {
				t.Errorf("sees %d households, %v", n, err)
			}
			return audit.Record(ctx, tx, audit.Event{Verb: "test.office", Kind: "village", ID: "a"})
		})
		if err != nil {
			t.Fatal(err)
		}
		var role string
		if err := db.Owner.QueryRow(ctx, `select role from audit where village_id = $1 and verb = 'test.office'`, int64(pgtest.A)).Scan(&role); err != nil || role != "bureau" {
			t.Errorf("the village's log has %q, %v", role, err)
		}
	})
	t.Run("never another of the township in the same transaction", func(t *testing.T) {
		err := db.InOffice(ctx, officer, pgtest.A, func(tx pg.Tx) error {
			_, err := tx.Exec(ctx, `insert into village_key values ($1, 'x', now())`, int64(pgtest.B))
			return err
		})
		if !pg.Is(err, "42501") {
			t.Errorf("err = %v; want 42501", err)
		}
	})
	ran := func(pg.Tx) error { t.Error("the transaction was opened"); return nil }
	for name, c := range map[string]struct {
		who     actor.Actor
		village actor.VillageID
	}{
		"another township's village": {officer, pgtest.C},
		"no such village":            {officer, 9999},
		"a department":               {actor.Actor{Role: actor.Department, Township: pgtest.Town1}, pgtest.A},
		"the platform":               {actor.Actor{Role: actor.Platform}, pgtest.A},
		"a village's own lead":       {pgtest.In(pgtest.A, actor.Lead), pgtest.A},
		"an officer of nowhere":      {actor.Actor{Role: actor.Bureau}, pgtest.A},
	} {
		if err := db.InOffice(ctx, c.who, c.village, ran); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v; want not found", name, err)
		}
	}
	t.Run("reading: the one village, no write, and foreign ones are absent", func(t *testing.T) {
		for _, role := range []actor.Role{actor.Bureau, actor.Department} {
			reader := actor.Actor{Role: role, Township: pgtest.Town1}
			err := db.LookInOffice(ctx, reader, pgtest.B, func(tx pg.Tx) error {
				n, err := pg.Scalar[int](ctx, tx, `select count(*)::int from household where village_id = $1`, int64(tx.Village()))
				all, _ := pg.Scalar[int](ctx, tx, `select count(*)::int from household`)
				if n != 1 || all != 1 || err != nil {
					t.Errorf("%s sees %d of %d, %v", role, n, all, err)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			if err := db.LookInOffice(ctx, reader, pgtest.C, ran); !errors.Is(err, fault.ErrNotFound) {
				t.Errorf("%s: %v; want not found", role, err)
			}
		}
		for _, write := range []string{`update household set head = ''`, `set transaction read write`} {
			err := db.LookInOffice(ctx, officer, pgtest.A, func(tx pg.Tx) error { _, err := tx.Exec(ctx, write); return err })
			if !pg.Is(err, "25006", "25001", "42501") {
				t.Errorf("%s: %v; want a refusal", write, err)
			}
		}
	})
	t.Run("the bureau's own login has no right to write, whatever the transaction says", func(t *testing.T) {
		asBureau := pgtest.Open(t, db.Name, "cunfen_bureau")
		err := asBureau.AsSystem(ctx, "test", func(tx pg.Tx) error {
			_, err := tx.Exec(ctx, `update household set head = ''`)
			return err
		})
		if !pg.Is(err, "42501") {
			t.Errorf("err = %v; want 42501", err)
		}
	})
}
