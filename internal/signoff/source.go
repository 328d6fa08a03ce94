package signoff

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Source is a kind of record that a month's sheet takes its lines from: claims, inspection rounds, findings.
// The sheet calls it in its own transaction and holds the month's lock while it does.
type Source interface {
	// Take puts on the month's sheet what is decided and happened before the month's end, and stands on none yet.
	Take(ctx context.Context, tx pg.Tx, m month.Month) error
	// GiveBack takes off the sheet what Take put on it.
	GiveBack(ctx context.Context, tx pg.Tx, m month.Month) error
	// Lines reads what stands on the sheet, before it is posted and after.
	Lines(ctx context.Context, tx pg.Tx, m month.Month) ([]Line, error)
	// Posted tells the source that its lines are in the book, each under its Entry.
	Posted(ctx context.Context, tx pg.Tx, m month.Month, lines []Line) error
}

// Excepting is a Source with cases that gave no line but that a signer should see: the houses that did not
// pass on a round.
type Excepting interface {
	Exceptions(ctx context.Context, tx pg.Tx, m month.Month) ([]Exception, error)
}

// Line is one award or deduction on the sheet. Kind and ID name the record that it comes from, which gives
// one line of the book for ever.
type Line struct {
	Kind         ledger.SourceKind
	ID           uuid.UUID
	Round        uuid.UUID // of lines that are shown added up by item: the inspection round; zero for others
	HouseholdID  uuid.UUID
	Door         string
	Head         string
	MemberID     *uuid.UUID
	Item         string
	RuleVersion  int
	Points       int // below zero for a deduction
	OccurredOn   time.Time
	Recorder     uuid.UUID
	RecorderName string
	Deciders     []Decider
	Evidence     []byte // hash over the proofs, nil where there are none to keep
	Photos       int64
	Entry        uuid.UUID // in the book, once it is posted
	Extra        int       // signers more than usual, of an open-value item (D7)
	Private      bool      // its cause stands with the deciders alone, on no sheet
	Counted      int       // signatures that count for this line
	source       int       // which of the sources it came from
}

// Decider is one of those who let a line through.
type Decider struct {
	Account uuid.UUID
	Name    string
}

// Minus reports whether the line takes points away.
func (l Line) Minus() bool { return l.Points < 0 }

// Open reports whether the group itself set the points (D7).
func (l Line) Open() bool { return l.Extra > 0 }

// DecidedBy names the deciders: 「王建国、李秀英」.
func (l Line) DecidedBy() string {
	var names []string
	for _, d := range l.Deciders {
		names = append(names, d.Name)
	}
	return strings.Join(names, "、")
}

// Exception is a house that did not pass on a round, with the reason.
type Exception struct {
	Round       uuid.UUID
	HouseholdID uuid.UUID
	Door        string
	Head        string
	Item        string
	Reason      string
	Photos      int64
}

// Sum is what an item of a round gives in all.
type Sum struct {
	Round  uuid.UUID
	By     string // who walked it
	Item   string
	Lines  int
	Points int64
	Short  int // lines for which too few signatures count
}

// Summed adds up the lines of rounds by round and item; the others are answered as they are.
func Summed(lines []Line, q Quorum) (sums []Sum, single []Line) {
	type key struct {
		round uuid.UUID
		item  string
	}
	at := map[key]int{}
	for _, l := range lines {
		if l.Round == uuid.Nil {
			single = append(single, l)
			continue
		}
		k := key{l.Round, l.Item}
		i, ok := at[k]
		if !ok {
			i = len(sums)
			at[k], sums = i, append(sums, Sum{Round: l.Round, By: l.RecorderName, Item: l.Item})
		}
		sums[i].Lines++
		sums[i].Points += int64(l.Points)
		if l.Counted < q.Need(l) {
			sums[i].Short++
		}
	}
	slices.SortStableFunc(sums, func(a, b Sum) int { return cmp.Compare(a.Item, b.Item) })
	return sums, single
}

// sortLines sorts lines the one way in which they are signed.
func sortLines(lines []Line) {
	slices.SortFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), slices.Compare(a.ID[:], b.ID[:]))
	})
}

// Digest is the hash over a frozen sheet: every line with all that a signature stands for.
func Digest(m month.Month, revision int, lines []Line) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s/%d\n", m, revision)
	for _, l := range lines {
		member := uuid.Nil
		if l.MemberID != nil {
			member = *l.MemberID
		}
		fmt.Fprintf(h, "%d|%s|%s|%s|%s|%s|%d|%+d|%s|%s|%x", l.Kind, l.ID, l.Round, l.HouseholdID, member, l.Item, l.RuleVersion, l.Points,
			l.OccurredOn.Format("2006-01-02"), l.Recorder, l.Evidence)
		for _, d := range l.Deciders {
			fmt.Fprintf(h, "|%s", d.Account)
		}
		fmt.Fprintln(h)
	}
	return h.Sum(nil)
}
