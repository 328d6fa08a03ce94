package passbook

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/paper"
	"cunfen/internal/pg"
)

// look is the village as its papers show it.
type look struct {
	Code, Name string
	colour     paper.Colour
	emblem     string
	contact    string
}

type place struct {
	Code     string
	Name     string
	Settings struct {
		Look struct {
			Colour string `json:"colour"`
			Emblem string `json:"emblem"`
		} `json:"look"`
		Contact struct {
			Name  string `json:"name"`
			Phone string `json:"phone"`
		} `json:"contact"`
	}
}

func lookOf(ctx context.Context, tx pg.Tx) (l look, err error) {
	p, err := pg.One[place](ctx, tx, sqlVillage, pgx.NamedArgs{"village_id": int64(tx.Village())})
	if err != nil {
		return l, err
	}
	l = look{Code: p.Code, Name: p.Name, colour: paper.Colour{0x0B, 0x6E, 0x4F}, emblem: p.Settings.Look.Emblem}
	if b, err := hex.DecodeString(strings.TrimPrefix(p.Settings.Look.Colour, "#")); err == nil && len(b) == 3 {
		l.colour = paper.Colour{b[0], b[1], b[2]}
	}
	if l.emblem == "" {
		l.emblem = string([]rune(p.Name)[:1])
	}
	if p.Settings.Contact.Phone != "" {
		l.contact = p.Settings.Contact.Name + " " + p.Settings.Contact.Phone
	}
	return l, nil
}

var (
	white = paper.Colour{0xFF, 0xFF, 0xFF}
	pale  = paper.Colour{0xD9, 0xE0, 0xDC}
)

// PDF draws a printing. A whole book is its cover, a page of explanations and its pages; of the lines that are
// new only they are drawn, each at its place, and the frame of a page too where the first of its lines is among
// them. It lists what the font lacks.
func (s *Service) PDF(ctx context.Context, who actor.Actor, id uuid.UUID) (pdf []byte, missing []rune, err error) {
	defer fault.Wrap(&err, "passbook.PDF(%s)", id)
	var (
		p     Print
		homes []Printed
		lines []Line
		v     look
	)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if p, homes, err = show(ctx, tx, id); err != nil {
			return err
		}
		ids := make([]uuid.UUID, len(homes))
		for i, h := range homes {
			ids[i] = h.HouseholdID
		}
		if lines, err = s.paper(ctx, tx, ids); err != nil {
			return err
		}
		v, err = lookOf(ctx, tx)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	d, err := paper.New(paper.A6, v.Name+"积分存折", v.Name)
	if err != nil {
		return nil, nil, err
	}
	books := map[uuid.UUID][]Line{}
	for _, l := range lines {
		books[l.HouseholdID] = append(books[l.HouseholdID], l)
	}
	for _, h := range homes {
		if p.Kind == Book {
			s.cover(d, v, h, p)
			notes(d, v)
		}
		s.pages(d, v, h, books[h.HouseholdID], p.Kind)
	}
	pdf, err = d.Bytes()
	return pdf, d.Missing(), err
}

// paper reads the printed lines of households with their titles.
func (s *Service) paper(ctx context.Context, tx pg.Tx, ids []uuid.UUID) ([]Line, error) {
	lines, err := pg.All[Line](ctx, tx, sqlPaper, args(tx, ids))
	if err != nil {
		return nil, err
	}
	type name struct {
		Version     int
		Code, Title string
	}
	names, err := pg.All[name](ctx, tx, sqlTitles, pgx.NamedArgs{"village_id": int64(tx.Village())})
	if err != nil {
		return nil, err
	}
	type key struct {
		version int
		code    string
	}
	titles := map[key]string{}
	for _, n := range names {
		titles[key{n.Version, n.Code}] = n.Title
	}
	for i := range lines {
		l := &lines[i]
		l.Title = l.Kind.Chinese()
		if l.Item != "" {
			code := l.Item
			if len(code) > 3 {
				code = code[:3]
			}
			if t := titles[key{l.RuleVersion, code}]; t != "" {
				l.Title = t
			}
			l.Title = ledger.Named(l.Kind, l.SourceKind, l.Title)
		}
	}
	return lines, nil
}

// cover is the book's first page in the village's own colour with its emblem.
func (s *Service) cover(d *paper.Doc, v look, h Printed, p Print) {
	d.AddPage()
	w, top := d.W, 250.0
	d.Box(0, 0, w, top, v.colour)
	d.Box(14, 14, w-28, 1, white)
	d.Box(14, top-15, w-28, 1, white)
	d.Text(0, 44, w, 62, v.emblem, paper.Centre, paper.Style{Size: 56, Bold: true, Colour: white})
	d.Text(0, 124, w, 26, v.Name, paper.Centre, paper.Style{Size: 19, Bold: true, Colour: white})
	d.Text(0, 156, w, 34, "积 分 存 折", paper.Centre, paper.Style{Size: 27, Bold: true, Colour: white})
	d.Text(0, 204, w, 16, "德美积善　分分有据", paper.Centre, paper.Style{Size: 10.5, Colour: white})
	d.Text(24, top+20, w-130, 22, h.Head+"　家", paper.Left, paper.Style{Size: 16, Bold: true})
	d.Text(24, top+48, w-130, 15, "门牌　"+h.Door, paper.Left, paper.Style{Size: 10.5})
	d.Text(24, top+68, w-130, 15, "编号　"+h.PassbookNo, paper.Left, paper.Style{Size: 10.5})
	d.Text(24, top+88, w-130, 15, "发放　"+p.At.In(month.Zone).Format("2006-01-02"), paper.Left, paper.Style{Size: 10.5})
	d.QR(w-98, top+18, 76, s.Address("/v/"+v.Code+"/passbook?no="+url.QueryEscape(h.PassbookNo)))
	d.Text(w-104, top+94, 88, 12, "扫码查验每一行", paper.Centre, paper.Style{Size: 8, Colour: paper.Grey})
	d.Line(24, d.H-44, w-24, d.H-44, 0.6, pale)
	d.Text(24, d.H-38, w-48, 14, v.Name+"积分管理工作小组　"+v.contact, paper.Left, paper.Style{Size: 8, Colour: paper.Grey})
}

// notes explains the book to whoever holds it.
func notes(d *paper.Doc, v look) {
	d.AddPage()
	d.Text(24, 26, d.W-48, 20, "使用说明", paper.Left, paper.Style{Size: 14, Bold: true, Colour: v.colour})
	d.Line(24, 50, d.W-24, 50, 1, v.colour)
	y := 60.0
	for _, t := range []string{
		"一、一房一户一本存折，全家的分都记在这一本上。纸质存折和电子档案一样作数。",
		"二、基础积分首次登记时给，锁定期满后才能用，年底不清零；今年的分年底清零。",
		"三、来兑换时带上存折：最后一行的余额和电子档案一致、签字以后，才能领东西。",
		"四、有新的分到村里来补登，只印新的行，印过的行不动。",
		"五、每一行末尾有查验码。扫封面的码，输入查验码，就能看到电子档案里这一行写的是什么。",
		"六、分不对，公示期内到村委会、找网格员提出，由没有参与评定的人处理。",
		"七、存折丢了，到村委会挂失换本：旧号作废，分一分不少。",
		"八、积分只换物品和荣誉，不影响分红、土地、入学、低保和开证明。",
	} {
		for _, l := range d.Wrap(t, d.W-48, paper.Style{Size: 9.5}) {
			d.Text(24, y, d.W-40, 15, l, paper.Left, paper.Style{Size: 9.5})
			y += 15.5
		}
		y += 4
	}
}

// columns of a page of the book, by their left edges.
var columns = []struct {
	title string
	x, w  float64
	align paper.Align
}{
	{"行", 12, 18, paper.Centre}, {"日期", 31, 38, paper.Centre}, {"事由", 72, 74, paper.Left}, {"加减", 146, 28, paper.Right},
	{"今年余额", 175, 34, paper.Right}, {"基础", 210, 26, paper.Right}, {"查验码", 240, 45, paper.Centre},
}

const (
	gridTop = 54.0
	rowHigh = 23.0
)

// pages draws the household's lines. The paper book is fed page by page; what was printed before is not drawn.
func (s *Service) pages(d *paper.Doc, v look, h Printed, book []Line, kind Kind) {
	page := 0
	for _, l := range book {
		if l.Line < h.FromLine || l.Line > h.ToLine {
			continue
		}
		if l.Page() != page {
			page = l.Page()
			d.AddPage()
			if kind == Book || l.Row() == 0 {
				frame(d, v, h, page)
			}
		}
		row(d, l)
	}
	if kind != Book {
		return
	}
	for blank := page + 1; blank <= max(page+1, 4); blank++ { // room to be filled by 补登
		d.AddPage()
		frame(d, v, h, blank)
	}
}

func frame(d *paper.Doc, v look, h Printed, page int) {
	d.Text(12, 14, 150, 14, v.Name+"积分存折　"+h.Head+"家", paper.Left, paper.Style{Size: 8.5, Bold: true, Colour: v.colour})
	d.Text(140, 14, d.W-152, 14, h.PassbookNo+"　第 "+strconv.Itoa(page)+" 页", paper.Right, paper.Style{Size: 8, Colour: paper.Grey})
	d.Box(12, 34, d.W-24, gridTop-36, v.colour)
	for _, c := range columns {
		d.Text(c.x, 34, c.w, gridTop-36, c.title, paper.Centre, paper.Style{Size: 8, Bold: true, Colour: white})
	}
	for r := range PerPage + 1 {
		y := gridTop - 2 + float64(r)*rowHigh
		d.Line(12, y, d.W-12, y, 0.5, pale)
	}
	d.Text(12, gridTop+PerPage*rowHigh+6, d.W-24, 12, "余额以最后一行为准。有意见请在公示期内提出。", paper.Left, paper.Style{Size: 7.5, Colour: paper.Grey})
}

func row(d *paper.Doc, l Line) {
	y := gridTop - 2 + float64(l.Row())*rowHigh
	points := fmt.Sprintf("%+d", l.Points)
	for i, t := range []string{strconv.Itoa(l.Line), l.OccurredOn.Format("06-01-02"), l.Title, points, strconv.FormatInt(l.YearAfter, 10),
		strconv.FormatInt(l.BaseAfter, 10), l.Code} {
		c := columns[i]
		style := paper.Style{Size: 8.5}
		if i == 6 {
			style.Size = 7
		}
		style.Bold = i == 4
		if i == 2 {
			parts := d.Wrap(t, c.w, paper.Style{Size: 8})
			if len(parts) > 1 {
				d.Text(c.x, y+1.5, c.w, 10, parts[0], c.align, paper.Style{Size: 8})
				d.Text(c.x, y+11, c.w, 10, strings.Join(parts[1:], ""), c.align, paper.Style{Size: 8})
				continue
			}
		}
		d.Text(c.x, y, c.w, rowHigh, t, c.align, style)
	}
}

// Cards draws household cards, ten to a sheet of A4, for the homes chosen, a grid, or the whole village.
func (s *Service) Cards(ctx context.Context, who actor.Actor, grid int, only ...uuid.UUID) ([]byte, []rune, error) {
	return s.sheets(ctx, who, grid, only, 2, 5, s.card)
}

// Plates draws door plates, four to a sheet.
func (s *Service) Plates(ctx context.Context, who actor.Actor, grid int, only ...uuid.UUID) ([]byte, []rune, error) {
	return s.sheets(ctx, who, grid, only, 2, 2, s.plate)
}

type spot struct{ x, y, w, h float64 }

func (s *Service) sheets(ctx context.Context, who actor.Actor, grid int, only []uuid.UUID, across, down int,
	draw func(*paper.Doc, look, Home, string, spot)) (pdf []byte, missing []rune, err error) {
	defer fault.Wrap(&err, "passbook.sheets(%d)", grid)
	var (
		homes []Home
		v     look
		codes = map[uuid.UUID]string{}
	)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		if homes, err = homesOf(ctx, tx, only, grid); err != nil {
			return err
		}
		if len(homes) == 0 || len(only) > len(homes) {
			return ErrNobody
		}
		key, err := s.Vault.Village(ctx, tx)
		if err != nil {
			return err
		}
		for _, h := range homes {
			codes[h.ID] = household.DoorToken(key, h.ID)
		}
		v, err = lookOf(ctx, tx)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	d, err := paper.New(paper.A4, v.Name, v.Name)
	if err != nil {
		return nil, nil, err
	}
	margin := 22.0
	w, h := (d.W-2*margin)/float64(across), (d.H-2*margin)/float64(down)
	for i, home := range homes {
		at := i % (across * down)
		if at == 0 {
			d.AddPage()
		}
		draw(d, v, home, s.Address("/d/"+codes[home.ID]), spot{margin + float64(at%across)*w, margin + float64(at/across)*h, w, h})
	}
	pdf, err = d.Bytes()
	return pdf, d.Missing(), err
}

func border(d *paper.Doc, b spot) {
	for _, l := range [][4]float64{{b.x, b.y, b.x + b.w, b.y}, {b.x, b.y + b.h, b.x + b.w, b.y + b.h}, {b.x, b.y, b.x, b.y + b.h}, {b.x + b.w, b.y, b.x + b.w, b.y + b.h}} {
		d.Line(l[0], l[1], l[2], l[3], 0.4, pale)
	}
}

func (s *Service) card(d *paper.Doc, v look, h Home, link string, b spot) {
	border(d, b)
	d.Box(b.x, b.y, b.w, 26, v.colour)
	d.Text(b.x+10, b.y, b.w-20, 26, v.emblem+"　"+v.Name+"积分卡", paper.Left, paper.Style{Size: 12, Bold: true, Colour: white})
	d.Text(b.x+12, b.y+40, b.w-110, 22, h.Head+"家", paper.Left, paper.Style{Size: 16, Bold: true})
	d.Text(b.x+12, b.y+70, b.w-110, 15, h.Door, paper.Left, paper.Style{Size: 11})
	d.Text(b.x+12, b.y+92, b.w-110, 14, h.PassbookNo, paper.Left, paper.Style{Size: 9, Colour: paper.Grey})
	d.Text(b.x+12, b.y+b.h-26, b.w-110, 14, "来兑换请带卡和存折", paper.Left, paper.Style{Size: 8.5, Colour: paper.Grey})
	d.QR(b.x+b.w-98, b.y+38, 86, link)
}

func (s *Service) plate(d *paper.Doc, v look, h Home, link string, b spot) {
	border(d, b)
	d.Box(b.x, b.y, b.w, 46, v.colour)
	d.Text(b.x, b.y, b.w, 46, v.Name, paper.Centre, paper.Style{Size: 20, Bold: true, Colour: white})
	d.Text(b.x, b.y+56, b.w, 44, h.Door, paper.Centre, paper.Style{Size: 30, Bold: true})
	side := 210.0
	d.QR(b.x+(b.w-side)/2, b.y+108, side, link)
	d.Text(b.x, b.y+326, b.w, 18, "扫码看自家积分、网格员入户扫码记录", paper.Centre, paper.Style{Size: 11})
	d.Text(b.x, b.y+350, b.w, 14, v.emblem+"　一房一户　"+v.contact, paper.Centre, paper.Style{Size: 9, Colour: paper.Grey})
}
