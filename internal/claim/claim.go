// Package claim is a household's request for points for a good deed, with proof: declared by the household
// itself (R4.4.5b) or recorded for it by a grid worker or at the counter (R4.4.1b), and the group's decision
// on it. An approved claim waits for the month's sheet; only a signed sheet gives the points.
package claim

import (
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/rulebook"
)

// State is where a claim stands.
type State string

// The states of a claim. Posted means that its points are in the ledger.
const (
	Pending   State = "pending"
	Returned  State = "returned"
	Approved  State = "approved"
	Rejected  State = "rejected"
	Withdrawn State = "withdrawn"
	Posted    State = "posted"
)

// States lists every state in the order of a claim's life.
var States = []State{Pending, Returned, Approved, Posted, Rejected, Withdrawn}

// Chinese is the state's name on screen.
func (s State) Chinese() string {
	return map[State]string{Pending: "待审核", Returned: "已退回，请补充", Approved: "已通过，待签字入账", Rejected: "未通过", Withdrawn: "已撤回", Posted: "已入账"}[s]
}

// Channel is how a claim came in.
type Channel string

// The channels.
const (
	Self    Channel = "self"
	ByGrid  Channel = "grid"
	Counter Channel = "counter"
	Batch   Channel = "batch"
)

// Chinese is the channel's name on screen.
func (c Channel) Chinese() string {
	return map[Channel]string{Self: "本户申报", ByGrid: "网格员记录", Counter: "窗口代办", Batch: "批量登记"}[c]
}

// Faults of claims.
var (
	ErrDecided    = fault.New(fault.Conflict, "claim.decided", "这条申报已经处理过了，请刷新页面看结果")
	ErrStale      = fault.New(fault.Conflict, "claim.stale", "这条申报刚被改动过，请刷新后再办")
	ErrOwnRecord  = fault.New(fault.Forbidden, "conflict_of_duty", "本人记录或申报的事项要由其他成员审核")
	ErrRelated    = fault.New(fault.Forbidden, "conflict_of_duty", "这是您本户或亲属户的申报，请回避，由其他成员审核")
	ErrFuture     = fault.New(fault.Invalid, "claim.future", "发生日期不能晚于今天").On("occurred_on")
	ErrOtherYear  = fault.New(fault.Invalid, "claim.other_year", "只能申报本年度发生的事项，请检查发生日期").On("occurred_on")
	ErrMinus      = rulebook.ErrGroup
	ErrTaken      = rulebook.ErrTaken
	ErrNote       = fault.New(fault.Invalid, "claim.note", "说明最多 500 字，请缩短一些").On("note")
	ErrReason     = fault.New(fault.Invalid, "claim.reason", "请写明理由（2 到 500 字），申报人会看到").On("reason")
	ErrNotYours   = fault.New(fault.Forbidden, "claim.not_yours", "只能替本户申报；替别人申报请找网格员或村委会窗口")
	ErrOtherGrid  = fault.New(fault.Forbidden, "claim.other_grid", "这户不在您的网格，请由该网格的网格员记录")
	ErrOnSheet    = fault.New(fault.Conflict, "claim.on_sheet", "这条申报已进入本月签字表，不能再撤销；如有错请先退回签字表")
	ErrNoEvidence = fault.New(fault.Invalid, "claim.no_evidence", "请拍一张照片作证明，或选择“证件已核看”等不留存的证明").On("evidence")
)

// Claim is one request.
type Claim struct {
	ID           uuid.UUID
	HouseholdID  uuid.UUID
	MemberID     *uuid.UUID
	Item         string
	Parts        map[string]int
	RuleVersion  int
	Points       int
	OccurredOn   time.Time
	Note         string
	Proofs       []string
	Source       string
	SourceKind   Source
	Channel      Channel
	Identity     Identity
	Through      string     // whose phone it was told by, and how it was known who spoke
	BatchID      *uuid.UUID // the activity that it came in with
	Recorder     uuid.UUID
	RecorderName string
	RecordedAt   time.Time
	State        State
	Reviewer     *uuid.UUID
	ReviewerName string
	DecidedAt    *time.Time
	Reason       string
	Month        *int
	EntryID      *uuid.UUID
	Version      int
	FirstBy      *uuid.UUID // who let an open-value item through first (D7)
	FirstByName  string
	FirstAt      *time.Time
	Asked        map[string]int // what was claimed, where a part of it was let through
}

// Draft is what a person fills in.
type Draft struct {
	Household  uuid.UUID
	Member     uuid.UUID // of the household, if the deed was one person's
	Item       string
	Parts      map[string]int // part code to quantity
	OccurredOn time.Time
	Note       string
	Proofs     []rulebook.Evidence // empty: what the item asks for
	SourceKind Source              // award paper, news … (R4.4.1c)
	Source     string              // and its reference
	Identity   Identity            // how the recorder knew whose claim it is
	Through    string              // with Neighbour: whose phone, and how it was known who spoke
	Evidence   []uuid.UUID         // photos uploaded by the same person
}

// happened checks the day of the deed: not in the future, not in an earlier year (R4.4.5a); in January the
// December before is still open (D11).
func happened(on, now time.Time) error {
	today, m := month.Day(now), month.Of(now)
	switch {
	case month.Day(on).After(today):
		return ErrFuture
	case month.Of(on).Year() == m.Year(), m.Number() == 1 && month.Of(on) == m.Prev():
		return nil
	}
	return ErrOtherYear
}

// LastDay is until when a deed of that day may be claimed.
func LastDay(on time.Time) time.Time {
	m := month.Of(on)
	last := month.Month(m.Year()*100 + 12)
	if m == last {
		last = last.Next()
	}
	return last.End().AddDate(0, 0, -1)
}

// channel says how a person of this role brings a claim in.
func channel(who actor.Actor) Channel {
	switch who.Role {
	case actor.Household:
		return Self
	case actor.Grid:
		return ByGrid
	}
	return Counter
}

// decide is the whole rule of a decision: who may, on what, and to what state.
func (c *Claim) decide(who actor.Actor, related bool, to State, reason string, at time.Time) error {
	switch {
	case c.State != Pending:
		return ErrDecided
	case c.Recorder == who.Account:
		return ErrOwnRecord
	case related:
		return ErrRelated
	}
	if to != Approved {
		c.FirstBy, c.FirstByName, c.FirstAt = nil, "", nil
	}
	by := who.Account
	c.State, c.Reviewer, c.ReviewerName, c.DecidedAt, c.Reason = to, &by, who.Name, &at, reason
	return nil
}

// undo takes a decision back while nothing rests on it yet; only who decided may.
func (c *Claim) undo(who actor.Actor) error {
	if c.State == Pending && c.FirstBy != nil && *c.FirstBy == who.Account {
		c.FirstBy, c.FirstByName, c.FirstAt = nil, "", nil
		return nil
	}
	switch {
	case c.Reviewer == nil || *c.Reviewer != who.Account || c.State == Posted || c.State == Withdrawn || c.State == Pending:
		return ErrDecided
	case c.Month != nil:
		return ErrOnSheet
	}
	c.State, c.Reviewer, c.ReviewerName, c.DecidedAt, c.Reason = Pending, nil, "", nil, ""
	c.FirstBy, c.FirstByName, c.FirstAt = nil, "", nil
	return nil
}

// holdsSlot reports whether the claim keeps the period of its item for itself.
func (s State) holdsSlot() bool { return s != Rejected && s != Withdrawn }
