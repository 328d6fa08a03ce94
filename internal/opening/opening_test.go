package opening

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/sheetfile"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

var pen = Pen{Name: "张桂兰", Image: bytes.Repeat([]byte{1}, 200)}

func TestOldBookWantsBothSignaturesOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s, ctx := &Service{DB: db.DB}, context.Background()
	one, two := pgtest.In(pgtest.A, actor.Committee), pgtest.In(pgtest.A, actor.Lead)
	home := db.Household(t, pgtest.A, "1组1号", "张桂兰")
	today := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	db.Now = func() time.Time { return today.Add(9 * time.Hour) }
	for _, bad := range []struct {
		o    Opening
		want error
	}{{Opening{HouseholdID: home, AsOf: today}, ErrPoints}, {Opening{HouseholdID: home, Points: 5, AsOf: today.AddDate(0, 0, 1)}, ErrAsOf}, {Opening{HouseholdID: home, Points: 5, AsOf: today.AddDate(-1, 0, 0)}, ErrAsOf}} {
		if _, err := s.Note(ctx, one, []Opening{bad.o}); !errors.Is(err, bad.want) {
			t.Errorf("%+v: %v", bad.o, err)
		}
	}
	noted, err := s.Note(ctx, one, []Opening{{HouseholdID: home, Points: 86, AsOf: today, Book: "旧 12"}})
	if err != nil {
		t.Fatal(err)
	}
	ids := []uuid.UUID{noted[0].ID}
	if _, err := s.Note(ctx, one, []Opening{{HouseholdID: home, Points: 86, AsOf: today}}); !errors.Is(err, ErrOnce) {
		t.Errorf("written down twice: %v", err)
	}
	if _, err := s.SignGroup(ctx, two, ids, pen); !errors.Is(err, ErrFirst) {
		t.Errorf("the group first: %v", err)
	}
	if _, err := s.SignHome(ctx, one, ids, Pen{Name: "张桂兰"}); !errors.Is(err, ErrSigned) {
		t.Errorf("nothing drawn: %v", err)
	}
	if _, err := s.SignHome(ctx, one, ids, pen); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignGroup(ctx, one, ids, pen); !errors.Is(err, ErrTwo) {
		t.Errorf("signed by who wrote it down: %v", err)
	}
	balance := func() (b ledger.Balance) {
		_ = db.InVillage(ctx, two, func(tx pg.Tx) (err error) { b, err = ledger.BalanceOf(ctx, tx, home); return err })
		return b
	}
	if b := balance(); b.Year != 0 {
		t.Errorf("posted before both have signed: %+v", b)
	}
	if n, err := s.SignGroup(ctx, two, ids, pen); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if _, err := s.SignGroup(ctx, two, ids, pen); !errors.Is(err, ErrState) {
		t.Errorf("signed twice: %v", err)
	}
	if b := balance(); b.Year != 86 || b.Score != 0 || b.Honour != 0 {
		t.Errorf("%+v", b)
	}
	if images, err := s.Signatures(ctx, two, ids[0]); err != nil || len(images) != 2 || images[0].Name != "张桂兰" || images[1].Name != two.Name {
		t.Errorf("%v, %v", images, err)
	}
	if o, err := s.End(ctx, two, ids[0], "抄错了一位"); err != nil || o.State != Reversed {
		t.Fatal(o, err)
	}
	if _, err := s.End(ctx, two, ids[0], "再来一次"); !errors.Is(err, ErrState) {
		t.Errorf("reversed twice: %v", err)
	}
	if b := balance(); b.Year != 0 {
		t.Errorf("%+v", b)
	}
	if _, err := s.Note(ctx, one, []Opening{{HouseholdID: home, Points: 68, AsOf: today}}); err != nil {
		t.Errorf("after the reversal: %v", err)
	}
	list, _, err := s.List(ctx, one, Filter{State: Reversed, Query: "张"})
	if err != nil || len(list) != 1 || list[0].Reason != "抄错了一位" {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestOldBookOfAYearThatIsCleared: what a book of the old year gave was cleared with it, so that neither a late
// signature gives it in the new year nor a reversal takes it once more.
func TestOldBookOfAYearThatIsCleared(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s, ctx := &Service{DB: db.DB}, context.Background()
	one, two := pgtest.In(pgtest.A, actor.Committee), pgtest.In(pgtest.A, actor.Lead)
	posted, late := db.Household(t, pgtest.A, "1组1号", "张桂兰"), db.Household(t, pgtest.A, "1组2号", "李四")
	today := time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC)
	db.At("2026-12-20T09:00:00+08:00")
	noted, err := s.Note(ctx, one, []Opening{{HouseholdID: posted, Points: 80, AsOf: today}, {HouseholdID: late, Points: 30, AsOf: today}})
	if err != nil {
		t.Fatal(err)
	}
	first, second := []uuid.UUID{noted[0].ID}, []uuid.UUID{noted[1].ID}
	if _, err := s.SignHome(ctx, one, append(first, second...), pen); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignGroup(ctx, two, first, pen); err != nil {
		t.Fatal(err)
	}
	db.At("2027-01-20T09:00:00+08:00")
	err = db.InVillage(ctx, two, func(tx pg.Tx) error {
		lines := []ledger.Entry{{HouseholdID: posted, SourceKind: ledger.FromClearing, SourceID: uuid.New(), Points: -80, Month: 202701, OccurredOn: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Kind: ledger.Clearing, Bucket: ledger.YearBucket}}
		if _, err := ledger.PostAll(ctx, tx, lines); err != nil {
			return err
		}
		return ledger.Turn(ctx, tx, 2026)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignGroup(ctx, two, second, pen); !errors.Is(err, ErrLate) {
		t.Errorf("signed after the year was cleared: %v", err)
	}
	if _, err := s.End(ctx, two, first[0], "抄错了一位"); !errors.Is(err, ErrOver) {
		t.Errorf("reversed after the year was cleared: %v", err)
	}
	if o, err := s.End(ctx, two, second[0], "那一年已经清零"); err != nil || o.State != Dropped {
		t.Errorf("%+v, %v", o, err)
	}
	for _, home := range []uuid.UUID{posted, late} {
		_ = db.InVillage(ctx, two, func(tx pg.Tx) error {
			if b, err := ledger.BalanceOf(ctx, tx, home); err != nil || b.Year != 0 {
				t.Errorf("%+v, %v", b, err)
			}
			return nil
		})
	}
}

func TestSheetOfOldBooks(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s, ctx, one := &Service{DB: db.DB}, context.Background(), pgtest.In(pgtest.A, actor.Committee)
	home := db.Household(t, pgtest.A, "1组1号", "张桂兰")
	var no string
	if err := db.Owner.QueryRow(ctx, `select passbook_no from household where id = $1`, home).Scan(&no); err != nil {
		t.Fatal(err)
	}
	day := time.Now().Format("2006") + "-01-01"
	sheet := func(rows ...[]any) []byte {
		var b bytes.Buffer
		heads := []sheetfile.Head{{Title: "存折编号"}, {Title: "户主"}, {Title: "旧存折余额"}, {Title: "截止日期"}, {Title: "旧存折编号"}}
		if _, err := sheetfile.Export(&b, "旧存折", heads, slices.Values(rows)); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	r, err := s.Import(ctx, one, sheet([]any{no, "李四", 86, day, ""}, []any{"NONE", "王五", 5, day, ""}), false)
	if err != nil || len(r.Problems) != 2 || len(r.Marked) == 0 {
		t.Fatalf("%+v, %v", r.Problems, err)
	}
	good := sheet([]any{no, "张桂兰", 86, day, "旧 1"})
	if r, err = s.Import(ctx, one, good, true); err != nil || len(r.Problems) > 0 || r.Points != 86 {
		t.Fatalf("%+v, %v", r, err)
	}
	if all, _, _ := s.List(ctx, one, Filter{}); len(all) != 0 {
		t.Error("a try wrote something")
	}
	if _, err = s.Import(ctx, one, good, false); err != nil {
		t.Fatal(err)
	}
	if r, err = s.Import(ctx, one, good, false); err != nil || len(r.Problems) != 1 {
		t.Errorf("brought in twice: %+v, %v", r, err)
	}
}
