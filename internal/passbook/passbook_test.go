package passbook

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/crypt"
	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

type stand struct {
	*Service
	t   *testing.T
	db  *pgtest.DB
	who actor.Actor
}

func arrange(t *testing.T) *stand {
	t.Helper()
	s := &stand{t: t, db: pgtest.New(t), who: pgtest.In(pgtest.A, actor.Lead)}
	vault, err := crypt.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s.Service = &Service{DB: s.db.DB, Vault: vault, Households: &household.Service{DB: s.db.DB, Vault: vault}, Address: func(p string) string { return "https://cunfen.example.cn" + p }}
	s.db.At("2026-11-20T10:00:00+08:00")
	_, err = s.db.Owner.Exec(context.Background(), `update village set name = '海沿村', settings = '{"look": {"colour": "#0B5C8A", "emblem": "海"}, "contact": {"name": "徐海波", "phone": "0513-84500000"}}' where id = 11`)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stand) award(h uuid.UUID, n int) {
	s.t.Helper()
	err := s.db.InVillage(context.Background(), s.who, func(tx pg.Tx) error {
		for range n {
			if _, err := ledger.Post(context.Background(), tx, ledger.Entry{HouseholdID: h, SourceKind: ledger.FromClaim, SourceID: uuid.New(), Points: 5, Month: 202611,
				OccurredOn: time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC), RuleVersion: 1, Kind: ledger.Award, Bucket: ledger.YearBucket, Scores: true, Item: "P08"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// text is what can be read from a document, page by page; with CUNFEN_SHOTS it is kept there.
func (s *stand) text(name string, pdf []byte) []string {
	s.t.Helper()
	dir := s.t.TempDir()
	if keep := os.Getenv("CUNFEN_SHOTS"); keep != "" {
		dir = keep
	}
	path := filepath.Join(dir, name+".pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		s.t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", path, "-").Output()
	if err != nil {
		s.t.Fatal("pdftotext (poppler-utils): ", err)
	}
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(out), " ", ""), "\f"), "\f")
}

func TestBookAndNewLines(t *testing.T) {
	t.Parallel()
	s := arrange(t)
	ctx := context.Background()
	h := s.db.Household(t, pgtest.A, "3组12号", "李𬭎𫖮𬸪䶮")
	s.award(h, 12)
	one := Choice{Households: []uuid.UUID{h}, Kind: Book}
	p, err := s.Print(ctx, s.who, one)
	if err != nil || p.Lines != 12 {
		t.Fatalf("%+v, %v", p, err)
	}
	pdf, missing, err := s.PDF(ctx, s.who, p.ID)
	if err != nil || len(missing) > 0 {
		t.Fatal(missing, err)
	}
	pages := s.text("passbook", pdf)
	if len(pages) != 6 || !strings.Contains(pages[0], "李𬭎𫖮𬸪䶮") || !strings.Contains(pages[0], "海沿村") || !strings.Contains(pages[2], "+5") {
		t.Errorf("%d pages: %q", len(pages), pages)
	}
	one.Kind = Lines
	if _, err := s.Print(ctx, s.who, one); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing is new: %v", err)
	}
	s.award(h, 5) // lines 13 to 17: two on the first page, three on the next
	p, err = s.Print(ctx, s.who, one)
	if err != nil || p.Lines != 5 {
		t.Fatalf("%+v, %v", p, err)
	}
	_, homes, err := s.Show(ctx, s.who, p.ID)
	if err != nil || homes[0].FromLine != 13 || homes[0].ToLine != 17 || homes[0].Page != 1 || homes[0].YearAfter != 85 {
		t.Errorf("%+v, %v", homes, err)
	}
	pdf, _, err = s.PDF(ctx, s.who, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	pages = s.text("newlines", pdf)
	if len(pages) != 2 || strings.Contains(pages[0], "余额以最后一行为准") || !strings.Contains(pages[0], "13") || !strings.Contains(pages[1], "第2页") || !strings.Contains(pages[1], "85") {
		t.Errorf("the new lines alone: %q", pages)
	}
	if _, err := s.Print(ctx, s.who, Choice{Households: []uuid.UUID{h}, Kind: Again, From: 13}); !errors.Is(err, ErrReason) {
		t.Errorf("printed again without a reason: %v", err)
	}
	if p, err = s.Print(ctx, s.who, Choice{Households: []uuid.UUID{h}, Kind: Again, From: 13, Reason: "打印机卡纸"}); err != nil || p.Lines != 5 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := s.Print(ctx, s.who, Choice{Households: []uuid.UUID{h}, Kind: Again, From: 18, Reason: "没有这一行"}); !errors.Is(err, ErrRange) {
		t.Errorf("a line that is not on paper: %v", err)
	}
	if all, _ := s.Prints(ctx, s.who, h); len(all) != 3 {
		t.Errorf("%d printings are known", len(all))
	}
	if _, _, err := s.PDF(ctx, pgtest.In(pgtest.B, actor.Lead), p.ID); err == nil {
		t.Error("another village's printing was drawn")
	}
}

func TestTwoPrintersNumberALineOnce(t *testing.T) {
	t.Parallel()
	s := arrange(t)
	h := s.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	s.award(h, 30)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := s.Print(context.Background(), s.who, Choice{Kind: Lines}); err != nil && !errors.Is(err, ErrNothing) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var lines, last int
	if err := s.db.Owner.QueryRow(context.Background(), `select count(*), max(line) from passbook_line`).Scan(&lines, &last); err != nil || lines != 30 || last != 30 {
		t.Errorf("%d lines, the last %d (%v)", lines, last, err)
	}
}

func TestCodesAndLostBooks(t *testing.T) {
	t.Parallel()
	s := arrange(t)
	ctx := context.Background()
	h := s.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	s.award(h, 3)
	if _, err := s.Print(ctx, s.who, Choice{Households: []uuid.UUID{h}, Kind: Book}); err != nil {
		t.Fatal(err)
	}
	var code, old string
	if err := s.db.Owner.QueryRow(ctx, `select l.code, h.passbook_no from passbook_line l join household h on h.id = l.household_id where line = 2`).Scan(&code, &old); err != nil {
		t.Fatal(err)
	}
	c, err := s.Check(ctx, pgtest.A, strings.ToLower(strings.ReplaceAll(code, "-", " ")))
	if err != nil || !c.Found || c.Lines[0].Line != 2 || c.Lines[0].YearAfter != 10 {
		t.Errorf("%+v, %v", c, err)
	}
	if c, _ := s.Check(ctx, pgtest.B, code); c.Found {
		t.Error("the code is good in another village")
	}
	if c, err := s.Check(ctx, pgtest.A, "2222-2222"); err != nil || c.Found {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := s.Check(ctx, pgtest.A, "x"); !errors.Is(err, ErrBlank) {
		t.Errorf("half a code: %v", err)
	}
	// a line that was changed behind the book's back no longer fits its code
	if _, err := s.db.Owner.Exec(ctx, `update ledger_entry set points = 50 where id = (select entry_id from passbook_line where line = 2)`); err != nil {
		t.Fatal(err)
	}
	if c, _ := s.Check(ctx, pgtest.A, code); c.Found {
		t.Error("a changed line still fits its code")
	}
	p, err := s.Reissue(ctx, s.who, h, "搬家时丢失")
	if err != nil || p.Kind != Book || p.Lines != 3 {
		t.Fatalf("%+v, %v", p, err)
	}
	voids, err := s.Voids(ctx, s.who, h)
	if err != nil || len(voids) != 1 || voids[0].PassbookNo != old || voids[0].NewNo == old || !household.ValidPassbookNo(voids[0].NewNo) {
		t.Errorf("%+v, %v", voids, err)
	}
}

func TestCardsAndPlates(t *testing.T) {
	t.Parallel()
	s := arrange(t)
	for i, name := range []string{"张桂兰", "李𬭎", "陈𫖮", "季𬸪", "䶮树"} {
		s.db.Household(t, pgtest.A, fmt.Sprintf("1组%d号", i+1), name)
	}
	for name, draw := range map[string]func() ([]byte, []rune, error){
		"cards":  func() ([]byte, []rune, error) { return s.Cards(context.Background(), s.who, 0) },
		"plates": func() ([]byte, []rune, error) { return s.Plates(context.Background(), s.who, 0) },
	} {
		pdf, missing, err := draw()
		if err != nil || len(missing) > 0 {
			t.Fatal(name, missing, err)
		}
		pages := s.text(name, pdf)
		for _, head := range []string{"李𬭎", "陈𫖮", "季𬸪", "䶮树"} { // plates bear nobody's name
			if name == "cards" && !strings.Contains(pages[0], head+"家") {
				t.Errorf("%s does not stand on its card: %q", head, pages[0])
			}
		}
		if want := map[string]int{"cards": 1, "plates": 2}[name]; len(pages) != want || !strings.Contains(pages[0], "1组4号") {
			t.Errorf("%s: %d pages: %q", name, len(pages), pages)
		}
	}
	if _, _, err := s.Cards(context.Background(), s.who, 9); !errors.Is(err, ErrNobody) {
		t.Errorf("an empty grid: %v", err)
	}
}
