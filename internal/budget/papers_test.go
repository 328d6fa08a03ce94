package budget

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/blob/blobtest"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/shop"
)

func scan(n int) *bytes.Reader {
	img := image.NewGray(image.Rect(0, 0, 120, 160))
	for y := range 160 {
		for x := range 120 {
			img.SetGray(x, y, color.Gray{uint8(x*n + y)})
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil)
	return bytes.NewReader(b.Bytes())
}

// TestPurchaseKeepsItsPapers: the quotes' photos stand with their quotes, receipts may come later, and nobody else's
// photo is taken.
func TestPurchaseKeepsItsPapers(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	s, ctx := &Service{DB: db.DB}, context.Background()
	photos := &evidence.Service{DB: db.DB, Blobs: blobtest.New(t).Store}
	lead, other := pgtest.In(pgtest.A, actor.Lead), pgtest.In(pgtest.A, actor.Committee)
	oil, err := (&shop.Service{DB: db.DB}).Save(ctx, lead, shop.Goods{Code: "Y1", Name: "食用油", Unit: "桶", Price: 60, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	shot := func(who actor.Actor, n int) uuid.UUID {
		t.Helper()
		e, err := photos.Upload(ctx, who, scan(n))
		if err != nil {
			t.Fatal(err)
		}
		return e.ID
	}
	ids := make([]uuid.UUID, 4)
	for i := range ids {
		ids[i] = shot(lead, i+2)
	}
	p := Purchase{GoodsID: oil.ID, Quantity: 50, Supplier: "供销社", Fen: 3_000_00, BoughtOn: time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC), Receipt: "NO.0031", Receipts: ids[3:],
		Quotes: []Quote{{Supplier: "供销社", Fen: 3_000_00, Photo: &ids[0]}, {Supplier: "粮油店", Fen: 3_100_00, Photo: &ids[1]}, {Supplier: "镇超市", Fen: 3_200_00, Photo: &ids[2]}}}
	foreign := p
	foreign.Receipts = []uuid.UUID{shot(other, 9)}
	if _, err := s.Buy(ctx, lead, foreign); !errors.Is(err, ErrShot) {
		t.Errorf("somebody else's photo: %v", err)
	}
	p, err = s.Buy(ctx, lead, p)
	if err != nil {
		t.Fatal(err)
	}
	late := shot(other, 10)
	if err := s.AddReceipts(ctx, other, p.ID, []uuid.UUID{late}); err != nil {
		t.Fatal(err)
	}
	if err := s.AddReceipts(ctx, other, p.ID, nil); !errors.Is(err, ErrPhoto) {
		t.Errorf("no photo: %v", err)
	}
	if err := s.AddReceipts(ctx, pgtest.In(pgtest.B, actor.Lead), p.ID, []uuid.UUID{late}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another village: %v", err)
	}
	got, err := s.Purchase(ctx, lead, p.ID)
	if err != nil || len(got.Photos) != 5 || len(got.Receipts) != 2 || got.Quotes[1].Photo == nil || *got.Quotes[1].Photo != ids[1] {
		t.Errorf("%+v, %v", got, err)
	}
	if all, _, err := s.Bought(ctx, lead, PurchaseFilter{}); err != nil || len(all) != 1 || len(all[0].Photos) != 5 || len(all[0].Quotes) != 3 {
		t.Errorf("%+v, %v", all, err)
	}
	more := make([]uuid.UUID, mostPhotos-4)
	if err := s.AddReceipts(ctx, other, p.ID, more); !errors.Is(err, ErrPhotos) {
		t.Errorf("too many: %v", err)
	}
}

func TestPurchasesAndDonationsAreFiltered(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	s, ctx, lead, other := &Service{DB: db.DB}, context.Background(), pgtest.In(pgtest.A, actor.Lead), pgtest.In(pgtest.A, actor.Committee)
	store := &shop.Service{DB: db.DB}
	things := map[string]uuid.UUID{}
	for i, name := range []string{"食用油", "肥皂"} {
		g, err := store.Save(ctx, lead, shop.Goods{Code: fmt.Sprint("G", i), Name: name, Unit: "件", Price: 5, Active: true})
		if err != nil {
			t.Fatal(err)
		}
		things[name] = g.ID
	}
	on := time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC)
	for i, name := range []string{"食用油", "肥皂", "肥皂"} {
		p, err := s.Buy(ctx, lead, Purchase{GoodsID: things[name], Quantity: 10, Supplier: []string{"供销社", "粮油店", "供销社"}[i], Fen: 100_00, BoughtOn: on, Receipt: fmt.Sprintf("NO.%d", i)})
		if err == nil && i == 0 {
			_, err = s.StockIn(ctx, other, p.ID, 10, "")
		}
		if err != nil {
			t.Fatal(err)
		}
		d := Donation{Source: []Source{Firms, Notables, Firms}[i], Donor: []string{"海丰公司", "顾先生", "渔业公司"}[i], Named: i == 0, Fen: 100, ReceivedOn: on}
		if _, err := s.Give(ctx, lead, d); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		f    PurchaseFilter
		want int
	}{"all": {PurchaseFilter{}, 3}, "stocked": {PurchaseFilter{State: "stocked"}, 1}, "waiting": {PurchaseFilter{State: "bought"}, 2}, "supplier": {PurchaseFilter{Query: "供销社"}, 2},
		"thing": {PurchaseFilter{Query: "肥皂"}, 2}, "receipt": {PurchaseFilter{Query: "NO.2"}, 1}, "last year": {PurchaseFilter{Year: 2025}, 0}, "both": {PurchaseFilter{Query: "肥皂", State: "stocked"}, 0}} {
		if got, _, err := s.Bought(ctx, lead, c.f); err != nil || len(got) != c.want {
			t.Errorf("purchases, %s: %d, want %d, %v", name, len(got), c.want, err)
		}
	}
	for name, c := range map[string]struct {
		f    DonationFilter
		want int
	}{"all": {DonationFilter{}, 3}, "firms": {DonationFilter{Source: Firms}, 2}, "donor": {DonationFilter{Query: "公司"}, 2}, "a name that is not public": {DonationFilter{Query: "公司", Public: true}, 1},
		"this year": {DonationFilter{Year: 2026}, 3}, "last year": {DonationFilter{Year: 2025}, 0}} {
		if got, _, err := s.Given(ctx, lead, c.f); err != nil || len(got) != c.want {
			t.Errorf("donations, %s: %d, want %d, %v", name, len(got), c.want, err)
		}
	}
	first, next, err := s.Given(ctx, lead, DonationFilter{Page: page.Page{Limit: 2}})
	rest, end, err2 := s.Given(ctx, lead, DonationFilter{Page: page.Page{Limit: 2, After: next}})
	if err != nil || err2 != nil || len(first) != 2 || len(rest) != 1 || end != "" || rest[0].Donor != "海丰公司" {
		t.Errorf("%+v, %+v, %v, %v", first, rest, err, err2)
	}
}
