package signoff

import (
	"bytes"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Service is what the screens may ask of the month's sheet.
type Service struct {
	DB      *pg.DB
	Sources []Source
}

// Freeze gathers what was decided in a month that is over onto its sheet, for signing. What is still in review
// stays behind and comes onto the next sheet.
func (s *Service) Freeze(ctx context.Context, who actor.Actor, m month.Month) (sheet Sheet, err error) {
	defer fault.Wrap(&err, "signoff.Freeze(%s)", m)
	if !m.Valid() {
		return sheet, ErrFuture
	}
	return s.change(ctx, who, "sheet.freeze", m, "", func(tx pg.Tx, sheet *Sheet) error {
		switch {
		case sheet.State != Open:
			return ErrFrozen
		case tx.Now.Before(m.End()):
			return ErrRunning
		}
		if err := inOrder(ctx, tx, m); err != nil {
			return err
		}
		for _, from := range s.Sources {
			if err := from.Take(ctx, tx, m); err != nil {
				return err
			}
		}
		taken, err := s.lines(ctx, tx, m)
		if err != nil {
			return err
		}
		by, at := who.Account, tx.Now
		sheet.Revision++
		sheet.State, sheet.FrozenBy, sheet.FrozenAt, sheet.Lines, sheet.Points = Signing, &by, &at, len(taken), 0
		for _, l := range taken {
			sheet.Points += int64(l.Points)
		}
		sheet.Hash = Digest(m, sheet.Revision, taken)
		return nil
	})
}

// inOrder asks that months are signed one after another, December before January too: what belongs to the
// old year must not slip onto a sheet of the new one (D11). Months of a village take their turn here, so that of
// two at the same instant the later sees the earlier.
func inOrder(ctx context.Context, tx pg.Tx, m month.Month) error {
	if _, err := tx.Exec(ctx, sqlTurn, args(tx, m)); err != nil {
		return err
	}
	between, err := pg.Column[month.Month](ctx, tx, sqlOrder, args(tx, m))
	switch {
	case err != nil || len(between) == 0:
		return err
	case between[0] < m:
		return ErrEarlier.With(between[0].Chinese())
	}
	return ErrLater.With(between[0].Chinese())
}

// Reopen gives a sheet back to review before it is complete; signatures under it no longer count.
func (s *Service) Reopen(ctx context.Context, who actor.Actor, m month.Month, reason string) (sheet Sheet, err error) {
	defer fault.Wrap(&err, "signoff.Reopen(%s)", m)
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 2 || n > 500 {
		return sheet, ErrReason
	}
	return s.change(ctx, who, "sheet.reopen", m, reason, func(tx pg.Tx, sheet *Sheet) error {
		if sheet.State != Signing {
			return ErrNotOpen
		}
		for _, from := range s.Sources {
			if err := from.GiveBack(ctx, tx, m); err != nil {
				return err
			}
		}
		sheet.State, sheet.Hash, sheet.Lines, sheet.Points = Open, nil, 0, 0
		return nil
	})
}

// Pen is what a member gives to sign with. Hash is the sheet's as the member saw it; the door that
// takes the request has made sure of the person (password entered again, or a drawing).
type Pen struct {
	Hash    []byte
	Method  Method
	Drawing []byte
}

// Sign puts the member's name under the sheet. The signature that completes the quorum posts the month: the
// points of every line, once, in the same transaction.
func (s *Service) Sign(ctx context.Context, who actor.Actor, m month.Month, with Pen) (sheet Sheet, err error) {
	defer fault.Wrap(&err, "signoff.Sign(%s)", m)
	if with.Method == ByDrawing && len(with.Drawing) < 100 {
		return sheet, ErrDrawing
	}
	return s.change(ctx, who, "sheet.sign", m, "", func(tx pg.Tx, sheet *Sheet) error {
		switch {
		case sheet.State != Signing:
			return ErrNotOpen
		case !bytes.Equal(sheet.Hash, with.Hash):
			return ErrChanged
		}
		if err := sign(ctx, tx, *sheet, with); err != nil {
			return err
		}
		return s.complete(ctx, tx, sheet)
	})
}

func sign(ctx context.Context, tx pg.Tx, sheet Sheet, with Pen) error {
	kinds, err := pg.Column[string](ctx, tx, sqlSeat, pgx.NamedArgs{"village_id": int64(tx.Village()), "membership": tx.Who.Membership,
		"account": tx.Who.Account, "today": month.Date(tx.Now)})
	if err != nil {
		return err
	}
	if len(kinds) == 0 {
		return ErrNoSeat
	}
	a := args(tx, sheet.Month)
	a["revision"], a["account"], a["membership"], a["name"], a["kind"] = sheet.Revision, tx.Who.Account, tx.Who.Membership, tx.Who.Name, kinds[0]
	a["method"], a["hash"], a["drawing"], a["at"], a["entered_by"], a["entered_name"] = with.Method, sheet.Hash, with.Drawing, tx.Now, nil, ""
	_, err = tx.Exec(ctx, sqlSign, a)
	if pg.Is(err, pg.Unique) {
		return ErrSigned
	}
	return err
}

// complete posts the month if nothing is missing any more. What is posted is what was signed, to the last proof.
func (s *Service) complete(ctx context.Context, tx pg.Tx, sheet *Sheet) error {
	v, err := s.view(ctx, tx, *sheet)
	if err != nil || len(v.Missing) > 0 {
		return err
	}
	if !bytes.Equal(Digest(sheet.Month, sheet.Revision, v.Lines), sheet.Hash) {
		return ErrMoved
	}
	if err := s.post(ctx, tx, sheet.Month, v.Lines); err != nil {
		return err
	}
	at := tx.Now
	sheet.State, sheet.PostedAt = Posted, &at
	return audit.Record(ctx, tx, audit.Event{Verb: "sheet.post", Kind: "sheet", ID: sheet.Month.String(), After: sheet})
}

// post writes every line into the book and tells each source of its own.
func (s *Service) post(ctx context.Context, tx pg.Tx, m month.Month, all []Line) error {
	book, of := make([]ledger.Entry, len(all)), make([][]Line, len(s.Sources))
	for i, l := range all {
		book[i] = entry(tx, m, l)
		l.Entry = book[i].ID
		of[l.source] = append(of[l.source], l)
	}
	if n, err := ledger.PostAll(ctx, tx, book); err != nil {
		return err
	} else if n != len(book) {
		return ErrMoved // a record that has its line already
	}
	for i, from := range s.Sources {
		if len(of[i]) == 0 {
			continue
		}
		if err := from.Posted(ctx, tx, m, of[i]); err != nil {
			return err
		}
	}
	return nil
}

// change locks a month's sheet, lets fn move it, and writes it back with its line in the log.
func (s *Service) change(ctx context.Context, who actor.Actor, verb string, m month.Month, reason string, fn func(pg.Tx, *Sheet) error) (sheet Sheet, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		sheet, _, err = idem.Once(ctx, tx, verb, func() (Sheet, error) {
			sheet, err := lock(ctx, tx, m)
			if err != nil {
				return sheet, err
			}
			before := sheet
			if err := fn(tx, &sheet); err != nil {
				return sheet, err
			}
			if err := save(ctx, tx, sheet); err != nil {
				return sheet, err
			}
			return sheet, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "sheet", ID: m.String(), Reason: reason, Before: before, After: sheet})
		})
		return err
	})
	return sheet, err
}

// View is a month's sheet with all that stands on it.
type View struct {
	Sheet
	Lines      []Line
	Exceptions []Exception // of the month's rounds
	Signatures []Signature
	Quorum     Quorum
	Missing    []string // what the signing still lacks, in words
	Signed     bool     // by the person looking
	At         time.Time
}

// Show reads a month's sheet; a month that nobody has touched is an open one.
func (s *Service) Show(ctx context.Context, who actor.Actor, m month.Month) (v View, err error) {
	defer fault.Wrap(&err, "signoff.Show(%s)", m)
	if !m.Valid() {
		return v, fault.ErrNotFound
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		v, err = s.Read(ctx, tx, m)
		return err
	})
	return v, err
}

// Read is Show in the caller's transaction.
func (s *Service) Read(ctx context.Context, tx pg.Tx, m month.Month) (v View, err error) {
	sheet := Sheet{Month: m, State: Open}
	found, err := pg.All[Sheet](ctx, tx, sqlSheet, args(tx, m))
	if err != nil {
		return v, err
	}
	if len(found) == 1 {
		sheet = found[0]
	}
	if v, err = s.view(ctx, tx, sheet); err == nil && sheet.State != Open {
		v.Exceptions, err = s.exceptions(ctx, tx, m)
	}
	return v, err
}

func (s *Service) view(ctx context.Context, tx pg.Tx, sheet Sheet) (v View, err error) {
	v = View{Sheet: sheet, At: tx.Now}
	if v.Quorum, err = quorum(ctx, tx); err != nil || sheet.State == Open {
		return v, err
	}
	if v.Lines, err = s.lines(ctx, tx, sheet.Month); err != nil {
		return v, err
	}
	if v.Signatures, err = signatures(ctx, tx, sheet); err != nil {
		return v, err
	}
	homes, err := related(ctx, tx, v.Signatures)
	count(v.Lines, v.Signatures, homes)
	v.Missing = v.Quorum.Missing(v.Signatures, v.Lines)
	for _, name := range v.Signatures {
		v.Signed = v.Signed || name.AccountID == tx.Who.Account
	}
	return v, err
}

// Months lists the village's sheets, newest first.
func (s *Service) Months(ctx context.Context, who actor.Actor) (all []Sheet, err error) {
	defer fault.Wrap(&err, "signoff.Months")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Sheet](ctx, tx, sqlSheets, pgx.NamedArgs{"village_id": int64(tx.Village())})
		return err
	})
	return all, err
}
