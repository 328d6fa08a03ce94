package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/actor"
	"cunfen/internal/demo"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/queue"
)

// killRedisDB is the database of the test Redis that the killed deployment has, to be wiped under it.
const killRedisDB = 15

// deployment is the real binary: web and worker as processes that can be killed.
type deployment struct {
	t      *testing.T
	binary string
	env    []string
	web    string // address
	mu     sync.Mutex
	alive  map[string]*exec.Cmd
	ready  map[string]string // of each verb, where it says that it is ready
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func deploy(t *testing.T, db *pgtest.DB) *deployment {
	t.Helper()
	d := build(t, db)
	d.run("demo", "--small", "--households", "30")
	t.Cleanup(func() { d.kill("serve"); d.kill("worker") })
	return d
}

// build makes the binary and its surroundings; nothing is filled in yet.
func build(t *testing.T, db *pgtest.DB) *deployment {
	t.Helper()
	d := &deployment{t: t, binary: filepath.Join(t.TempDir(), "cunfen"), web: free(t), alive: map[string]*exec.Cmd{},
		ready: map[string]string{"serve": free(t), "worker": free(t)}}
	if out, err := exec.Command("go", "build", "-o", d.binary, "cunfen/cmd/cunfen").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	key := bytes.Repeat([]byte{7}, 32)
	d.env = append(os.Environ(), "CUNFEN_ENV=test", "CUNFEN_LISTEN="+d.web, "CUNFEN_BASE_URL=http://"+d.web, "CUNFEN_LOG_LEVEL=ERROR",
		"CUNFEN_DB_APP="+pgtest.DSN(db.Name, "cunfen_app"), "CUNFEN_DB_WORKER="+pgtest.DSN(db.Name, "cunfen_worker"),
		"CUNFEN_DB_BUREAU="+pgtest.DSN(db.Name, "cunfen_bureau"), "CUNFEN_DB_EXPORT="+pgtest.DSN(db.Name, "cunfen_export"),
		fmt.Sprintf("CUNFEN_REDIS=redis://%s/%d", os.Getenv("TEST_REDIS_ADDR"), killRedisDB), "CUNFEN_S3_ENDPOINT="+os.Getenv("TEST_S3_ENDPOINT"),
		"CUNFEN_S3_ACCESS_KEY="+os.Getenv("TEST_S3_ACCESS_KEY"), "CUNFEN_S3_SECRET_KEY="+os.Getenv("TEST_S3_SECRET_KEY"),
		"CUNFEN_S3_BUCKET="+strings.ReplaceAll("kill-"+db.Name, "_", "-"), "CUNFEN_MASTER_KEY="+base64.StdEncoding.EncodeToString(key))
	return d
}

// run does one verb to its end.
func (d *deployment) run(verb ...string) string {
	d.t.Helper()
	cmd := exec.Command(d.binary, verb...)
	cmd.Env = append(d.env, "CUNFEN_OPS_LISTEN=127.0.0.1:0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("cunfen %s: %v: %s", strings.Join(verb, " "), err, out)
	}
	return string(out)
}

// start starts web or worker and waits until it is ready.
func (d *deployment) start(verb string) {
	cmd := exec.Command(d.binary, verb)
	cmd.Env, cmd.Stderr = append(d.env, "CUNFEN_OPS_LISTEN="+d.ready[verb]), os.Stderr
	if err := cmd.Start(); err != nil {
		d.t.Error(err)
		return
	}
	d.mu.Lock()
	d.alive[verb] = cmd
	d.mu.Unlock()
	for range 200 {
		if r, err := http.Get("http://" + d.ready[verb] + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	d.t.Errorf("%s did not become ready", verb)
}

// kill ends a process the hard way.
func (d *deployment) kill(verb string) {
	d.mu.Lock()
	cmd := d.alive[verb]
	delete(d.alive, verb)
	d.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Signal(syscall.SIGKILL)
		_ = cmd.Wait()
	}
}

// client is a household's phone: it sends everything with a key, and again until it is answered.
type client struct {
	*deployment
	at    string // the address at which it finds the web
	phone string
	http  *http.Client
}

func (d *deployment) client(phone string) *client {
	jar, _ := cookiejar.New(nil)
	return &client{d, d.web, phone, &http.Client{Jar: jar, Timeout: 10 * time.Second}}
}

func (c *client) signIn() error {
	body, _ := json.Marshal(map[string]string{"phone": c.phone, "password": demo.Password})
	_, status, err := c.once(http.MethodPost, "/session", "application/json", "", body)
	if err == nil && status >= 300 {
		err = fmt.Errorf("sign-in: %d", status)
	}
	return err
}

func (c *client) once(method, path, kind, key string, body []byte) (out []byte, status int, err error) {
	r, err := http.NewRequest(method, "http://"+c.at+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", "http://"+c.at)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	a, err := c.http.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer a.Body.Close()
	out, err = io.ReadAll(a.Body)
	return out, a.StatusCode, err
}

// send posts under one key until there is an answer that is not about the deployment's own trouble.
func (c *client) send(ctx context.Context, path, kind string, body []byte) (id string, err error) {
	key := uuid.NewString()
	for ctx.Err() == nil {
		out, status, err := c.once(http.MethodPost, path, kind, key, body)
		switch {
		case err != nil, status >= 500, status == http.StatusTooManyRequests:
			time.Sleep(50 * time.Millisecond)
		case status == http.StatusUnauthorized:
			_ = c.signIn()
			time.Sleep(20 * time.Millisecond)
		case status >= 300:
			return "", fmt.Errorf("%s: %d %s", path, status, out)
		default:
			var made struct{ ID string }
			return made.ID, json.Unmarshal(out, &made)
		}
	}
	return "", ctx.Err()
}

func photo(n uint64) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 320, 240))
	rng := rand.New(rand.NewPCG(n, 1))
	for range 3000 {
		img.Set(rng.IntN(320), rng.IntN(240), color.RGBA{uint8(rng.IntN(255)), uint8(rng.IntN(255)), uint8(rng.IntN(255)), 255})
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil)
	return b.Bytes()
}

// declare sends a photo and a claim that rests on it, and remembers the claim as acknowledged.
func (c *client) declare(ctx context.Context, n uint64, note string, acked map[string]bool) error {
	shot, err := c.send(ctx, "/evidence", "image/jpeg", photo(n))
	if err != nil {
		return err
	}
	body, _ := json.Marshal(map[string]any{"item": "P18", "parts": map[string]int{"": 1}, "occurred_on": time.Now().In(time.FixedZone("", 8*3600)).Format("2006-01-02"),
		"note": note, "evidence": []string{shot}})
	id, err := c.send(ctx, "/claims", "application/json", body)
	if err == nil && acked[id] {
		err = fmt.Errorf("claim %s was acknowledged for two requests", id)
	}
	acked[id] = true
	return err
}

// declared checks that the claims that were acknowledged are there, once, each with its photo, and no other.
func (d *deployment) declared(db *pgtest.DB, note string, acked map[string]bool) {
	d.t.Helper()
	rows, err := db.Owner.Query(context.Background(), `select c.id::text, (select count(*) from evidence e where e.village_id = c.village_id and e.claim_id = c.id) from claim c where note = $1`, note)
	if err != nil {
		d.t.Fatal(err)
	}
	found := 0
	for rows.Next() {
		var id string
		var photos int
		if err := rows.Scan(&id, &photos); err != nil {
			d.t.Fatal(err)
		}
		if !acked[id] || photos != 1 {
			d.t.Errorf("claim %s with %d photos: acknowledged %t", id, photos, acked[id])
		}
		found++
	}
	if found != len(acked) {
		d.t.Errorf("%d claims are there; want %d", found, len(acked))
	}
}

// TestKilled kills web and worker again and again while households declare with photos, the desk hands goods out, some of them set aside
// before, and
// corrected notices are published, and wipes Redis under them (once the desk is done: its clerk's authenticator has
// one code in half a minute): everything acknowledged is there, once, and nothing else.
func TestKilled(t *testing.T) {
	db := pgtest.New(t)
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv("TEST_REDIS_ADDR"), DB: killRedisDB})
	t.Cleanup(func() { _ = rdb.Close() })
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	d := deploy(t, db)
	d.start("serve")
	d.start("worker")
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()

	clerk := d.client(deskClerk)
	if err := errors.Join(clerk.signIn(), clerk.secondFactor()); err != nil {
		t.Fatal(err)
	}
	counter := openDesk(t, db, clerk, 0)
	claims := []map[string]bool{{}, {}, {}}
	var served, over atomic.Bool
	var all sync.WaitGroup
	all.Go(func() {
		defer served.Store(true)
		for n := range 60 {
			hand := counter.redeem
			if n%3 == 0 {
				hand = func(ctx context.Context) error { return counter.fetch(ctx, db) }
			}
			if err := hand(ctx); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(40 * time.Millisecond) // so that it goes on through several deaths
		}
	})
	for i, phone := range []string{"13800001019", "13800001020", "13800001021"} {
		all.Go(func() {
			c := d.client(phone)
			for n := range 25 {
				if err := c.declare(ctx, uint64(i*1000+n), "杀进程测试", claims[i]); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	corrections := correct(t, db)
	go func() { all.Wait(); over.Store(true) }()
	deaths, wiped := 0, 0
	for round := 0; (!over.Load() || wiped == 0) && ctx.Err() == nil; round++ {
		time.Sleep(time.Duration(300+rand.IntN(700)) * time.Millisecond)
		verb := []string{"serve", "worker"}[round%2]
		d.kill(verb)
		if !served.Load() {
			deaths++
		} else if round%3 == 1 {
			if err := rdb.FlushDB(ctx).Err(); err != nil {
				t.Error(err)
			}
			wiped++
		}
		d.start(verb)
	}
	all.Wait()
	if deaths < 2 {
		t.Errorf("only %d deaths while the desk was open", deaths)
	}
	d.settled(ctx, db)
	counter.settled(db, 0)
	acked := map[string]bool{}
	for _, c := range claims {
		maps.Copy(acked, c)
	}
	if len(acked) != 75 {
		t.Fatalf("%d claims were acknowledged; want 75", len(acked))
	}
	d.declared(db, "杀进程测试", acked)
	var issued int
	if err := db.Owner.QueryRow(ctx, `select count(*) from notice where village_id = 320601 and month = $1 and number > 1`, corrections).Scan(&issued); err != nil || issued != 1 {
		t.Errorf("%d corrected notices, %v; want 1", issued, err)
	}
	if out := d.run("verify"); !strings.Contains(out, "全部一致") {
		t.Error(out)
	}
}

// correct leaves the job of a corrected notice for the last published month, once.
func correct(t *testing.T, db *pgtest.DB) (m int) {
	t.Helper()
	ctx := t.Context()
	if err := db.Owner.QueryRow(ctx, `select max(month) from sheet where village_id = 320601 and state = 'published'`).Scan(&m); err != nil {
		t.Fatal(err)
	}
	job := notice.CorrectJob{Month: month.Month(m), Because: uuid.New()}
	err := db.InVillage(ctx, actor.System(320601), func(tx pg.Tx) error {
		return queue.Add(ctx, tx, job)
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// settled waits until no job is due any more.
func (d *deployment) settled(ctx context.Context, db *pgtest.DB) {
	d.t.Helper()
	open := -1
	for ctx.Err() == nil {
		if err := db.Owner.QueryRow(ctx, `select count(*) from outbox where state in (0, 1) and due_at <= now()`).Scan(&open); err != nil {
			d.t.Fatal(err)
		}
		if open == 0 {
			return
		}
		time.Sleep(300 * time.Millisecond)
	}
	d.t.Errorf("%d jobs are still open", open)
}
