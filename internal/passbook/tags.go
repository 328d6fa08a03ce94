package passbook

import (
	"context"
	"net/url"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/paper"
	"cunfen/internal/pg"
)

// tagged is a thing on the shelf.
type tagged struct {
	ID    uuid.UUID
	Code  string
	Name  string
	Unit  string
	Price int
	Photo bool
}

const sqlTagged = `-- passbook.tagged
select id, code, name, unit, price, photo is not null as photo from goods
where village_id = @village_id and (cardinality(@ids::uuid[]) = 0 and active or id = any(@ids::uuid[])) order by code`

const sqlTagPhoto = `-- passbook.tag_photo
select photo from goods where village_id = @village_id and id = @id`

// Tags draws shelf tags, ten to a sheet of A4: of the things chosen, or of all on offer. The code on it is read by
// the desk's scanner and by a household's phone.
func (s *Service) Tags(ctx context.Context, who actor.Actor, ids []uuid.UUID) (pdf []byte, missing []rune, err error) {
	defer fault.Wrap(&err, "passbook.Tags(%d)", len(ids))
	var (
		all []tagged
		v   look
	)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if all, err = pg.All[tagged](ctx, tx, sqlTagged, args(tx, ids)); err != nil {
			return err
		}
		v, err = lookOf(ctx, tx)
		return err
	})
	switch {
	case err != nil:
		return nil, nil, err
	case len(all) < len(ids):
		return nil, nil, fault.ErrNotFound
	case len(all) == 0:
		return nil, nil, ErrNoGoods
	}
	d, err := paper.New(paper.A4, v.Name+"物资价签", v.Name)
	if err != nil {
		return nil, nil, err
	}
	const across, down, margin = 2, 5, 22.0
	w, h := (d.W-2*margin)/across, (d.H-2*margin)/down
	for i, g := range all {
		at := i % (across * down)
		if at == 0 {
			d.AddPage()
		}
		photo, err := s.tagPhoto(ctx, who, g)
		if err != nil {
			return nil, nil, err
		}
		s.tag(d, v, g, photo, spot{margin + float64(at%across)*w, margin + float64(at/across)*h, w, h})
	}
	pdf, err = d.Bytes()
	return pdf, d.Missing(), err
}

// tagPhoto is the small copy of a thing's photo; nil where it has none.
func (s *Service) tagPhoto(ctx context.Context, who actor.Actor, g tagged) ([]byte, error) {
	if !g.Photo {
		return nil, nil
	}
	p, err := s.Evidence.ReadShown(ctx, who, func(tx pg.Tx) (uuid.UUID, error) {
		return pg.Scalar[uuid.UUID](ctx, tx, sqlTagPhoto, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": g.ID})
	})
	if err != nil {
		return nil, err
	}
	return p.Thumb(ctx)
}

// tagLink is what the code on a thing's tag says.
func (s *Service) tagLink(code string) string {
	return s.Address("/goods/list?code=" + url.QueryEscape(code))
}

func (s *Service) tag(d *paper.Doc, v look, g tagged, photo []byte, b spot) {
	border(d, b)
	d.Box(b.x, b.y, b.w, 22, v.colour)
	d.Text(b.x+10, b.y, b.w-20, 22, v.emblem+"　"+v.Name+"积分兑换", paper.Left, paper.Style{Size: 10.5, Bold: true, Colour: white})
	left, side := b.x+12, 74.0
	if d.Image(left, b.y+32, side, side, photo) {
		left += side + 10
	}
	code := 84.0
	w := b.x + b.w - code - 8 - left
	name, lines := tagName(d, g.Name, w)
	for i, l := range lines {
		d.Text(left, b.y+28+name.Size*1.25*float64(i), w, name.Size*1.25, l, paper.Left, name)
	}
	points := strconv.Itoa(g.Price)
	style := paper.Style{Size: 34, Bold: true, Colour: v.colour}
	wide := d.Width(points, style)
	d.Text(left, b.y+72, w, 40, points, paper.Left, style)
	d.Text(left+min(wide, w)+4, b.y+86, 80, 22, "分 / "+g.Unit, paper.Left, paper.Style{Size: 12})
	d.QR(b.x+b.w-code-6, b.y+28, code, s.tagLink(g.Code))
	d.Text(b.x+b.w-code-6, b.y+28+code, code, 14, g.Code, paper.Centre, paper.Style{Size: 10, Bold: true})
	d.Text(b.x+12, b.y+b.h-22, b.w-24, 14, "价格公开，人人一样；扫码可在手机上预留", paper.Left, paper.Style{Size: 8.5, Colour: paper.Grey})
}

// tagName breaks a name into at most three lines, in letters as large as there is room for.
func tagName(d *paper.Doc, name string, w float64) (style paper.Style, lines []string) {
	for _, c := range []struct {
		size float64
		most int
	}{{16, 2}, {13, 2}, {11, 3}, {9, 3}} {
		style = paper.Style{Size: c.size, Bold: true}
		if lines = d.Wrap(name, w, style); len(lines) <= c.most {
			return style, lines
		}
	}
	last := []rune(lines[2])
	return style, append(lines[:2], string(last[:len(last)-1])+"…")
}
