package notice

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// What the public reads, it reads as nobody in particular, of one village, and only until the notice is taken
// down. Of a month it always gets the newest edition: what was corrected is not shown again.
func public(v actor.VillageID) actor.Actor { return actor.Actor{Village: v} }

// Board lists the newest edition of each month that hangs now, the latest month first.
func (s *Service) Board(ctx context.Context, village actor.VillageID) (all []Notice, err error) {
	defer fault.Wrap(&err, "notice.Board(%d)", village)
	err = s.DB.Look(ctx, public(village), func(tx pg.Tx) error {
		all, err = pg.All[Notice](ctx, tx, sqlBoard, pgx.NamedArgs{"village_id": int64(village), "public": true, "today": month.Date(tx.Now)})
		return err
	})
	return all, err
}

// History lists the newest edition of each month, those taken down as well, for those who work in the village.
func (s *Service) History(ctx context.Context, who actor.Actor) (all []Notice, err error) {
	defer fault.Wrap(&err, "notice.History")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Notice](ctx, tx, sqlBoard, pgx.NamedArgs{"village_id": int64(who.Village), "public": false, "today": month.Date(tx.Now)})
		return err
	})
	return all, err
}

// Page is a public page as it was rendered when it went out.
type Page struct {
	Number      int    // may be above the one asked for, which was corrected since
	Body        []byte // HTML, gzip
	Etag        string
	PublishedAt time.Time
}

// Page reads the public page of a month.
func (s *Service) Page(ctx context.Context, village actor.VillageID, m month.Month, number int) (p Page, err error) {
	defer fault.Wrap(&err, "notice.Page(%d, %s, %d)", village, m, number)
	b := &pg.Batch{}
	pg.Row(b, &p, sqlPage, pgx.NamedArgs{"village_id": int64(village), "month": int32(m), "today": month.Date(s.DB.Now())})
	if village == 0 {
		return p, fault.ErrNotFound
	}
	err = s.DB.Read(ctx, public(village), b)
	if err == nil && number > p.Number {
		err = fault.ErrNotFound
	}
	return p, err
}

// mostPDF bounds the size of a stored paper.
const mostPDF = 64 << 20

// PDF reads the paper of a month, in the size "a4" or "a3", with the name to save it under.
func (s *Service) PDF(ctx context.Context, village actor.VillageID, m month.Month, number int, size string) (pdf []byte, name string, err error) {
	defer fault.Wrap(&err, "notice.PDF(%d, %s, %d, %s)", village, m, number, size)
	n, err := s.open(ctx, public(village), m, true)
	if err != nil {
		return nil, "", err
	}
	key := map[string]string{"a4": n.A4, "a3": n.A3}[size]
	if key == "" || number > n.Number {
		return nil, "", fault.ErrNotFound
	}
	k, err := blob.ParseKey(village, key)
	if err != nil {
		return nil, "", err
	}
	pdf, err = s.Blobs.Get(ctx, k, mostPDF)
	return pdf, n.Title + n.Month.Chinese() + strings.ToUpper(size) + ".pdf", err
}

func (s *Service) open(ctx context.Context, who actor.Actor, m month.Month, public bool) (n Notice, err error) {
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		n, err = latest(ctx, tx, m, public)
		return err
	})
	return n, err
}

// FindDoor finds lines of the notice that hangs by (a part of) the house number, the exact one first.
func (s *Service) FindDoor(ctx context.Context, village actor.VillageID, m month.Month, door string) (lines []Line, err error) {
	defer fault.Wrap(&err, "notice.FindDoor(%d, %s)", village, m)
	door = plain(door)
	if door == "" {
		return nil, nil
	}
	err = s.DB.Look(ctx, public(village), func(tx pg.Tx) error {
		n, err := latest(ctx, tx, m, true)
		if err != nil {
			return err
		}
		args := edition(tx, n)
		args["door"] = door
		lines, err = pg.All[Line](ctx, tx, sqlDoor, args)
		return err
	})
	return lines, err
}

// plain takes spaces out of what was typed and makes full-width digits and letters the usual ones.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '\u3000' || r == 0:
			return -1
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// Mine is the actor's own household's line on the month's newest edition.
func (s *Service) Mine(ctx context.Context, who actor.Actor, m month.Month) (l Line, err error) {
	defer fault.Wrap(&err, "notice.Mine(%s)", m)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		n, err := latest(ctx, tx, m, false)
		if err != nil {
			return err
		}
		args := edition(tx, n)
		args["household"] = who.Household
		l, err = pg.One[Line](ctx, tx, sqlMine, args)
		return err
	})
	return l, err
}

// Show is the newest edition of a month whole, for those who work in the village, taken down or not.
func (s *Service) Show(ctx context.Context, who actor.Actor, m month.Month) (v View, err error) {
	defer fault.Wrap(&err, "notice.Show(%s)", m)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if v.Notice, err = latest(ctx, tx, m, false); err != nil {
			return err
		}
		p, err := pg.One[place](ctx, tx, sqlVillage, pgx.NamedArgs{"village_id": int64(tx.Village())})
		if err != nil {
			return err
		}
		set, err := p.own()
		if err != nil {
			return err
		}
		v.Village, v.VillageCode, v.Contact = p.Name, p.Code, set.contact()
		v.Code, v.Link = Code(v.Root), s.Address(p.Code, m, v.Number)
		v.Lines, err = pg.All[Line](ctx, tx, sqlLines, edition(tx, v.Notice))
		return err
	})
	return v, err
}

// Check finds the notice whose printed copy carries the code. current is false where it was corrected since.
func (s *Service) Check(ctx context.Context, village actor.VillageID, code string) (n Notice, current bool, err error) {
	defer fault.Wrap(&err, "notice.Check(%d)", village)
	err = s.DB.Look(ctx, public(village), func(tx pg.Tx) error {
		all, err := pg.All[Notice](ctx, tx, sqlAll, pgx.NamedArgs{"village_id": int64(village)})
		if err != nil {
			return err
		}
		newest := month.Month(0)
		for _, o := range all {
			if sameCode(o.Root, code) {
				n, current = o, newest != o.Month
				return nil
			}
			newest = o.Month
		}
		return fault.ErrNotFound
	})
	return n, current, err
}
