package ledger

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func day(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }

// unlock lets base points be redeemed in village A from the household's day on, and gives it some.
func (b book) unlock(h uuid.UUID, points int) {
	b.t.Helper()
	_, err := b.db.Owner.Exec(context.Background(), `insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at)
		values (11, 1, 2026, '2026-01-01', '', 100, '{"base_usable": true}', 'x', now())`)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.post(Entry{HouseholdID: h, SourceKind: FromHousehold, SourceID: h, Points: points, Month: 202601, OccurredOn: day("2026-01-05"),
		RuleVersion: 1, Kind: Base, Bucket: BaseBucket}); err != nil {
		b.t.Fatal(err)
	}
}

func TestBaseIsSpentAfterTheYear(t *testing.T) {
	t.Parallel()
	b := open(t)
	h := b.db.Household(t, pgtest.A, "1组1号", "张桂兰") // base points open on 2027-01-05
	b.unlock(h, 100)
	if _, err := b.post(award(h, 40)); err != nil {
		t.Fatal(err)
	}
	b.db.At("2027-01-04T23:59:59+08:00")
	if got := b.balance(h); got.Usable() != 40 || !strings.Contains(got.Why(), "2027 年1月5日才能用") {
		t.Errorf("before the day: %d, %s", got.Usable(), got.Why())
	}
	if _, err := b.post(spend(h, 41)); !errors.Is(err, ErrNotEnough) {
		t.Errorf("locked base points were spent: %v", err)
	}
	b.db.At("2027-01-05T00:00:01+08:00")
	if got := b.balance(h); got.Usable() != 140 || !strings.Contains(got.Why(), "已经解锁的基础积分 100 分") {
		t.Errorf("on the day: %d, %s", got.Usable(), got.Why())
	}
	p, err := b.post(spend(h, 60))
	if err != nil || p.Usable != 80 {
		t.Fatalf("%+v, %v", p, err)
	}
	if got := b.balance(h); got.Year != 0 || got.Base != 80 {
		t.Errorf("the year's points are spent first: %+v", got)
	}
	only, err := b.post(spend(h, 80))
	if err != nil || only.Usable != 0 {
		t.Errorf("base points alone: %+v, %v", only, err)
	}
	if _, err := b.post(spend(h, 1)); !errors.Is(err, ErrNotEnough) {
		t.Errorf("nothing is left: %v", err)
	}
	for _, id := range []uuid.UUID{p.ID, only.ID} {
		if err := b.do(func(tx pg.Tx) error { _, err := Reverse(context.Background(), tx, id); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.balance(h); got.Year != 40 || got.Base != 100 || got.Usable() != 140 {
		t.Errorf("taken back, both shares return: %+v", got)
	}
	if r := b.verify(); len(r.Findings) > 0 {
		t.Error(r.Findings)
	}
}

// What scores of a closed year counts for honour alone, posted one by one or many at once.
func TestLateLinesOfAClosedYear(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := context.Background()
	h := b.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	old := award(h, 30)
	if _, err := b.post(old); err != nil {
		t.Fatal(err)
	}
	b.db.At("2027-01-12T10:00:00+08:00")
	if err := b.do(func(tx pg.Tx) error { return Turn(ctx, tx, 2026) }); err != nil {
		t.Fatal(err)
	}
	late, many, fresh := award(h, 5), award(h, 7), award(h, 11)
	fresh.OccurredOn, fresh.Month = day("2027-01-02"), 202701
	if _, err := b.post(late); err != nil {
		t.Fatal(err)
	}
	if err := b.do(func(tx pg.Tx) error { _, err := PostAll(ctx, tx, []Entry{many, fresh}); return err }); err != nil {
		t.Fatal(err)
	}
	if got := b.balance(h); got.Year != 41 || got.Score != 11 || got.Honour != 53 {
		t.Errorf("%+v", got)
	}
	if r := b.verify(); len(r.Findings) > 0 {
		t.Error(r.Findings)
	}
	if err := b.do(func(tx pg.Tx) error {
		if n, err := Late(ctx, tx, 2026); n != 2 || err != nil {
			t.Errorf("%d late lines, %v", n, err)
		}
		return Turn(ctx, tx, 2025)
	}); err != nil {
		t.Fatal(err)
	}
	if got := b.balance(h); got.Score != 53 {
		t.Errorf("the year is open again: %+v", got)
	}
}

// TestRemainders takes the cases apart in which a redemption of January meets what December left.
func TestRemainders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		earned, decemberSpent, januarySpent, januaryEarned int
		left, later                                        int64
	}{
		"nothing spent":               {50, 0, 0, 0, 50, 0},
		"spent in December":           {50, 20, 0, 0, 30, 0},
		"spent in January":            {50, 0, 20, 0, 30, 0},
		"January's stay":              {50, 0, 0, 8, 50, 8},
		"January spends the old":      {50, 10, 40, 8, 0, 8},
		"January spends some of both": {50, 10, 45, 8, 0, 3},
		"all gone":                    {50, 50, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			h := b.db.Household(t, pgtest.A, "1组1号", "张桂兰")
			at := func(e Entry, on string) Entry { e.OccurredOn = day(on); return e }
			for _, e := range []Entry{at(award(h, c.earned), "2026-12-31"), at(spend(h, c.decemberSpent), "2026-12-31"),
				at(award(h, c.januaryEarned), "2027-01-01"), at(spend(h, c.januarySpent), "2027-01-05")} {
				if e.Points == 0 {
					continue
				}
				if _, err := b.post(e); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.do(func(tx pg.Tx) error {
				all, err := Remainders(context.Background(), tx, 2026)
				if err != nil || len(all) != 1 || all[0].Left != c.left || all[0].Later != c.later {
					t.Errorf("%+v, %v; want %d left, %d later", all, err, c.left, c.later)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}
