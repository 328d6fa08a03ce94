package inspect

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

var ctx = context.Background()

const november = month.Month(202611)

// stand is a village with the document's rules, a grid of homes, and the people who inspect and confirm.
type stand struct {
	*Service
	t      *testing.T
	db     *pgtest.DB
	homes  []uuid.UUID
	grid   actor.Actor
	member actor.Actor
	other  actor.Actor
	marks  int // that the grid worker sent
}

func newStand(t *testing.T, homes int) *stand {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-23T10:00:00+08:00")
	s := &stand{Service: &Service{DB: db.DB}, t: t, db: db, grid: pgtest.In(pgtest.A, actor.Grid), member: pgtest.In(pgtest.A, actor.Committee), other: pgtest.In(pgtest.A, actor.Committee)}
	s.grid.Grid = 1
	r := tenants.Document()
	r.Version = 1
	s.inside(func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) })
	s.exec(`insert into household (village_id, id, door, grid, walk, head, residence, passbook_no, registered_on, base_unlocks_on, created_at, updated_at)
		select 11, gen_random_uuid(), '1组' || n || '号', 1, n, '张' || n, 'local', 'P' || n, '2026-01-05', '2027-01-05', now(), now() from generate_series(1, $1::int) n`, homes)
	s.exec(`insert into balance (village_id, household_id) select village_id, id from household where village_id = 11`)
	rows, err := db.Owner.Query(ctx, `select id from household where village_id = 11 order by walk`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		s.homes = append(s.homes, id)
	}
	return s
}

func (s *stand) inside(fn func(pg.Tx) error) {
	s.t.Helper()
	if err := s.DB.InVillage(ctx, actor.System(pgtest.A), fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Owner.Exec(ctx, sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) count(sql string, args ...any) (n int) {
	s.t.Helper()
	if err := s.db.Owner.QueryRow(ctx, sql, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// photo arranges an uploaded picture.
func (s *stand) photo(by uuid.UUID) uuid.UUID {
	s.t.Helper()
	id := pg.NewID()
	s.exec(`insert into evidence (village_id, id, key, sha256, bytes, width, height, uploaded_by, uploaded_at)
		values (11, $1, $2, sha256(uuid_send($1)), 1, 1, 1, $3, now())`, id, id.String(), by)
	return id
}

// begun is an open round whose sample is photographed already.
func (s *stand) begun() Round {
	s.t.Helper()
	r, err := s.Open(ctx, s.grid, 1, november)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, h := range r.Sample {
		s.mark(r, Mark{Household: h, Photos: []uuid.UUID{s.photo(s.grid.Account)}})
	}
	return r
}

func (s *stand) mark(r Round, m Mark) Noted {
	s.t.Helper()
	s.marks++
	n, err := s.Mark(ctx, s.grid, r.ID, m)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// plain are the homes that were not drawn.
func (s *stand) plain(r Round) (homes []uuid.UUID) {
	drawn := map[uuid.UUID]bool{}
	for _, h := range r.Sample {
		drawn[h] = true
	}
	for _, h := range s.homes {
		if !drawn[h] {
			homes = append(homes, h)
		}
	}
	return homes
}

func (s *stand) is(id uuid.UUID, want State) {
	s.t.Helper()
	w, err := s.Show(ctx, s.member, id)
	if err != nil || w.State() != want {
		s.t.Errorf("the round is %q (%v), want %q", w.State(), err, want)
	}
}

func want(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}
