package inform

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// TestSeated: only who serves today is told; a term that is over, to come, ended or taken away is none, nor is
// another village's.
func TestSeated(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T09:00:00+08:00")
	var serve []uuid.UUID
	seat := func(village actor.VillageID, role, from, until, ended string, disqualified, serves bool) {
		t.Helper()
		id := uuid.New()
		if serves {
			serve = append(serve, id)
		}
		if _, err := db.Owner.Exec(context.Background(), `insert into account (id, name, phone, phone_index, created_at) values ($1, '', '', uuid_send($1), now())`, id); err != nil {
			t.Fatal(err)
		}
		_, err := db.Owner.Exec(context.Background(), `insert into membership (village_id, id, account_id, name, role, kind, starts_on, ends_on, ended_at, end_reason, disqualified, created_at)
			values ($1, $2, $3, '', $4, '两委', $5::date, nullif($6, '')::date, nullif($7, '')::timestamptz, $7, $8, now())`, int64(village), uuid.New(), id, role, from, until, ended, disqualified)
		if err != nil {
			t.Fatal(err)
		}
	}
	seat(pgtest.A, "lead", "2026-01-01", "", "", false, true)
	seat(pgtest.A, "committee", "2026-11-20", "2026-11-20", "", false, true)
	seat(pgtest.A, "committee", "2026-01-01", "2026-11-19", "", false, false)
	seat(pgtest.A, "lead", "2026-11-21", "", "", false, false)
	seat(pgtest.A, "committee", "2026-01-01", "", "2026-11-01", false, false)
	seat(pgtest.A, "committee", "2026-01-01", "", "2026-11-01", true, false)
	seat(pgtest.A, "grid", "2026-01-01", "", "", false, false)
	seat(pgtest.B, "lead", "2026-01-01", "", "", false, false)
	err := db.Look(context.Background(), pgtest.In(pgtest.A, actor.Committee), func(tx pg.Tx) error {
		seats, err := Group(context.Background(), tx)
		got := seats.Accounts()
		slices.SortFunc(serve, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
		if fmt.Sprint(got) != fmt.Sprint(serve) {
			t.Errorf("%v serve, want %v", got, serve)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
