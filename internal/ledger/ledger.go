// Package ledger is the village's book of points: append only, every line traceable to the thing that caused
// it, once. A correction is one reversing line, never a change. Beside the book stands each household's
// balance, moved by the same statement that writes the line.
package ledger

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Kind is what a line does.
type Kind int16

// The kinds of line. Base points are given at first registration (R4.4.2a).
const (
	Base Kind = iota + 1
	Award
	Deduction
	Redemption
	Reversal
	Clearing
	Opening
	Gift
)

// Chinese is the kind's name on screen and paper.
func (k Kind) Chinese() string {
	return [...]string{"", "基础积分", "加分", "减分", "兑换", "冲正", "年终清零", "旧存折结转", "转赠"}[k]
}

// Bucket is which points a line moves (D1).
type Bucket int16

// BaseBucket is locked for twelve months and survives the year's end; YearBucket is the year's points. What
// scores of a year that has been cleared falls into ClosedBucket: it counts for honour alone.
const (
	BaseBucket Bucket = iota + 1
	YearBucket
	ClosedBucket
)

// SourceKind is the kind of record that caused a line.
type SourceKind int16

// The kinds of source. A source gives one line in the village, for ever.
const (
	FromHousehold SourceKind = iota + 1
	FromClaim
	FromRedemption
	FromReversal // the id is that of the line taken back
)

// More kinds of source. FromBaseShare is what of a redemption was paid in base points where the year's points
// were not enough; its id is the redemption's.
const (
	FromInspection SourceKind = 5 // the id follows from round, home and item
	FromFinding    SourceKind = 6
	FromGift       SourceKind = 7
	FromClearing   SourceKind = 8
	FromOpening    SourceKind = 9
	FromRepair     SourceKind = 10
	FromBaseShare  SourceKind = 11
	FromMove       SourceKind = 12 // a home that came from another village or went to one; the id follows from the move
)

// Named is what a line about an item is called: an item that a repair gave back, or that was put right, says so.
func Named(kind Kind, from SourceKind, item string) string {
	switch {
	case kind == Reversal:
		return "更正：" + item
	case from == FromRepair:
		return "修复补分：" + item
	}
	return item
}

// Entry is one line of the book.
type Entry struct {
	ID          uuid.UUID // made when zero
	HouseholdID uuid.UUID
	MemberID    uuid.UUID // whose deed it was, if known (R4.2.3)
	Reverses    uuid.UUID // the line taken back, of a Reversal
	SourceKind  SourceKind
	SourceID    uuid.UUID
	Recorder    uuid.UUID
	Reviewer    uuid.UUID
	Evidence    []byte // hash over the evidence
	At          time.Time
	Points      int // earned above zero, spent or taken back below
	Month       month.Month
	OccurredOn  time.Time
	RuleVersion int
	Kind        Kind
	Bucket      Bucket
	Scores      bool // counts towards the year's score and the honour total
	Item        string
}

// Posted is what became of an entry.
type Posted struct {
	ID     uuid.UUID // of the line that stands for the source
	Posted bool      // false when the source had its line before
	Usable int64     // what the household can redeem after it
}

// Balance is what a household has.
type Balance struct {
	HouseholdID uuid.UUID
	Base        int64
	Year        int64
	Score       int64 // earned less deducted this year; redeeming does not lower it
	Honour      int64 // the same over all years (D1)
	Held        int64
	Disputed    int64
	Open        int64     // of Base, what can be redeemed now
	BaseFrom    time.Time // the day from which base points can be redeemed
	BaseUsable  bool      // whether the village's rules let base points be redeemed at all (D1)
}

var (
	// ErrNotEnough says that a redemption costs more than the household can use.
	ErrNotEnough = fault.New(fault.Conflict, "ledger.not_enough", "可用积分不够，请少换一些或换别的")
	// ErrReversed says that a line was taken back before.
	ErrReversed = fault.New(fault.Conflict, "ledger.reversed", "这一笔已经冲正过了，不能再冲正")
	// ErrNotReversible says that a line that takes another back cannot itself be taken back.
	ErrNotReversible = fault.New(fault.Invalid, "ledger.not_reversible", "冲正记录本身不能再冲正；如有错，请重新申报或评核")
)

// posting answers what the posting function's own SQLSTATEs mean.
func posting(err error) error {
	switch {
	case pg.Is(err, "CF001"):
		return ErrNotEnough
	case pg.Is(err, "CF002", pg.ForeignKey):
		return fault.ErrNotFound
	}
	return err
}

// Post writes e once and moves the balance with it. A second post of the same source changes nothing.
func Post(ctx context.Context, tx pg.Tx, e Entry) (Posted, error) {
	p, err := pg.One[Posted](ctx, tx, sqlPost, postArgs(tx.Village(), tx.Now, e)...)
	return p, posting(err)
}

// QueuePost adds Post to a batch that runs in the village v at the instant now; its errors come out of the
// batch's run and want PostingFault.
func QueuePost(b *pg.Batch, v actor.VillageID, now time.Time, e Entry, into *Posted) {
	pg.Row(b, into, sqlPost, postArgs(v, now, e)...)
}

// PostingFault turns the error of a batch with a QueuePost into its fault.
func PostingFault(err error) error { return posting(err) }

// PostAll writes many lines at once, in two statements whatever their number; it answers how many were new.
// It is for lines that cannot lack cover: no redemptions.
func PostAll(ctx context.Context, tx pg.Tx, entries []Entry) (posted int, err error) {
	defer fault.Wrap(&err, "ledger.PostAll(%d)", len(entries))
	if len(entries) == 0 {
		return 0, nil
	}
	homes := make([]uuid.UUID, len(entries))
	for i, e := range entries {
		homes[i] = e.HouseholdID
	}
	closed, err := Closed(ctx, tx, homes)
	if err != nil {
		return 0, err
	}
	rows, err := pg.All[moved](ctx, tx, sqlPostAll, columns(tx, entries, closed))
	if err != nil {
		return 0, posting(err)
	}
	sums := sum(rows)
	tag, err := tx.Exec(ctx, sqlMove, moves(tx, sums))
	if err == nil && int(tag.RowsAffected()) != len(sums) {
		err = fault.ErrNotFound // a household without a balance
	}
	return len(rows), err
}

// moved is what of a new line moves its household's balance.
type moved struct {
	HouseholdID uuid.UUID
	Points      int64
	Bucket      Bucket
	Scores      bool
}

// total is by how much a balance moves, and by how many lines.
type total struct{ base, year, score, honour, entries int64 }

func sum(rows []moved) map[uuid.UUID]*total {
	sums := map[uuid.UUID]*total{}
	for _, r := range rows {
		t := sums[r.HouseholdID]
		if t == nil {
			t = &total{}
			sums[r.HouseholdID] = t
		}
		switch r.Bucket {
		case BaseBucket:
			t.base += r.Points
		case YearBucket:
			t.year += r.Points
		}
		if r.Scores {
			t.honour += r.Points
			if r.Bucket != ClosedBucket {
				t.score += r.Points
			}
		}
		t.entries++
	}
	return sums
}

// Closed holds the balances of households, in their order, and answers the last year cleared of each.
func Closed(ctx context.Context, tx pg.Tx, homes []uuid.UUID) (map[uuid.UUID]int, error) {
	type held struct {
		HouseholdID uuid.UUID
		ClearedYear int
	}
	rows, err := pg.All[held](ctx, tx, sqlLock, pgx.NamedArgs{"village_id": int64(tx.Village()), "households": homes})
	closed := make(map[uuid.UUID]int, len(rows))
	for _, r := range rows {
		closed[r.HouseholdID] = r.ClearedYear
	}
	return closed, err
}

// Reverse takes a line back by one reversing line, once (INV-64), and gives back what its record had used of the
// item, so that what is right can be recorded. The reason stands in the audit of the caller.
func Reverse(ctx context.Context, tx pg.Tx, entry uuid.UUID) (p Posted, err error) {
	defer fault.Wrap(&err, "ledger.Reverse(%s)", entry)
	e, err := Find(ctx, tx, entry)
	if err != nil {
		return p, err
	}
	if e.Kind == Reversal {
		return p, ErrNotReversible
	}
	if p, err = Post(ctx, tx, mirror(tx, e)); err == nil && !p.Posted {
		err = ErrReversed
	}
	if err == nil && e.Item != "" {
		_, err = tx.Exec(ctx, sqlGiveBack, pgx.NamedArgs{"village_id": int64(tx.Village()), "entry": entry})
	}
	if err != nil || e.SourceKind != FromRedemption {
		return p, err
	}
	share, err := pg.All[row](ctx, tx, sqlShare, pgx.NamedArgs{"village_id": int64(tx.Village()), "source": e.SourceID})
	for _, r := range share {
		if err == nil {
			_, err = Post(ctx, tx, mirror(tx, r.entry()))
		}
	}
	return p, err
}

// ReverseAll takes many lines back, none of them a reversal or reversed before.
func ReverseAll(ctx context.Context, tx pg.Tx, entries []uuid.UUID) (err error) {
	defer fault.Wrap(&err, "ledger.ReverseAll(%d)", len(entries))
	rows, err := pg.All[row](ctx, tx, sqlFindAll, pgx.NamedArgs{"village_id": int64(tx.Village()), "ids": entries})
	if err != nil {
		return err
	}
	back := make([]Entry, len(rows))
	for i, r := range rows {
		if r.Kind == Reversal {
			return ErrNotReversible
		}
		back[i] = mirror(tx, r.entry())
	}
	n, err := PostAll(ctx, tx, back)
	if err == nil && n != len(entries) {
		err = ErrReversed
	}
	return err
}

// mirror is the line that takes e back.
func mirror(tx pg.Tx, e Entry) Entry {
	return Entry{HouseholdID: e.HouseholdID, MemberID: e.MemberID, Reverses: e.ID, SourceKind: FromReversal, SourceID: e.ID,
		Recorder: tx.Who.Account, Points: -e.Points, Month: month.Of(tx.Now), OccurredOn: e.OccurredOn, RuleVersion: e.RuleVersion,
		Kind: Reversal, Bucket: e.Bucket, Scores: e.Scores, Item: e.Item}
}

// Find reads one line.
func Find(ctx context.Context, tx pg.Tx, id uuid.UUID) (Entry, error) {
	r, err := pg.One[row](ctx, tx, sqlFind, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id})
	return r.entry(), err
}

// Dispute sets the points of a line aside while an objection to it is heard, and with back true puts them
// into force again (D8).
func Dispute(ctx context.Context, tx pg.Tx, household uuid.UUID, points int, back bool) error {
	if back {
		points = -points
	}
	_, err := tx.Exec(ctx, sqlDispute, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": household, "points": points})
	return err
}

// OpenAccount gives a household its balance row; a second time changes nothing.
func OpenAccount(ctx context.Context, tx pg.Tx, household uuid.UUID) error {
	return OpenAccounts(ctx, tx, []uuid.UUID{household})
}

// OpenAccounts is OpenAccount for many.
func OpenAccounts(ctx context.Context, tx pg.Tx, households []uuid.UUID) error {
	_, err := tx.Exec(ctx, sqlOpen, pgx.NamedArgs{"village_id": int64(tx.Village()), "households": households})
	return err
}

// BalanceOf reads a household's balance.
func BalanceOf(ctx context.Context, tx pg.Tx, household uuid.UUID) (Balance, error) {
	return pg.One[Balance](ctx, tx, sqlBalance, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": household, "today": month.Date(tx.Now)})
}
