package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/crypt"
	"cunfen/internal/demo"
	"cunfen/internal/group"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/shop"
	"cunfen/tenants"
)

// stall is one desk of a village on its redemption day: a clerk and the households that come.
type stall struct {
	*client
	village int64
	homes   []uuid.UUID
	phones  []*client // of the first of the homes
	goods   uuid.UUID
	price   int
}

// phonesEach is how many households of a desk have a phone, and reserve by it what they fetch.
const phonesEach = 3

// TestRedemptionDay is a township's redemption day over HTTP against the real program: in every village several
// desks hand out at once, some of it set aside before, by the household's phone or on the counter, every request asked again until it is
// answered. Nothing that was acknowledged is lost or done twice, and what is left in points and pieces is what SQL
// of the test's own makes of it. CUNFEN_DAY=9000 is the whole day of 24 villages; otherwise it is a small one.
func TestRedemptionDay(t *testing.T) {
	total, villages, homes := 240, 4, 30
	if n, err := strconv.Atoi(os.Getenv("CUNFEN_DAY")); err == nil {
		total, villages, homes = n, 24, 60
	}
	db := pgtest.New(t)
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv("TEST_REDIS_ADDR"), DB: killRedisDB})
	t.Cleanup(func() { _ = rdb.Close() })
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	d := build(t, db)
	d.run("demo", "--villages", strconv.Itoa(villages), "--households", strconv.Itoa(homes))
	t.Cleanup(func() { d.kill("serve"); d.kill("worker") })
	d.start("serve")
	d.start("worker")
	ctx, stop := context.WithTimeout(t.Context(), 15*time.Minute)
	defer stop()
	model, problems := tenants.Load(tenants.FS, "demo")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var stalls []*stall
	before := map[int64][2]int64{} // of each village: points, pieces
	for i, v := range demo.Township(model, 9001, villages).Villages {
		for _, p := range v.People {
			if p.Role == actor.Desk {
				stalls = append(stalls, d.stalls(ctx, db, v.ID, p.Phone, 2+i%3)...)
				break
			}
		}
		before[v.ID] = left(t, db, v.ID)
	}
	var made sync.Map
	var count, reserved, phoned atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for _, k := range stalls {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if turn := count.Add(1); turn > int64(total) {
					return
				}
				ids, err := k.serve(ctx, db, n)
				if err != nil {
					t.Error(err)
					return
				}
				if n%3 == 0 {
					reserved.Add(1)
				}
				if n%6 == 0 {
					phoned.Add(1)
				}
				for _, id := range ids {
					if _, twice := made.LoadOrStore(id, k.village); twice {
						t.Errorf("redemption %s was acknowledged for two requests", id)
					}
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	acked := map[int64]int{}
	made.Range(func(_, v any) bool { acked[v.(int64)]++; return true })
	sum := 0
	for village, was := range before {
		var there, points, pieces int64
		err := db.Owner.QueryRow(ctx, `select count(*), coalesce(sum(points), 0), coalesce(sum(quantity), 0) from redemption where village_id = $1 and receiver = '兑换日'`, village).Scan(&there, &points, &pieces)
		now := left(t, db, village)
		if err != nil || int(there) != acked[village] || was[0]-now[0] != points || was[1]-now[1] != pieces {
			t.Errorf("village %d: %d redemptions of %d acknowledged; points %v → %v less %d; pieces less %d (%v)", village, there, acked[village], was, now, points, pieces, err)
		}
		sum += int(there)
	}
	if sum != total {
		t.Errorf("%d redemptions; want %d", sum, total)
	}
	d.settled(ctx, db)
	if out := d.run("verify"); !strings.Contains(out, "全部一致") {
		t.Error(out)
	}
	var byPhone int64
	if err := db.Owner.QueryRow(ctx, `select count(*) from shop_order where channel = 'phone' and state = 'fulfilled' and id in (select order_id from redemption where receiver = '兑换日')`).Scan(&byPhone); err != nil || byPhone != phoned.Load() || byPhone == 0 {
		t.Errorf("%d orders by phone were fetched; want %d (%v)", byPhone, phoned.Load(), err)
	}
	t.Logf("%d redemptions, %d of them set aside before, %d by phone, at %d desks of %d villages in %s: %.0f a second", sum, reserved.Load(), byPhone, len(stalls), villages, took.Round(time.Second), float64(sum)/took.Seconds())
}

// left is what a village has: points of all households not held, and pieces of all goods.
func left(t *testing.T, db *pgtest.DB, village int64) (n [2]int64) {
	t.Helper()
	err := db.Owner.QueryRow(t.Context(), `select (select coalesce(sum(points), 0) from ledger_entry where village_id = $1 and bucket in (1, 2)) - (select coalesce(sum(held), 0) from balance where village_id = $1),
		(select coalesce(sum(quantity), 0) from stock_line where village_id = $1)`, village).Scan(&n[0], &n[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// stalls opens n desks of a village under its clerk, with points in every household's book and goods enough.
func (d *deployment) stalls(ctx context.Context, db *pgtest.DB, village int64, phone string, n int) (all []*stall) {
	d.t.Helper()
	c := d.client(phone)
	var goods uuid.UUID
	var price int
	err := c.signIn()
	if err == nil {
		err = c.secondFactor()
	}
	if err == nil {
		err = db.Owner.QueryRow(ctx, `select id, price from goods where village_id = $1 and active order by price limit 1`, village).Scan(&goods, &price)
	}
	var homes []uuid.UUID
	if err == nil {
		err = db.Owner.QueryRow(ctx, `select array_agg(id order by id) from household h where village_id = $1 and state = 'active'
			and not exists (select from membership m where m.village_id = $1 and m.household_id = h.id) and not exists (select from relative r where r.village_id = $1 and r.household_id = h.id)`, village).Scan(&homes)
	}
	if err == nil {
		err = db.InVillage(ctx, actor.System(actor.VillageID(village)), func(tx pg.Tx) error {
			_, err := shop.Move(ctx, tx, shop.Movement{Goods: goods, Quantity: plenty, Kind: shop.Donated, Source: uuid.New()})
			return err
		})
	}
	if err == nil {
		err = takeOver(ctx, db, actor.VillageID(village), homes, plenty)
	}
	if err != nil {
		d.t.Fatalf("village %d: %v", village, err)
	}
	for i := range n {
		k := &stall{client: c, village: village, goods: goods, price: price}
		for j, h := range homes {
			if j%n == i {
				k.homes = append(k.homes, h)
			}
		}
		if err := k.hand(ctx, db, i); err != nil {
			d.t.Fatalf("village %d: %v", village, err)
		}
		all = append(all, k)
	}
	return all
}

// hand gives the first homes of the desk a phone each.
func (k *stall) hand(ctx context.Context, db *pgtest.DB, nth int) error {
	vault, err := crypt.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		return err
	}
	members := &group.Service{DB: db.DB, Accounts: &account.Service{DB: db.DB, Vault: vault}}
	return db.InVillage(ctx, actor.System(actor.VillageID(k.village)), func(tx pg.Tx) error {
		for i, h := range k.homes[:min(phonesEach, len(k.homes))] {
			number := fmt.Sprintf("139%06d%d%d", k.village%1_000_000, nth, i)
			if _, err := members.Seat(ctx, tx, group.Appointment{Name: "住户" + strconv.Itoa(i), Phone: number, Role: actor.Household, Household: h, Hash: passwordHash()}); err != nil {
				return err
			}
			k.phones = append(k.phones, k.client.client(number))
		}
		return nil
	})
}

// passwordHash is made once: it takes a while.
var passwordHash = sync.OnceValue(func() string {
	hash, err := account.Hash(demo.Password)
	if err != nil {
		panic(err)
	}
	return hash
})

// serve hands one thing to the household that comes nth; every third has set it aside before, every sixth by
// its own phone.
func (k *stall) serve(ctx context.Context, db *pgtest.DB, n int) (ids []string, err error) {
	by, path, at := k.client, "", n%len(k.homes)
	if n%6 == 0 {
		at = n / 6 % len(k.phones)
		by, path = k.phones[at], "/passbook/orders"
	}
	home := k.homes[at]
	var book int64
	if err := db.Owner.QueryRow(ctx, `select year from balance where village_id = $1 and household_id = $2`, k.village, home).Scan(&book); err != nil {
		return nil, err
	}
	if n%3 != 0 {
		body, _ := json.Marshal(map[string]any{"goods_id": k.goods, "quantity": 1, "price": k.price, "passbook": book, "receiver": "兑换日", "on_paper": true})
		id, err := k.send(ctx, "/households/"+home.String()+"/redemptions", "application/json", body)
		return []string{id}, err
	}
	body, _ := json.Marshal(map[string]any{"items": []map[string]any{{"goods_id": k.goods, "quantity": 1, "price": k.price}}})
	if path == "" {
		path = "/households/" + home.String() + "/orders"
	}
	order, err := by.send(ctx, path, "application/json", body)
	if err != nil {
		return nil, err
	}
	body, _ = json.Marshal(map[string]any{"passbook": book, "receiver": "兑换日", "on_paper": true})
	if _, err := k.send(ctx, "/orders/"+order+"/fulfil", "application/json", body); err != nil {
		return nil, err
	}
	var id string
	err = db.Owner.QueryRow(ctx, `select id::text from redemption where village_id = $1 and order_id = $2`, k.village, order).Scan(&id)
	return []string{id}, err
}
