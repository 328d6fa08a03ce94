package bench

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/policies"
)

const households = 1200

// homes puts a village's households and their balances in at once.
func homes(b *testing.B, db *pgtest.DB) (all []uuid.UUID) {
	b.Helper()
	ctx := context.Background()
	for range households {
		all = append(all, pg.NewID())
	}
	for _, sql := range []string{
		`insert into household (village_id, id, door, head, residence, passbook_no, registered_on, base_unlocks_on, created_at, updated_at)
			select 11, id, id::text, '户', 'local', id::text, '2026-01-05', '2027-01-05', now(), now() from unnest($1::uuid[]) id`,
		`insert into balance (village_id, household_id) select 11, id from unnest($1::uuid[]) id`,
	} {
		if _, err := db.Owner.Exec(ctx, sql, all); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := db.Owner.Exec(ctx, `analyze household, balance`); err != nil {
		b.Fatal(err)
	}
	return all
}

func award(home uuid.UUID) ledger.Entry {
	now := time.Now()
	return ledger.Entry{HouseholdID: home, SourceKind: ledger.FromClaim, SourceID: pg.NewID(), Points: 5, Month: month.Of(now), OccurredOn: now, RuleVersion: 1,
		Kind: ledger.Award, Bucket: ledger.YearBucket, Scores: true, Item: "P07"}
}

// wholeMonth posts a village's month in one transaction, and lines one by one (P4).
func wholeMonth(b *testing.B) []row {
	db := pgtest.New(b)
	all, ctx, who := homes(b, db), context.Background(), actor.System(pgtest.A)
	var month, single []float64
	var took []time.Duration
	for range rounds {
		book := make([]ledger.Entry, 0, 5*households)
		for i := range cap(book) {
			book = append(book, award(all[i%households]))
		}
		began := time.Now()
		if err := db.InVillage(ctx, who, func(tx pg.Tx) error { _, err := ledger.PostAll(ctx, tx, book); return err }); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
		month = append(month, float64(len(book))/time.Since(began).Seconds())
		const lines = 1000
		began = time.Now()
		for i := range lines {
			var batch pg.Batch
			var posted ledger.Posted
			ledger.QueuePost(&batch, pgtest.A, db.Now(), award(all[i%households]), &posted)
			if err := db.Run(ctx, who, &batch); err != nil {
				b.Fatal(err)
			}
		}
		single = append(single, lines/time.Since(began).Seconds())
	}
	return []row{{"a village's month, 6,000 entries in one transaction (P4)",
		fmt.Sprintf("%d ms; %.0f× the entries/s of one at a time (%.0f against %.0f)", median(took).Milliseconds(), median(month)/median(single), median(month), median(single)),
		"≤ 100 ms, ≥ 25×"}}
}

// fencesShare posts and reads as the web does, and as a superuser whom no policy binds (P8).
func fencesShare(b *testing.B) []row {
	db := pgtest.New(b)
	all, ctx := homes(b, db), context.Background()
	connect := func(role string) *pgx.Conn {
		c, err := pgx.Connect(ctx, pgtest.DSN(db.Name, role))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = c.Close(ctx) })
		return c
	}
	fenced, free := connect("cunfen_app"), connect("")
	post := func(c *pgx.Conn, i int) *pgx.Batch {
		q := &pgx.Batch{}
		q.Queue(`select posted from ledger_post(11, $1, $2, null, null, 2::smallint, $3, null, null, null, $4, 5, 202611, '2026-11-02', 1, 2::smallint, 2::smallint, true, 'P07')`,
			pg.NewID(), all[i%households], pg.NewID(), time.Now())
		return q
	}
	read := func(c *pgx.Conn, i int) *pgx.Batch {
		q := &pgx.Batch{}
		q.Queue(`select base, year, score, honour, held, disputed from balance where village_id = 11 and household_id = $1`, all[i%households])
		return q
	}
	run := func(c *pgx.Conn, work func(*pgx.Conn, int) *pgx.Batch, n int) float64 {
		began := time.Now()
		for i := range n {
			q := &pgx.Batch{}
			q.Queue("begin")
			q.Queue("select bind_village(11)")
			q.QueuedQueries = append(q.QueuedQueries, work(c, i).QueuedQueries...)
			q.Queue("commit")
			if err := c.SendBatch(ctx, q).Close(); err != nil {
				b.Fatal(err)
			}
		}
		return float64(n) / time.Since(began).Seconds()
	}
	share := func(work func(*pgx.Conn, int) *pgx.Batch, n int) string {
		var with, without []float64
		for range 15 {
			with, without = append(with, run(fenced, work, n)), append(without, run(free, work, n))
		}
		return fmt.Sprintf("%.0f %%", 100*(1-median(with)/median(without)))
	}
	share(read, 200) // both prepared and warm
	return []row{{"row-level security's share of a posting, and of a point read (P8)", share(post, 400) + ", " + share(read, 800), "≤ 10 %"}}
}

// decisions asks the compiled policy (P9).
func decisions(b *testing.B) []row {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	table, err := authz.Compile(policies.Model, policies.Policy)
	if err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept := max(int64(after.HeapAlloc)-int64(before.HeapAlloc), 0)
	var each []float64
	for range rounds {
		const n = 5_000_000
		began, yes := time.Now(), 0
		for i := range n {
			if table.May(actor.Roles[i%len(actor.Roles)], authz.Actions[i%len(authz.Actions)]) {
				yes++
			}
		}
		each = append(each, float64(time.Since(began).Nanoseconds())/n)
		if yes == 0 {
			b.Fatal("nobody may anything")
		}
	}
	return []row{{"one authorisation decision (P9); the policy names no village, so their number does not enter",
		fmt.Sprintf("%.0f ns; %d KiB kept", median(each), kept>>10), "≤ 200 ns, ≤ 5 MiB"}}
}
