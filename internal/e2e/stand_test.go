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
	at, err := time.Parse(time.RFC3339, start)
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.New(t)
	s := &stand{t: t, owner: db.Owner}
	s.shift.Store(int64(time.Until(at)))
	web := httptest.NewUnstartedServer(nil)
	s.url = "http://" + web.Listener.Addr().String()
	cfg := config.Config{Env: config.Test, BaseURL: s.url, Hosts: config.List{"127.0.0.1"}, OpsListen: "127.0.0.1:0",
		DBApp: config.NewSecret(pgtest.DSN(db.Name, "cunfen_app")), DBWorker: config.NewSecret(pgtest.DSN(db.Name, "cunfen_worker")),
		DBBureau: config.NewSecret(pgtest.DSN(db.Name, "cunfen_bureau")), DBExport: config.NewSecret(pgtest.DSN(db.Name, "cunfen_export")),
		Redis:      config.NewSecret(fmt.Sprintf("redis://%s/%d", os.Getenv("TEST_REDIS_ADDR"), redisDB)),
		S3Endpoint: os.Getenv("TEST_S3_ENDPOINT"), S3AccessKey: os.Getenv("TEST_S3_ACCESS_KEY"), S3SecretKey: config.NewSecret(os.Getenv("TEST_S3_SECRET_KEY")),
		S3Bucket: strings.ReplaceAll("e2e-"+db.Name, "_", "-"), MasterKey: config.NewKey([32]byte{1, 2, 3}), SMSProvider: "console"}
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv("TEST_REDIS_ADDR"), DB: redisDB})
	defer rdb.Close()
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	s.app = s.open(cfg, app.Web)
	worker := s.open(cfg, app.Worker)
	srv, err := s.app.Web()
	if err != nil {
		t.Fatal(err)
	}
	web.Config.Handler = srv
	web.Start()
	t.Cleanup(web.Close)
	s.fill()
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

// fill brings the demo township in, through a connection of its own whose clock the demo moves.
func (s *stand) fill() {
	s.t.Helper()
	a, err := app.Open(s.t.Context(), s.app.Config, app.Web)
	if err != nil {
		s.t.Fatal(err)
	}
	defer a.Close()
	a.DB.Now = s.now
	town, problems := tenants.Load(tenants.FS, "demo")
	if len(problems) > 0 {
		s.t.Fatal(problems)
	}
	f := &demo.Filler{Site: a.Site, Vault: a.Vault, Households: 40, Photos: true}
	if err := f.Fill(s.t.Context(), town); err != nil {
		s.t.Fatal(err)
	}
}
