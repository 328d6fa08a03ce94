package app

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"cunfen/internal/config"
	"cunfen/internal/pg/pgtest"
)

// redisDB is the database of the test Redis that belongs to this test.
const redisDB = 9

// TestAllPublishAtTheSameMinute: twenty-four villages have the same fixed day. The worker puts all their notices
// out, each once; one village whose rules cannot be read holds up none of the others, and catches up when they
// can be read again.
func TestAllPublishAtTheSameMinute(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	db := pgtest.New(t)
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv("TEST_REDIS_ADDR"), DB: redisDB})
	defer rdb.Close()
	if err := rdb.FlushDB(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	const villages, first, broken = 24, 101, 107
	for v := first; v < first+villages; v++ {
		db.Exec(t, `insert into village (id, township_id, code, name, kind, settings, created_at) values ($1, 1, $2, $3, 'village', '{"calendar": {"notice_day": 1}}', now())`, v, fmt.Sprintf("v%d", v), fmt.Sprintf("第%d村", v))
		settings := `{"objection_days": 7}`
		if v == broken {
			settings = `{"objection_days": "七天"}`
		}
		db.Exec(t, `insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at) values ($1, 1, 2026, '2026-01-01', '', 0, $2, '', now())`, v, settings)
		db.Exec(t, `insert into household (village_id, id, door, head, residence, passbook_no, registered_on, base_unlocks_on, created_at, updated_at)
			select $1, gen_random_uuid(), n || '号', '张桂兰', 'local', n::text, '2026-01-05', '2027-01-05', now(), now() from generate_series(1, 60) n`, v)
		db.Exec(t, `insert into sheet (village_id, month, state, posted_at) values ($1, 202610, 'posted', now())`, v)
	}
	at, _ := time.Parse(time.RFC3339, "2026-11-01T08:00:05+08:00")
	shift := time.Until(at)
	cfg := config.Config{Env: config.Test, BaseURL: "http://127.0.0.1", Hosts: config.List{"127.0.0.1"}, OpsListen: "127.0.0.1:0",
		DBApp: config.NewSecret(pgtest.DSN(db.Name, "cunfen_app")), DBWorker: config.NewSecret(pgtest.DSN(db.Name, "cunfen_worker")),
		DBBureau: config.NewSecret(pgtest.DSN(db.Name, "cunfen_bureau")), DBExport: config.NewSecret(pgtest.DSN(db.Name, "cunfen_export")),
		Redis:      config.NewSecret(fmt.Sprintf("redis://%s/%d", os.Getenv("TEST_REDIS_ADDR"), redisDB)),
		S3Endpoint: os.Getenv("TEST_S3_ENDPOINT"), S3AccessKey: os.Getenv("TEST_S3_ACCESS_KEY"), S3SecretKey: config.NewSecret(os.Getenv("TEST_S3_SECRET_KEY")),
		S3Bucket: strings.ReplaceAll("app-"+db.Name, "_", "-"), MasterKey: config.NewKey([32]byte{1, 2, 3}), SMSProvider: "console"}
	a, err := Open(ctx, cfg, Worker)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	a.DB.Now = func() time.Time { return time.Now().Add(shift) }
	done := make(chan error, 1)
	go func() { done <- a.Jobs().Run(ctx) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	count := func(sql string, args ...any) (n int) {
		t.Helper()
		if err := db.Owner.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const out = `select count(*) from notice where village_id between 101 and 124`
	wait(t, "all but the broken one", func() bool { return count(out) == villages-1 })
	wait(t, "the broken one was tried", func() bool {
		return count(`select count(*) from outbox where village_id = $1 and kind = 'notice.publish' and attempts > 0`, broken) == 1
	})
	if count(`select count(*) from notice where village_id = $1`, broken) != 0 {
		t.Error("a village without rules published")
	}
	db.Exec(t, `update rule_set set settings = '{"objection_days": 7}' where village_id = $1`, broken)
	db.Exec(t, `update outbox set due_at = $2, state = 0, attempts = 0, queued_at = null where village_id = $1 and kind = 'notice.publish'`, broken, a.DB.Now().Add(-time.Minute))
	wait(t, "the broken one after it was mended", func() bool { return count(out) == villages })
	if n := count(`select count(*) from (select village_id from notice where village_id between 101 and 124 group by village_id having count(*) = 1 and sum(households) = 60) v`); n != villages {
		t.Errorf("%d villages with their one notice", n)
	}
	if n := count(`select count(*) from sheet where village_id between 101 and 124 and state = 'published'`); n != villages {
		t.Errorf("%d sheets published", n)
	}
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1200 {
		if ok() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}
