// Package group is the village's 积分管理工作小组 (R4.1.1): who sits in it, as what and until when, who was
// disqualified (R4.1.7), and whose households a member must keep away from. A seat is a membership; its role is
// what the holder may do, its kind which of the four groups of people it is filled from.
package group

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Kind is which people a seat of the group is filled from.
type Kind string

// The four kinds; None is for who is not of the group: desk clerks, households.
const (
	None     Kind = ""
	Cadre    Kind = "两委"
	Grid     Kind = "网格员"
	Party    Kind = "党员代表"
	Villager Kind = "群众代表"
)

// Kinds lists the four.
var Kinds = []Kind{Cadre, Grid, Party, Villager}

// Rotates reports whether such a seat changes hands every quarter as a rule (R4.1.6).
func (k Kind) Rotates() bool { return k == Party || k == Villager }

var (
	ErrRole      = fault.New(fault.Invalid, "group.role", "请选择岗位").On("role")
	ErrKind      = fault.New(fault.Invalid, "group.kind", "请选择成员类别：两委、网格员、党员代表或群众代表").On("kind")
	ErrTerm      = fault.New(fault.Invalid, "group.term", "任期的结束日期不能早于开始日期，也不能已经过去").On("ends_on")
	ErrException = fault.New(fault.Invalid, "group.exception", "党员代表、群众代表原则上每季度轮换；任期超过本季度的，请写明原因").On("reason")
	ErrReason    = fault.New(fault.Invalid, "group.reason", "请写明原因").On("reason")
	ErrQuota     = fault.New(fault.Conflict, "group.quota", "本村最多 %d 人有账号，已满；请先结束不用的岗位，或联系平台管理员调整").On("phone")
	ErrCounter   = fault.New(fault.Conflict, "group.counter", "本村住户都在柜台办，不开住户账号").On("role")
	ErrPaper     = fault.New(fault.Conflict, "group.paper", "本村只用纸质的存折和公示，不给住户开账号；要开，请平台管理员先改本村的用法").On("role")
	ErrHolds     = fault.New(fault.Conflict, "group.holds", "这个人已经在这个岗位上；要换任期，请先结束原来的任期")
	ErrOver      = fault.New(fault.Conflict, "group.over", "这个任期已经结束，不用再办理")
	ErrLastLead  = fault.New(fault.Conflict, "group.last_lead", "这是村里最后一位组长，请先任命新的组长")
	ErrHousehold = fault.New(fault.Invalid, "group.household", "没有找到这一户，请重新选择").On("household")
	ErrRelation  = fault.New(fault.Invalid, "group.relation", "请写明亲属关系，最多 20 个字").On("relation")
)

// Service appoints and ends.
type Service struct {
	DB       *pg.DB
	Accounts *account.Service
}

// State is where a seat's term stands on a day.
type State string

// The states; a seat counts while it is Serving or Ending.
const (
	Upcoming     State = "upcoming"
	Serving      State = "serving"
	Ending       State = "ending" // the term runs out within Notice
	Expired      State = "expired"
	Ended        State = "ended"
	Disqualified State = "disqualified"
)

// Notice is how long before its end a term is called ending.
const Notice = 14 * 24 * time.Hour

// Chinese is the state on screen.
func (s State) Chinese() string {
	return map[State]string{Upcoming: "未到任", Serving: "在任", Ending: "即将到期", Expired: "已到期", Ended: "已结束", Disqualified: "已取消资格"}[s]
}

// Member is one seat and who has it.
type Member struct {
	ID           uuid.UUID
	AccountID    uuid.UUID
	Name         string
	Role         actor.Role
	Kind         Kind
	Grid         int
	HouseholdID  *uuid.UUID
	StartsOn     time.Time
	EndsOn       *time.Time
	EndedAt      *time.Time
	EndReason    string
	Disqualified bool
}

// State is where the term stands at the instant.
func (m Member) State(now time.Time) State {
	today := month.Date(now)
	switch {
	case m.Disqualified:
		return Disqualified
	case m.EndedAt != nil:
		return Ended
	case m.StartsOn.After(today):
		return Upcoming
	case m.EndsOn == nil:
		return Serving
	case m.EndsOn.Before(today):
		return Expired
	case m.EndsOn.Sub(today) <= Notice:
		return Ending
	}
	return Serving
}

// serves reports whether the seat counts at the instant.
func (m Member) serves(now time.Time) bool {
	state := m.State(now)
	return state == Serving || state == Ending
}

// left is how many days a term with an end has left; negative when it is over.
func (m Member) left(now time.Time) int { return int(m.EndsOn.Sub(month.Date(now)).Hours() / 24) }

// QuarterEnd is the last day of the quarter of t.
func QuarterEnd(t time.Time) time.Time {
	m := month.Of(t)
	for m.Number()%3 != 0 {
		m = m.Next()
	}
	return month.Date(m.End().AddDate(0, 0, -1))
}

// Appointment is what a seat is filled with.
type Appointment struct {
	Name      string
	Phone     string
	Role      actor.Role
	Kind      Kind
	Grid      int       // of a grid worker
	Household uuid.UUID // the person's own, if it is known
	StartsOn  time.Time // zero for today
	EndsOn    time.Time // zero for the rule: the quarter's end where the kind rotates, else open
	Reason    string    // why a term goes beyond the quarter though the kind rotates
	Draw      uuid.UUID // the drawing by lot that the household was drawn in, if it was
	Hash      string    // of a password that the person chose; empty: a new account gets a start password
	TOTP      string    // a second factor bound already; for demonstrations
}

// settle fills in what the rules give, and says what is wrong.
func (a Appointment) settle(now time.Time) (Appointment, error) {
	if a.StartsOn.IsZero() {
		a.StartsOn = now
	}
	if a.Role == actor.Grid && a.Kind == None {
		a.Kind = Grid
	}
	if a.EndsOn.IsZero() && a.Kind.Rotates() {
		a.EndsOn = QuarterEnd(a.StartsOn)
	}
	if !slices.Contains([]actor.Role{actor.Lead, actor.Committee, actor.Grid, actor.Desk, actor.Household}, a.Role) {
		return a, ErrRole
	}
	if a.Role == actor.Household && a.Household == uuid.Nil {
		return a, ErrHousehold
	}
	if known := slices.Contains(Kinds, a.Kind); a.seated() && !known || !known && a.Kind != None || a.Role == actor.Household && a.Kind != None {
		return a, ErrKind
	}
	if ends := month.Date(a.EndsOn); !a.EndsOn.IsZero() && (ends.Before(month.Date(a.StartsOn)) || ends.Before(month.Date(now))) {
		return a, ErrTerm
	}
	if a.Kind.Rotates() && month.Date(a.EndsOn).After(QuarterEnd(a.StartsOn)) && a.Reason == "" {
		return a, ErrException
	}
	return a, nil
}

// seated reports whether the seat is one of the working group.
func (a Appointment) seated() bool {
	return a.Role == actor.Lead || a.Role == actor.Committee || a.Role == actor.Grid
}
