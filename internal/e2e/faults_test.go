package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/demo"
	"cunfen/internal/month"
	"cunfen/internal/opening"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/shop"
)

// faultsRedisDB is the database of the test Redis that the deployment behind lossy lines has.
const faultsRedisDB = 10

// lossy stands between two machines and loses answers: of those that lose picks out, one in every so many is
// swallowed and the line cut, so that whoever asked never learns that it was done.
type lossy struct {
	at    string
	to    string
	lose  func(answer []byte) bool
	every int64
	seen  atomic.Int64
	lost  atomic.Int64
}

func (l *lossy) listen(t *testing.T) {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.at = in.Addr().String()
	t.Cleanup(func() { _ = in.Close() })
	go func() {
		for {
			near, err := in.Accept()
			if err != nil {
				return
			}
			go l.carry(near)
		}
	}()
}

func (l *lossy) carry(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer far.Close()
	go func() {
		_, _ = io.Copy(far, near)
		_ = far.Close()
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := far.Read(b)
		if err != nil {
			return
		}
		if l.lose(b[:n]) && l.seen.Add(1)%l.every == 0 {
			l.lost.Add(1)
			return
		}
		if _, err := near.Write(b[:n]); err != nil {
			return
		}
	}
}

// committed finds PostgreSQL's word that a transaction stands.
func committed(answer []byte) bool { return bytes.Contains(answer, []byte("COMMIT\x00")) }

// answered finds the beginning of an answer of the API.
func answered(answer []byte) bool { return bytes.HasPrefix(answer, []byte("HTTP/1.1 ")) }

// desk is a clerk at the counter, and a household with points that comes again and again for the same thing.
type desk struct {
	*client
	home     uuid.UUID
	goods    uuid.UUID
	price    int
	passbook int64
	made     map[string]bool // the redemptions that were acknowledged
}

const plenty = 10_000

// openDesk signs the clerk in and gives the nth household points enough, and the shelf goods enough.
func openDesk(t *testing.T, db *pgtest.DB, c *client, n int) *desk {
	t.Helper()
	ctx := t.Context()
	d := &desk{client: c, made: map[string]bool{}}
	err := db.Owner.QueryRow(ctx, `select id from household h where village_id = 320601 and state = 'active'
		and not exists (select from membership m where m.village_id = 320601 and m.household_id = h.id)
		and not exists (select from relative r where r.village_id = 320601 and r.household_id = h.id) order by id limit 1 offset $1`, n).Scan(&d.home)
	stock := 0
	if err == nil {
		err = db.Owner.QueryRow(ctx, `select id, price, stock from goods where village_id = 320601 and active order by id limit 1`).Scan(&d.goods, &d.price, &stock)
	}
	if err != nil {
		t.Fatal(err)
	}
	err = db.InVillage(ctx, actor.System(320601), func(tx pg.Tx) error {
		if stock < plenty {
			if _, err := shop.Move(ctx, tx, shop.Movement{Goods: d.goods, Quantity: plenty - stock, Kind: shop.Donated, Source: uuid.New()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = takeOver(ctx, db, 320601, []uuid.UUID{d.home}, plenty)
	}
	if err == nil {
		err = db.Owner.QueryRow(ctx, `select year from balance where village_id = 320601 and household_id = $1`, d.home).Scan(&d.passbook)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// takeOver gives households points out of old paper books, with all their signatures.
func takeOver(ctx context.Context, db *pgtest.DB, village actor.VillageID, homes []uuid.UUID, points int) error {
	books := &opening.Service{DB: db.DB}
	one := actor.Actor{Account: uuid.New(), Name: "记的人", Role: actor.Committee, Village: village}
	two := actor.Actor{Account: uuid.New(), Name: "签的人", Role: actor.Lead, Village: village}
	var all []opening.Opening
	for _, h := range homes {
		all = append(all, opening.Opening{HouseholdID: h, Points: points, AsOf: month.Date(db.Now())})
	}
	all, err := books.Note(ctx, one, all)
	if err != nil {
		return err
	}
	var ids []uuid.UUID
	for _, o := range all {
		ids = append(ids, o.ID)
	}
	pen := opening.Pen{Name: "见签字单", Image: bytes.Repeat([]byte{1}, 200)}
	if _, err := books.SignHome(ctx, one, ids, pen); err != nil {
		return err
	}
	_, err = books.SignGroup(ctx, two, ids, pen)
	return err
}

// secondFactor gives the clerk's code.
func (c *client) secondFactor() error {
	code, err := account.Code(demo.Secret(c.phone), time.Now())
	if err != nil {
		return err
	}
	body, _ := json.Marshal(map[string]string{"code": code})
	_, status, err := c.once(http.MethodPost, "/session/second-factor", "application/json", "", body)
	if err == nil && status >= 300 {
		err = fmt.Errorf("second factor: %d", status)
	}
	return err
}

// redeem hands one thing out, and writes the paper passbook down.
func (d *desk) redeem(ctx context.Context) error {
	body, _ := json.Marshal(map[string]any{"goods_id": d.goods, "quantity": 1, "price": d.price, "passbook": d.passbook, "receiver": "领物人", "on_paper": true})
	id, err := d.send(ctx, "/households/"+d.home.String()+"/redemptions", "application/json", body)
	if err != nil {
		return err
	}
	if d.made[id] {
		return fmt.Errorf("redemption %s was acknowledged for two requests", id)
	}
	d.made[id] = true
	d.passbook -= int64(d.price)
	return nil
}

// fetch sets one thing aside and hands it over.
func (d *desk) fetch(ctx context.Context, db *pgtest.DB) error {
	body, _ := json.Marshal(map[string]any{"items": []map[string]any{{"goods_id": d.goods, "quantity": 1, "price": d.price}}})
	order, err := d.send(ctx, "/households/"+d.home.String()+"/orders", "application/json", body)
	if err != nil {
		return err
	}
	body, _ = json.Marshal(map[string]any{"passbook": d.passbook, "receiver": "领物人", "on_paper": true})
	if _, err := d.send(ctx, "/orders/"+order+"/fulfil", "application/json", body); err != nil {
		return err
	}
	var id string
	if err := db.Owner.QueryRow(ctx, `select id::text from redemption where village_id = 320601 and order_id = $1`, order).Scan(&id); err != nil {
		return err
	}
	d.made[id] = true
	d.passbook -= int64(d.price)
	return nil
}

// settled checks that what was acknowledged is there, once, and nothing else: redemptions, points and pieces.
func (d *desk) settled(db *pgtest.DB, others int) {
	d.t.Helper()
	ctx := context.Background()
	rows, err := db.Owner.Query(ctx, `select r.id::text from redemption r join ledger_entry e on e.village_id = r.village_id and e.source_kind = 3 and e.source_id = r.id
		where r.village_id = 320601 and r.household_id = $1 and r.receiver = '领物人'`, d.home)
	if err != nil {
		d.t.Fatal(err)
	}
	found := 0
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			d.t.Fatal(err)
		}
		if found++; !d.made[id] {
			d.t.Errorf("redemption %s was made and never acknowledged", id)
		}
	}
	var year, stock int64
	err = db.Owner.QueryRow(ctx, `select b.year, g.stock from balance b, goods g where b.village_id = 320601 and b.household_id = $1 and g.village_id = 320601 and g.id = $2`, d.home, d.goods).Scan(&year, &stock)
	if err != nil || found != len(d.made) || year != d.passbook || stock != int64(plenty-len(d.made)-others) {
		d.t.Errorf("%d redemptions of %d, %d points of %d, %d pieces of %d (%v)", found, len(d.made), year, d.passbook, stock, plenty-len(d.made)-others, err)
	}
}

// TestRepliesLost loses one answer in sixteen between PostgreSQL and the web, always that of a commit, and one in
// sixteen between the web and its callers. They ask again under the same key: everything was done once.
func TestRepliesLost(t *testing.T) {
	db := pgtest.New(t)
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv("TEST_REDIS_ADDR"), DB: faultsRedisDB})
	t.Cleanup(func() { _ = rdb.Close() })
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	d := deploy(t, db)
	u, err := url.Parse(pgtest.DSN(db.Name, "cunfen_app"))
	if err != nil {
		t.Fatal(err)
	}
	inner, outer := &lossy{to: u.Host, lose: committed, every: 16}, &lossy{to: d.web, lose: answered, every: 16}
	inner.listen(t)
	outer.listen(t)
	u.Host = inner.at
	d.env = append(d.env, "CUNFEN_DB_APP="+u.String(), fmt.Sprintf("CUNFEN_REDIS=redis://%s/%d", os.Getenv("TEST_REDIS_ADDR"), faultsRedisDB))
	d.start("serve")
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()

	clerk := d.client(deskClerk)
	for clerk.signIn() != nil {
		if ctx.Err() != nil {
			t.Fatal("the clerk cannot sign in")
		}
	}
	if err := clerk.secondFactor(); err != nil {
		t.Fatal(err)
	}
	clerk.at = outer.at
	const each = 120
	desks := []*desk{openDesk(t, db, clerk, 0), openDesk(t, db, clerk, 1)}
	var all sync.WaitGroup
	for _, k := range desks {
		all.Go(func() {
			for range each {
				if err := k.redeem(ctx); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	claims := []map[string]bool{{}, {}}
	for i, phone := range []string{"13800001019", "13800001020"} {
		all.Go(func() {
			c := d.client(phone)
			c.at = outer.at
			for n := range 12 {
				if err := c.declare(ctx, uint64(i*1000+n), "丢回复测试", claims[i]); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	t.Logf("lost %d of %d commits' answers and %d of %d of the API's", inner.lost.Load(), inner.seen.Load(), outer.lost.Load(), outer.seen.Load())
	if inner.lost.Load() < 10 || outer.lost.Load() < 10 {
		t.Error("hardly anything was lost")
	}
	for _, k := range desks {
		k.settled(db, each)
	}
	maps.Copy(claims[0], claims[1])
	d.declared(db, "丢回复测试", claims[0])
	d.start("worker") // what the township's notices left to be done
	d.settled(ctx, db)
	if out := d.run("verify"); !strings.Contains(out, "全部一致") {
		t.Error(out)
	}
}
