// Package finding is how points are taken away: never at once. What was found is written down as a proposal
// (R4.4.7a); the household is told what to put right, by when, and who helps (R4.4.7b, R4.4.7c); it is looked at
// again; the household speaks; two members who neither found it nor are related decide with reasons; and only
// what has this whole chain reaches the month's sheet. The book itself refuses a deduction without it (INV-77).
package finding

import (
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Service is what the screens and the jobs may ask of findings.
type Service struct{ DB *pg.DB }

// State is where a finding stands.
type State string

// The states of a finding. A minor's is a talk and nothing else.
const (
	Recorded  State = "recorded"
	Noticed   State = "noticed"
	Rechecked State = "rechecked" // looked at again, the household has not spoken
	Heard     State = "heard"     // all is there to decide on
	Cleared   State = "cleared"   // two have decided to deduct; waits for the month's sheet
	Posted    State = "posted"
	Closed    State = "closed" // no deduction; Outcome says why
	Talk      State = "talk"
)

// States lists them in their order.
var States = []State{Recorded, Noticed, Rechecked, Heard, Cleared, Posted, Closed, Talk}

// Chinese is the state's name on screen.
func (s State) Chinese() string {
	return map[State]string{Recorded: "待告知", Noticed: "整改中", Rechecked: "待陈述", Heard: "待评定", Cleared: "已评定减分，待签字", Posted: "已减分入账",
		Closed: "已了结，不减分", Talk: "未成年人，待家长面谈"}[s]
}

// Outcome is why a finding ended without a deduction.
type Outcome string

// The outcomes.
const (
	PutRight  Outcome = "put_right"
	Waived    Outcome = "waived"
	Withdrawn Outcome = "withdrawn"
	Talked    Outcome = "talked"
)

// Chinese is the outcome on screen.
func (o Outcome) Chinese() string {
	return map[Outcome]string{PutRight: "按期改好", Waived: "评定不减分", Withdrawn: "记录有误，已撤回", Talked: "已和家长面谈"}[o]
}

// Method is how a notice reached the household.
type Method string

// The methods of delivery.
const (
	Screen Method = "screen"
	SMS    Method = "sms"
	Slip   Method = "slip"
)

// Chinese is the method on screen.
func (m Method) Chinese() string {
	return map[Method]string{Screen: "住户在手机上打开", SMS: "短信送达", Slip: "纸质告知单签收"}[m]
}

// Result is what a re-check found.
type Result string

// The results.
const (
	Right Result = "put_right"
	Not   Result = "not_put_right"
	Past  Result = "past" // nothing is left that could be put right
)

// Chinese is the result on screen.
func (r Result) Chinese() string {
	return map[Result]string{Right: "已经改好", Not: "没有改好", Past: "事情已经过去，没法再改"}[r]
}

// How a household spoke.
type How string

// The ways.
const (
	OnScreen How = "screen"
	ByPhone  How = "phone"
	Counter  How = "counter"
	Absent   How = "absent"
)

// Chinese is the way on screen.
func (h How) Chinese() string {
	return map[How]string{OnScreen: "手机上说明", ByPhone: "电话里说", Counter: "当面、窗口说", Absent: "到期没有说明"}[h]
}

// Help is what a notice offers (R4.4.7c).
var Help = []struct{ Code, Text string }{{"law", "法治宣传教育"}, {"mediation", "矛盾纠纷调解"}, {"advice", "法律咨询"}, {"labour", "上门帮忙清理"}, {"other", "其他帮助"}}

// HelpText says a kind of help.
func HelpText(code string) string {
	for _, h := range Help {
		if h.Code == code {
			return h.Text
		}
	}
	return ""
}

// Finding is one deductible matter.
type Finding struct {
	ID           uuid.UUID
	HouseholdID  uuid.UUID
	MemberID     *uuid.UUID
	Item         string
	Parts        map[string]int
	RuleVersion  int
	Points       int // below zero, in full
	OccurredOn   time.Time
	FoundAt      time.Time
	Place        string
	Matter       string
	Basis        string
	Proofs       []string
	Evidence     []byte
	Private      bool
	Minor        bool
	Recorder     uuid.UUID
	RecorderName string
	RecordedAt   time.Time
	State        State
	Outcome      Outcome
	OutcomeNote  string
	ClosedAt     *time.Time
	Month        *int
	EntryID      *uuid.UUID
	Version      int
}

// Notice is the rectification notice.
type Notice struct {
	Demand       string
	Help         []string
	Contact      string
	DueOn        time.Time
	IssuedBy     uuid.UUID
	IssuedByName string
	IssuedAt     time.Time
}

// Delivery is one way in which the notice reached the household.
type Delivery struct {
	ID       uuid.UUID
	Method   Method
	Receiver string
	ByName   string
	At       time.Time
}

// Recheck is the second look.
type Recheck struct {
	Result Result
	Note   string
	ByName string
	At     time.Time
}

// Statement is what the household says.
type Statement struct {
	How       How
	Words     string
	TakenName string
	At        time.Time
}

// Vote is one member's decision.
type Vote struct {
	AccountID uuid.UUID
	Name      string
	Deduct    bool
	Reason    string
	At        time.Time
	Void      bool // a relation to the home came to light afterwards, or a re-check found it wrong: it counts for nothing
}

// Chain is a finding with every link that there is.
type Chain struct {
	Finding
	Notice     *Notice
	Deliveries []Delivery // in order of time
	Recheck    *Recheck
	Statement  *Statement
	Votes      []Vote
	PutRight   string // the rule set's word on what is put right in time: "" or "half"
	Door       string
	Head       string
	Member     string
	Reporter   string              // for the deciders alone
	Recused    string              // why the person looking may not decide; empty if they may
	Voted      bool                // they have
	Beside     []Beside            // what to compare with before deciding
	Before     []evidence.Evidence // photos
	After      []evidence.Evidence
}

// Beside is another finding that may be the same matter written down twice: of the same home, item and day, or with
// a photo that looks the same.
type Beside struct {
	ID           uuid.UUID
	Door         string
	Head         string
	Matter       string
	State        State
	RecorderName string
	RecordedAt   time.Time
	Photo        bool // a photo looks the same
}

// Faults of findings.
var (
	ErrMatter    = fault.New(fault.Invalid, "finding.matter", "请写明是什么事、在哪里（4 到 1000 字）").On("matter")
	ErrSign      = fault.New(fault.Invalid, "finding.sign", "这里只记减分事项；加分请用“采集代报”").On("item")
	ErrFuture    = fault.New(fault.Invalid, "finding.future", "发生日期不能晚于今天，请改正").On("occurred_on")
	ErrOtherYear = fault.New(fault.Invalid, "finding.other_year", "只记当年发生的事（12 月的事 1 月可以补记），请改正").On("occurred_on")
	ErrProof     = fault.New(fault.Invalid, "finding.proof", "这种证明要有照片，请拍一张再提交").On("photos")
	ErrDemand    = fault.New(fault.Invalid, "finding.demand", "请写明怎么改（4 到 500 字）").On("demand")
	ErrHelp      = fault.New(fault.Invalid, "finding.help", "请至少选一种能提供的帮助").On("help")
	ErrDue       = fault.New(fault.Invalid, "finding.due", "整改期限最早到%s，请往后改").On("due_on")
	ErrReceiver  = fault.New(fault.Invalid, "finding.receiver", "请写明谁签收的（1 到 20 字）").On("receiver")
	ErrMethod    = fault.New(fault.Invalid, "finding.method", "请选择怎么送达的").On("method")
	ErrResult    = fault.New(fault.Invalid, "finding.result", "请选择复查结果").On("result")
	ErrWords     = fault.New(fault.Invalid, "finding.words", "请写下住户怎么说（2 到 1000 字）").On("words")
	ErrHow       = fault.New(fault.Invalid, "finding.how", "请选择住户是怎么说明的").On("how")
	ErrReason    = fault.New(fault.Invalid, "finding.reason", "请写明理由（4 到 500 字），住户会看到").On("reason")
	ErrVerdict   = fault.New(fault.Invalid, "finding.verdict", "请先选减分还是不减分").On("verdict")
	ErrState     = fault.New(fault.Conflict, "finding.state", "这条记录已经到了“%s”这一步，请刷新页面再办")
	ErrUntold    = fault.New(fault.Conflict, "finding.untold", "整改告知还没有送达，请先送达（手机打开、短信或纸单签收）")
	ErrLate      = fault.New(fault.Conflict, "finding.late_delivery", "整改期限已到才送达，住户没有时间整改；请撤回后重新告知")
	ErrEarly     = fault.New(fault.Conflict, "finding.early", "整改期限到%s，还没到不能认定没改好")
	ErrSpeak     = fault.New(fault.Conflict, "finding.speak", "要等到整改期限（%s）过后，才能记“没有说明”").On("how")
	ErrSpoken    = fault.New(fault.Conflict, "finding.spoken", "住户已经说明过了")
	ErrOwnRecord = fault.New(fault.Forbidden, "conflict_of_duty", "您自己记的事，由其他成员评定")
	ErrRelated   = fault.New(fault.Forbidden, "conflict_of_duty", "本户或亲属户的事须回避，由其他成员评定")
	ErrVoted     = fault.New(fault.Conflict, "finding.voted", "您已经评定过这一条，要由另一名成员评定")
	ErrNoSeat    = fault.New(fault.Forbidden, "finding.no_seat", "只有任期内的积分管理工作小组成员能评定")
	ErrGrid      = fault.New(fault.Forbidden, "finding.other_grid", "这一户不在您的网格，请由该网格的网格员记录")
	ErrPrivate   = fault.New(fault.Conflict, "finding.private", "这件事不在手机上显示，请当面送达纸单")
)

// Decisions is how many agreeing members a decision takes.
const Decisions = 2

// happened checks the day as R4.4.5a and D11 ask.
func happened(on, now time.Time) *fault.Error {
	m := month.Of(now)
	switch {
	case month.Day(on).After(month.Day(now)):
		return ErrFuture
	case month.Of(on).Year() == m.Year(), m.Number() == 1 && month.Of(on) == m.Prev():
		return nil
	}
	return ErrOtherYear
}

// days is how long a household usually has to put the item right.
func days(item string) int {
	switch item {
	case "N07", "N17":
		return 30
	case "N01", "N10", "N14":
		return 15
	}
	return 7
}

// DueOn is the day that a notice of today proposes.
func DueOn(item string, now time.Time) time.Time { return month.Date(now).AddDate(0, 0, days(item)) }

// shortest is the least time that anybody has.
const shortest = 3

// issue tells the household.
func (c *Chain) issue(n Notice) error {
	if c.State != Recorded {
		return ErrState.With(c.State.Chinese())
	}
	if least := month.Date(n.IssuedAt).AddDate(0, 0, shortest); n.DueOn.Before(least) {
		return ErrDue.With(month.ChineseDay(least))
	}
	c.Notice, c.State = &n, Noticed
	return nil
}

// deliver notes that the notice arrived. Only an arrival before the last day leaves time to put things right.
func (c *Chain) deliver(d Delivery) error {
	switch {
	case c.Notice == nil || c.State != Noticed:
		return ErrState.With(c.State.Chinese())
	case c.Private && d.Method != Slip:
		return ErrPrivate
	case !c.Notice.DueOn.After(month.Date(d.At)):
		return ErrLate
	}
	for _, have := range c.Deliveries {
		if have.Method == d.Method {
			return nil
		}
	}
	c.Deliveries = append(c.Deliveries, d)
	return nil
}

// look is the re-check. What is put right in time ends the matter, unless the rule set halves it.
func (c *Chain) look(r Recheck) error {
	switch {
	case c.State != Noticed:
		return ErrState.With(c.State.Chinese())
	case len(c.Deliveries) == 0:
		return ErrUntold
	case r.Result != Right && month.Date(r.At).Before(c.Notice.DueOn):
		return ErrEarly.With(month.ChineseDay(c.Notice.DueOn))
	}
	c.Recheck = &r
	c.State = Rechecked
	switch {
	case r.Result == Right && c.due() == 0:
		c.close(PutRight, r.Note, r.At)
	case c.Statement != nil:
		c.State = Heard
	}
	return nil
}

// hear takes the household's words, at any time after delivery.
func (c *Chain) hear(s Statement) error {
	switch {
	case c.State != Noticed && c.State != Rechecked:
		return ErrState.With(c.State.Chinese())
	case len(c.Deliveries) == 0:
		return ErrUntold
	case c.Statement != nil:
		return ErrSpoken
	case s.How == Absent && !month.Date(s.At).After(c.Notice.DueOn):
		return ErrSpeak.With(month.ChineseDay(c.Notice.DueOn))
	}
	if c.Statement = &s; c.Recheck != nil {
		c.State = Heard
	}
	return nil
}

// vote is one member's decision; the second that agrees with another decides.
func (c *Chain) vote(v Vote, related bool) error {
	switch {
	case c.Recorder == v.AccountID:
		return ErrOwnRecord
	case related:
		return ErrRelated
	case c.State != Heard:
		return ErrState.With(c.State.Chinese())
	}
	for _, have := range c.Votes {
		if have.AccountID == v.AccountID {
			return ErrVoted
		}
	}
	c.Votes = append(c.Votes, v)
	switch {
	case len(c.agreeing(true)) == Decisions:
		c.State = Cleared
	case len(c.agreeing(false)) == Decisions:
		c.close(Waived, v.Reason, v.At)
	}
	return nil
}

func (c *Chain) agreeing(deduct bool) (all []Vote) {
	for _, v := range c.Votes {
		if v.Deduct == deduct && !v.Void {
			all = append(all, v)
		}
	}
	return all
}

// withdraw takes a record back that was a mistake.
func (c *Chain) withdraw(who actor.Actor, reason string, at time.Time) error {
	if c.Recorder != who.Account && who.Role != actor.Lead {
		return fault.ErrNotFound
	}
	switch c.State {
	case Recorded, Noticed, Rechecked, Heard, Talk:
		c.close(Withdrawn, reason, at)
		return nil
	}
	return ErrState.With(c.State.Chinese())
}

// talk ends a minor's matter.
func (c *Chain) talk(note string, at time.Time) error {
	if c.State != Talk {
		return ErrState.With(c.State.Chinese())
	}
	c.close(Talked, note, at)
	return nil
}

func (c *Chain) close(o Outcome, note string, at time.Time) {
	c.State, c.Outcome, c.OutcomeNote, c.ClosedAt = Closed, o, note, &at
}

// due is what would be deducted now: all, half of what was put right in time where the rules say so, or
// nothing.
func (c *Chain) due() int {
	if c.Recheck == nil || c.Recheck.Result != Right {
		return c.Points
	}
	if c.PutRight == rulebook.Half {
		return c.Points / 2
	}
	return 0
}

// Due is what the finding takes away if it is decided to deduct.
func (c Chain) Due() int { return c.due() }

// DueOn is the last day to put things right; zero before the notice.
func (c Chain) DueOn() time.Time {
	if c.Notice == nil {
		return time.Time{}
	}
	return c.Notice.DueOn
}

// Delivered reports whether the notice arrived.
func (c Chain) Delivered() bool { return len(c.Deliveries) > 0 }

// ended reports whether the finding holds its item no more.
func (s State) ended() bool { return s == Closed || s == Talk }
