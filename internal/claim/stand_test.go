package claim

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

var ctx = context.Background()

// stand is a village with the document's rules, a household that claims and people who decide.
type stand struct {
	*Service
	t          *testing.T
	db         *pgtest.DB
	home       uuid.UUID
	grid, lead actor.Actor
	family     actor.Actor // an account of the household
}

func newStand(t *testing.T) *stand {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-23T10:00:00+08:00")
	s := &stand{Service: &Service{DB: db.DB}, t: t, db: db, grid: pgtest.In(pgtest.A, actor.Grid), lead: pgtest.In(pgtest.A, actor.Lead)}
	s.rules(pgtest.A, 1, "2025-01-01", nil)
	s.home = db.Household(t, pgtest.A, "1组1号", "张桂兰")
	s.family = s.resident(s.home)
	return s
}

// rules stores the document's rule set as a version, altered by change.
func (s *stand) rules(v actor.VillageID, version int, from string, change func(*rulebook.RuleSet)) {
	s.t.Helper()
	r := tenants.Document()
	r.Version, r.InForceFrom, r.Reason = version, day(from), fmt.Sprint("第", version, "版")
	if change != nil {
		change(&r)
	}
	err := s.DB.InVillage(ctx, actor.System(v), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) })
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) resident(home uuid.UUID) actor.Actor {
	who := pgtest.In(pgtest.A, actor.Household)
	who.Household = home
	return who
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

// account makes who's account known to the deployment, as relatives and the register want it.
func (s *stand) account(who actor.Actor) {
	s.t.Helper()
	s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, $2, '', uuid_send($1), now())`, who.Account, who.Name)
}

// photo arranges an uploaded picture.
func (s *stand) photo(v actor.VillageID, by uuid.UUID) uuid.UUID {
	s.t.Helper()
	id := pg.NewID()
	s.exec(`insert into evidence (village_id, id, key, sha256, bytes, width, height, uploaded_by, uploaded_at)
		values ($1, $2, $3, sha256(uuid_send($2)), 1, 1, 1, $4, now())`, int64(v), id, id.String(), by)
	return id
}

// must submits a claim that has to go through.
func (s *stand) must(who actor.Actor, d Draft) Claim {
	s.t.Helper()
	c, err := s.Submit(ctx, who, d)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *stand) is(id uuid.UUID, want State) {
	s.t.Helper()
	w, err := s.Show(ctx, s.lead, id)
	if err != nil || w.State != want {
		s.t.Errorf("claim is %q (%v), want %q", w.State, err, want)
	}
}

// deed is a draft that the grid worker can bring in as often as there are deeds; sorted one that counts once a month.
func deed(home uuid.UUID) Draft {
	return Draft{Household: home, Item: "P16", Parts: once, OccurredOn: day("2026-11-20"), Proofs: []rulebook.Evidence{rulebook.Feedback}}
}

func sorted(home uuid.UUID, on string) Draft {
	return Draft{Household: home, Item: "P07", Parts: once, OccurredOn: day(on), Proofs: []rulebook.Evidence{rulebook.InspectionRecord}}
}

var once = map[string]int{"": 1}

func day(s string) time.Time {
	t, err := month.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return t
}

func want(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}
