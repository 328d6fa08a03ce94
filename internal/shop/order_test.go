package shop

import (
	"context"
	"errors"
	"strings"
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

// family is the household at its phone.
func (d desk) family() actor.Actor {
	who := pgtest.In(pgtest.A, actor.Household)
	who.Household = d.home
	return who
}

func (d desk) item(n int) []Item { return []Item{{d.oil.ID, n, 60}} }

func (d desk) sign(passbook int64) Signing {
	return Signing{Passbook: passbook, Receiver: "张桂兰", OnPaper: true}
}

// whole checks that stock is the sum of its lines, held the sum of what is held, and the book whole.
func (d desk) whole() {
	d.t.Helper()
	var stock, held int
	err := d.db.Owner.QueryRow(context.Background(), `select
	  (select count(*) from goods g where stock <> (select coalesce(sum(quantity), 0) from stock_line l where l.village_id = g.village_id and l.goods_id = g.id)),
	  (select count(*) from balance b where held <> (select coalesce(sum(points), 0) from shop_order o where o.village_id = b.village_id and o.household_id = b.household_id and state = 'held'))`).Scan(&stock, &held)
	if err != nil || stock+held > 0 {
		d.t.Errorf("%d goods and %d households do not add up (%v)", stock, held, err)
	}
	var r ledger.Report
	_ = d.db.InVillage(context.Background(), d.who, func(tx pg.Tx) (err error) { r, err = ledger.Verify(context.Background(), tx); return err })
	if len(r.Findings) > 0 {
		d.t.Error(r.Findings)
	}
}

func (d desk) held() (n int64) {
	d.t.Helper()
	if err := d.db.Owner.QueryRow(context.Background(), `select held from balance where household_id = $1`, d.home).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

func TestReservationHoldsPriceUntilItIsFetched(t *testing.T) {
	t.Parallel()
	d := set(t, 5)
	ctx := context.Background()
	r, err := d.Reserve(ctx, d.family(), d.home, d.item(1))
	if err != nil || len(r.Code) != 6 || r.Channel != "phone" || r.Lines[0].Price != 60 {
		t.Fatalf("%+v, %v", r, err)
	}
	if points, stock := d.left(); points != 100 || stock != 4 || d.held() != 60 {
		t.Errorf("held: %d points, %d held, %d pieces", points, d.held(), stock)
	}
	if _, err := d.Reserve(ctx, d.family(), d.home, d.item(1)); !errors.Is(err, ledger.ErrNotEnough) {
		t.Errorf("points held twice: %v", err)
	}
	if _, err := d.Redeem(ctx, d.who, d.order(100)); !errors.Is(err, ledger.ErrNotEnough) {
		t.Errorf("held points redeemed: %v", err)
	}
	d.oil.Price = 90
	if d.oil, err = d.Save(ctx, d.who, d.oil); err != nil || d.oil.Stock != 4 {
		t.Fatalf("%+v, %v", d.oil, err)
	}
	if _, err := d.Fulfil(ctx, d.who, r.ID, d.sign(99)); !errors.Is(err, ErrPassbook) {
		t.Errorf("another passbook: %v", err)
	}
	got, err := d.Fulfil(ctx, d.who, r.ID, d.sign(100))
	if err != nil || len(got) != 1 || got[0].Points != 60 || got[0].After() != 40 || *got[0].OrderID != r.ID {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := d.Fulfil(ctx, d.who, r.ID, d.sign(40)); !errors.Is(err, ErrClosed) {
		t.Errorf("fetched twice: %v", err)
	}
	if _, err := d.CancelOrder(ctx, d.family(), r.ID, ""); !errors.Is(err, ErrClosed) {
		t.Errorf("cancelled after it was fetched: %v", err)
	}
	if points, stock := d.left(); points != 40 || stock != 4 || d.held() != 0 {
		t.Errorf("fetched: %d points, %d held, %d pieces", points, d.held(), stock)
	}
	slip, err := d.Slip(ctx, d.who, r.ID)
	if err != nil || len(slip) != 1 {
		t.Errorf("slip: %v, %v", slip, err)
	}
	d.whole()
}

func TestReservationIsTheHouseholdsOwn(t *testing.T) {
	t.Parallel()
	d := set(t, 5)
	ctx := context.Background()
	r, err := d.Reserve(ctx, d.family(), d.home, d.item(1))
	if err != nil {
		t.Fatal(err)
	}
	other := pgtest.In(pgtest.A, actor.Household)
	other.Household = d.db.Household(t, pgtest.A, "1组2号", "丁")
	if _, err := d.Order(ctx, other, r.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("seen by another: %v", err)
	}
	if _, err := d.CancelOrder(ctx, other, r.ID, ""); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("cancelled by another: %v", err)
	}
	if _, err := d.Reserve(ctx, other, d.home, d.item(1)); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("reserved for another: %v", err)
	}
	if _, err := d.Fulfil(ctx, pgtest.In(pgtest.B, actor.Desk), r.ID, d.sign(100)); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("fetched in another village: %v", err)
	}
}

func TestSeveralThingsAtOnce(t *testing.T) {
	t.Parallel()
	d := set(t, 5)
	ctx := context.Background()
	soap, err := d.Save(ctx, d.who, Goods{Code: "Z1", Name: "肥皂", Unit: "块", Price: 5, Stock: 1, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	proxy := d.sign(100)
	proxy.Receiver, proxy.Relation = "张小军", "儿子"
	if _, err := d.HandOut(ctx, d.who, d.home, d.item(1), proxy); !errors.Is(err, ErrProxy) {
		t.Errorf("a proxy without authority: %v", err)
	}
	proxy.Authority = "户口簿"
	both := []Item{{soap.ID, 2, 5}, {d.oil.ID, 1, 60}}
	if _, err := d.HandOut(ctx, d.who, d.home, both, proxy); !errors.Is(err, ErrStock) {
		t.Errorf("one of them is not there: %v", err)
	}
	if points, stock := d.left(); points != 100 || stock != 1 { // of soap, the cheapest
		t.Errorf("half of it was done: %d, %d", points, stock)
	}
	if _, err := d.HandOut(ctx, d.who, d.home, append(both, both[0]), proxy); !errors.Is(err, ErrItems) {
		t.Errorf("the same twice: %v", err)
	}
	both[0].Quantity = 1
	all, err := d.HandOut(ctx, d.who, d.home, both, proxy)
	if err != nil || len(all) != 2 || all[1].After() != 35 || all[0].SlipID != all[1].SlipID || all[0].Relation != "儿子" {
		t.Fatalf("%+v, %v", all, err)
	}
	if slip, err := d.Slip(ctx, d.who, all[0].SlipID); err != nil || len(slip) != 2 || slip[1].Authority != "户口簿" {
		t.Errorf("%+v, %v", slip, err)
	}
	if _, err := d.Cancel(ctx, d.who, all[0].ID, "拿错了"); err != nil {
		t.Error(err)
	}
	d.whole()
}

func TestExpiryGivesBackOnce(t *testing.T) {
	t.Parallel()
	d := set(t, 5)
	ctx := context.Background()
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	d.db.Now = func() time.Time { return now }
	r, err := d.Reserve(ctx, d.family(), d.home, d.item(1))
	if err != nil {
		t.Fatal(err)
	}
	var jobs int
	if err := d.db.Owner.QueryRow(ctx, `select count(*) from outbox where kind = 'shop.expire' and due_at = $1`, r.ExpiresAt.Add(24*time.Hour)).Scan(&jobs); err != nil || jobs != 1 {
		t.Errorf("%d jobs, %v", jobs, err)
	}
	worker := actor.System(pgtest.A)
	if err := d.ExpireOrder(ctx, worker, r.ID); err != nil || d.held() != 60 {
		t.Errorf("given back before its time: %v", err)
	}
	now = r.ExpiresAt
	var wg sync.WaitGroup
	var ended atomic.Int32
	for i := range 24 { // the job twelve times, the household cancelling, the desk handing over
		wg.Go(func() {
			var err error
			switch i % 4 {
			case 0, 1:
				err = d.ExpireOrder(ctx, worker, r.ID)
			case 2:
				if _, err = d.CancelOrder(ctx, d.family(), r.ID, ""); err == nil {
					ended.Add(1)
				}
			case 3:
				if _, err = d.Fulfil(ctx, d.who, r.ID, d.sign(100)); err == nil {
					ended.Add(1)
				}
			}
			if err != nil && !errors.Is(err, ErrClosed) && !errors.Is(err, ErrPassbook) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	o, err := d.Order(ctx, d.who, r.ID)
	points, stock := d.left()
	fetched := o.State == OrderFulfilled
	if err != nil || o.State == OrderHeld || d.held() != 0 || ended.Load() > 1 || fetched && (points != 40 || stock != 4) || !fetched && (points != 100 || stock != 5) {
		t.Errorf("%s by %d: %d points, %d held, %d pieces, %v", o.State, ended.Load(), points, d.held(), stock, err)
	}
	d.whole()
}

// TestDesksAndPhonesNeverOverspend: 32 desks and 32 phones at once with money for one.
func TestDesksAndPhonesNeverOverspend(t *testing.T) {
	t.Parallel()
	d := set(t, 5000)
	ctx := context.Background()
	for round := range 6 {
		var wg sync.WaitGroup
		var got atomic.Int32
		var order atomic.Pointer[uuid.UUID]
		for i := range 64 {
			wg.Go(func() {
				var err error
				if i%2 == 0 {
					_, err = d.Redeem(ctx, d.who, d.order(100))
				} else {
					var r Reservation
					if r, err = d.Reserve(ctx, d.family(), d.home, d.item(1)); err == nil {
						order.Store(&r.ID)
					}
				}
				switch {
				case err == nil:
					got.Add(1)
				case !errors.Is(err, ledger.ErrNotEnough) && !errors.Is(err, ErrPassbook):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got.Load() != 1 {
			t.Fatalf("round %d: %d got the points", round, got.Load())
		}
		if id := order.Load(); id != nil {
			if _, err := d.CancelOrder(ctx, d.who, *id, "下一轮"); err != nil {
				t.Fatal(err)
			}
			continue
		}
		rows, _, err := d.List(ctx, d.who, Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Cancel(ctx, d.who, rows[0].ID, "下一轮"); err != nil {
			t.Fatal(err)
		}
	}
	d.whole()
}

// TestStockOfAHundred: two hundred at once try two thousand times to have one of a hundred, at desks and by phone.
func TestStockOfAHundred(t *testing.T) {
	t.Parallel()
	d := set(t, 100)
	ctx := context.Background()
	homes := make([]uuid.UUID, 50)
	err := d.db.InVillage(ctx, d.who, func(tx pg.Tx) error {
		var book []ledger.Entry
		for i := range homes {
			homes[i] = d.db.Household(t, pgtest.A, uuid.NewString(), "户")
			book = append(book, ledger.Entry{HouseholdID: homes[i], SourceKind: ledger.FromClaim, SourceID: uuid.New(), Points: 6000, Month: 202611,
				OccurredOn: time.Now(), RuleVersion: 1, Kind: ledger.Award, Bucket: ledger.YearBucket, Scores: true})
		}
		_, err := ledger.PostAll(ctx, tx, book)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var had atomic.Int32
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			for n := range 10 {
				home := homes[(i*10+n)%len(homes)]
				var err error
				if i%2 == 0 {
					_, err = d.Reserve(ctx, d.who, home, d.item(1))
				} else {
					o := d.order(0)
					o.Household = home
					_ = d.db.Look(ctx, d.who, func(tx pg.Tx) error {
						b, err := ledger.BalanceOf(ctx, tx, home)
						o.Passbook = b.Year
						return err
					})
					_, err = d.Redeem(ctx, d.who, o)
				}
				switch {
				case err == nil:
					had.Add(1)
				case !errors.Is(err, ErrStock) && !errors.Is(err, ErrPassbook) && !errors.Is(err, ErrMany):
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if _, stock := d.left(); stock != 100-int(had.Load()) || stock < 0 || had.Load() < 50 {
		t.Errorf("%d had one of a hundred, %d are left", had.Load(), stock)
	}
	d.whole()
}

func TestPassbookThatDiffers(t *testing.T) {
	t.Parallel()
	d := set(t, 5)
	ctx := context.Background()
	if _, err := d.Differ(ctx, d.who, d.home, 100); !errors.Is(err, ErrCaseEqual) {
		t.Errorf("a case of equals: %v", err)
	}
	m, err := d.Differ(ctx, d.who, d.home, 130)
	if err != nil || m.Ledger != 100 || !m.Open() {
		t.Fatalf("%+v, %v", m, err)
	}
	if again, err := d.Differ(ctx, d.who, d.home, 140); err != nil || again.ID != m.ID || again.Paper != 130 {
		t.Errorf("a second case: %+v, %v", again, err)
	}
	r, err := d.Reserve(ctx, d.family(), d.home, d.item(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Redeem(ctx, d.who, d.order(100)); !errors.Is(err, ErrCase) {
		t.Errorf("redeemed while the case is open: %v", err)
	}
	if _, err := d.Fulfil(ctx, d.who, r.ID, d.sign(100)); !errors.Is(err, ErrCase) {
		t.Errorf("fetched while the case is open: %v", err)
	}
	second := pgtest.In(pgtest.A, actor.Committee)
	if m, err = d.Settle(ctx, d.who, m.ID, PaperWrong, "漏登了一笔"); err != nil || !m.Open() {
		t.Fatalf("%+v, %v", m, err)
	}
	if _, err := d.Settle(ctx, d.who, m.ID, PaperWrong, "漏登了一笔"); !errors.Is(err, ErrCaseTwo) {
		t.Errorf("one person signed twice: %v", err)
	}
	if m, err = d.Settle(ctx, second, m.ID, LedgerWrong, "台账少记"); err != nil || !m.Open() {
		t.Errorf("the second disagreed: %+v, %v", m, err)
	}
	if m, err = d.Settle(ctx, d.who, m.ID, LedgerWrong, "同意"); err != nil || m.Open() {
		t.Errorf("both agree: %+v, %v", m, err)
	}
	if _, err := d.Settle(ctx, second, m.ID, LedgerWrong, "再签"); !errors.Is(err, ErrCaseDone) {
		t.Errorf("signed after it was settled: %v", err)
	}
	if _, err := d.Fulfil(ctx, d.who, r.ID, d.sign(130)); !errors.Is(err, ErrPassbook) {
		t.Errorf("still differs: %v", err)
	}
	if _, err := d.Fulfil(ctx, d.who, r.ID, d.sign(100)); err != nil {
		t.Error(err)
	}
}

func TestLineAtTheDesk(t *testing.T) {
	t.Parallel()
	d := set(t, 1)
	ctx := context.Background()
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if _, err := d.TakeTicket(ctx, d.who, d.home); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	called := make(chan int, 20)
	for range 15 {
		wg.Go(func() {
			n, err := d.NextTicket(ctx, d.who)
			if err != nil {
				t.Error(err)
			}
			called <- n
		})
	}
	wg.Wait()
	close(called)
	seen := map[int]int{}
	for n := range called {
		seen[n]++
	}
	for n := 1; n <= 12; n++ {
		if seen[n] > 1 {
			t.Errorf("number %d was called %d times", n, seen[n])
		}
	}
	for { // whoever a busy desk passed over
		n, err := d.NextTicket(ctx, d.who)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	if err := d.EndTicket(ctx, d.who, 3, true); err != nil {
		t.Error(err)
	}
	if err := d.EndTicket(ctx, d.who, 3, true); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("served twice: %v", err)
	}
	all, err := d.Tickets(ctx, d.who)
	if err != nil || len(all) != 12 || all[2].State != "served" || all[0].State != "called" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestCloseOfTheDay(t *testing.T) {
	t.Parallel()
	d := set(t, 5)
	ctx := context.Background()
	if _, err := d.Reserve(ctx, d.family(), d.home, d.item(1)); err != nil {
		t.Fatal(err)
	}
	shelves, err := d.Shelves(ctx, d.who)
	if err != nil || len(shelves) != 1 || shelves[0].Book() != 5 || shelves[0].Reserved != 1 {
		t.Fatalf("%+v, %v", shelves, err)
	}
	c := Count{Kind: "day", Witness: "李四", Lines: []CountLine{{GoodsID: d.oil.ID, Book: 5, Counted: 3}}}
	if _, err := d.TakeStock(ctx, d.who, c); err == nil || fault.Of(err).Code != "shop.count" {
		t.Errorf("a difference without reason: %v", err)
	}
	c.Lines[0].Reason, c.Lines[0].Book = "破损两桶", 4
	if _, err := d.TakeStock(ctx, d.who, c); !errors.Is(err, ErrCountMoved) {
		t.Errorf("counted against another book: %v", err)
	}
	c.Lines[0].Book = 5
	soap, err := d.Save(ctx, d.who, Goods{Code: "Z1", Name: "肥皂", Unit: "块", Price: 90, Stock: 7, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	twice := c
	twice.Lines = []CountLine{c.Lines[0], c.Lines[0]} // as many lines as there are things
	if _, err := d.TakeStock(ctx, d.who, twice); !errors.Is(err, ErrCountMoved) {
		t.Errorf("one thing counted twice, the other not: %v", err)
	}
	long := c
	long.Lines = []CountLine{{GoodsID: d.oil.ID, Book: 5, Counted: 3, Reason: strings.Repeat("破", 201)}}
	if _, err := d.TakeStock(ctx, d.who, long); err == nil || fault.Of(err).Code != "shop.count" {
		t.Errorf("a reason without end: %v", err)
	}
	c.Lines = append(c.Lines, CountLine{GoodsID: soap.ID, Book: 7, Counted: 7})
	done, err := d.TakeStock(ctx, d.who, c)
	if err != nil || done.Lines[0].Differs() != -2 {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, stock := d.left(); stock != 2 {
		t.Errorf("%d in stock", stock)
	}
	if all, _, err := d.Counted(ctx, d.who, CountFilter{ID: done.ID}); err != nil || len(all) != 1 || len(all[0].Lines) != 2 {
		t.Errorf("%+v, %v", all, err)
	}
	d.whole()
}

func TestWindows(t *testing.T) {
	t.Parallel()
	at := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	got := merge(at(11, 6), 5, []Window{{Day: at(11, 20)}, {Day: at(12, 5)}, {Day: at(3, 1).AddDate(1, 0, 0)}})
	var days string
	for _, w := range got {
		days += w.Day.Format("0102") + map[bool]string{true: "*"}[w.Fixed] + " "
	}
	if days != "1120 1205* 0105* 0301 " {
		t.Errorf("%s", days)
	}
	d := set(t, 1)
	if _, err := d.OpenWindow(context.Background(), d.who, Window{Day: time.Now().AddDate(0, 0, -3), Hours: "8—9", Place: "村委会"}); err == nil {
		t.Error("a day that is over")
	}
}

func TestDoorstep(t *testing.T) {
	t.Parallel()
	d := set(t, 5)
	ctx := context.Background()
	if err := d.AddDoorstep(ctx, d.who, uuid.New(), "卧病在床"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if err := d.AddDoorstep(ctx, d.who, d.home, "卧病在床"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Reserve(ctx, d.who, d.home, d.item(1)); err != nil {
		t.Fatal(err)
	}
	all, err := d.Doorsteps(ctx, d.who)
	if err != nil || len(all) != 1 || len(all[0].Orders) != 1 || len(all[0].Orders[0].Lines) != 1 || all[0].Usable != 40 || all[0].Year != 100 {
		t.Errorf("%+v, %v", all, err)
	}
	if err := d.DropDoorstep(ctx, d.who, d.home); err != nil {
		t.Error(err)
	}
}

func TestStrictVillageWantsItsBudget(t *testing.T) {
	t.Parallel()
	d := set(t, 5)
	ctx := context.Background()
	for _, sql := range []string{`insert into purse (village_id, strict, changed_at) values (11, true, now())`} {
		if _, err := d.db.Owner.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Redeem(ctx, d.who, d.order(100)); !errors.Is(err, ErrBudget) {
		t.Errorf("redeemed without a budget: %v", err)
	}
	if _, err := d.Reserve(ctx, d.family(), d.home, d.item(1)); !errors.Is(err, ErrBudget) {
		t.Errorf("reserved without a budget: %v", err)
	}
}

// What the passbook must say follows the ledger also where base points pay because the year's are set aside.
func TestReceiptWhereBasePointsPay(t *testing.T) {
	t.Parallel()
	d, ctx := set(t, 20), context.Background()
	if _, err := d.db.Owner.Exec(ctx, `insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at)
		values (11, 1, 2026, '2026-01-01', '', 50, '{"base_usable": true}', 'x', now())`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.Owner.Exec(ctx, `update household set base_unlocks_on = '2026-01-01' where village_id = 11 and id = $1`, d.home); err != nil {
		t.Fatal(err)
	}
	err := d.db.InVillage(ctx, d.who, func(tx pg.Tx) error {
		_, err := ledger.Post(ctx, tx, ledger.Entry{HouseholdID: d.home, SourceKind: ledger.FromHousehold, SourceID: d.home, Points: 50, Month: 202611, OccurredOn: time.Now(), RuleVersion: 1, Kind: ledger.Base, Bucket: ledger.BaseBucket})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	soap, err := d.Save(ctx, d.who, Goods{Code: "Z1", Name: "肥皂", Unit: "块", Price: 10, Stock: 20, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	// 100 of the year and 50 base; 60 are set aside, so that 40 of the year are free
	if _, err := d.Reserve(ctx, d.who, d.home, []Item{{d.oil.ID, 1, 60}}); err != nil {
		t.Fatal(err)
	}
	who := d.who
	who.Key = "key-base-pays"
	sign := Signing{Passbook: 100, Receiver: "张桂兰", OnPaper: true}
	for try := range 2 { // and again with the same key
		got, err := d.HandOut(ctx, who, d.home, []Item{{soap.ID, 6, 10}}, sign)
		year, _ := d.left()
		if err != nil || len(got) != 1 || got[0].Paid != 40 || got[0].After() != 60 || year != 60 {
			t.Fatalf("try %d: %+v, the ledger says %d, %v", try, got, year, err)
		}
	}
	sign.Passbook = 60
	got, err := d.HandOut(ctx, d.who, d.home, []Item{{soap.ID, 2, 10}}, sign)
	if year, _ := d.left(); err != nil || got[0].Paid != 0 || got[0].After() != 60 || year != 60 {
		t.Fatalf("base points alone: %+v, %v", got, err)
	}
	all, err := d.Slip(ctx, d.who, got[0].SlipID)
	if err != nil || len(all) != 1 || all[0].After() != 60 {
		t.Errorf("on the receipt: %+v, %v", all, err)
	}
}

// A line of the book holds no more than 100000 points: more is too much, not a failure of the program.
func TestMoreThanALineHolds(t *testing.T) {
	t.Parallel()
	d, ctx := set(t, 1000), context.Background()
	dear, err := d.Save(ctx, d.who, Goods{Code: "Z9", Name: "电动车", Unit: "辆", Price: 100000, Stock: 1000, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	sign := Signing{Passbook: 100, Receiver: "张桂兰", OnPaper: true}
	for _, items := range [][]Item{{{dear.ID, 1000, 100000}}, {{dear.ID, 2, 100000}}, {{dear.ID, 1, 100000}, {d.oil.ID, 1000, 60}}} {
		if _, err := d.HandOut(ctx, d.who, d.home, items, sign); !errors.Is(err, ledger.ErrNotEnough) {
			t.Errorf("%v: %v", items, err)
		}
	}
}
