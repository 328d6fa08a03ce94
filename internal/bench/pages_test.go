package bench

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"sync"
	"testing"
	"time"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/demo"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/picture"
)

// enter signs the person in and answers a client that holds the session.
func (s *site) enter(phone string) *http.Client {
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	var state struct {
		Owes string `json:"owes"`
	}
	must(s.ask(c, "/session", "", map[string]string{"phone": phone, "password": demo.Password}, &state))(s.b)
	if state.Owes == "second" {
		must(s.ask(c, "/session/second-factor", "", map[string]string{"code": must(account.Code(demo.Secret(phone), time.Now()))(s.b)}, nil))(s.b)
	}
	return c
}

// page reads one page to its last byte.
func (s *site) page(c *http.Client, path string) error {
	a, err := c.Get("http://" + s.listen + path)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK || a.Request.URL.Path != path {
		return fmt.Errorf("%s: %d at %s", path, a.StatusCode, a.Request.URL.Path)
	}
	_, err = io.Copy(io.Discard, a.Body)
	return err
}

// pages measures what people look at most: one after the other (P11), and the passbook's page at c = 8 beside
// pgbench's read of one row (P13).
func (s *site) pages(base *raw) (table []row) {
	of := map[actor.Role]*http.Client{}
	for _, p := range s.town.Villages[0].People {
		if (p.Role == actor.Household || p.Role == actor.Lead) && of[p.Role] == nil {
			of[p.Role] = s.enter(p.Phone)
		}
	}
	middle := func(c *http.Client, path string) float64 {
		var all []float64
		for range 200 {
			began := time.Now()
			if err := s.page(c, path); err != nil {
				s.b.Fatal(err)
			}
			all = append(all, float64(time.Since(began).Microseconds())/1000)
		}
		return median(all)
	}
	passbook, queue := middle(of[actor.Household], "/home"), middle(of[actor.Lead], "/review")
	table = append(table, row{"a household's passbook, the review queue: from request to last byte, p50 (P11)", fmt.Sprintf("%.1f, %.1f ms", passbook, queue), "≤ 5, 10 ms"})
	var own, least []float64
	for range rounds {
		own = append(own, together(s.b, 8, span, func(int) error { return s.page(of[actor.Household], "/home") }))
		least = append(least, base.rate("read_raw_pk.sql", 8, span))
	}
	return append(table, row{"a household's passbook a second, c = 8, share of pgbench's read of one row (P13)",
		fmt.Sprintf("%.0f %% (%.0f of %.0f)", 100*median(own)/median(least), median(own), median(least)), "≥ 25 %"})
}

// oneHome posts to a single household from 32 sides at once (P3), and weighs what a line takes on the disk (P12).
func oneHome(b *testing.B) []row {
	db, base := pgtest.New(b), openRaw(b)
	home, ctx, who := homes(b, db)[0], context.Background(), actor.System(pgtest.A)
	var own, least []float64
	var waits []time.Duration
	var lock sync.Mutex
	for range rounds {
		own = append(own, together(b, 32, span, func(int) error {
			began := time.Now()
			var batch pg.Batch
			var posted ledger.Posted
			ledger.QueuePost(&batch, pgtest.A, db.Now(), award(home), &posted)
			err := db.Run(ctx, who, &batch)
			lock.Lock()
			waits = append(waits, time.Since(began))
			lock.Unlock()
			return err
		}))
		least = append(least, base.rate("hot_raw_pipe.sql", 32, span))
	}
	slices.Sort(waits)
	must(db.Owner.Exec(ctx, `vacuum analyze ledger_entry`))(b)
	var bytes, lines int64
	if err := db.Owner.QueryRow(ctx, `select pg_total_relation_size('ledger_entry'), count(*) from ledger_entry`).Scan(&bytes, &lines); err != nil {
		b.Fatal(err)
	}
	return []row{
		{"postings to one household at c = 32, share of pgbench with one row; p99 (P3)",
			fmt.Sprintf("%.0f %% (%.0f of %.0f); %d ms", 100*median(own)/median(least), median(own), median(least), waits[len(waits)*99/100].Milliseconds()), "≥ 100 %, ≤ 50 ms"},
		{"a line of the ledger on the disk, its indexes included (P12)", fmt.Sprintf("%d bytes", bytes/lines), "≤ 350"}}
}

// photos takes in a photo as a phone sends it: read, turned upright, without its place, hashed (P14).
func photos(b *testing.B) []row {
	m, rng := image.NewRGBA(image.Rect(0, 0, 1600, 1200)), rand.New(rand.NewPCG(1, 2))
	for y := range 1200 {
		for x := range 1600 {
			m.Set(x, y, color.RGBA{uint8(x/8 + rng.IntN(12)), uint8(y / 6), uint8((x + y) / 12), 255})
		}
	}
	var sent bytes.Buffer
	if err := jpeg.Encode(&sent, m, &jpeg.Options{Quality: 60}); err != nil {
		b.Fatal(err)
	}
	var each []time.Duration
	for range 20 {
		began := time.Now()
		must(picture.Clean(context.Background(), bytes.NewReader(sent.Bytes())))(b)
		each = append(each, time.Since(began))
	}
	return []row{{fmt.Sprintf("a photo of %d KB taken in: read, re-encoded, hashed (P14)", sent.Len()/1000), fmt.Sprintf("%d ms", median(each).Milliseconds()), "≤ 80 ms"}}
}
