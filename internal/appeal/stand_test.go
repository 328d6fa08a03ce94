package appeal

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

var ctx = context.Background()

const november = month.Month(202611)

// stand is a village whose November is published: two households, the first with an award of 5 to object to.
type stand struct {
	*Service
	t                  *testing.T
	db                 *pgtest.DB
	home, neighbour    uuid.UUID
	family, desk       actor.Actor
	recorder, reviewer actor.Actor // of the award
	member             actor.Actor // who had no part in it
	award              uuid.UUID
}

func newStand(t *testing.T) *stand {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-12-03T09:00:00+08:00")
	s := &stand{Service: &Service{DB: db.DB}, t: t, db: db, home: db.Household(t, pgtest.A, "1组1号", "张桂兰"), neighbour: db.Household(t, pgtest.A, "1组2号", "单建国"),
		family: pgtest.In(pgtest.A, actor.Household), desk: pgtest.In(pgtest.A, actor.Desk), recorder: pgtest.In(pgtest.A, actor.Committee),
		reviewer: pgtest.In(pgtest.A, actor.Committee), member: pgtest.In(pgtest.A, actor.Committee)}
	s.family.Household = s.home
	s.rules(1, nil)
	s.award = s.enter(s.home, ledger.Award, 5)
	s.enter(s.home, ledger.Award, 10)
	s.enter(s.neighbour, ledger.Award, 12)
	s.exec(`insert into sheet (village_id, month, state) values (11, 202611, 'published')`)
	s.notice(1, "2026-12-10")
	return s
}

// rules puts a version of the document's rules in force, changed by change.
func (s *stand) rules(version int, change func(*rulebook.Settings)) {
	s.t.Helper()
	r := tenants.Document()
	if r.Version, r.InForceFrom = version, day("2026-01-01"); version > 1 {
		r.InForceFrom = day("2026-12-04")
	}
	if change != nil {
		change(&r.Settings)
	}
	if err := s.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) }); err != nil {
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

// notice arranges an edition of November's notice.
func (s *stand) notice(number int, until string) {
	s.t.Helper()
	s.exec(`insert into notice (village_id, month, number, title, published_at, object_until, down_on, households, plus, minus, spent, classes, root, page, etag, a4, a3)
		values (11, 202611, $1, '', now(), $2, '2027-01-10', 2, 27, 0, 0, '[]', '', '', '', '', '')`, number, day(until))
}

// enter puts a line of November into the book.
func (s *stand) enter(home uuid.UUID, kind ledger.Kind, points int) (id uuid.UUID) {
	s.t.Helper()
	kindOf, source := ledger.FromOpening, uuid.New()
	if kind == ledger.Deduction {
		kindOf, source = ledger.FromFinding, s.db.Cleared(s.t, pgtest.A, home, "P07", 1, points)
	}
	err := s.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error {
		p, err := ledger.Post(ctx, tx, ledger.Entry{HouseholdID: home, SourceKind: kindOf, SourceID: source, Recorder: s.recorder.Account, Reviewer: s.reviewer.Account,
			Points: points, Month: november, OccurredOn: day("2026-11-20"), RuleVersion: 1, Kind: kind, Bucket: ledger.YearBucket, Scores: kind != ledger.Redemption, Item: "P07"})
		id = p.ID
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func (s *stand) file(who actor.Actor, entry uuid.UUID) Objection {
	s.t.Helper()
	o, err := s.File(ctx, who, entry, "这件事不是我家做的")
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

// has checks what the first household can use and what it stands for, and that the book is whole.
func (s *stand) has(when string, usable, score, disputed int64) {
	s.t.Helper()
	err := s.DB.Look(ctx, actor.System(pgtest.A), func(tx pg.Tx) error {
		b, err := ledger.BalanceOf(ctx, tx, s.home)
		if b.Usable() != usable || b.Score != score || b.Disputed != disputed {
			s.t.Errorf("%s: usable %d, score %d, disputed %d; want %d, %d, %d", when, b.Usable(), b.Score, b.Disputed, usable, score, disputed)
		}
		r, err2 := ledger.Verify(ctx, tx)
		if len(r.Findings) > 0 {
			s.t.Errorf("%s: %v", when, r.Findings)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		s.t.Error(err)
	}
}

// place is the first household's rank in the village.
func (s *stand) place() (place int64) {
	s.t.Helper()
	err := s.DB.Look(ctx, actor.System(pgtest.A), func(tx pg.Tx) error {
		st, err := ledger.StandingOf(ctx, tx, s.home)
		place = st.Place
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
	return place
}

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
