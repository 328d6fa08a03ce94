package ledger

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// BenchmarkPost is one line in a transaction of its own.
func BenchmarkPost(b *testing.B) {
	k := open(b)
	h := k.db.Household(b, pgtest.A, "1组1号", "张桂兰")
	for b.Loop() {
		if _, err := k.post(award(h, 5)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkMonth is a village's month of inspections: 1,200 households × 5 items in one transaction (P4).
func BenchmarkMonth(b *testing.B) {
	k := open(b)
	homes := make([]uuid.UUID, 1200)
	for i := range homes {
		homes[i] = k.db.Household(b, pgtest.A, fmt.Sprintf("1组%d号", i), "户")
	}
	for b.Loop() {
		book := make([]Entry, 0, 6000)
		for i := range 6000 {
			book = append(book, award(homes[i%1200], 5))
		}
		if err := k.do(func(tx pg.Tx) error { _, err := PostAll(context.Background(), tx, book); return err }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*6000)/b.Elapsed().Seconds(), "entries/s")
}
