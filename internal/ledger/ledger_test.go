package ledger

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func award(h uuid.UUID, points int) Entry {
	return Entry{HouseholdID: h, SourceKind: FromClaim, SourceID: uuid.New(), Points: points, Month: 202611,
		OccurredOn: time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC), RuleVersion: 1, Kind: Award, Bucket: YearBucket, Scores: true, Item: "P08"}
}

func spend(h uuid.UUID, points int) Entry {
	e := award(h, -points)
	e.SourceKind, e.Kind, e.Scores, e.Item = FromRedemption, Redemption, false, ""
	return e
}

type book struct {
	t   testing.TB
	db  *pgtest.DB
	who actor.Actor
}

func open(t testing.TB) book {
	return book{t, pgtest.New(t), pgtest.In(pgtest.A, actor.Committee)}
}

func (b book) do(fn func(pg.Tx) error) error {
	return b.db.InVillage(context.Background(), b.who, fn)
}

func (b book) post(e Entry) (p Posted, err error) {
	err = b.do(func(tx pg.Tx) error { p, err = Post(context.Background(), tx, e); return err })
	return p, err
}

func (b book) balance(h uuid.UUID) (bal Balance) {
	b.t.Helper()
	if err := b.do(func(tx pg.Tx) (err error) { bal, err = BalanceOf(context.Background(), tx, h); return err }); err != nil {
		b.t.Fatal(err)
	}
	return bal
}

func (b book) verify() (r Report) {
	b.t.Helper()
	if err := b.do(func(tx pg.Tx) (err error) { r, err = Verify(context.Background(), tx); return err }); err != nil {
		b.t.Fatal(err)
	}
	return r
}

func TestPostOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	h := b.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	e := award(h, 5)
	first, err := b.post(e)
	if err != nil || !first.Posted || first.Usable != 5 {
		t.Fatalf("first = %+v, %v", first, err)
	}
	e.ID, e.Points = uuid.Nil, 50
	again, err := b.post(e)
	if err != nil || again.Posted || again.ID != first.ID || again.Usable != 5 {
		t.Errorf("again = %+v, %v; want the first line", again, err)
	}
	if got := b.balance(h); got.Year != 5 || got.Score != 5 || got.Honour != 5 {
		t.Errorf("balance = %+v", got)
	}
}

func TestRedemptionNeverOverspends(t *testing.T) {
	t.Parallel()
	b := open(t)
	h := b.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	if _, err := b.post(award(h, 100)); err != nil {
		t.Fatal(err)
	}
	var ok, refused atomic.Int32
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			switch _, err := b.post(spend(h, 60)); {
			case err == nil:
				ok.Add(1)
			case errors.Is(err, ErrNotEnough):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if ok.Load() != 1 || refused.Load() != 31 || b.balance(h).Year != 40 {
		t.Errorf("paid %d, refused %d, left %d", ok.Load(), refused.Load(), b.balance(h).Year)
	}
}

func TestReverse(t *testing.T) {
	t.Parallel()
	b := open(t)
	h := b.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	p, _ := b.post(award(h, 5))
	reverse := func(id uuid.UUID) (r Posted, err error) {
		err = b.do(func(tx pg.Tx) error { r, err = Reverse(context.Background(), tx, id); return err })
		return r, err
	}
	var done atomic.Int32
	var wg sync.WaitGroup
	var line uuid.UUID
	var mu sync.Mutex
	for range 16 {
		wg.Go(func() {
			if r, err := reverse(p.ID); err == nil {
				done.Add(1)
				mu.Lock()
				line = r.ID
				mu.Unlock()
			} else if !errors.Is(err, ErrReversed) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if done.Load() != 1 || b.balance(h).Year != 0 || b.balance(h).Honour != 0 {
		t.Errorf("reversed %d times, balance %+v", done.Load(), b.balance(h))
	}
	if _, err := reverse(line); !errors.Is(err, ErrNotReversible) {
		t.Errorf("a reversal was reversed: %v", err)
	}
	if _, err := reverse(uuid.New()); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a missing line: %v", err)
	}
	b.who = pgtest.In(pgtest.B, actor.Committee)
	if _, err := reverse(p.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another village's line: %v", err)
	}
}

func TestBookIsAppendOnly(t *testing.T) {
	t.Parallel()
	b := open(t)
	h := b.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	_, _ = b.post(award(h, 5))
	for _, q := range []string{`update ledger_entry set points = 9 where village_id = 11`, `delete from ledger_entry where village_id = 11`,
		`update ledger_seal set entries = 0 where village_id = 11`, `delete from signature where village_id = 11`, `update audit set name = '' where village_id = 11`} {
		if err := b.do(func(tx pg.Tx) error { _, err := tx.Exec(context.Background(), q); return err }); !pg.Is(err, "42501") {
			t.Errorf("%s: %v; want 42501", q, err)
		}
	}
}

func TestChain(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]string{
		"changed":   `update ledger_entry set item = 'P09' where id = (select id from ledger_entry order by id offset 4 limit 1)`,
		"deleted":   `delete from ledger_entry where id = (select id from ledger_entry order by id offset 4 limit 1)`,
		"truncated": `delete from ledger_entry where id = (select max(id::text)::uuid from ledger_entry)`,
		"rewritten": `update ledger_seal set hash = previous`,
		"":          `select 1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			ctx := context.Background()
			h := b.db.Household(t, pgtest.A, "1组1号", "张桂兰")
			b.db.At("2026-11-03T10:00:00+08:00")
			for range 8 {
				_, _ = b.post(award(h, 5))
			}
			b.db.At("2026-11-03T11:00:00+08:00")
			for range 2 { // the second seals nothing more
				if err := b.do(func(tx pg.Tx) error { _, err := Seal(ctx, tx); return err }); err != nil {
					t.Fatal(err)
				}
			}
			if r := b.verify(); len(r.Findings) != 0 || r.Sealed != 8 || r.Blocks != 1 {
				t.Fatalf("a sound book: %+v", r)
			}
			if _, err := b.db.Owner.Exec(ctx, spoil); err != nil {
				t.Fatal(err)
			}
			if r := b.verify(); (len(r.Findings) > 0) != (name != "") {
				t.Errorf("findings = %q", r.Findings)
			}
		})
	}
}

// TestHistories drives one household with random deeds beside a model of a few sums.
func TestHistories(t *testing.T) {
	t.Parallel()
	b := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		h := b.db.Household(t, pgtest.A, uuid.NewString(), "张桂兰")
		var year, score int64
		var open []Posted
		amount := map[uuid.UUID]Entry{}
		var last Entry
		rt.Repeat(map[string]func(*rapid.T){
			"award": func(rt *rapid.T) {
				last = award(h, rapid.IntRange(1, 40).Draw(rt, "points"))
				last.ID = pg.NewID()
				p, err := b.post(last)
				if err != nil {
					rt.Fatal(err)
				}
				open, amount[p.ID] = append(open, p), last
				year, score = year+int64(last.Points), score+int64(last.Points)
			},
			"replay": func(rt *rapid.T) {
				if last.HouseholdID == uuid.Nil {
					rt.Skip()
				}
				if p, err := b.post(last); err != nil || p.Posted {
					rt.Fatalf("replay: %+v, %v", p, err)
				}
			},
			"redeem": func(rt *rapid.T) {
				n := rapid.IntRange(1, 60).Draw(rt, "points")
				_, err := b.post(spend(h, n))
				if want := year >= int64(n); (err == nil) != want || err != nil && !errors.Is(err, ErrNotEnough) {
					rt.Fatalf("redeem %d of %d: %v", n, year, err)
				}
				if err == nil {
					year -= int64(n)
				}
			},
			"reverse": func(rt *rapid.T) {
				if len(open) == 0 {
					rt.Skip()
				}
				i := rapid.IntRange(0, len(open)-1).Draw(rt, "line")
				p := open[i]
				open = append(open[:i], open[i+1:]...)
				if err := b.do(func(tx pg.Tx) error { _, err := Reverse(context.Background(), tx, p.ID); return err }); err != nil {
					rt.Fatal(err)
				}
				year, score = year-int64(amount[p.ID].Points), score-int64(amount[p.ID].Points)
			},
			"": func(rt *rapid.T) {
				if got := b.balance(h); got.Year != year || got.Score != score || got.Honour != score {
					rt.Fatalf("balance %+v; want year %d score %d", got, year, score)
				}
			},
		})
	})
	if r := b.verify(); len(r.Findings) != 0 {
		t.Errorf("findings = %s", strings.Join(r.Findings, "; "))
	}
}

func TestPostAll(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := context.Background()
	h1, h2 := b.db.Household(t, pgtest.A, "1组1号", "甲"), b.db.Household(t, pgtest.A, "1组2号", "乙")
	entries := []Entry{award(h1, 5), award(h1, 8), award(h2, 5)}
	for want := 3; want >= 0; want -= 3 {
		err := b.do(func(tx pg.Tx) error {
			n, err := PostAll(ctx, tx, entries)
			if n != want {
				t.Errorf("posted %d; want %d", n, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if b.balance(h1).Year != 13 || b.balance(h2).Year != 5 {
		t.Errorf("balances %+v %+v", b.balance(h1), b.balance(h2))
	}
	foreign := b.db.Household(t, pgtest.B, "1组1号", "丙")
	err := b.do(func(tx pg.Tx) error { _, err := PostAll(ctx, tx, []Entry{award(foreign, 5)}); return err })
	if !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another village's household: %v", err)
	}
}
