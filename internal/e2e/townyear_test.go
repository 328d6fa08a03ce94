package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/actor"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/yearend"
)

// recount is the year's end as the test works it out itself, from the lines of the book alone and none of the
// program's statements: household by household what of 2026 was there, what was cleared, what should be left.
const recount = `
with own as (
  select e.village_id, e.household_id,
    sum(e.points) filter (where e.bucket = 2 and e.occurred_on < '2027-01-01' and e.kind <> 6 and coalesce(o.kind, 0) <> 6) as old,
    sum(e.points) filter (where e.bucket = 2 and e.occurred_on >= '2027-01-01' and e.kind <> 6) as fresh,
    sum(e.points) filter (where e.kind = 6 and e.bucket = 2 or e.kind = 5 and o.kind = 6 and e.bucket = 2) as closing,
    sum(e.points) filter (where e.bucket = 1) as base,
    sum(e.points) filter (where e.scores) as honour,
    sum(e.points) filter (where e.scores and e.occurred_on >= '2027-01-01') as score,
    count(*) filter (where e.kind = 6 and not exists (select from ledger_entry r where r.village_id = e.village_id and r.reverses = e.id)) as standing
  from ledger_entry e left join ledger_entry o on o.village_id = e.village_id and o.id = e.reverses
  group by 1, 2)
select count(*) filter (where coalesce(w.closing, 0) <> -coalesce(w.old, 0) or w.standing > 1) as uncleared,
  count(*) filter (where b.year <> coalesce(w.fresh, 0) or b.base <> coalesce(w.base, 0) or b.score <> coalesce(w.score, 0) or b.honour <> coalesce(w.honour, 0) or b.cleared_year <> 2026) as wrong,
  coalesce(sum(w.old), 0)::bigint as old, coalesce(sum(w.fresh), 0)::bigint as fresh, coalesce(sum(w.base), 0)::bigint as base, count(*) as homes,
  (select coalesce(sum(points), 0)::bigint from year_close c where c.village_id = b.village_id and c.undone_at is null) as closed
from balance b left join own w on w.village_id = b.village_id and w.household_id = b.household_id
where b.village_id = $1 group by b.village_id`

// TestTownYear ends a whole township's year by the real worker: every village is confirmed, the worker is killed in
// the middle of a village's clearing and again between villages, others post over the new year meanwhile, one
// village takes its clearing back and clears again; then every total is worked out anew. CUNFEN_YEAR=24x200 is
// 24 villages of 200 households; otherwise it is a small township.
func TestTownYear(t *testing.T) {
	villages, homes, most := 3, 25, 2
	if n, h, ok := strings.Cut(os.Getenv("CUNFEN_YEAR"), "x"); ok {
		villages, _ = strconv.Atoi(n)
		homes, _ = strconv.Atoi(h)
		most = 5
	}
	db := pgtest.New(t)
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv("TEST_REDIS_ADDR"), DB: killRedisDB})
	t.Cleanup(func() { _ = rdb.Close() })
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 60*time.Minute)
	defer stop()
	d := build(t, db)
	d.env = append(d.env, "CUNFEN_TEST_CLOCK=2026-12-20T10:00:00+08:00")
	d.run("demo", "--villages", strconv.Itoa(villages), "--households", strconv.Itoa(homes))
	d.env = append(d.env, "CUNFEN_TEST_CLOCK=2027-01-12T09:00:00+08:00")
	t.Cleanup(func() { d.kill("worker") })
	exec := func(sql string, a ...any) {
		t.Helper()
		if _, err := db.Owner.Exec(ctx, sql, a...); err != nil {
			t.Fatal(sql, err)
		}
	}
	count := func(sql string, a ...any) (n int) {
		t.Helper()
		if err := db.Owner.QueryRow(ctx, sql, a...).Scan(&n); err != nil {
			t.Fatal(sql, err)
		}
		return n
	}
	exec(`insert into sheet (village_id, month, state) select id, 202612, 'published' from village where exists (select from household h where h.village_id = village.id)`)
	exec(`insert into notice (village_id, month, number, title, published_at, object_until, down_on, households, plus, minus, spent, classes, root, page, etag, a4, a3)
		select village_id, 202612, 1, '', '2027-01-03T00:00:00Z', '2027-01-10', '2027-02-10', 0, 0, 0, 0, '{}', '', '', '', '', '' from sheet where month = 202612`)
	exec(`update objection set state = 'dismissed' where state = 'open'`)
	exec(`update balance set disputed = 0`)
	rows, err := db.Owner.Query(ctx, `select village_id from sheet where month = 202612 order by village_id`)
	if err != nil {
		t.Fatal(err)
	}
	var all []actor.VillageID
	for rows.Next() {
		var v int64
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		all = append(all, actor.VillageID(v))
	}
	if len(all) != villages {
		t.Fatalf("%d villages; want %d", len(all), villages)
	}
	db.At("2027-01-12T09:00:00+08:00")
	years := &yearend.Service{DB: db.DB}
	confirm := func(v actor.VillageID) yearend.Rehearsal {
		t.Helper()
		r, err := years.Confirm(ctx, pgtest.In(v, actor.Lead), 2026)
		if err != nil || !r.Ready() {
			t.Fatalf("village %d: %v, %v", v, r.Hindrances, err)
		}
		return r
	}
	var rehearsed int64
	for _, v := range all {
		rehearsed += confirm(v).Cleared
	}

	// the worker dies in the middle of a clearing: somebody holds the last balance that it needs
	began := time.Now()
	held, err := db.Owner.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	quiet := all[0]
	if _, err := held.Exec(ctx, `select from balance where village_id = $1 and household_id = (select max(household_id::text)::uuid from balance where village_id = $1) for update`, int64(quiet)); err != nil {
		t.Fatal(err)
	}
	d.start("worker")
	waits := func() bool {
		return count(`select count(*) from pg_stat_activity where datname = current_database() and usename = 'cunfen_worker' and wait_event_type = 'Lock' and state = 'active'`) > 0
	}
	for !waits() && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	d.kill("worker")
	deaths := 1
	if err := held.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if n := count(`select count(*) from year_close where village_id = $1`, int64(quiet)); n != 0 {
		t.Errorf("a clearing that was killed in the middle left %d records", n)
	}

	// it goes on, others post over the new year, and it dies again and again between villages
	var posted atomic.Int64
	var over atomic.Bool
	var posters sync.WaitGroup
	for n := range 4 {
		posters.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(n), 2027))
			for !over.Load() && ctx.Err() == nil {
				v := all[1+dice.IntN(len(all)-1)]
				if err := post(ctx, db, v, dice); err != nil {
					t.Error(err)
					return
				}
				posted.Add(2)
				time.Sleep(15 * time.Millisecond)
			}
		})
	}
	cleared := func() int { return count(`select count(*) from year_close where undone_at is null`) }
	d.start("worker")
	for last := 0; cleared() < len(all) && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if n := cleared(); n > last && n < len(all) && deaths < most {
			last = n
			d.kill("worker")
			deaths++
			d.start("worker")
		}
	}
	took := time.Since(began)
	over.Store(true)
	posters.Wait()
	d.settled(ctx, db)

	// started again, by hand and by the job that comes late, nothing is cleared twice
	for _, v := range all {
		for range 3 {
			if c, err := years.Clear(ctx, actor.System(v), yearend.ClearJob{Year: 2026, Run: 1}); err != nil || !c.Stands() {
				t.Errorf("village %d again: %+v, %v", v, c, err)
			}
		}
	}
	old, fresh := check(t, db, all)

	// a village takes it back within the window, line by line, and clears again
	before := count(`select count(*) from ledger_entry where village_id = $1`, int64(quiet))
	lines := count(`select count(*) from ledger_entry where village_id = $1 and kind = 6`, int64(quiet))
	if _, err := years.Undo(ctx, pgtest.In(quiet, actor.Lead), 2026, "核对后发现少登了一批"); err != nil {
		t.Fatal(err)
	}
	if n := count(`select count(*) from ledger_entry where village_id = $1 and kind = 5 and reverses in (select id from ledger_entry where village_id = $1 and kind = 6)`, int64(quiet)); n != lines || lines == 0 {
		t.Errorf("%d reversing lines of %d", n, lines)
	}
	if n := count(`select count(*) from balance b where village_id = $1 and (cleared_year = 2026 or year <> (select coalesce(sum(points), 0) from ledger_entry e where e.village_id = $1 and e.household_id = b.household_id and e.bucket = 2))`, int64(quiet)); n != 0 {
		t.Errorf("%d balances are not as before the clearing", n)
	}
	confirm(quiet)
	for cleared() < len(all) && ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond)
	}
	d.settled(ctx, db)
	if n := count(`select count(*) from ledger_entry where village_id = $1`, int64(quiet)); n != before+2*lines {
		t.Errorf("%d lines; want the %d of before, as many reversed and as many again", n, before)
	}
	check(t, db, all)
	for _, v := range all { // the chain and every balance; what was posted here has no claims behind it
		err := db.InVillage(ctx, actor.System(v), func(tx pg.Tx) error {
			r, err := ledger.Verify(ctx, tx)
			for _, f := range r.Findings {
				t.Errorf("village %d: %s", v, f)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d villages, %d households: %d points of 2026 cleared (rehearsed %d before others posted), %d points of 2027 stayed; %d lines posted meanwhile; the worker was killed %d times; %s",
		len(all), count(`select count(*) from balance`), old, rehearsed, fresh, posted.Load(), deaths, took.Round(time.Millisecond))
}

// post gives a household points of the first day of the new year and of the last of the old one.
func post(ctx context.Context, db *pgtest.DB, v actor.VillageID, dice *rand.Rand) error {
	return db.InVillage(ctx, actor.System(v), func(tx pg.Tx) error {
		var home uuid.UUID
		if err := tx.QueryRow(ctx, `select household_id from balance where village_id = $1 offset $2 limit 1`, int64(v), dice.IntN(20)).Scan(&home); err != nil {
			return fmt.Errorf("a household of %d: %w", v, err)
		}
		for i, on := range []string{"2027-01-01", "2026-12-31"} {
			day, _ := time.Parse(time.DateOnly, on)
			if _, err := ledger.Post(ctx, tx, ledger.Entry{HouseholdID: home, SourceKind: ledger.FromClaim, SourceID: uuid.New(), Points: 3 + 4*i, Month: 202701, OccurredOn: day,
				RuleVersion: 1, Kind: ledger.Award, Bucket: ledger.YearBucket, Scores: true, Item: "P08"}); err != nil {
				return err
			}
		}
		return nil
	})
}

// check compares every balance and every village's clearing with the recount.
func check(t *testing.T, db *pgtest.DB, all []actor.VillageID) (old, fresh int64) {
	t.Helper()
	for _, v := range all {
		var uncleared, wrong, homes int
		var was, is, base, closed int64
		if err := db.Owner.QueryRow(t.Context(), recount, int64(v)).Scan(&uncleared, &wrong, &was, &is, &base, &homes, &closed); err != nil {
			t.Fatal(err)
		}
		if uncleared+wrong > 0 || closed != was || homes == 0 || base == 0 {
			t.Errorf("village %d: %d accounts not cleared to nothing, %d balances otherwise than the lines say; cleared %d of %d; %d households with %d base points", v, uncleared, wrong, closed, was, homes, base)
		}
		old, fresh = old+was, fresh+is
	}
	return old, fresh
}
