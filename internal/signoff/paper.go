package signoff

import (
	"bytes"
	"context"
	"fmt"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Faults of names entered from paper.
var (
	ErrNames = fault.New(fault.Invalid, "signoff.names", "请勾选在纸质签字表上签了名的成员").On("member")
	ErrScan  = fault.New(fault.Invalid, "signoff.scan", "请拍下或扫描签好名的纸质签字表").On("photos")
	ErrTwice = fault.New(fault.Conflict, "signoff.twice", "其中有人已经签过字了，请刷新页面重新勾选")
)

// Paper is the signed paper sheet: whose names stand on it, and its picture.
type Paper struct {
	Hash    []byte // of the sheet that was printed
	Members []uuid.UUID
	Scan    []uuid.UUID
}

// Seat is a member of the group who has not signed yet.
type Seat struct {
	ID        uuid.UUID // the membership
	AccountID uuid.UUID
	Name      string
	Kind      string
}

const sqlUnsigned = `-- signoff.unsigned
select m.id, m.account_id, m.name, m.kind from membership m
where m.village_id = @village_id and m.kind is not null and m.ended_at is null and not m.disqualified and m.starts_on <= @today and (m.ends_on is null or m.ends_on >= @today)
  and not exists (select from signature s where s.village_id = @village_id and s.month = @month and s.revision = @revision and s.account_id = m.account_id)
order by m.kind, m.id`

func unsigned(ctx context.Context, tx pg.Tx, sheet Sheet) ([]Seat, error) {
	a := args(tx, sheet.Month)
	a["revision"], a["today"] = sheet.Revision, month.Date(tx.Now)
	return pg.All[Seat](ctx, tx, sqlUnsigned, a)
}

// SignOnPaper enters the names that members have put under the printed sheet, with its picture. Each of them is
// told; and the quorum then wants the own signature of a member who did not enter them.
func (s *Service) SignOnPaper(ctx context.Context, who actor.Actor, m month.Month, p Paper) (sheet Sheet, err error) {
	defer fault.Wrap(&err, "signoff.SignOnPaper(%s)", m)
	if err := fault.Join(fault.When(len(p.Members) == 0, ErrNames), fault.When(len(p.Scan) == 0, ErrScan)); err != nil {
		return sheet, err
	}
	return s.change(ctx, who, "sheet.sign_on_paper", m, "", func(tx pg.Tx, sheet *Sheet) error {
		switch {
		case sheet.State != Signing:
			return ErrNotOpen
		case !bytes.Equal(sheet.Hash, p.Hash):
			return ErrChanged
		}
		seats, err := unsigned(ctx, tx, *sheet)
		if err != nil {
			return err
		}
		of := map[uuid.UUID]Seat{}
		for _, seat := range seats {
			of[seat.ID] = seat
		}
		for _, id := range p.Members {
			seat, ok := of[id]
			if !ok {
				return ErrTwice
			}
			delete(of, id)
			if err := enter(ctx, tx, *sheet, seat); err != nil {
				return err
			}
		}
		if err := evidence.AttachTo(ctx, tx, p.Scan, scans(*sheet), uuid.Nil); err != nil {
			return err
		}
		return s.complete(ctx, tx, sheet)
	})
}

func enter(ctx context.Context, tx pg.Tx, sheet Sheet, seat Seat) error {
	a := args(tx, sheet.Month)
	a["revision"], a["account"], a["membership"], a["name"], a["kind"] = sheet.Revision, seat.AccountID, seat.ID, seat.Name, seat.Kind
	a["method"], a["hash"], a["drawing"], a["at"], a["entered_by"], a["entered_name"] = OnPaper, sheet.Hash, nil, tx.Now, tx.Who.Account, tx.Who.Name
	if _, err := tx.Exec(ctx, sqlSign, a); pg.Is(err, pg.Unique) {
		return ErrTwice
	} else if err != nil {
		return err
	}
	if seat.AccountID == tx.Who.Account {
		return nil
	}
	_, err := inform.Tell(ctx, tx, inform.Message{Account: seat.AccountID, Kind: inform.PaperEntered, Detail: sheet.Month.Chinese(),
		Once: fmt.Sprintf("paper:%s:%d:%s", sheet.Month, sheet.Revision, seat.AccountID)})
	return err
}

// scans is what the pictures of a revision's paper sheet hang on.
func scans(s Sheet) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "sheet:%s:%x", s.Month, s.Hash))
}

// Unsigned lists who has not signed a month's sheet yet.
func (s *Service) Unsigned(ctx context.Context, who actor.Actor, sheet Sheet) (all []Seat, err error) {
	defer fault.Wrap(&err, "signoff.Unsigned(%s)", sheet.Month)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = unsigned(ctx, tx, sheet)
		return err
	})
	return all, err
}

// Scans are the pictures of the signed paper sheet.
func (s *Service) Scans(ctx context.Context, who actor.Actor, sheet Sheet) (all []evidence.Evidence, err error) {
	defer fault.Wrap(&err, "signoff.Scans(%s)", sheet.Month)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		held, err := evidence.Holding(ctx, tx, scans(sheet))
		for _, h := range held {
			all = append(all, h.Evidence)
		}
		return err
	})
	return all, err
}

// vouched reports whether somebody who entered nobody's name has signed in person; always so without paper.
func vouched(all []Signature) bool {
	entered := map[uuid.UUID]bool{}
	for _, s := range all {
		if s.EnteredBy != nil {
			entered[*s.EnteredBy] = true
		}
	}
	for _, s := range all {
		if s.EnteredBy == nil && !entered[s.AccountID] {
			return true
		}
	}
	return len(entered) == 0
}
