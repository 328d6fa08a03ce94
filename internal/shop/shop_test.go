package shop

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

type desk struct {
	*Service
	t    *testing.T
	db   *pgtest.DB
	who  actor.Actor
	home uuid.UUID
	oil  Goods
}

// set puts up a desk with one household of 100 points and one thing of price 60.
func set(t *testing.T, stock int) desk {
	db := pgtest.New(t)
	ctx := context.Background()
	d := desk{Service: &Service{DB: db.DB}, t: t, db: db, who: pgtest.In(pgtest.A, actor.Desk), home: db.Household(t, pgtest.A, "1组1号", "张桂兰")}
	err := db.InVillage(ctx, d.who, func(tx pg.Tx) error {
		_, err := ledger.Post(ctx, tx, ledger.Entry{HouseholdID: d.home, SourceKind: ledger.FromClaim, SourceID: uuid.New(), Points: 100, Month: 202611,
			OccurredOn: time.Now(), RuleVersion: 1, Kind: ledger.Award, Bucket: ledger.YearBucket, Scores: true})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if d.oil, err = d.Save(ctx, d.who, Goods{Code: "Y1", Name: "食用油", Unit: "桶", Price: 60, Stock: stock, Active: true}); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d desk) order(passbook int64) Order {
	return Order{Household: d.home, Goods: d.oil.ID, Quantity: 1, Price: 60, Passbook: passbook, Receiver: "张桂兰", OnPaper: true}
}

func (d desk) left() (points int64, stock int) {
	d.t.Helper()
	err := d.db.InVillage(context.Background(), d.who, func(tx pg.Tx) error {
		b, err := ledger.BalanceOf(context.Background(), tx, d.home)
		points = b.Year
		return err
	})
	goods, err2 := d.Goods(context.Background(), d.who, true)
	if err != nil || err2 != nil {
		d.t.Fatal(err, err2)
	}
	return points, goods[0].Stock
}

func TestRedeem(t *testing.T) {
	t.Parallel()
	d := set(t, 5)
	ctx := context.Background()
	d.who.Key, d.who.Body = "key-0000001", sha256.Sum256([]byte("x"))
	r, err := d.Redeem(ctx, d.who, d.order(100))
	if err != nil || r.GoodsName != "食用油" || r.After() != 40 {
		t.Fatalf("r = %+v, %v", r, err)
	}
	again, err := d.Redeem(ctx, d.who, d.order(100))
	if err != nil || again.ID != r.ID || again.GoodsName != r.GoodsName {
		t.Errorf("a repeat = %+v, %v; want the first answer", again, err)
	}
	d.who.Body = sha256.Sum256([]byte("y"))
	if _, err := d.Redeem(ctx, d.who, d.order(100)); err == nil || fault.Of(err).Code != "idempotency.reused" {
		t.Errorf("another body under the key: %v", err)
	}
	if points, stock := d.left(); points != 40 || stock != 4 {
		t.Errorf("left %d points, %d pieces", points, stock)
	}
	d.who.Key = ""
	if _, err := d.Cancel(ctx, d.who, r.ID, "拿错了"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Cancel(ctx, d.who, r.ID, "拿错了"); !errors.Is(err, ErrCancelled) {
		t.Errorf("cancelled twice: %v", err)
	}
	if points, stock := d.left(); points != 100 || stock != 5 {
		t.Errorf("after cancelling %d points, %d pieces", points, stock)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	d := set(t, 1)
	ctx := context.Background()
	with := func(change func(*Order)) Order { o := d.order(100); change(&o); return o }
	for name, c := range map[string]struct {
		o    Order
		want error
	}{
		"the passbook says something else": {d.order(99), ErrPassbook},
		"the price has changed":            {with(func(o *Order) { o.Price = 50 }), ErrOffer},
		"more than there is":               {with(func(o *Order) { o.Quantity = 2 }), ErrStock},
		"nothing":                          {with(func(o *Order) { o.Quantity = 0 }), ErrQuantity},
		"minus one":                        {with(func(o *Order) { o.Quantity = -1 }), ErrQuantity},
		"nobody receives":                  {with(func(o *Order) { o.Receiver = " " }), ErrReceiver},
		"nobody signs":                     {with(func(o *Order) { o.OnPaper = false }), ErrSignature},
		"another village's household":      {with(func(o *Order) { o.Household = d.db.Household(t, pgtest.B, "1组1号", "乙") }), fault.ErrNotFound},
	} {
		if _, err := d.Redeem(ctx, d.who, c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", name, err, c.want)
		}
	}
	if points, stock := d.left(); points != 100 || stock != 1 {
		t.Errorf("a refusal moved something: %d points, %d pieces", points, stock)
	}
	if _, err := d.db.Owner.Exec(ctx, `update goods set stock = 9 where village_id = 11`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Redeem(ctx, d.who, with(func(o *Order) { o.Quantity = 2 })); !errors.Is(err, ledger.ErrNotEnough) {
		t.Errorf("more than the household has: %v", err)
	}
	if _, err := d.db.Owner.Exec(ctx, `insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '兄弟', now())`, d.who.Account, d.home); err == nil {
		t.Fatal("the account should have to exist")
	}
}

func TestManyDesksNeverOversell(t *testing.T) {
	t.Parallel()
	d := set(t, 30)
	ctx := context.Background()
	homes := make([]uuid.UUID, 100)
	err := d.db.InVillage(ctx, d.who, func(tx pg.Tx) error {
		var book []ledger.Entry
		for i := range homes {
			homes[i] = d.db.Household(t, pgtest.A, uuid.NewString(), "户")
			book = append(book, ledger.Entry{HouseholdID: homes[i], SourceKind: ledger.FromClaim, SourceID: uuid.New(), Points: 60, Month: 202611,
				OccurredOn: time.Now(), RuleVersion: 1, Kind: ledger.Award, Bucket: ledger.YearBucket, Scores: true})
		}
		_, err := ledger.PostAll(ctx, tx, book)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var sold, refused atomic.Int32
	var wg sync.WaitGroup
	for i := range 300 {
		wg.Go(func() {
			o := d.order(60)
			o.Household = homes[i%100]
			switch _, err := d.Redeem(ctx, d.who, o); {
			case err == nil:
				sold.Add(1)
			case errors.Is(err, ErrStock), errors.Is(err, ErrPassbook), errors.Is(err, ledger.ErrNotEnough):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if _, stock := d.left(); sold.Load() != 30 || stock != 0 || refused.Load() != 270 {
		t.Errorf("sold %d, refused %d, stock %d", sold.Load(), refused.Load(), stock)
	}
	var r ledger.Report
	_ = d.db.InVillage(ctx, d.who, func(tx pg.Tx) (err error) { r, err = ledger.Verify(ctx, tx); return err })
	if len(r.Findings) > 0 {
		t.Error(r.Findings)
	}
}
