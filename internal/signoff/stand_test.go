package signoff_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/claim"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"

	. "cunfen/internal/signoff"
)

var ctx = context.Background()

const october, november, december = month.Month(202610), month.Month(202611), month.Month(202612)

// stand is a village in early December with a whole working group and two households.
type stand struct {
	*Service
	t                                   *testing.T
	db                                  *pgtest.DB
	claims                              *claim.Service
	homes                               [2]uuid.UUID
	recorder, reviewer, second          actor.Actor // a grid worker and a member who never signs
	lead, cadre, party, villager, other actor.Actor
}

func newStand(t *testing.T) *stand {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	s := &stand{Service: &Service{DB: db.DB, Sources: []Source{claim.OnSheet{}}}, t: t, db: db, claims: &claim.Service{DB: db.DB}}
	s.at("2026-11-23T10:00:00+08:00")
	r := tenants.Document()
	r.Version, r.InForceFrom = 1, day("2026-01-01")
	if err := db.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) }); err != nil {
		t.Fatal(err)
	}
	for i := range s.homes {
		s.homes[i] = db.Household(t, pgtest.A, fmt.Sprintf("1组%d号", i+1), "张桂兰")
	}
	s.recorder, s.reviewer = s.seat(actor.Grid, "网格员"), s.seat(actor.Committee, "两委")
	s.second = s.seat(actor.Committee, "两委")
	s.lead, s.cadre, s.party = s.seat(actor.Lead, "两委"), s.seat(actor.Committee, "两委"), s.seat(actor.Committee, "党员代表")
	s.villager, s.other = s.seat(actor.Committee, "群众代表"), s.seat(actor.Committee, "群众代表")
	return s
}

func (s *stand) at(now string) { s.db.At(now) }

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

// seat puts a new person into village A's group.
func (s *stand) seat(role actor.Role, kind string) actor.Actor {
	s.t.Helper()
	who := pgtest.In(pgtest.A, role)
	s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, $2, '', uuid_send($1), now())`, who.Account, who.Name)
	s.exec(`insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values (11, $1, $2, $3, $4, nullif($5, ''), '2026-01-01', now())`,
		who.Membership, who.Account, who.Name, string(role), kind)
	return who
}

// deed brings a claim in and lets it through.
func (s *stand) deed(home uuid.UUID, item, on string) claim.Claim {
	s.t.Helper()
	c := s.pending(home, item, on)
	c, err := s.claims.Approve(ctx, s.reviewer, c.ID)
	if err == nil && c.State == claim.Pending { // an open-value item asks for two
		c, err = s.claims.Approve(ctx, s.second, c.ID)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *stand) pending(home uuid.UUID, item, on string) claim.Claim {
	s.t.Helper()
	proof := rulebook.Feedback
	c, err := s.claims.Submit(ctx, s.recorder, claim.Draft{Household: home, Item: item, Parts: map[string]int{"": 1}, OccurredOn: day(on),
		Proofs: []rulebook.Evidence{proof}, Note: "村民代表会议议定的加分"})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *stand) freeze(m month.Month) Sheet {
	s.t.Helper()
	sheet, err := s.Freeze(ctx, s.lead, m)
	if err != nil {
		s.t.Fatal(err)
	}
	return sheet
}

// sign puts the names of who under the month's sheet as it stands.
func (s *stand) sign(m month.Month, who ...actor.Actor) (sheet Sheet) {
	s.t.Helper()
	for _, w := range who {
		var err error
		if sheet, err = s.Sign(ctx, w, m, s.pen(m)); err != nil {
			s.t.Fatalf("%s: %v", w.Name, err)
		}
	}
	return sheet
}

// pen signs the sheet as it stands now.
func (s *stand) pen(m month.Month) Pen {
	return Pen{Hash: s.view(m).Hash, Method: ByPassword}
}

func (s *stand) view(m month.Month) View {
	s.t.Helper()
	v, err := s.Show(ctx, s.lead, m)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *stand) state(m month.Month, want State) {
	s.t.Helper()
	if v := s.view(m); v.State != want {
		s.t.Errorf("%s is %s, want %s; missing %v", m, v.State, want, v.Missing)
	}
}

// sound asks that the book stands by itself and that it holds what the posted claims say, counted another way.
func (s *stand) sound() {
	s.t.Helper()
	err := s.DB.Look(ctx, actor.System(pgtest.A), func(tx pg.Tx) error {
		r, err := ledger.Verify(ctx, tx)
		if len(r.Findings) > 0 {
			s.t.Error(r.Findings)
		}
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
	for what, sql := range map[string]string{
		"posted claims without their line": `select count(*) from claim c where c.state = 'posted' and not exists (select from ledger_entry e
			where e.id = c.entry_id and e.source_kind = 2 and e.source_id = c.id and e.household_id = c.household_id and e.points = c.points and e.month = c.month
			and e.occurred_on = c.occurred_on and e.rule_version = c.rule_version and e.item = c.item and e.recorder = c.recorder and e.reviewer = c.reviewer
			and e.member_id is not distinct from c.member_id and e.kind = 2 and e.bucket = 2 and e.scores)`,
		"lines without a posted claim": `select count(*) from ledger_entry e where source_kind = 2 and not exists (select from claim c where c.id = e.source_id and c.state = 'posted')`,
		"households whose balance is not the sum of their claims": `select count(*) from balance b where (b.year, b.score, b.honour) is distinct from
			(select row(x, x, x) from (select coalesce(sum(points), 0)::bigint as x from claim c where c.household_id = b.household_id and c.state = 'posted') s)`,
		"sheets whose figures are not those of their claims": `select count(*) from sheet s where state in ('posted', 'published') and (lines, points) is distinct from
			(select row(count(*)::int, coalesce(sum(points), 0)::bigint) from claim c where c.village_id = s.village_id and c.month = s.month and c.state = 'posted')`,
	} {
		if n := s.count(sql); n != 0 {
			s.t.Errorf("%d %s", n, what)
		}
	}
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
