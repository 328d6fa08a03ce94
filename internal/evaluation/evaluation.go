// Package evaluation is the village's look at its own rules every quarter (R4.4.4): how each item was used,
// refused and objected to, what the households say, what the group proposes, what was decided. What is decided
// changes nothing by itself; a change of the rules goes through its own draft and adoption.
package evaluation

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Service is what the screens may ask.
type Service struct{ DB *pg.DB }

// Quarter is 20264 for the fourth quarter of 2026.
type Quarter int

// Of is the quarter of a month.
func Of(m month.Month) Quarter { return Quarter(m.Year()*10 + m.Quarter()) }

// Last is the quarter before that of an instant: the one to evaluate then.
func Last(now time.Time) Quarter {
	m := month.Of(now)
	for q := m.Quarter(); m.Quarter() == q; m = m.Prev() {
		continue
	}
	return Of(m)
}

// ParseQuarter reads 2026-4.
func ParseQuarter(s string) (Quarter, bool) {
	var y, n int
	if _, err := fmt.Sscanf(s, "%4d-%1d", &y, &n); err != nil || fmt.Sprintf("%04d-%d", y, n) != s || y < 2020 || y > 2100 || n < 1 || n > 4 {
		return 0, false
	}
	return Quarter(y*10 + n), true
}

// String is 2026-4, Chinese 2026 年第 4 季度.
func (q Quarter) String() string  { return fmt.Sprintf("%04d-%d", q/10, q%10) }
func (q Quarter) Chinese() string { return fmt.Sprintf("%d年第%d季度", q/10, q%10) }

// First and End bound the quarter's days.
func (q Quarter) First() time.Time {
	return month.Month(int(q)/10*100 + (int(q)%10-1)*3 + 1).First()
}

// End is the first day after it.
func (q Quarter) End() time.Time { return q.First().AddDate(0, 3, 0) }

// Due is the day by which the quarter should be decided: a month after its end.
func (q Quarter) Due() time.Time { return q.End().AddDate(0, 1, 0) }

// Pack is the figures of a quarter.
type Pack struct {
	Households int     `json:"households"`
	Entries    int     `json:"entries"` // claims, exceptions of rounds, findings: what somebody had to write
	Burden     float64 `json:"burden"`  // of them, per household
	Items      []Use   `json:"items"`   // every item that is on, in the order of the rules
	Version    int     `json:"version"` // of the rules on the quarter's last day
}

// Use is how one item was used.
type Use struct {
	Code       string `json:"code"`
	Title      string `json:"title"`
	Monthly    bool   `json:"monthly,omitempty"`
	Times      int    `json:"times"` // lines in the book
	Points     int    `json:"points"`
	Households int    `json:"households"` // that have such a line
	Claimed    int    `json:"claimed"`
	Refused    int    `json:"refused"`
	Objected   int    `json:"objected"`
	Opinions   int    `json:"opinions"` // that came outside the round
}

// Never reports an item that nobody used and nobody asked for.
func (u Use) Never() bool { return u.Times == 0 && u.Claimed == 0 }

// Always reports an item that nearly every household has: it tells nobody from anybody.
func (u Use) Always(households int) bool {
	return households >= 10 && u.Households*100 >= households*95
}

// Evaluation is one quarter's.
type Evaluation struct {
	Quarter       Quarter
	State         string // open, proposed or decided
	Pack          Pack
	OpenedAt      time.Time
	OpinionsUntil time.Time
	Proposal      string
	ProposedBy    string
	ProposedAt    *time.Time
	Outcome       string // keep or amend
	Decision      string
	DecidedBy     string
	DecidedAt     *time.Time
	Said          int            // opinions
	Heard         map[string]int `db:"-"` // of them, by item; "" is the rules as a whole
}

// Chinese is the state in words.
func (e Evaluation) Chinese() string {
	return map[string]string{"open": "正在听取意见", "proposed": "已有建议，待决定", "decided": "已决定"}[e.State]
}

// Taking reports whether opinions are still taken.
func (e Evaluation) Taking(now time.Time) bool {
	return e.State != "decided" && !month.Date(now).After(e.OpinionsUntil)
}

// Opinion is what a household says of an item.
type Opinion struct {
	ID          uuid.UUID
	HouseholdID uuid.UUID
	Door        string
	Head        string
	Item        string
	Stance      Stance
	Text        string
	Channel     string
	ByName      string
	At          time.Time
}

// Stance is what should become of the item.
type Stance string

// Stances lists them as the form does.
var Stances = []Stance{"keep", "raise", "lower", "drop", "add"}

// Chinese is the stance in words.
func (s Stance) Chinese() string {
	return map[Stance]string{"keep": "照现在的", "raise": "分给少了", "lower": "分给多了", "drop": "不要这一条", "add": "想加一条"}[s]
}

// OpinionDays is how long the round takes opinions.
const OpinionDays = 20

// Faults of evaluations.
var (
	ErrNothing  = fault.New(fault.Invalid, "evaluation.nothing", "一条意见都没有，请至少选一条").On("stance")
	ErrClosed   = fault.New(fault.Conflict, "evaluation.closed", "这一轮听取意见已经结束；平时有意见，随时可以用“意见”反映")
	ErrStance   = fault.New(fault.Invalid, "evaluation.stance", "请选一个看法").On("stance")
	ErrItem     = fault.New(fault.Invalid, "evaluation.item", "请选择细则里的一条，或选“细则整体”").On("item")
	ErrText     = fault.New(fault.Invalid, "evaluation.text", "想加一条、不要这一条，请写几句（最多 300 字）").On("text")
	ErrSaid     = fault.New(fault.Conflict, "evaluation.said", "这一户对这一条已经提过意见").On("item")
	ErrProposal = fault.New(fault.Invalid, "evaluation.proposal", "请写建议（10 到 1000 字）").On("proposal")
	ErrOutcome  = fault.New(fault.Invalid, "evaluation.outcome", "请选照旧还是要改").On("outcome")
	ErrDecision = fault.New(fault.Invalid, "evaluation.decision", "请写决定和理由（10 到 1000 字）").On("decision")
	ErrTurn     = fault.New(fault.Conflict, "evaluation.turn", "这个季度的评估已经到了另一步，请刷新页面")
	ErrHome     = fault.New(fault.Forbidden, "evaluation.home", "您的账号没有绑定本村的住户；请到窗口提")
)

// PackJob gathers a quarter's figures and opens its round of opinions; queued once a quarter and village.
type PackJob struct {
	Quarter Quarter `json:"quarter"`
}

func (PackJob) Kind() string     { return "evaluation.pack" }
func (j PackJob) Dedupe() string { return j.Quarter.String() }
