// Package passbook is the paper twin of the electronic book (R4.4.1d, R4.4.8): its cover in the village's own
// look, its lines with running balance and check code, the new lines 补登 printed into a book that is there, a
// lost book replaced; and the household card and door plate. A line that was printed keeps its number for ever,
// and what was printed, when and by whom stays known.
package passbook

import (
	"crypto/hmac"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/crypt"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
)

// PerPage is how many lines stand on a page of the book.
const PerPage = 14

// Service is what the screens may ask of the books on paper. Address makes a public address out of a path.
type Service struct {
	DB         *pg.DB
	Vault      *crypt.Vault
	Households *household.Service
	Evidence   *evidence.Service // the photos of goods, for their tags
	Address    func(path string) string
}

// Kind is what is printed.
type Kind string

// A whole book with its cover, the lines that are new, or lines once more.
const (
	Book  Kind = "book"
	Lines Kind = "lines"
	Again Kind = "again"
)

// Chinese is the kind on screen.
func (k Kind) Chinese() string {
	return map[Kind]string{Book: "整本（封面和全部行）", Lines: "补登（只印新的行）", Again: "重印"}[k]
}

// Line is a line as it stands on paper.
type Line struct {
	HouseholdID uuid.UUID
	Line        int
	EntryID     uuid.UUID
	OccurredOn  time.Time
	Kind        ledger.Kind
	SourceKind  ledger.SourceKind
	Bucket      ledger.Bucket
	Points      int
	Item        string
	RuleVersion int
	Title       string `db:"-"`
	YearAfter   int64
	BaseAfter   int64
	Code        string
}

// Page is on which page of the book the line stands, counted from 1; Row where on it, from 0.
func (l Line) Page() int { return (l.Line-1)/PerPage + 1 }
func (l Line) Row() int  { return (l.Line - 1) % PerPage }

// Print is one printing.
type Print struct {
	ID         uuid.UUID
	Kind       Kind
	Scope      string
	Households int
	Lines      int
	Reason     string
	By         uuid.UUID
	ByName     string
	At         time.Time
}

// Printed is what a printing did for one household.
type Printed struct {
	PrintID     uuid.UUID
	HouseholdID uuid.UUID
	Door        string
	Head        string
	PassbookNo  string
	FromLine    int
	ToLine      int
	Page        int
	YearAfter   int64
	BaseAfter   int64
}

// Home is how one household's paper book stands.
type Home struct {
	ID         uuid.UUID
	Door       string
	Head       string
	Grid       int
	PassbookNo string
	Printed    int // lines on paper
	New        int // lines that are not
	Year       int64
	PaperYear  *int64 // the balance on the last line on paper
	PrintedAt  *time.Time
}

// Faults of the books on paper.
var (
	ErrNothing = fault.New(fault.Conflict, "passbook.nothing", "没有要补登的新记录：存折和台账已经一致")
	ErrNobody  = fault.New(fault.Invalid, "passbook.nobody", "没有选到住户；请选一户、一个网格或全村").On("scope")
	ErrReason  = fault.New(fault.Invalid, "passbook.reason", "请写明原因（2 到 200 个字）").On("reason")
	ErrRange   = fault.New(fault.Invalid, "passbook.range", "这本存折还没有印过第 %d 行").On("from")
	ErrNoPick  = fault.New(fault.Invalid, "passbook.no_pick", "请先勾选要印的").On("goods")
	ErrNoGoods = fault.New(fault.Conflict, "passbook.no_goods", "没有在换的物资，没有价签可印；请先上架").On("goods")
	ErrBlank   = fault.New(fault.Invalid, "passbook.blank", "请填查验码，印在存折每一行的末尾").On("code")
)

// letters of a check code: none that could be taken for another.
const letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// codeOf is the check code of a line: only the village's key makes it, and it fits nothing but this line.
func codeOf(key *crypt.Key, l Line) string {
	sum := key.Index("passbook", fmt.Sprintf("%s|%d|%s|%d|%d|%d", l.HouseholdID, l.Line, l.EntryID, l.Points, l.YearAfter, l.BaseAfter))
	var b strings.Builder
	for i := range 8 {
		if i == 4 {
			b.WriteByte('-')
		}
		b.WriteByte(letters[sum[i]&31])
	}
	return b.String()
}

// fits reports whether the code is the line's.
func fits(key *crypt.Key, l Line, code string) bool {
	return hmac.Equal([]byte(codeOf(key, l)), []byte(code))
}

// tidyCode reads a code as people type it.
func tidyCode(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(letters, r) {
			return r
		}
		return -1
	}, strings.ToUpper(s))
	if len(s) == 8 {
		s = s[:4] + "-" + s[4:]
	}
	return s
}
