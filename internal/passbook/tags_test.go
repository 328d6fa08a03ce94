package passbook

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/blob/blobtest"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/paper/papertest"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/shop"
)

func TestReadMark(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Mark{
		"https://a.cn/d/ABCDEFG":                             {Door: "ABCDEFG"},
		"http://127.0.0.1:8080/v/haiyan/passbook?no=HY-0012": {Book: "HY-0012"},
		"https://a.cn/v/haiyan/passbook?code=abcd-2345":      {Line: "ABCD-2345"},
		"https://a.cn/goods/list?code=Y%2001":                {Goods: "Y 01"},
		" abcd-2345 ":                                        {Line: "ABCD-2345"},
		"3-12":                                               {},
		"1组2-3456号":                                          {},
		"zgl":                                                {},
		"123456":                                             {},
		"https://a.cn/d/A/B":                                 {},
		"https://a.cn/v/haiyan/2026-10":                      {},
		"javascript://a.cn/d/ABCDEFG":                        {},
		"https://a.cn/goods/list":                            {},
		"https://a.cn/v/haiyan/passbook":                     {},
		"ABCD-2345-6789":                                     {},
		"":                                                   {},
	} {
		if got := ReadMark(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func picture() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 400, 300))
	for y := range 300 {
		for x := range 400 {
			img.Set(x, y, color.RGBA{uint8(x / 2), uint8(y / 2), 90, 255})
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil)
	return b.Bytes()
}

// unpictured takes a thing's photo away and puts it back: the tag follows, and nobody else can.
func (s *stand) unpictured(store *shop.Service, things []shop.Goods) {
	s.t.Helper()
	ctx, shown := context.Background(), things[0]
	stranger := pgtest.In(pgtest.B, actor.Lead)
	for name, do := range map[string]func(context.Context, actor.Actor, uuid.UUID) (shop.Goods, error){"taken away": store.DropPhoto, "put back": store.PutPhotoBack} {
		if _, err := do(ctx, stranger, shown.ID); !errors.Is(err, fault.ErrNotFound) {
			s.t.Errorf("%s by another village: %v", name, err)
		}
		if _, err := do(ctx, s.who, things[1].ID); !errors.Is(err, shop.ErrNoPhoto) {
			s.t.Errorf("%s where there never was one: %v", name, err)
		}
	}
	if _, err := store.PutPhotoBack(ctx, s.who, shown.ID); !errors.Is(err, shop.ErrNoPhoto) {
		s.t.Errorf("put back while it is shown: %v", err)
	}
	bare, err := store.DropPhoto(ctx, s.who, shown.ID)
	if err != nil || bare.Photo != nil || bare.Version != shown.Version+1 {
		s.t.Fatalf("%+v, %v", bare, err)
	}
	before, err := store.PhotoBefore(ctx, s.who, shown.ID)
	never, err2 := store.PhotoBefore(ctx, s.who, things[1].ID)
	if err != nil || err2 != nil || !before || never {
		s.t.Errorf("one was taken away %t, %v; never had one %t, %v", before, err, never, err2)
	}
	if _, _, err := s.Tags(ctx, s.who, []uuid.UUID{shown.ID}); err != nil {
		s.t.Errorf("a tag without photo: %v", err)
	}
	if _, err := store.DropPhoto(ctx, s.who, shown.ID); !errors.Is(err, shop.ErrNoPhoto) {
		s.t.Errorf("taken away twice: %v", err)
	}
	stale := shown
	stale.Photo = nil
	if _, err := store.Save(ctx, s.who, stale); !errors.Is(err, shop.ErrStale) {
		s.t.Errorf("saved from a page that still had the photo: %v", err)
	}
	if back, err := store.PutPhotoBack(ctx, s.who, shown.ID); err != nil || back.Photo == nil || *back.Photo != *shown.Photo {
		s.t.Errorf("%+v, %v", back, err)
	}
	var lines int
	if err := s.db.Owner.QueryRow(ctx, `select count(*) from audit where village_id = $1 and verb in ('shop.drop_photo', 'shop.put_photo_back')`, int64(pgtest.A)).Scan(&lines); err != nil || lines != 2 {
		s.t.Errorf("the log has %d lines of it, %v", lines, err)
	}
}

// TestPrintedCodesAreRead decodes the codes on tags, cards, plates and covers as they come out of the printer, and
// looks up what each leads to.
func TestPrintedCodesAreRead(t *testing.T) {
	t.Parallel()
	s := arrange(t)
	ctx := context.Background()
	s.Evidence = &evidence.Service{DB: s.db.DB, Blobs: blobtest.New(t).Store}
	store := &shop.Service{DB: s.db.DB}
	if _, _, err := s.Tags(ctx, s.who, nil); !errors.Is(err, ErrNoGoods) {
		t.Errorf("tags of nothing: %v", err)
	}
	shot, err := s.Evidence.Upload(ctx, s.who, bytes.NewReader(picture()))
	if err != nil {
		t.Fatal(err)
	}
	things := []shop.Goods{{Code: "Y01", Name: "金龙鱼食用调和油 5 升（非转基因）", Unit: "桶", Price: 80, Active: true, Photo: &shot.ID}, {Code: "皂2", Name: "肥皂", Unit: "块", Price: 5, Active: true},
		{Code: "Z9", Name: "洗洁精䶮牌", Unit: "瓶", Price: 12345, Active: true}, {Code: "OFF", Name: "停换的", Unit: "个", Price: 1}}
	for i := range things {
		if things[i], err = store.Save(ctx, s.who, things[i]); err != nil {
			t.Fatal(err)
		}
	}
	find := func(text string) Found {
		t.Helper()
		f, err := s.Scan(ctx, s.who, ReadMark(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		return f
	}
	pdf, missing, err := s.Tags(ctx, s.who, nil)
	if err != nil || len(missing) > 0 {
		t.Fatal(missing, err)
	}
	if text := s.text("tags", pdf); !strings.Contains(text[0], "金龙鱼食用调和") || !strings.Contains(text[0], "12345") || strings.Contains(text[0], "停换的") {
		t.Error(text)
	}
	codes := papertest.Codes(t, "tags", pdf, 2, 5)
	var led []uuid.UUID
	for _, c := range codes[0] {
		led = append(led, find(c).Goods)
	}
	for _, g := range things[:3] {
		if !slices.Contains(led, g.ID) || len(led) != 3 {
			t.Errorf("the tags %q lead to %v, not to %s", codes, led, g.Name)
		}
	}
	if pdf, _, err = s.Tags(ctx, s.who, []uuid.UUID{things[3].ID}); err != nil || !strings.Contains(s.text("tag", pdf)[0], "停换的") {
		t.Errorf("one tag: %v", err)
	}
	other := pgtest.In(pgtest.B, actor.Lead)
	if _, _, err := s.Tags(ctx, other, []uuid.UUID{things[0].ID}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another village's tag: %v", err)
	}

	s.unpictured(store, things)

	zhang, li := s.db.Household(t, pgtest.A, "3组12号", "张桂兰"), s.db.Household(t, pgtest.A, "3组14号", "李四")
	s.award(zhang, 2)
	for name, sheet := range map[string]struct {
		draw func(context.Context, actor.Actor, int, ...uuid.UUID) ([]byte, []rune, error)
		down int
	}{"cards": {s.Cards, 5}, "plates": {s.Plates, 2}} {
		pdf, _, err := sheet.draw(ctx, s.who, 0)
		if err != nil {
			t.Fatal(err)
		}
		chosen, _, err := sheet.draw(ctx, s.who, 0, li)
		if err != nil {
			t.Fatal(err)
		}
		if codes := papertest.Codes(t, name+"-chosen", chosen, 2, sheet.down)[0]; len(codes) != 1 || find(codes[0]).Household != li {
			t.Errorf("%s of one home: %q", name, codes)
		}
		if _, _, err := sheet.draw(ctx, other, 0, li); !errors.Is(err, ErrNobody) {
			t.Errorf("%s of another village's home: %v", name, err)
		}
		if _, _, err := sheet.draw(ctx, s.who, 0, li, uuid.New()); !errors.Is(err, ErrNobody) {
			t.Errorf("%s with a home that is not there: %v", name, err)
		}
		var homes []uuid.UUID
		for _, c := range papertest.Codes(t, name, pdf, 2, sheet.down)[0] {
			homes = append(homes, find(c).Household)
			if _, err := s.Scan(ctx, other, ReadMark(c)); !errors.Is(err, fault.ErrNotFound) {
				t.Errorf("%s: another village read %s: %v", name, c, err)
			}
		}
		if len(homes) != 2 || !slices.Contains(homes, zhang) || !slices.Contains(homes, li) {
			t.Errorf("%s lead to %v", name, homes)
		}
	}
	p, err := s.Print(ctx, s.who, Choice{Households: []uuid.UUID{zhang}, Kind: Book})
	if err != nil {
		t.Fatal(err)
	}
	if pdf, _, err = s.PDF(ctx, s.who, p.ID); err != nil {
		t.Fatal(err)
	}
	pages := papertest.Codes(t, "cover", pdf, 1, 1)
	if len(pages[0]) != 1 || find(pages[0][0]).Household != zhang {
		t.Errorf("the cover says %q", pages[0])
	}
	var code string
	if err := s.db.Owner.QueryRow(ctx, `select code from passbook_line where household_id = $1 and line = 2`, zhang).Scan(&code); err != nil {
		t.Fatal(err)
	}
	if f := find(code); f.Household != zhang || f.Line != 2 {
		t.Errorf("line code %s leads to %+v", code, f)
	}
	for _, none := range []string{"2222-2222", "https://a.cn/d/ABCDEFG", "https://a.cn/v/x/passbook?no=nobody", "https://a.cn/goods/list?code=none", "zgl"} {
		if _, err := s.Scan(ctx, s.who, ReadMark(none)); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v", none, err)
		}
	}
}
