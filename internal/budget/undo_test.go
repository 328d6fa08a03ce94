package budget

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/shop"
)

// TestWhatWasWrittenDownByMistake: a purchase, a donation and its use are taken back once, with a word; stock and
// money are as they were, and what was handed out meanwhile is not taken from the shelf of others.
func TestWhatWasWrittenDownByMistake(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	s, ctx := &Service{DB: db.DB}, context.Background()
	lead, other, foreign := pgtest.In(pgtest.A, actor.Lead), pgtest.In(pgtest.A, actor.Committee), pgtest.In(pgtest.B, actor.Lead)
	store := &shop.Service{DB: db.DB}
	oil, err := store.Save(ctx, lead, shop.Goods{Code: "Y1", Name: "食用油", Unit: "桶", Price: 60, Stock: 5, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	stock := func() int {
		all, err := store.Goods(ctx, lead, true)
		if err != nil {
			t.Fatal(err)
		}
		return all[0].Stock
	}
	spent := func() (int64, int64) {
		g, err := s.Guard(ctx, lead)
		if err != nil {
			t.Fatal(err)
		}
		return g.Spent, g.Due
	}
	on := time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC)
	buy := func() Purchase {
		p, err := s.Buy(ctx, lead, Purchase{GoodsID: oil.ID, Quantity: 10, Supplier: "供销社", Fen: 900_00, BoughtOn: on, Receipt: "NO.1"})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	ordered, counted := buy(), buy()
	if _, err := s.StockIn(ctx, other, counted.ID, 9, "少一桶"); err != nil {
		t.Fatal(err)
	}
	if fen, due := spent(); fen != 1800_00 || due != 600 || stock() != 14 {
		t.Fatalf("spent %d, due %d, stock %d", fen, due, stock())
	}
	if _, err := s.CancelPurchase(ctx, lead, ordered.ID, " "); !errors.Is(err, ErrWhy) {
		t.Errorf("without a word: %v", err)
	}
	if _, err := s.CancelPurchase(ctx, foreign, ordered.ID, "别村的"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another village's: %v", err)
	}
	if p, err := s.CancelPurchase(ctx, lead, ordered.ID, "记重了"); err != nil || p.State != "cancelled" {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := s.CancelPurchase(ctx, lead, ordered.ID, "再来一次"); !errors.Is(err, ErrUndone) {
		t.Errorf("twice: %v", err)
	}
	if _, err := s.StockIn(ctx, other, ordered.ID, 10, ""); !errors.Is(err, ErrUndone) {
		t.Errorf("counted in after it was cancelled: %v", err)
	}
	if fen, due := spent(); fen != 900_00 || due != 0 {
		t.Errorf("spent %d, due %d", fen, due)
	}
	db.Exec(t, `update goods set stock = 8 where village_id = 11`)
	if _, err := s.CancelPurchase(ctx, lead, counted.ID, "记错了物品"); !errors.Is(err, ErrHandedOut) || stock() != 8 {
		t.Errorf("more taken out than is there: %v, %d", err, stock())
	}
	db.Exec(t, `update goods set stock = 14 where village_id = 11`)
	if p, err := s.CancelPurchase(ctx, lead, counted.ID, "记错了物品"); err != nil || stock() != 5 || p.CancelReason != "记错了物品" {
		t.Errorf("%+v, %v, stock %d", p, err, stock())
	}
	for state, want := range map[string]int{"": 2, "bought": 0, "stocked": 0, "cancelled": 2} {
		if all, _, err := s.Bought(ctx, lead, PurchaseFilter{State: state}); err != nil || len(all) != want {
			t.Errorf("%q: %d of %d, %v", state, len(all), want, err)
		}
	}

	d, err := s.Give(ctx, lead, Donation{Source: Firms, Donor: "海丰公司", Named: true, Fen: 500_00, GoodsID: &oil.ID, Quantity: 20, ReceivedOn: on})
	if err != nil {
		t.Fatal(err)
	}
	if d, err = s.Used(ctx, lead, d.ID, "买毛巾", 300_00); err != nil {
		t.Fatal(err)
	}
	use := d.Uses[0].ID
	if _, err := s.CancelUse(ctx, lead, d.ID, uuid.New(), "没有这条"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a use that is not there: %v", err)
	}
	if d, err = s.CancelUse(ctx, lead, d.ID, use, "多写了一个零"); err != nil || d.Left() != 500_00 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := s.CancelUse(ctx, lead, d.ID, use, "再来一次"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
	if d, err = s.Used(ctx, lead, d.ID, "买毛巾", 500_00); err != nil || d.Left() != 0 {
		t.Errorf("used anew: %+v, %v", d, err)
	}
	if d, err = s.CancelDonation(ctx, lead, d.ID, "捐助人改了主意"); err != nil || !d.Cancelled() || stock() != 5 {
		t.Errorf("%+v, %v, stock %d", d, err, stock())
	}
	if _, err := s.CancelDonation(ctx, lead, d.ID, "再来一次"); !errors.Is(err, ErrUndone) {
		t.Errorf("twice: %v", err)
	}
	if _, err := s.Used(ctx, lead, d.ID, "买毛巾", 1); !errors.Is(err, ErrUndone) {
		t.Errorf("used after it was cancelled: %v", err)
	}
	for public, want := range map[bool]int{true: 0, false: 1} {
		if all, _, err := s.Given(ctx, lead, DonationFilter{Public: public}); err != nil || len(all) != want {
			t.Errorf("public %t: %+v, %v", public, all, err)
		}
	}
}
