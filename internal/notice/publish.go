package notice

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/paper"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
)

// deed is which of the two ways a notice goes out.
type deed struct {
	verb   string
	month  month.Month
	reason string // of a correction; kept in the log, never shown to the public
}

func (d deed) corrects() bool { return d.verb == "notice.correct" }

// Publish puts out the notice of a month that is signed and posted. A second time answers the same notice.
func (s *Service) Publish(ctx context.Context, who actor.Actor, m month.Month) (n Notice, err error) {
	defer fault.Wrap(&err, "notice.Publish(%s)", m)
	return s.issue(ctx, who, deed{verb: "notice.publish", month: m})
}

// Correct puts out the next edition of a month's notice after something in it was decided otherwise. Where no
// figure has changed it answers the edition that stands.
func (s *Service) Correct(ctx context.Context, who actor.Actor, m month.Month, reason string) (n Notice, err error) {
	defer fault.Wrap(&err, "notice.Correct(%s)", m)
	reason = strings.TrimSpace(reason)
	if l := utf8.RuneCountInString(reason); l < 5 || l > 200 {
		return n, ErrReason
	}
	return s.issue(ctx, who, deed{"notice.correct", m, reason})
}

// errMoved says that the book has moved since the draft was written.
var errMoved = errors.New("notice: the book has moved on")

// issue writes the notice, prints and stores it, and then, in one short transaction, makes it public if the
// book still says the same: nobody waits for a printer inside a transaction.
func (s *Service) issue(ctx context.Context, who actor.Actor, a deed) (Notice, error) {
	for range 3 {
		d, out, err := s.prepare(ctx, who, a)
		if err != nil || out {
			return d.Notice, err
		}
		page, err := s.print(ctx, who.Village, &d.View)
		if err != nil {
			return Notice{}, err
		}
		n, err := s.release(ctx, who, a, d, page)
		if !errors.Is(err, errMoved) {
			return n, err
		}
	}
	return Notice{}, pg.ErrBusy
}

// prepare answers the draft, or with out true the notice that is out already.
func (s *Service) prepare(ctx context.Context, who actor.Actor, a deed) (d draft, out bool, err error) {
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		state, err := pg.Scalar[string](ctx, tx, sqlSheet, a.args(tx))
		if err != nil && !absent(err) {
			return err
		}
		last, err := s.standing(ctx, tx, a, state)
		if err != nil {
			return err
		}
		if out = last != nil && !a.corrects(); out {
			d.Notice = *last
			return nil
		}
		if d, err = s.write(ctx, tx, a.month, last); err != nil || last == nil {
			return err
		}
		lines, err := pg.All[Line](ctx, tx, sqlLines, edition(tx, *last))
		if out = err == nil && equal(lines, d.Lines); out {
			d.Notice = *last
		}
		return err
	})
	return d, out, err
}

// standing is the edition that is out, nil where none is, and the fault where the month is not ready.
func (s *Service) standing(ctx context.Context, tx pg.Tx, a deed, state string) (*Notice, error) {
	switch {
	case state == "published":
		n, err := latest(ctx, tx, a.month, false)
		return &n, err
	case a.corrects():
		return nil, ErrNotPublished.With(a.month.Chinese())
	case state != "posted":
		return nil, ErrNotPosted.With(a.month.Chinese())
	}
	return nil, nil
}

func (a deed) args(tx pg.Tx) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int32(a.month), "at": tx.Now}
}

func edition(tx pg.Tx, n Notice) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int32(n.Month), "number": n.Number}
}

func equal(a, b []Line) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// print renders page and papers and stores the papers. Their names carry the root, so that of two drafts
// neither overwrites the other's.
func (s *Service) print(ctx context.Context, village actor.VillageID, v *View) ([]byte, error) {
	html, err := s.Render(*v)
	if err != nil {
		return nil, err
	}
	page := pack(html)
	v.Etag = fmt.Sprintf(`"%x"`, sha256.Sum256(page))[:33] + `"`
	sheet := v.sheet()
	for _, p := range []struct {
		key  *string
		name string
		size paper.Size
	}{{&v.A4, "a4", paper.A4}, {&v.A3, "a3", paper.A3}} {
		pdf, _, err := sheet.Print(p.size)
		if err != nil {
			return nil, err
		}
		key := blob.NoticeKey(village, v.Month, v.Number, fmt.Sprintf("%s-%x.pdf", p.name, v.Root[:8]))
		if err := s.Blobs.Put(ctx, key, pdf, "application/pdf"); err != nil {
			return nil, err
		}
		*p.key = key.String()
	}
	return page, nil
}

func pack(page []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = z.Write(page) // into memory: never fails
	_ = z.Close()
	return b.Bytes()
}

// release makes the draft the month's notice, unless somebody was faster or the book has moved.
func (s *Service) release(ctx context.Context, who actor.Actor, a deed, d draft, page []byte) (n Notice, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		n, _, err = idem.Once(ctx, tx, a.verb, func() (Notice, error) {
			state, err := pg.Scalar[string](ctx, tx, sqlLockSheet, a.args(tx))
			if err != nil {
				return n, err
			}
			last, err := s.standing(ctx, tx, a, state)
			if err != nil {
				return n, err
			}
			if last != nil && last.Number >= d.Number {
				return *last, nil
			}
			if err := d.check(ctx, tx); err != nil {
				return n, err
			}
			return d.Notice, d.store(ctx, tx, a, page)
		})
		return err
	})
	return n, err
}

// store writes everything that makes the notice public.
func (d *draft) store(ctx context.Context, tx pg.Tx, a deed, page []byte) error {
	if err := insert(ctx, tx, d.Notice, page); err != nil {
		return err
	}
	if err := insertLines(ctx, tx, d.Notice, d.Lines, d.owners); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, sqlSheetPublished, a.args(tx)); err != nil {
		return err
	}
	if err := d.tell(ctx, tx); err != nil {
		return err
	}
	if err := queue.Add(ctx, tx, OutJob{d.Month, d.Number}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Verb: a.verb, Kind: "notice", ID: d.ID(), Reason: a.reason, After: d.Notice})
}
