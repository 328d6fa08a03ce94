package bureau

import (
	"context"
	"errors"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

var officer = actor.Actor{Account: [16]byte{1}, Name: "局经办", Role: actor.Bureau, Township: pgtest.Town1}

func arrange(t *testing.T) (*Service, *pgtest.DB) {
	t.Helper()
	db := pgtest.New(t)
	db.At("2026-11-10T10:00:00+08:00")
	first := db.Household(t, pgtest.A, "1组1号", "甲")
	db.Household(t, pgtest.A, "1组2号", "乙")
	db.Household(t, pgtest.C, "1组1号", "丙")
	ctx := context.Background()
	for _, sql := range []string{
		`insert into sheet (village_id, month, state, posted_at, published_at) values
			(11, 202609, 'published', '2026-10-01T01:00:00Z', '2026-10-01T02:00:00Z'), (11, 202610, 'published', '2026-11-05T01:00:00Z', '2026-11-06T02:00:00Z'),
			(12, 202610, 'signing', null, null), (21, 202610, 'signing', null, null)`,
		`insert into outbox (village_id, id, kind, dedupe, args, state, due_at, added_at, last_error) values (12, gen_random_uuid(), 'notice.render', 'x', '{}', 3, now(), now(), 'timeout')`,
	} {
		if _, err := db.Owner.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, sql := range []string{`update household set party = true where village_id = 11 and id = $1`, `update balance set score = 30, year = 30, honour = 30 where village_id = 11 and household_id = $1`} {
		if _, err := db.Owner.Exec(ctx, sql, first); err != nil {
			t.Fatal(err)
		}
	}
	return &Service{DB: db.DB}, db
}

func TestOpen(t *testing.T) {
	t.Parallel()
	s, db := arrange(t)
	ctx := context.Background()
	if all, err := s.Open(ctx, officer, pgtest.A); err != nil || len(all) != 0 {
		t.Fatalf("all = %+v, %v", all, err)
	}
	if _, err := s.Open(ctx, officer, pgtest.C); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another township's village: %v", err)
	}
	var n int
	if err := db.Owner.QueryRow(ctx, `select count(*) from office_audit where verb = 'bureau.show' and object_id = '11' and township_id = 1`).Scan(&n); err != nil || n != 1 {
		t.Errorf("the office's log has %d lines, %v", n, err)
	}
}

func TestPlatform(t *testing.T) {
	t.Parallel()
	s, _ := arrange(t)
	p, err := s.Platform(context.Background())
	if err != nil || len(p.Sites) != 3 || len(p.Failures) != 1 || p.Jobs.Dead != 1 {
		t.Fatalf("p = %+v, %v", p, err)
	}
	if f := p.Failures[0]; f.Village != "西村" || f.LastError != "timeout" || p.Sites[1].Dead != 1 {
		t.Errorf("p = %+v", p)
	}
}
