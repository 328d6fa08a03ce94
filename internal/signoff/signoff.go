// Package signoff is the month's end of the working group (R4.1.5): what was decided in a month, plus and minus,
// is frozen on a sheet, members sign exactly that sheet, and when enough have signed the points go into the
// ledger. Nothing is published unsigned, and a signed month never changes. Where the lines come from, a Source
// knows.
package signoff

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/fault"
	"cunfen/internal/month"
)

// State is where a month's sheet stands.
type State string

// The states of a sheet.
const (
	Open      State = "open"
	Signing   State = "signing"
	Posted    State = "posted"
	Published State = "published"
)

// Chinese is the state's name on screen.
func (s State) Chinese() string {
	return map[State]string{Open: "采集审核中", Signing: "签字中", Posted: "已签字入账，待公示", Published: "已公示"}[s]
}

// Method is how a member signed.
type Method string

// The methods: the password entered again, a signature drawn on the screen, the paper sheet.
const (
	ByPassword Method = "password"
	ByDrawing  Method = "drawn"
	OnPaper    Method = "paper"
)

// Faults of the sheet.
var (
	ErrRunning   = fault.New(fault.Conflict, "signoff.running", "这个月还没有结束，月底以后才能汇总签字")
	ErrFuture    = fault.New(fault.Invalid, "signoff.month", "没有这个月份")
	ErrFrozen    = fault.New(fault.Conflict, "signoff.frozen", "这个月已经汇总过了，请直接签字；要改动请先退回")
	ErrNotOpen   = fault.New(fault.Conflict, "signoff.not_signing", "这个月现在不在签字阶段，请刷新页面")
	ErrChanged   = fault.New(fault.Conflict, "signoff.changed", "签字表刚刚有变动，请重新看过再签")
	ErrSigned    = fault.New(fault.Conflict, "signoff.signed", "您已经签过字了")
	ErrNoSeat    = fault.New(fault.Forbidden, "signoff.no_seat", "只有任期内的积分管理工作小组成员能签字")
	ErrEarlier   = fault.New(fault.Conflict, "signoff.earlier", "请先完成%s的签字入账")
	ErrLater     = fault.New(fault.Conflict, "signoff.later", "%s已经汇总，更早的月份不能再汇总；补报的事项会进入下一张签字表")
	ErrReason    = fault.New(fault.Invalid, "signoff.reason", "请写明退回的原因（2 到 500 字）").On("reason")
	ErrDrawing   = fault.New(fault.Invalid, "signoff.drawing", "没有读到签名，请在方框里写上名字再提交").On("signature")
	ErrMoved     = fault.New(fault.Conflict, "signoff.moved", "签字表上的记录与汇总时不一致，不能入账；请组长退回签字表，重新汇总后再签")
	ErrUnsettled = fault.New(fault.Conflict, "signoff.unsigned", "这个月还没有签字入账，不能公示")
)

// Sheet is a month's sheet.
type Sheet struct {
	Month       month.Month
	Revision    int
	State       State
	Lines       int
	Points      int64
	Hash        []byte
	FrozenBy    *uuid.UUID
	FrozenAt    *time.Time
	PostedAt    *time.Time
	PublishedAt *time.Time
}

// Code is the sheet's short code, printed on the signing sheet: what was signed can be told by it.
func (s Sheet) Code() string {
	if len(s.Hash) < 6 {
		return ""
	}
	return fmt.Sprintf("%X-%X-%X", s.Hash[0:2], s.Hash[2:4], s.Hash[4:6])
}

// Signature is one member's name under the sheet.
type Signature struct {
	AccountID    uuid.UUID
	MembershipID uuid.UUID
	Name         string
	Kind         string
	Method       Method
	SignedAt     time.Time
	EnteredBy    *uuid.UUID // of a name on paper: who entered it
	EnteredName  string
}

// Quorum is what a village asks of a signing.
type Quorum struct {
	Signers int // at least so many members
	PerLine int // at least so many for each line who neither recorded it nor are of that home or related to it
}

// DefaultQuorum is what a village has that says nothing else.
var DefaultQuorum = Quorum{Signers: 3, PerLine: 2}

// Kinds that every signing needs one of (R4.1.1, R4.1.6).
var needed = []string{"党员代表", "群众代表"}

// Missing says in words what a signing still lacks; nothing when it is complete.
func (q Quorum) Missing(signatures []Signature, lines []Line) (missing []string) {
	if n := q.Signers - len(signatures); n > 0 {
		missing = append(missing, fmt.Sprintf("还差 %d 人签字", n))
	}
	for _, kind := range needed {
		if !has(signatures, kind) {
			missing = append(missing, "还缺一名"+kind)
		}
	}
	short := 0
	for _, l := range lines {
		if l.Counted < q.Need(l) {
			short++
		}
	}
	if !vouched(signatures) {
		missing = append(missing, "纸质签字已录入，还要录入人以外的一名成员本人在系统里签字印证")
	}
	if short > 0 && len(signatures) >= q.Signers {
		missing = append(missing, fmt.Sprintf("有 %d 条因签字人须回避，还要其他成员签字", short))
	}
	return missing
}

// Need is how many signatures must count for a line.
func (q Quorum) Need(l Line) int { return q.PerLine + l.Extra }

func has(signatures []Signature, kind string) bool {
	for _, s := range signatures {
		if s.Kind == kind {
			return true
		}
	}
	return false
}

// count fills in, line by line, the signatures that count: not of who recorded it, nor of who is of that
// home or related to it.
func count(lines []Line, signatures []Signature, related map[uuid.UUID]map[uuid.UUID]bool) {
	for i := range lines {
		lines[i].Counted = 0
		for _, s := range signatures {
			if s.AccountID != lines[i].Recorder && !related[s.AccountID][lines[i].HouseholdID] {
				lines[i].Counted++
			}
		}
	}
}
