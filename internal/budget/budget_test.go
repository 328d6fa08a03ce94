package budget

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/shop"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func officer(town actor.TownshipID) actor.Actor {
	return actor.Actor{Account: uuid.New(), Name: "顾明远", Role: actor.Bureau, Township: town}
}

func plan(year int) Budget {
	return Budget{Year: year, Lines: []Line{{Source: VillageFunds, Name: "集体经营收入", Fen: 10_000_00}, {Source: Notables, Name: "乡贤会", Fen: 2_000_00}, {},
		{Source: GoodsLine, Name: "食用油", Quantity: 100, Fen: 6_000_00, Points: 6000}}}
}

func TestBudgetGoesToTheTownshipAndBack(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	s, ctx, lead := &Service{DB: db.DB}, context.Background(), pgtest.In(pgtest.A, actor.Lead)
	over := plan(2026)
	over.Lines[3].Fen = 20_000_00
	b, err := s.Save(ctx, lead, over)
	if err != nil || b.Number != 0 || len(b.Lines) != 3 {
		t.Fatalf("%+v, %v", b, err)
	}
	if _, err := s.Submit(ctx, lead, b.ID); !errors.Is(err, ErrOver) {
		t.Errorf("more goods than money: %v", err)
	}
	if _, err := s.Save(ctx, lead, plan(2026)); !errors.Is(err, ErrState) {
		t.Errorf("a second draft: %v", err)
	}
	again := plan(2026)
	again.ID, again.Version = b.ID, 7
	if _, err := s.Save(ctx, lead, again); !errors.Is(err, ErrStale) {
		t.Errorf("a stale draft: %v", err)
	}
	again.Version = 1
	if b, err = s.Save(ctx, lead, again); err != nil || b.Funds() != 12_000_00 {
		t.Fatalf("%+v, %v", b, err)
	}
	if _, err := s.Review(ctx, officer(1), pgtest.A, b.ID, b.Version, true, ""); !errors.Is(err, ErrState) {
		t.Errorf("agreed before it was sent: %v", err)
	}
	if b, err = s.Submit(ctx, lead, b.ID); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		who     actor.Actor
		village actor.VillageID
	}{"another township": {officer(2), pgtest.A}, "another village": {officer(1), pgtest.B}, "the village itself": {lead, pgtest.A}} {
		if _, err := s.Review(ctx, c.who, c.village, b.ID, b.Version, true, ""); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("agreed to by %s: %v", name, err)
		}
	}
	if _, err := s.Review(ctx, officer(1), pgtest.A, b.ID, b.Version, false, ""); !errors.Is(err, ErrAdvice) {
		t.Errorf("given back without a word: %v", err)
	}
	if b, err = s.Review(ctx, officer(1), pgtest.A, b.ID, b.Version, false, "请减少食用油，多备日用品"); err != nil || b.State != Returned {
		t.Fatalf("%+v, %v", b, err)
	}
	again.Version = 4
	if b, err = s.Save(ctx, lead, again); err != nil {
		t.Fatal(err)
	}
	if b, err = s.Submit(ctx, lead, b.ID); err != nil {
		t.Fatal(err)
	}
	seen := b.Version
	if b, err = s.Recall(ctx, lead, b.ID); err != nil || b.State != Draft || b.SubmittedAt != nil {
		t.Fatalf("taken back: %+v, %v", b, err)
	}
	if _, err = s.Recall(ctx, lead, b.ID); !errors.Is(err, ErrState) {
		t.Errorf("taken back twice: %v", err)
	}
	if b, err = s.Submit(ctx, lead, b.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Review(ctx, officer(1), pgtest.A, b.ID, seen, true, "同意"); !errors.Is(err, ErrSentAnew) {
		t.Errorf("agreed to what was sent before: %v", err)
	}
	if b, err = s.Review(ctx, officer(1), pgtest.A, b.ID, b.Version, true, "同意"); err != nil || b.State != Agreed {
		t.Fatalf("%+v, %v", b, err)
	}
	if again.Version = b.Version; true {
		if _, err := s.Save(ctx, lead, again); !errors.Is(err, ErrState) {
			t.Errorf("changed after it was agreed to: %v", err)
		}
	}
	if _, err := s.Save(ctx, lead, plan(2026)); err == nil || fault.Of(err).Code != "budget.form" {
		t.Errorf("an amendment without reason: %v", err)
	}
	amend := plan(2026)
	amend.Reason = "企业赞助到位"
	if b, err = s.Save(ctx, lead, amend); err != nil || b.Number != 1 {
		t.Fatalf("%+v, %v", b, err)
	}
	g, err := s.Guard(ctx, lead)
	if err != nil || !g.Agreed || g.Funds != 12_000_00 || g.Worth != 100_00 {
		t.Errorf("%+v, %v", g, err)
	}
	town, err := s.Town(ctx, officer(1), TownFilter{})
	if err != nil || len(town) != 2 || town[0].Funds != 12_000_00 || town[1].Agreed || town[1].Budget != nil {
		t.Errorf("%+v, %v", town, err)
	}
	for f, names := range map[TownFilter]int{{State: Agreed}: 1, {State: NotSent}: 1, {State: Returned}: 0, {Search: " 东 "}: 1, {Level: Short.Key()}: 0} {
		if some, err := s.Town(ctx, officer(1), f); err != nil || len(some) != names {
			t.Errorf("%+v finds %d villages, %v", f, len(some), err)
		}
	}
	if _, _, err := s.ShowInOffice(ctx, officer(1), pgtest.A, b.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("the township reads an amendment that was not sent: %v", err)
	}
	if sent := town[0].Budget; sent == nil || sent.Number != 0 || sent.State != Agreed {
		t.Errorf("while an amendment is drafted the township sees %+v", sent)
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	if got := forecast(300, month.Month(202611)); got != 200 {
		t.Errorf("two months at 100 come to %d", got)
	}
	for _, c := range []struct {
		g    Guard
		want Level
	}{
		{Guard{Owed: 100, Coming: 50, Shelf: 150}, Fine},
		{Guard{Owed: 100, Coming: 51, Shelf: 150}, Tight},
		{Guard{Owed: 151, Shelf: 150}, Short},
		{Guard{Owed: 151, Shelf: 150, Funds: 100_00, Worth: 100_00}, Fine},
		{Guard{Owed: 151, Shelf: 150, Funds: 100_00, Spent: 100_00, Worth: 100_00}, Short},
	} {
		if got := c.g.Level(); got != c.want {
			t.Errorf("%+v: %d, want %d", c.g, got, c.want)
		}
	}
}

func TestPurchase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	s, ctx := &Service{DB: db.DB}, context.Background()
	lead, other := pgtest.In(pgtest.A, actor.Lead), pgtest.In(pgtest.A, actor.Committee)
	store := &shop.Service{DB: db.DB}
	oil, err := store.Save(ctx, lead, shop.Goods{Code: "Y1", Name: "食用油", Unit: "桶", Price: 60, Stock: 1, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	p := Purchase{GoodsID: oil.ID, Quantity: 50, Supplier: "供销社", Fen: 3_000_00, BoughtOn: time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC), Receipt: "NO.0031"}
	if _, err := s.Buy(ctx, lead, p); !errors.Is(err, ErrQuotes) {
		t.Errorf("without quotes: %v", err)
	}
	p.Quotes = []Quote{{Supplier: "供销社", Fen: 3_000_00}, {Supplier: "供销社", Fen: 3_100_00}, {Supplier: "镇超市", Fen: 2_900_00}}
	if _, err := s.Buy(ctx, lead, p); err == nil {
		t.Error("two suppliers are not three")
	}
	p.Quotes[1].Supplier = "粮油店"
	if _, err := s.Buy(ctx, lead, p); !errors.Is(err, ErrLowest) {
		t.Errorf("not the lowest, no reason: %v", err)
	}
	p.Reason = "最低的一家没有货"
	got, err := s.Buy(ctx, lead, p)
	if err != nil || got.GoodsName != "食用油" {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := s.StockIn(ctx, lead, got.ID, 50, ""); !errors.Is(err, ErrBuyer) {
		t.Errorf("the buyer counted it in: %v", err)
	}
	if _, err := s.StockIn(ctx, other, got.ID, 48, ""); !errors.Is(err, ErrRemark) {
		t.Errorf("two are missing: %v", err)
	}
	if _, err := s.StockIn(ctx, other, got.ID, 48, "两桶漏油退回"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.StockIn(ctx, other, got.ID, 48, "再来"); !errors.Is(err, ErrStocked) {
		t.Errorf("counted in twice: %v", err)
	}
	all, err := store.Goods(ctx, lead, true)
	if err != nil || all[0].Stock != 49 {
		t.Errorf("%+v, %v", all, err)
	}
	if err := s.SavePurse(ctx, lead, Purse{Strict: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Buy(ctx, lead, p); !errors.Is(err, ErrNoBudget) {
		t.Errorf("a strict village bought without a budget: %v", err)
	}
}

func TestDonation(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	s, ctx, lead := &Service{DB: db.DB}, context.Background(), pgtest.In(pgtest.A, actor.Lead)
	store := &shop.Service{DB: db.DB}
	soap, err := store.Save(ctx, lead, shop.Goods{Code: "Z1", Name: "肥皂", Unit: "块", Price: 5, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	d := Donation{Source: Firms, Donor: "海丰水产公司", Fen: 500_00, GoodsID: &soap.ID, Quantity: 20, ReceivedOn: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	d, err = s.Give(ctx, lead, d)
	if err != nil || d.Public() != "爱心人士" {
		t.Fatalf("%+v, %v", d, err)
	}
	if _, err := s.Used(ctx, lead, d.ID, "买毛巾", 500_01); err == nil {
		t.Error("more was used than was given")
	}
	if d, err = s.Used(ctx, lead, d.ID, "买毛巾 60 条", 300_00); err != nil || d.Left() != 200_00 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := s.Used(ctx, pgtest.In(pgtest.B, actor.Lead), d.ID, "别村的", 1); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another village: %v", err)
	}
	all, err := store.Goods(ctx, lead, true)
	if err != nil || all[0].Stock != 20 {
		t.Errorf("%+v, %v", all, err)
	}
}
