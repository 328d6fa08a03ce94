// Package archive makes the village's papers into packs that need no program to be read and no database to be
// checked (R4.4.8c): a month's, made with its notice, and a year's, with the whole book and its chain. A pack is
// a .zip of CSV, JSON, HTML, PDF and pictures, the same bytes whenever it is made of the same records. Verify
// reads one back: every byte of it is accounted for, the book's sums and chain are worked out again, and so are
// the root codes of the notices and what the signatures stand under.
package archive

import (
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/signoff"
)

// Service makes packs and hands them out.
type Service struct {
	DB     *pg.DB
	Blobs  *blob.Store
	Months *signoff.Service
}

// Period is what a pack is about: a year, 2026, or a month, 202610.
type Period int

// Year and Of make a period.
func Year(y int) Period        { return Period(y) }
func Of(m month.Month) Period  { return Period(m) }
func (p Period) IsMonth() bool { return p > 9999 }

// Month is the month of a month's pack.
func (p Period) Month() month.Month { return month.Month(p) }

// Valid reports whether there is such a year or month.
func (p Period) Valid() bool {
	if p.IsMonth() {
		return p.Month().Valid()
	}
	return p >= 2000 && p <= 2099
}

// String is 「2026」 or 「2026-10」.
func (p Period) String() string {
	if p.IsMonth() {
		return p.Month().String()
	}
	return strconv.Itoa(int(p))
}

// Chinese is 「2026年」 or 「2026年10月」.
func (p Period) Chinese() string {
	if p.IsMonth() {
		return p.Month().Chinese()
	}
	return fmt.Sprintf("%d年", int(p))
}

// Parse reads a year, 「2026」, or a month, 「2026-10」.
func Parse(s string) (Period, error) {
	if m, err := month.Parse(s); err == nil && m.Valid() {
		return Of(m), nil
	}
	if y, err := strconv.Atoi(s); err == nil && len(s) == 4 && Year(y).Valid() {
		return Year(y), nil
	}
	return 0, ErrWhich
}

// bounds are the first instant of the period and the first after it.
func (p Period) bounds() (from, to time.Time) {
	if p.IsMonth() {
		return p.Month().First(), p.Month().End()
	}
	first := month.Month(int(p)*100 + 1)
	return first.First(), month.Month(int(p)*100 + 12).End()
}

// holds reports whether a month is in the period.
func (p Period) holds(m month.Month) bool { return p == Of(m) || p == Year(m.Year()) }

// State is where the making of a pack stands.
type State string

// The states.
const (
	Waiting State = "waiting"
	Working State = "working"
	Done    State = "done"
	Failed  State = "failed"
)

// Pack is one making of a pack.
type Pack struct {
	ID        uuid.UUID
	Period    Period
	State     State
	Step      int
	Steps     int
	Doing     string
	Key       string
	Bytes     int64
	Files     int
	Digest    []byte // SHA-256 of the manifest
	AskedName string
	AskedAt   time.Time
	MadeAt    *time.Time
}

// Name is what the pack is saved as.
func (p Pack) Name(village string) string {
	return fmt.Sprintf("%s积分档案%s.zip", village, p.Period.Chinese())
}

// Faults of packs.
var (
	ErrWhich  = fault.New(fault.Invalid, "archive.which", "请填 4 位年份，如 2026；或年月，如 2026-10").On("period")
	ErrPeriod = fault.New(fault.Invalid, "archive.period", "请选择已有的年份或已签字入账的月份").On("period")
	ErrAway   = fault.New(fault.Forbidden, "conflict_of_duty", "这份档案里有要您回避的事，请由其他成员下载")
	ErrBusy   = fault.New(fault.Conflict, "archive.busy", "这一期的档案正在制作，请等它做完")
	ErrSealed = fault.New(fault.Conflict, "archive.unsealed", "台账还没有封存，过几分钟再做")
)

// MakeJob makes a pack that was asked for.
type MakeJob struct {
	ID uuid.UUID `json:"id"`
}

func (MakeJob) Kind() string     { return "archive.make" }
func (j MakeJob) Dedupe() string { return j.ID.String() }
