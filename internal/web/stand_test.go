package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"cunfen/internal/actor"
	"cunfen/internal/app"
	"cunfen/internal/authz"
	"cunfen/internal/config"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/session"
	"cunfen/internal/web"
	"cunfen/internal/web/ui"
)

// redisDB is the database of the test Redis that belongs to this package.
const redisDB = 12

// today is when the tests happen: October is published and still open to objections, November under way.
const today = "2026-11-10T15:00:00+08:00"

// stand is the whole server on real machines, with villages A, B and C and people of every kind.
type stand struct {
	t      testing.TB
	app    *app.App
	db     *pgtest.DB
	server *web.Server
	url    string
	a, b   *place
	people map[string]*person
	order  []*person
	api    *description
}

// person is somebody at a browser. The zero seat is somebody who is not signed in.
type person struct {
	key    string
	of     *place // nil above the villages
	who    actor.Actor
	seat   session.Seat
	cookie *http.Cookie
	phone  string
	out    bool // has a session that must count for nothing
}

func env(t testing.TB, name string) string {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		t.Fatalf("%s is not set: run the tests by make test, or inside cunfen dev exec", name)
	}
	return v
}

// up opens the program as its main does, fills it and serves it.
func up(t testing.TB) *stand {
	t.Helper()
	db := pgtest.New(t)
	front := httptest.NewUnstartedServer(nil)
	front.Config.ErrorLog = nil
	s := &stand{t: t, db: db, url: "http://" + front.Listener.Addr().String(), people: map[string]*person{}}
	addr := env(t, "TEST_REDIS_ADDR")
	rdb := redis.NewClient(&redis.Options{Addr: addr, DB: redisDB})
	defer rdb.Close()
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	cfg := config.Config{Env: config.Test, BaseURL: s.url, Hosts: config.List{"127.0.0.1"}, LogLevel: 8, SMSProvider: "console",
		DBApp: config.NewSecret(pgtest.DSN(db.Name, "cunfen_app")), DBWorker: config.NewSecret(pgtest.DSN(db.Name, "cunfen_worker")),
		DBBureau: config.NewSecret(pgtest.DSN(db.Name, "cunfen_bureau")), DBExport: config.NewSecret(pgtest.DSN(db.Name, "cunfen_export")),
		Redis: config.NewSecret(fmt.Sprintf("redis://%s/%d", addr, redisDB)), MasterKey: config.NewKey([32]byte{4, 5, 6}),
		S3Endpoint: env(t, "TEST_S3_ENDPOINT"), S3AccessKey: env(t, "TEST_S3_ACCESS_KEY"), S3SecretKey: config.NewSecret(env(t, "TEST_S3_SECRET_KEY")),
		S3Bucket: "web-" + strings.ReplaceAll(db.Name, "_", "-")}
	var err error
	if s.app, err = app.Open(t.Context(), cfg, app.Web); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.app.Close)
	s.fill()
	if s.server, err = s.app.Web(); err != nil {
		t.Fatal(err)
	}
	front.Config.Handler = s.server
	front.Start()
	t.Cleanup(front.Close)
	return s
}

// run is a subtest on the stand.
func (s *stand) run(t *testing.T, name string, try func(*testing.T)) {
	t.Run(name, func(t *testing.T) {
		whole := s.t
		s.t = t
		defer func() { s.t = whole }()
		try(t)
	})
}

// lay serves the same site another way beside the first server: with another policy, say.
func (s *stand) lay(change func(*ui.Site)) (back func()) {
	s.t.Helper()
	site, kept := *s.app.Site, *s.app.Site.Shell
	change(&site)
	srv, err := web.New(&site, web.Options{Hosts: []string{"127.0.0.1"}, Plain: true})
	if err != nil {
		s.t.Fatal(err)
	}
	front := httptest.NewServer(srv)
	before := s.url
	s.url = front.URL
	return func() { s.url = before; front.Close(); *site.Shell = kept }
}

// at moves the program's clock; it does not go on by itself.
func (s *stand) at(when string) {
	t, err := time.Parse(time.RFC3339, when)
	if err != nil {
		s.t.Fatal(err)
	}
	s.app.DB.Now = func() time.Time { return t }
}

// exec arranges as the owner of the database, past every fence.
func (s *stand) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Owner.Exec(context.Background(), sql, args...); err != nil {
		s.t.Fatalf("%v\n%s", err, sql)
	}
}

// begin starts the person's session anew.
func (s *stand) begin(p *person) {
	s.t.Helper()
	if p == nil {
		return
	}
	w := httptest.NewRecorder()
	h := s.app.Site.Sessions.Middleware(func(_ http.ResponseWriter, _ *http.Request, err error) { s.t.Error(err) })(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if err := s.app.Site.Sessions.Begin(r.Context(), p.seat); err != nil {
				s.t.Error(err)
			}
		}))
	h.ServeHTTP(w, httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, "/", nil))
	for _, c := range w.Result().Cookies() {
		if c.Value != "" {
			p.cookie = c
		}
	}
}

// call is one request.
type call struct {
	method, path string
	kind, body   string // content type and body
	header       map[string]string
	bare         bool // without the headers by which a browser says that the page is ours
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) to() string { return a.header.Get("Location") }

var client = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{DisableCompression: true, ExpectContinueTimeout: 5 * time.Second, MaxIdleConnsPerHost: 16},
	Timeout:       30 * time.Second,
}

// send makes the request as the person; nil is somebody without a cookie.
func (s *stand) send(p *person, c call) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), c.method, s.url+c.path, strings.NewReader(c.body))
	if err != nil {
		s.t.Fatal(err)
	}
	if c.kind != "" {
		req.Header.Set("Content-Type", c.kind)
	}
	if p != nil && p.cookie != nil {
		req.AddCookie(p.cookie)
	}
	if !c.bare && c.method != http.MethodGet {
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Origin", s.url)
	}
	for k, v := range c.header {
		req.Header.Set(k, v)
	}
	resp, err := client.Do(req)
	if err != nil {
		s.t.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, resp.Body); err != nil {
		s.t.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	return answer{resp.StatusCode, resp.Header, b.String()}
}

func (s *stand) get(p *person, path string) answer {
	s.t.Helper()
	return s.send(p, call{method: http.MethodGet, path: path})
}

// rows is a fingerprint of everything that a village has: a line a table. What is recorded of somebody turned
// away is not in it.
func (s *stand) rows(v actor.VillageID) (out string) {
	s.t.Helper()
	ctx := context.Background()
	err := s.db.Owner.QueryRow(ctx, s.fingerprint(), int64(v)).Scan(&out)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

const sqlVillageTables = `select string_agg(format(
  'select %L || '' '' || count(*) || '' '' || md5(coalesce(string_agg(t::text, ''|'' order by t::text collate "C"), '''')) as line from %I t where village_id = $1%s',
  c.relname, c.relname, case c.relname when 'audit' then ' and verb <> ''denied''' else '' end), ' union all ' order by c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
where n.nspname = 'public' and c.relkind in ('r', 'p') and a.attname = 'village_id' and not a.attisdropped`

var fingerprints = map[string]string{}

func (s *stand) fingerprint() string {
	s.t.Helper()
	if q, ok := fingerprints[s.db.Name]; ok {
		return q
	}
	var each string
	if err := s.db.Owner.QueryRow(context.Background(), sqlVillageTables).Scan(&each); err != nil {
		s.t.Fatal(err)
	}
	q := `select string_agg(line, E'\n' order by line) from (` + each + `
		union all select 'village itself ' || md5(v::text) from village v where id = $1
		union all select 'accounts ' || md5(string_agg(a::text, '|' order by id)) from account a where villages @> array[$1::bigint]) x`
	fingerprints[s.db.Name] = q
	return q
}

// moved is what differs between two fingerprints, by table.
func moved(before, after string) (tables []string) {
	old := map[string]bool{}
	for line := range strings.Lines(before) {
		old[strings.TrimSpace(line)] = true
	}
	for line := range strings.Lines(after) {
		if line = strings.TrimSpace(line); !old[line] {
			tables = append(tables, line)
		}
	}
	return tables
}

// may asks the compiled policy, as the server does.
func (s *stand) may(p *person, a authz.Action) bool { return s.app.Site.Auth.May(p.who.Role, a) }
