// Package e2e drives the whole product as people do: real machines, a real browser, a month from the first
// photo to the goods in a household's hands.
package e2e

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/app"
	"cunfen/internal/blob/blobtest"
	"cunfen/internal/config"
	"cunfen/internal/demo"
	"cunfen/internal/pg/pgtest"
	"cunfen/tenants"
)

// stand is a whole deployment inside the test: web, worker, and a clock that the test moves.
type stand struct {
	t     *testing.T
	app   *app.App
	url   string
	owner *pgxpool.Pool // for looking at what no page shows
	shift atomic.Int64
}

// redisDB is the database of the test Redis that belongs to this package.
const redisDB = 14

func up(t *testing.T, start string) *stand {
	t.Helper()
	filled := groundAt(t, start)
	db := pgtest.Like(t, filled.database)
	s := &stand{t: t, owner: db.Owner}
	s.clock(filled.at)
	web := httptest.NewUnstartedServer(nil)
	s.url = "http://" + web.Listener.Addr().String()
	cfg := settings(db.Name, s.url)
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv("TEST_REDIS_ADDR"), DB: redisDB})
	defer rdb.Close()
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	s.app = s.open(cfg, app.Web)
	blobtest.Copy(t, filled.bucket, cfg.S3Bucket)
	cfg.DBKeeper = config.NewSecret(pgtest.DSN(db.Name, "cunfen_keeper"))
	worker := s.open(cfg, app.Worker)
	srv, err := s.app.Web()
	if err != nil {
		t.Fatal(err)
	}
	web.Config.Handler = srv
	web.Start()
	t.Cleanup(web.Close)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- worker.Jobs().Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("worker: %v", err)
		}
	})
	return s
}

func (s *stand) open(cfg config.Config, as app.Process) *app.App {
	s.t.Helper()
	a, err := app.Open(s.t.Context(), cfg, as)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(a.Close)
	a.DB.Now = s.now
	return a
}

// until waits for what the worker does in its own time.
func (s *stand) until(what string, ok func() bool) {
	s.t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	s.t.Fatalf("never: %s", what)
}

// holds waits until a statement that answers yes or no says yes.
func (s *stand) holds(sql string, args ...any) {
	s.t.Helper()
	s.until(sql, func() (yes bool) {
		if err := s.owner.QueryRow(s.t.Context(), sql, args...).Scan(&yes); err != nil {
			s.t.Fatal(err)
		}
		return yes
	})
}

func (s *stand) now() time.Time { return time.Now().Add(time.Duration(s.shift.Load())) }

// clock moves the clock of web and worker to an instant.
func (s *stand) clock(at string) {
	s.t.Helper()
	when, err := time.Parse(time.RFC3339, at)
	if err != nil {
		s.t.Fatal(err)
	}
	s.shift.Store(int64(time.Until(when)))
}

// settings are those of a deployment on a database of the test cluster.
func settings(database, url string) config.Config {
	return config.Config{Env: config.Test, BaseURL: url, Hosts: config.List{"127.0.0.1"}, OpsListen: "127.0.0.1:0",
		DBApp: config.NewSecret(pgtest.DSN(database, "cunfen_app")), DBWorker: config.NewSecret(pgtest.DSN(database, "cunfen_worker")),
		DBBureau: config.NewSecret(pgtest.DSN(database, "cunfen_bureau")), DBExport: config.NewSecret(pgtest.DSN(database, "cunfen_export")),
		Redis:      config.NewSecret(fmt.Sprintf("redis://%s/%d", os.Getenv("TEST_REDIS_ADDR"), redisDB)),
		S3Endpoint: os.Getenv("TEST_S3_ENDPOINT"), S3AccessKey: os.Getenv("TEST_S3_ACCESS_KEY"), S3SecretKey: config.NewSecret(os.Getenv("TEST_S3_SECRET_KEY")),
		S3Bucket: strings.ReplaceAll("e2e-"+database, "_", "-"), MasterKey: config.NewKey([32]byte{1, 2, 3}), SMSProvider: "console"}
}

// ground is the demo township as it is filled at an instant: once, and copied for each test that begins there.
type ground struct{ database, bucket, at string }

var grounds = map[string]ground{}

func groundAt(t *testing.T, start string) ground {
	t.Helper()
	if g, ok := grounds[start]; ok {
		return g
	}
	db := pgtest.New(t)
	s := &stand{t: t}
	s.clock(start)
	cfg := settings(db.Name, "http://127.0.0.1")
	a, err := app.Open(t.Context(), cfg, app.Web)
	if err != nil {
		t.Fatal(err)
	}
	a.DB.Now = s.now // which the demo moves, and moves back
	town, problems := tenants.Load(tenants.FS, "demo")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	f := &demo.Filler{Site: a.Site, Vault: a.Vault, Households: 40, Photos: true}
	err = f.Fill(t.Context(), town)
	a.Close()
	if err != nil {
		t.Fatal(err)
	}
	g := ground{database: db.Keep(t), bucket: cfg.S3Bucket, at: s.now().Format(time.RFC3339Nano)} // nothing in it is later than it begins
	grounds[start] = g
	return g
}
