package finding

import (
	"context"
	"errors"
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

// stand is a village with the document's rules, a household, a grid worker who finds and three who decide.
type stand struct {
	*Service
	t                   *testing.T
	db                  *pgtest.DB
	home                uuid.UUID
	family              actor.Actor
	grid                actor.Actor
	first, second, lead actor.Actor
}

func newStand(t *testing.T, change ...func(*rulebook.RuleSet)) *stand {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-02T10:00:00+08:00")
	s := &stand{Service: &Service{DB: db.DB}, t: t, db: db, home: db.Household(t, pgtest.A, "1组1号", "张桂兰"), grid: pgtest.In(pgtest.A, actor.Grid)}
	r := tenants.Document()
	r.Version, r.InForceFrom = 1, day("2026-01-01")
	for _, fn := range change {
		fn(&r)
	}
	if err := s.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) }); err != nil {
		t.Fatal(err)
	}
	s.family = pgtest.In(pgtest.A, actor.Household)
	s.family.Household = s.home
	s.first, s.second, s.lead = s.member(actor.Committee), s.member(actor.Committee), s.member(actor.Lead)
	return s
}

func day(s string) time.Time {
	d, err := month.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

func (s *stand) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Owner.Exec(ctx, sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

// member seats somebody in the group.
func (s *stand) member(r actor.Role) actor.Actor {
	s.t.Helper()
	who := pgtest.In(pgtest.A, r)
	who.Membership, who.Name = pg.NewID(), "成员"
	s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, $2, '', uuid_send($1), now())`, who.Account, who.Name)
	s.exec(`insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values (11, $1, $2, $3, $4, '两委', '2026-01-01', now())`,
		who.Membership, who.Account, who.Name, string(r))
	return who
}

// photo arranges a picture that the grid worker took.
func (s *stand) photo() uuid.UUID {
	s.t.Helper()
	id := pg.NewID()
	s.exec(`insert into evidence (village_id, id, key, sha256, bytes, width, height, uploaded_by, uploaded_at)
		values (11, $1, $2, sha256(uuid_send($1)), 1, 1, 1, $3, now())`, id, id.String(), s.grid.Account)
	return id
}

// draft is something found, with its photo.
func (s *stand) draft() Draft {
	s.t.Helper()
	return Draft{Household: s.home, Item: "N08", Parts: map[string]int{"": 1}, OccurredOn: day("2026-11-02"), Matter: "屋后堆了三堆秸秆，挡了排水沟",
		Proofs: []rulebook.Evidence{rulebook.Photo}, Photos: []uuid.UUID{s.photo()}, Reporter: "隔壁老李"}
}

func (s *stand) record(change ...func(*Draft)) Finding {
	s.t.Helper()
	d := s.draft()
	for _, fn := range change {
		fn(&d)
	}
	f, err := s.Record(ctx, s.grid, d)
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

// must fails the test unless the step went through.
func (s *stand) must(c Chain, err error) Chain {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *stand) want(what string, err, want error) {
	s.t.Helper()
	if !errors.Is(err, want) {
		s.t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func tell(due string) Tell {
	return Tell{Demand: "运到回收点，沟清出来", Help: []string{"law", "labour"}, DueOn: day(due)}
}

// heard brings a finding to where it can be decided: told on the 2nd, due on the 9th, looked at and heard on the 10th.
func (s *stand) heard(f Finding) {
	s.t.Helper()
	s.must(s.Issue(ctx, s.grid, f.ID, tell("2026-11-09")))
	s.db.At("2026-11-03T10:00:00+08:00")
	s.must(s.Deliver(ctx, s.grid, f.ID, "张桂兰"))
	s.db.At("2026-11-10T10:00:00+08:00")
	s.must(s.Look(ctx, s.grid, f.ID, Not, "没有动", nil))
	s.db.At("2026-11-10T11:00:00+08:00")
	s.must(s.Hear(ctx, s.grid, f.ID, ByPhone, "下周就清"))
	s.db.At("2026-11-11T10:00:00+08:00")
}

func (s *stand) cleared(f Finding) Chain {
	s.t.Helper()
	s.heard(f)
	s.must(s.Decide(ctx, s.first, f.ID, true, "到期没有清，照片清楚"))
	s.db.At("2026-11-11T11:00:00+08:00")
	return s.must(s.Decide(ctx, s.second, f.ID, true, "同意，两次去看都没动"))
}

func (s *stand) count(sql string, args ...any) (n int) {
	s.t.Helper()
	if err := s.db.Owner.QueryRow(ctx, sql, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}
