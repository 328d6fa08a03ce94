package rulebook_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cunfen/internal/actor"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

func TestSQLPrepares(t *testing.T) { pgtest.CheckSQL(t) }

// dated is the document's rule set as a version in force from a day.
func dated(version int, from string) rulebook.RuleSet {
	r := tenants.Document()
	r.Version = version
	r.InForceFrom, _ = month.ParseDay(from)
	return r
}

func insert(t *testing.T, db *pgtest.DB, v actor.VillageID, r rulebook.RuleSet) error {
	t.Helper()
	return db.InVillage(context.Background(), actor.System(v), func(tx pg.Tx) error { return rulebook.Insert(context.Background(), tx, r) })
}

func inForce(t *testing.T, db *pgtest.DB, v actor.VillageID, day string) (r rulebook.RuleSet, err error) {
	t.Helper()
	on, _ := month.ParseDay(day)
	err = db.Look(context.Background(), actor.System(v), func(tx pg.Tx) error {
		r, err = rulebook.InForce(context.Background(), tx, on)
		return err
	})
	return r, err
}

func TestInsertAndRead(t *testing.T) {
	db := pgtest.New(t)
	db.At("2026-01-05T10:00:00+08:00")
	want := dated(1, "2026-01-01")
	want.Changes = []rulebook.Change{{Do: rulebook.Drop, Code: "P99", Reason: "试"}}
	if err := insert(t, db, pgtest.A, want); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time from memory
		got, err := inForce(t, db, pgtest.A, "2026-03-01")
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Fatal(d)
		}
		if got.Digest() != want.Digest() {
			t.Error("the digest changed on its way")
		}
	}
	if _, err := inForce(t, db, pgtest.A, "2025-12-31"); !errors.Is(err, rulebook.ErrNoRules) {
		t.Errorf("before the first: %v", err)
	}
	if _, err := inForce(t, db, pgtest.B, "2026-03-01"); !errors.Is(err, rulebook.ErrNoRules) {
		t.Errorf("another village: %v", err)
	}
	if err := insert(t, db, pgtest.A, want); !errors.Is(err, rulebook.ErrVersion) {
		t.Errorf("same version again: %v", err)
	}
}

func TestAnEventIsScoredByTheVersionOfItsDay(t *testing.T) {
	db := pgtest.New(t)
	db.At("2026-01-05T10:00:00+08:00")
	for _, r := range []rulebook.RuleSet{dated(1, "2026-01-01"), dated(2, "2026-04-01"), dated(3, "2026-04-01")} {
		r.Reason = fmt.Sprint("第", r.Version, "版")
		if err := insert(t, db, pgtest.A, r); err != nil {
			t.Fatal(err)
		}
	}
	for day, want := range map[string]int{"2026-01-01": 1, "2026-03-31": 1, "2026-04-01": 3, "2026-12-31": 3} {
		if r, err := inForce(t, db, pgtest.A, day); err != nil || r.Version != want {
			t.Errorf("%s: version %d, %v; want %d", day, r.Version, err, want)
		}
	}
	err := db.Look(context.Background(), actor.System(pgtest.A), func(tx pg.Tx) error {
		r, err := rulebook.Version(context.Background(), tx, 2)
		if r.Reason != "第2版" {
			t.Errorf("version 2 is %q", r.Reason)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestInsertRefuses(t *testing.T) {
	db := pgtest.New(t)
	db.At("2026-06-10T00:30:00+08:00")
	if err := insert(t, db, pgtest.A, dated(1, "2026-01-01")); err != nil {
		t.Fatal(err)
	}
	if err := insert(t, db, pgtest.A, dated(2, "2026-06-09")); !errors.Is(err, rulebook.ErrRetroactive) {
		t.Errorf("yesterday: %v", err)
	}
	if err := insert(t, db, pgtest.A, dated(2, "2026-06-10")); err != nil {
		t.Errorf("today: %v", err)
	}
	flawed := dated(3, "2026-07-01")
	flawed.Items[0].Parts = nil
	if err := insert(t, db, pgtest.A, flawed); !errors.Is(err, rulebook.ErrFlawed) {
		t.Errorf("flawed: %v", err)
	}
}

func TestAnXItemNeedsTheRecordedReview(t *testing.T) {
	db := pgtest.New(t)
	r := dated(1, "2026-01-01")
	review := rulebook.LegalReview{Document: "法院公布信息", ReviewedBy: "镇司法所", ReviewedOn: time.Date(2025, 12, 20, 0, 0, 0, 0, month.Zone)}
	for n, i := range r.Items {
		if i.Code == "N23" {
			r.Items[n].On, r.Items[n].Review = true, &review
		}
	}
	if err := insert(t, db, pgtest.A, r); !errors.Is(err, rulebook.ErrNotReviewed) {
		t.Fatalf("without: %v", err)
	}
	err := db.InVillage(context.Background(), actor.System(pgtest.A), func(tx pg.Tx) error {
		if err := rulebook.Record(context.Background(), tx, "N23", review); err != nil {
			return err
		}
		return rulebook.Insert(context.Background(), tx, r)
	})
	if err != nil {
		t.Error(err)
	}
}
