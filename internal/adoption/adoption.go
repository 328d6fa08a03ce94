// Package adoption is how a village makes its rules (R3.2, R6.1c): a draft of the whole rule set is written on
// screen or in a file, linted, deliberated in the six recorded steps of 四议两公开, checked by the township's
// bureau, and comes into force from a day that is not past. Until then nothing changes for anybody.
package adoption

import (
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Service is what the screens may ask.
type Service struct{ DB *pg.DB }

// State is where a draft stands.
type State string

// The states of a draft.
const (
	Drafting  State = "drafting"
	Submitted State = "submitted" // with the bureau
	Returned  State = "returned"  // back with advice
	Accepted  State = "accepted"
	Discarded State = "discarded"
)

// Chinese is the state's name on screen.
func (s State) Chinese() string {
	return map[State]string{Drafting: "村里起草、商议中", Submitted: "已报镇里，待审核", Returned: "镇里退回，请按意见修改", Accepted: "已备案", Discarded: "已作废"}[s]
}

// Open reports whether the village is still at work on it.
func (s State) Open() bool { return s == Drafting || s == Returned }

// Draft is a rule set in the making.
type Draft struct {
	ID          uuid.UUID
	BasedOn     int
	Body        rulebook.RuleSet
	Digest      string
	State       State
	Version     int
	Advice      string
	StartedBy   string
	StartedAt   time.Time
	ChangedAt   time.Time
	SubmittedAt *time.Time
	DecidedBy   string
	DecidedAt   *time.Time
	RuleVersion *int
}

// Whole is a draft with all that is shown beside it.
type Whole struct {
	Draft
	Base     rulebook.RuleSet // the version in force when the draft was read; of no version, the document's list
	LastYear rulebook.RuleSet // the version in force at the end of the year before the draft's; of no version where there was none, or it is Base
	Document rulebook.RuleSet // the township's own list
	Narrowed bool             // to what a department's topic needs
	Steps    []Step           // every record, in the order in which they were made
	Findings []Finding        // what the lint says
	Reviews  []Review         // the township's legal reviews
	Story    []Event          // newest first
}

// Event is one line of the draft's timeline.
type Event struct {
	At     time.Time
	Name   string
	Role   actor.Role
	Verb   string
	Reason string
}

// Review is the township's recorded legal review of an X item.
type Review struct {
	Item       string
	Number     int // the first, the second … of the item
	Document   string
	Opinion    string
	ReviewedBy string
	ReviewedOn time.Time
	EndsOn     *time.Time // the first day on which it no longer stands, where it was withdrawn
	EndReason  string
	EndedBy    string
}

// Faults of drafts.
var (
	ErrNone      = fault.New(fault.Conflict, "adoption.none", "村里现在没有细则草案，请先起草")
	ErrThere     = fault.New(fault.Conflict, "adoption.there", "已经有一份草案在办理，请先办完或作废")
	ErrStale     = fault.New(fault.Conflict, "adoption.stale", "草案刚刚被别人改过，请刷新页面看过新内容再改")
	ErrAway      = fault.New(fault.Conflict, "adoption.away", "草案已报镇里审核，退回以前不能改")
	ErrNotThere  = fault.New(fault.Conflict, "adoption.not_there", "这份草案不在待审核中，可能已经处理过，请刷新")
	ErrSame      = fault.New(fault.Invalid, "adoption.same", "没有改动：请改文字、分值或启用状态中的一处").On("text")
	ErrWhy       = fault.New(fault.Invalid, "adoption.why", "请写明为什么改（4 到 200 字），村民会看到").On("why")
	ErrText      = fault.New(fault.Invalid, "adoption.text", "请写条文（4 到 500 字）").On("text")
	ErrTitle     = fault.New(fault.Invalid, "adoption.title", "请写短名（1 到 30 字）").On("title")
	ErrValueText = fault.New(fault.Invalid, "adoption.value_text", "请写分值栏（最多 40 字），例如：8分/月次").On("value_text")
	ErrValue     = fault.New(fault.Invalid, "adoption.value", "分值应是 1 到 100 的整数，不用写加减号")
	ErrClass     = fault.New(fault.Invalid, "adoption.class", "请选择类别").On("class")
	ErrProof     = fault.New(fault.Invalid, "adoption.proof", "请至少选一种证明材料").On("proofs")
	ErrUnit      = fault.New(fault.Invalid, "adoption.unit", "请选择怎样计分").On("unit")
	ErrFull      = fault.New(fault.Conflict, "adoption.full", "编号用完了（到 99），请先删去不用的项目")
	ErrFrom      = fault.New(fault.Invalid, "adoption.from", "生效日应是今天或以后的日期，细则不追溯").On("in_force_from")
	ErrLater     = fault.New(fault.Invalid, "adoption.later", "生效日不能早于上一版细则的生效日（%s）").On("in_force_from")
	ErrReason    = fault.New(fault.Invalid, "adoption.reason", "请写明这一版细则的说明（4 到 200 字）").On("reason")
	ErrBase      = fault.New(fault.Invalid, "adoption.base", "基础积分应是 0 到 10000 的整数").On("base_points")
	ErrSetting   = fault.New(fault.Invalid, "adoption.setting", "%s").On("settings")
	ErrFile      = fault.New(fault.Invalid, "adoption.file", "请选择一个 rules.yaml 文件（不超过 256 KB）").On("file")
	ErrAdvice    = fault.New(fault.Invalid, "adoption.advice", "请写明意见（4 到 500 字），村里会看到").On("advice")
)

// today is the day on which the transaction happens, in the village.
func today(tx pg.Tx) time.Time { return month.Day(tx.Now) }

// Offered is the day from which a new draft would be in force: the first day of the next quarter (R4.4.4).
func Offered(now time.Time) time.Time {
	m := month.Of(now)
	for m = m.Next(); m.Number()%3 != 1; m = m.Next() {
		continue
	}
	return m.First()
}
