// Package yearend is where a village's year ends: the year's points are cleared once, after December's notice
// is closed, as it was rehearsed, and can be taken back within a window by reversing lines (R4.4.6d, D11); and
// the households that did best are chosen from a ranking that was frozen once (R4.4.6c, R4.5.1b). What happened
// in a year belongs to that year, in the villages' zone, whenever it is posted.
package yearend

import (
	"time"

	"github.com/google/uuid"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Service is what the screens and the worker may ask of the year's end.
type Service struct{ DB *pg.DB }

// UndoDays is how long a clearing can be taken back.
const UndoDays = 7

// Home is what the clearing does to one household.
type Home struct {
	HouseholdID uuid.UUID
	Door        string
	Head        string
	PassbookNo  string
	Cleared     int64 // of the year's points; below zero where a debt is let off
	BaseCleared int64
	Kept        int64 // points of the new year that stay
	BaseKept    int64
	Score       int64 // of the year
	Honour      int64 // stays for ever
}

// Hindrance is something that must be done before the year can be cleared.
type Hindrance struct{ Text, Href string }

// Rehearsal is what a clearing would do now, and what stands in its way.
type Rehearsal struct {
	Year       int
	Homes      []Home
	Cleared    int64
	Base       int64
	Kept       int64
	Hindrances []Hindrance
	Plan       *Plan  // the group's word that it be cleared so
	Last       *Close // the last clearing of the year, undone or not
}

// Ready reports whether nothing stands in the way.
func (r Rehearsal) Ready() bool { return len(r.Hindrances) == 0 }

// Plan is the group's word that the year be cleared as rehearsed, as soon as it can be.
type Plan struct {
	ByName      string
	ConfirmedAt time.Time
}

// Close is one clearing of a village's year.
type Close struct {
	Year       int
	Run        int
	Households int
	Points     int64
	Base       int64
	ByName     string
	At         time.Time
	UndoUntil  time.Time
	UndoneAt   *time.Time
	UndoName   string
	Reason     string
}

// Stands reports whether the clearing was not taken back.
func (c Close) Stands() bool { return c.UndoneAt == nil }

// Undoable reports whether it can still be taken back.
func (c Close) Undoable(now time.Time) bool { return c.Stands() && now.Before(c.UndoUntil) }

// Of is the year that ends next at the instant: until the end of June it is the year before.
func Of(now time.Time) int {
	m := month.Of(now)
	if m.Number() <= 6 {
		return m.Year() - 1
	}
	return m.Year()
}

// december is the year's last month.
func december(year int) month.Month { return month.Month(year*100 + 12) }

// Faults of the year's end.
var (
	ErrYear      = fault.New(fault.NotFound, "yearend.year", "没有这个年度")
	ErrNotReady  = fault.New(fault.Conflict, "yearend.not_ready", "现在还不能清零：%s")
	ErrCleared   = fault.New(fault.Conflict, "yearend.cleared", "%d 年已经清零，不会再清第二次")
	ErrNone      = fault.New(fault.Conflict, "yearend.none", "%d 年还没有清零，没有可以撤回的")
	ErrWindow    = fault.New(fault.Conflict, "yearend.window", "清零已经过了 %d 天的撤回期，不能再撤回")
	ErrLate      = fault.New(fault.Conflict, "yearend.late", "清零以后又有旧年度的更正入账，不能整体撤回；请逐户更正")
	ErrReason    = fault.New(fault.Invalid, "yearend.reason", "请写明原因（2 到 200 个字）").On("reason")
	ErrFrozen    = fault.New(fault.Conflict, "yearend.frozen", "%d 年的排名已经定下来了，不能再改条件")
	ErrNoRanking = fault.New(fault.Conflict, "yearend.no_ranking", "%d 年还没有定排名")
	ErrPlaces    = fault.New(fault.Invalid, "yearend.places", "名额应是 1 到 500 户").On("places")
	ErrLeast     = fault.New(fault.Invalid, "yearend.least", "最低分应是 0 到 100000").On("least")
	ErrDays      = fault.New(fault.Invalid, "yearend.days", "异议期应是 3 到 30 天").On("days")
	ErrSettled   = fault.New(fault.Conflict, "yearend.settled", "%d 年的评选已经定案")
	ErrWindowObj = fault.New(fault.Conflict, "yearend.window_open", "异议期到%s为止，过后才能定案")
	ErrOpenObj   = fault.New(fault.Conflict, "yearend.open_objection", "还有 %d 条异议没有答复，答复完才能定案")
	ErrTooLate   = fault.New(fault.Conflict, "yearend.too_late", "异议期已经过了")
	ErrGrounds   = fault.New(fault.Invalid, "yearend.grounds", "请写明理由（5 到 500 个字）").On("grounds")
	ErrAnswer    = fault.New(fault.Invalid, "yearend.answer", "请选成立或不成立，并写明答复（2 到 500 个字）").On("answer")
	ErrOwn       = fault.New(fault.Forbidden, "yearend.own", "自己提的异议，请由别的成员答复")
	ErrKin       = fault.New(fault.Forbidden, "conflict_of_duty", "这是您本户或亲属户，请回避，由其他成员办理")
	ErrHonour    = fault.New(fault.Invalid, "yearend.honour", "荣誉称号最多 30 个字").On("honour")
)
