package yearend

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

// stand is a set of villages at the end of 2026.
type stand struct {
	*Service
	t        *testing.T
	db       *pgtest.DB
	villages []actor.VillageID
	homes    map[actor.VillageID][]uuid.UUID
}

const closedOn = "2027-01-12T09:00:00+08:00" // December's notice hangs until the 10th

func arrange(t *testing.T, villages, homes int) *stand {
	t.Helper()
	s := &stand{t: t, db: pgtest.New(t), homes: map[actor.VillageID][]uuid.UUID{}}
	s.Service = &Service{DB: s.db.DB}
	s.db.At(closedOn)
	for i := range villages {
		v := actor.VillageID(11 + i)
		if i > 1 {
			v = actor.VillageID(100 + i)
			s.exec(`insert into village (id, township_id, code, name, kind, created_at) values ($1, 1, $2, $3, 'village', now())`, int64(v), fmt.Sprint("v", i), fmt.Sprint("第", i, "村"))
		}
		s.exec(`insert into sheet (village_id, month, state) values ($1, 202612, 'published')`, int64(v))
		s.exec(`insert into notice (village_id, month, number, title, published_at, object_until, down_on, households, plus, minus, spent, classes, root, page, etag, a4, a3)
			values ($1, 202612, 1, '', now(), '2027-01-10', '2027-02-10', 0, 0, 0, 0, '{}', '', '', '', '', '')`, int64(v))
		s.villages = append(s.villages, v)
		for n := range homes {
			s.homes[v] = append(s.homes[v], s.db.Household(t, v, fmt.Sprintf("1组%d号", n+1), "户主"))
		}
	}
	return s
}

func (s *stand) exec(sql string, a ...any) {
	s.t.Helper()
	if _, err := s.db.Owner.Exec(context.Background(), sql, a...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) lead(v actor.VillageID) actor.Actor {
	who := pgtest.In(v, actor.Lead)
	who.Township = pgtest.Town1
	return who
}

func line(home uuid.UUID, points int, on string, kind ledger.Kind) ledger.Entry {
	d, _ := time.Parse(time.DateOnly, on)
	e := ledger.Entry{HouseholdID: home, SourceKind: ledger.FromClaim, SourceID: uuid.New(), Points: points, Month: december(d.Year()), OccurredOn: d,
		RuleVersion: 1, Kind: kind, Bucket: ledger.YearBucket, Scores: kind != ledger.Redemption, Item: "P08"}
	switch kind {
	case ledger.Redemption:
		e.SourceKind = ledger.FromRedemption
	case ledger.Base:
		e.SourceKind, e.Bucket, e.Scores = ledger.FromHousehold, ledger.BaseBucket, false
	}
	return e
}

func (s *stand) post(v actor.VillageID, entries ...ledger.Entry) error {
	return s.db.InVillage(context.Background(), s.lead(v), func(tx pg.Tx) error {
		for _, e := range entries {
			if _, err := ledger.Post(context.Background(), tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *stand) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) count(sql string, a ...any) (n int64) {
	s.t.Helper()
	s.must(s.db.Owner.QueryRow(context.Background(), sql, a...).Scan(&n))
	return n
}

func (s *stand) sound(v actor.VillageID) {
	s.t.Helper()
	s.must(s.db.InVillage(context.Background(), s.lead(v), func(tx pg.Tx) error {
		r, err := ledger.Verify(context.Background(), tx)
		for _, f := range r.Findings {
			s.t.Errorf("village %d: %s", v, f)
		}
		return err
	}))
}

// TestYearEnd clears 24 villages, each started by eight at once while others go on posting, and recomputes every
// total from the lines alone (INV-66, ATK-76, FLT-23).
func TestYearEnd(t *testing.T) {
	t.Parallel()
	s := arrange(t, 24, 6)
	ctx := context.Background()
	dice := rand.New(rand.NewPCG(2026, 12))
	for _, v := range s.villages {
		for i, h := range s.homes[v] {
			book := []ledger.Entry{line(h, 100, "2026-01-05", ledger.Base)}
			book[0].SourceID = h
			for m := 1; m <= 12; m++ {
				book = append(book, line(h, 5+dice.IntN(20), fmt.Sprintf("2026-%02d-15", m), ledger.Award))
			}
			if i == 1 {
				book = append(book, line(h, -(300+dice.IntN(9)), "2026-12-31", ledger.Gift)) // a debt
			}
			if i != 1 {
				book = append(book, line(h, -(1+dice.IntN(50)), "2026-11-05", ledger.Redemption))
			}
			if i == 2 {
				book = append(book, line(h, -(1+dice.IntN(20)), "2027-01-05", ledger.Redemption)) // January spends what December left
			}
			s.must(s.post(v, book...))
		}
	}
	for _, v := range s.villages {
		if _, err := s.Confirm(ctx, s.lead(v), 2026); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for _, v := range s.villages {
		for range 8 {
			wg.Go(func() {
				if c, err := s.Clear(ctx, actor.System(v), ClearJob{2026, 1}); err != nil || !c.Stands() {
					t.Errorf("village %d: %+v, %v", v, c, err)
				}
			})
		}
		for _, h := range s.homes[v] {
			wg.Go(func() { // the first second of the new year, and the last of the old one
				if err := s.post(v, line(h, 7, "2027-01-01", ledger.Award), line(h, 3, "2026-12-31", ledger.Award)); err != nil {
					t.Error(err)
				}
			})
		}
		if v%8 == 0 {
			wg.Wait() // not more connections than there are
		}
	}
	wg.Wait()
	// one closing line an account and year
	if n := s.count(`select count(*) from (select from ledger_entry where kind = 6 group by village_id, household_id having count(*) > 1) x`); n != 0 {
		t.Errorf("%d accounts have more than one closing line", n)
	}
	if n := s.count(`select count(*) from year_close`); n != 24 {
		t.Errorf("%d clearings of 24 villages", n)
	}
	// every balance, recomputed from the lines: what is left is what happened in 2027, whatever came before
	wrong := s.count(`
		select count(*) from balance b
		where b.year <> (select coalesce(sum(e.points), 0) from ledger_entry e where e.household_id = b.household_id and e.occurred_on >= '2027-01-01' and e.kind <> 4 and e.bucket = 2)
		  or b.base <> 100 or b.cleared_year <> 2026
		  or b.score <> (select coalesce(sum(points), 0) from ledger_entry e where e.household_id = b.household_id and e.scores and e.occurred_on >= '2027-01-01')
		  or b.honour <> (select coalesce(sum(points), 0) from ledger_entry e where e.household_id = b.household_id and e.scores)`)
	if wrong != 0 {
		t.Errorf("%d balances are not what their lines say", wrong)
	}
	if n := s.count(`select count(*) from balance where year <> 7 or score <> 7`); n != 0 {
		t.Errorf("%d households did not begin with exactly January's points", n)
	}
	for _, v := range s.villages {
		s.sound(v)
	}
	if all, err := s.Progress(ctx, actor.Actor{Account: uuid.New(), Role: actor.Bureau, Township: pgtest.Town1}, 2026); err != nil || len(all) != 24 || !all[23].Cleared() {
		t.Errorf("the township sees %d villages, %v", len(all), err)
	}
}

func TestDecemberComesFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ now, sql, want string }{
		"the year is not over":   {"2026-12-31T23:59:59+08:00", `select 1`, "没有过完"},
		"December is not posted": {closedOn, `update sheet set state = 'signing'`, "还没有签字入账"},
		"no notice":              {closedOn, `delete from notice`, "公示还没有发布"},
		"the notice hangs":       {"2027-01-10T23:59:59+08:00", `select 1`, "关闭以后才能清零"},
		"an objection is open":   {closedOn, `update balance set disputed = 5 where household_id = (select min(household_id::text)::uuid from balance)`, "异议没有办结"},
		"something is set aside": {closedOn, `update balance set held = 5 where household_id = (select min(household_id::text)::uuid from balance)`, "预留"},
		"":                       {closedOn, `select 1`, ""},
		"the day after":          {"2027-01-11T00:00:00+08:00", `select 1`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := arrange(t, 1, 1)
			ctx, v := context.Background(), s.villages[0]
			s.must(s.post(v, line(s.homes[v][0], 30, "2026-05-01", ledger.Award)))
			s.exec(c.sql)
			s.db.At(c.now)
			r, err := s.Confirm(ctx, s.lead(v), 2026)
			s.must(err)
			_, err = s.Clear(ctx, actor.System(v), ClearJob{2026, 1})
			if c.want == "" {
				if err != nil || !r.Ready() || s.count(`select count(*) from outbox where kind = 'yearend.clear'`) != 1 {
					t.Errorf("%v, %v", r.Hindrances, err)
				}
				return
			}
			if r.Ready() || !errors.Is(err, ErrNotReady) || !contains(r.Hindrances, c.want) || s.count(`select count(*) from ledger_entry where kind = 6`) != 0 {
				t.Errorf("hindrances %v, %v; want %q", r.Hindrances, err, c.want)
			}
		})
	}
}

func contains(all []Hindrance, text string) bool {
	return slices.ContainsFunc(all, func(h Hindrance) bool { return strings.Contains(h.Text, text) })
}

func TestUndoAndAgain(t *testing.T) {
	t.Parallel()
	s := arrange(t, 1, 2)
	ctx, v := context.Background(), s.villages[0]
	h, rich := s.homes[v][0], s.homes[v][1]
	s.must(s.post(v, line(h, 30, "2026-05-01", ledger.Award), line(rich, 80, "2026-06-01", ledger.Award)))
	_, err := s.Confirm(ctx, s.lead(v), 2026)
	s.must(err)
	before, err := s.Rehearse(ctx, s.lead(v), 2026)
	s.must(err)
	if before.Cleared != 110 || len(before.Homes) != 2 {
		t.Fatalf("%+v", before)
	}
	_, err = s.Clear(ctx, actor.System(v), ClearJob{2026, 1})
	s.must(err)
	s.must(s.post(v, line(h, 9, "2027-01-03", ledger.Award)))
	if c, err := s.Undo(ctx, s.lead(v), 2026, "点错了年度"); err != nil || c.Stands() {
		t.Fatalf("%+v, %v", c, err)
	}
	if n := s.count(`select count(*) from balance where year = case when household_id = $1 then 39 else 80 end and score = year and cleared_year = 2025`, h); n != 2 {
		t.Error("the balances are not as before")
	}
	s.sound(v)
	if _, err := s.Undo(ctx, s.lead(v), 2026, "再撤一次"); !errors.Is(err, ErrNone) {
		t.Errorf("undone twice: %v", err)
	}
	if c, err := s.Clear(ctx, actor.System(v), ClearJob{2026, 1}); err != nil || c.Stands() {
		t.Errorf("the old job came again and cleared: %+v, %v", c, err)
	}
	_, err = s.Confirm(ctx, s.lead(v), 2026)
	s.must(err)
	if c, err := s.Clear(ctx, actor.System(v), ClearJob{2026, 2}); err != nil || c.Run != 2 || c.Points != 110 {
		t.Errorf("the second clearing: %+v, %v", c, err)
	}
	s.sound(v)
	s.must(s.post(v, line(h, 4, "2026-12-01", ledger.Award)))
	if _, err := s.Undo(ctx, s.lead(v), 2026, "又有更正"); !errors.Is(err, ErrLate) {
		t.Errorf("undone over a late line: %v", err)
	}
	s.db.At("2027-01-19T09:00:01+08:00")
	if _, err := s.Undo(ctx, s.lead(v), 2026, "太晚了"); !errors.Is(err, ErrWindow) {
		t.Errorf("undone after the window: %v", err)
	}
}
