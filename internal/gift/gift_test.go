package gift

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

type room struct {
	*Service
	t            *testing.T
	db           *pgtest.DB
	lead, family actor.Actor
	giver, taker uuid.UUID
	now          time.Time
}

// set puts up a village that allows gifts of 50 points a year, with one family in need and one household of 100 points.
func set(t *testing.T) *room {
	db := pgtest.New(t)
	ctx := context.Background()
	r := &room{Service: &Service{DB: db.DB}, t: t, db: db, lead: pgtest.In(pgtest.A, actor.Lead), family: pgtest.In(pgtest.A, actor.Household),
		giver: db.Household(t, pgtest.A, "1组1号", "张桂兰"), taker: db.Household(t, pgtest.A, "1组2号", "王小明"), now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	r.family.Household = r.giver
	db.Now = func() time.Time { return r.now }
	err := db.InVillage(ctx, r.lead, func(tx pg.Tx) error {
		_, err := ledger.Post(ctx, tx, ledger.Entry{HouseholdID: r.giver, SourceKind: ledger.FromClaim, SourceID: uuid.New(), Points: 100, Month: 202611,
			OccurredOn: r.now, RuleVersion: 1, Kind: ledger.Award, Bucket: ledger.YearBucket, Scores: true})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Give(ctx, r.family, r.offer(5)); !errors.Is(err, ErrOff) {
		t.Fatalf("given where the village says nothing: %v", err)
	}
	if err := r.SaveRules(ctx, r.lead, Rules{Allowed: true, PerYear: 50, CoolingDays: 3}); err != nil {
		t.Fatal(err)
	}
	if err := r.AddFamily(ctx, r.lead, Family{HouseholdID: r.taker, Words: "独居老人", Consent: "户主当面同意"}); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *room) offer(points int) Offer {
	return Offer{Giver: r.giver, Family: r.taker, Points: points, Freely: true}
}

// has checks year, held, score and honour of a home.
func (r *room) has(home uuid.UUID, want ledger.Balance) {
	r.t.Helper()
	var got ledger.Balance
	err := r.db.InVillage(context.Background(), r.lead, func(tx pg.Tx) (err error) {
		got, err = ledger.BalanceOf(context.Background(), tx, home)
		return err
	})
	if err != nil || got.Year != want.Year || got.Held != want.Held || got.Score != want.Score || got.Honour != want.Honour {
		r.t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	var report ledger.Report
	_ = r.db.InVillage(context.Background(), r.lead, func(tx pg.Tx) (err error) { report, err = ledger.Verify(context.Background(), tx); return err })
	if len(report.Findings) > 0 {
		r.t.Error(report.Findings)
	}
}

func TestGiftWaitsThenMovesBothOnce(t *testing.T) {
	t.Parallel()
	r := set(t)
	ctx := context.Background()
	for _, bad := range []struct {
		o    Offer
		want error
	}{{Offer{Giver: r.giver, Family: r.taker, Points: 10}, ErrFreely}, {r.offer(0), ErrPoints}, {r.offer(51), ErrCap}, {Offer{Giver: r.giver, Family: r.giver, Points: 5, Freely: true}, ErrFamily},
		{Offer{Giver: r.giver, Family: uuid.New(), Points: 5, Freely: true}, ErrFamily}} {
		if _, err := r.Give(ctx, r.family, bad.o); !errors.Is(err, bad.want) {
			t.Errorf("%+v: %v, want %v", bad.o, err, bad.want)
		}
	}
	if _, err := r.Give(ctx, r.family, Offer{Giver: r.taker, Family: r.taker, Points: 5, Freely: true}); err == nil {
		t.Error("somebody else's points given")
	}
	who := r.family
	who.Key = uuid.NewString()
	g, err := r.Give(ctx, who, r.offer(40))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := r.Give(ctx, who, r.offer(40)); err != nil || again.ID != g.ID {
		t.Errorf("sent again: %v, %v", again.ID, err)
	}
	r.has(r.giver, ledger.Balance{Year: 100, Held: 40, Score: 100, Honour: 100})
	if _, err := r.Give(ctx, r.family, r.offer(11)); !errors.Is(err, ErrCap) {
		t.Errorf("over the year's cap: %v", err)
	}
	if err := r.SettleGift(ctx, actor.System(pgtest.A), g.ID); err != nil {
		t.Fatal(err)
	}
	r.has(r.taker, ledger.Balance{}) // its days are not over
	r.now = g.DueAt
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := r.SettleGift(ctx, actor.System(pgtest.A), g.ID); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	r.has(r.giver, ledger.Balance{Year: 60, Score: 100, Honour: 100})
	r.has(r.taker, ledger.Balance{Year: 40})
	if _, err := r.Withdraw(ctx, r.family, g.ID, ""); !errors.Is(err, ErrEnded) {
		t.Errorf("withdrawn after it was posted: %v", err)
	}
	if _, err := r.Reverse(ctx, r.lead, g.ID, "登记错了"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reverse(ctx, r.lead, g.ID, "再来一次"); !errors.Is(err, ErrNotDone) {
		t.Errorf("reversed twice: %v", err)
	}
	r.has(r.giver, ledger.Balance{Year: 100, Score: 100, Honour: 100})
	r.has(r.taker, ledger.Balance{})
}

func TestGiftIsTakenBackWhileItWaits(t *testing.T) {
	t.Parallel()
	r := set(t)
	ctx := context.Background()
	g, err := r.Give(ctx, r.family, r.offer(30))
	if err != nil {
		t.Fatal(err)
	}
	stranger := pgtest.In(pgtest.A, actor.Household)
	stranger.Household = r.taker
	if _, err := r.Withdraw(ctx, stranger, g.ID, ""); err == nil {
		t.Error("a stranger took it back")
	}
	if _, err := r.Withdraw(ctx, r.family, g.ID, ""); err != nil {
		t.Fatal(err)
	}
	r.now = g.DueAt
	if err := r.SettleGift(ctx, actor.System(pgtest.A), g.ID); err != nil {
		t.Fatal(err)
	}
	r.has(r.giver, ledger.Balance{Year: 100, Score: 100, Honour: 100})
}

// TestGiftAtTheYearsEnd: points given away are not cleared once more, those of the old year stay of the old year
// with the family, and what that year's clearing has closed is not opened by a reversal.
func TestGiftAtTheYearsEnd(t *testing.T) {
	t.Parallel()
	r := set(t)
	ctx := context.Background()
	give := func(points int) Gift {
		t.Helper()
		g, err := r.Give(ctx, r.family, r.offer(points))
		if err != nil {
			t.Fatal(err)
		}
		r.now = g.DueAt.Add(time.Hour)
		if err := r.SettleGift(ctx, actor.System(pgtest.A), g.ID); err != nil {
			t.Fatal(err)
		}
		return g
	}
	left := func(giver, giverLater, taker, takerLater int64) {
		t.Helper()
		var all []ledger.Remainder
		err := r.db.InVillage(ctx, r.lead, func(tx pg.Tx) (err error) { all, err = ledger.Remainders(ctx, tx, 2026); return err })
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if m.HouseholdID == r.giver && (m.Left != giver || m.Later != giverLater) || m.HouseholdID == r.taker && (m.Left != taker || m.Later != takerLater) {
				t.Errorf("%+v; want giver %d and %d, family %d and %d", m, giver, giverLater, taker, takerLater)
			}
		}
	}
	r.now = time.Date(2026, 12, 30, 9, 0, 0, 0, time.UTC)
	december := give(40) // comes into the books in January
	left(60, 0, 40, 0)
	r.now = time.Date(2027, 1, 5, 9, 0, 0, 0, time.UTC)
	if _, err := r.Give(ctx, r.family, r.offer(25)); !errors.Is(err, ErrOldYear) {
		t.Errorf("points of a year that is not cleared given in the next: %v", err)
	}
	left(60, 0, 40, 0)
	if err := r.db.InVillage(ctx, r.lead, func(tx pg.Tx) error { return ledger.Turn(ctx, tx, 2026) }); err != nil {
		t.Fatal(err)
	}
	january := give(25)
	if _, err := r.Reverse(ctx, r.lead, december.ID, "登记错了"); !errors.Is(err, ErrYearOver) {
		t.Errorf("a gift of the year that is cleared taken back: %v", err)
	}
	if _, err := r.Reverse(ctx, r.lead, january.ID, "登记错了"); err != nil {
		t.Fatal(err)
	}
	left(60, 0, 40, 0)
}

// TestGiftIsNotReturned: two families in need cannot give each other the same points, not even at one moment.
func TestGiftIsNotReturned(t *testing.T) {
	t.Parallel()
	r := set(t)
	ctx := context.Background()
	if err := r.AddFamily(ctx, r.lead, Family{HouseholdID: r.giver, Words: "大病", Consent: "户主当面同意"}); err != nil {
		t.Fatal(err)
	}
	other := pgtest.In(pgtest.A, actor.Household)
	other.Household = r.taker
	r.db.Exec(t, `update balance set year = 100 where household_id = $1`, r.taker)
	var all sync.WaitGroup
	var given, refused atomic.Int64
	for i := range 20 {
		who, o := r.family, r.offer(3)
		if i%2 == 0 {
			who, o = other, Offer{Giver: r.taker, Family: r.giver, Points: 3, Freely: true}
		}
		all.Go(func() {
			switch _, err := r.Give(ctx, who, o); {
			case err == nil:
				given.Add(1)
			case errors.Is(err, ErrReturn):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	var givers int
	if err := r.db.Owner.QueryRow(ctx, `select count(distinct giver) from gift`).Scan(&givers); err != nil || givers != 1 || given.Load() != 10 || refused.Load() != 10 {
		t.Errorf("%d givers, %d given, %d refused, %v", givers, given.Load(), refused.Load(), err)
	}
}

// Whoever the giver and the family see of each other is only what was agreed to; and many gifts at once never give
// more than there is.
func TestGiftKeepsNamesAndNeverOverspends(t *testing.T) {
	t.Parallel()
	r := set(t)
	ctx := context.Background()
	if err := r.SaveRules(ctx, r.lead, Rules{Allowed: true, PerYear: 10000, CoolingDays: 0}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			if _, err := r.Give(ctx, r.family, r.offer(7)); err != nil && !errors.Is(err, ErrShort) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	r.has(r.giver, ledger.Balance{Year: 100, Held: 98, Score: 100, Honour: 100})
	families, err := r.Families(ctx, r.family, false)
	if err != nil || len(families) != 1 || families[0].Head != "" || families[0].Door != "" || families[0].Consent != "" {
		t.Errorf("a giver sees %+v, %v", families, err)
	}
	mine, err := r.Own(ctx, r.family)
	if err != nil || len(mine) != 14 || mine[0].TakerHead != "" || mine[0].TakerDoor != "" {
		t.Errorf("the giver sees %+v, %v", mine, err)
	}
	family := r.family
	family.Household = r.taker
	got, err := r.Own(ctx, family)
	if err != nil || len(got) != 14 || got[0].GiverHead != "" || got[0].Giver != uuid.Nil {
		t.Errorf("the family sees %+v, %v", got, err)
	}
	clerk := pgtest.In(pgtest.A, actor.Desk)
	if _, err := r.Give(ctx, clerk, r.offer(1)); !errors.Is(err, ErrSigned) {
		t.Errorf("at the counter without a signature: %v", err)
	}
}
