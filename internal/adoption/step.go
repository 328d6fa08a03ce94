package adoption

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/chars"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/month"
)

// Kind is one of the six steps of 四议两公开, in their order.
type Kind int

// The four deliberations and the two disclosures.
const (
	Proposal   Kind = 1 // 党支部会提议
	Talks      Kind = 2 // 村“两委”会商议
	Hearing    Kind = 3 // 党员大会审议
	Resolution Kind = 4 // 村民代表会议决议
	Disclosure Kind = 5 // 决议公开
	Outcome    Kind = 6 // 实施结果公开
)

// Kinds lists all six.
var Kinds = []Kind{Proposal, Talks, Hearing, Resolution, Disclosure, Outcome}

// Chinese is the step's name.
func (k Kind) Chinese() string {
	if k < Proposal || k > Outcome {
		return ""
	}
	return [...]string{"党支部会提议", "村“两委”会商议", "党员大会审议", "村民代表会议决议", "决议公开", "实施结果公开"}[k-1]
}

// Meeting reports whether people meet and vote; the other two are disclosures.
func (k Kind) Meeting() bool { return k >= Proposal && k <= Resolution }

// Rule says in words what the step needs.
func (k Kind) Rule() string {
	switch k {
	case Proposal, Talks:
		return "应到的人过半数到会，到会的人过半数同意"
	case Hearing:
		return "有表决权的党员过半数到会，赞成的超过应到人数的一半"
	case Resolution:
		return "村民代表三分之二以上到会，到会的人过半数同意"
	case Disclosure:
		return fmt.Sprintf("在公示栏公开决议和细则全文，不少于 %d 天", DisclosureDays)
	}
	return "公开期满，公开收到的意见、处理结果和怎样施行"
}

// DisclosureDays is how long the resolution is open to everybody before its outcome is disclosed.
const DisclosureDays = 7

// Step is one recorded step.
type Step struct {
	ID       uuid.UUID
	Step     Kind
	Digest   string // of the text that was before the meeting
	HeldOn   time.Time
	Place    string
	Eligible int
	Present  int
	Agreed   int
	Minutes  string
	ByName   string
	At       time.Time
	Photos   []evidence.Evidence `db:"-"` // of the minutes, the meeting, the notice board
}

// Faults of steps.
var (
	ErrKind     = fault.New(fault.NotFound, "adoption.kind", "没有这一步")
	ErrOrder    = fault.New(fault.Conflict, "adoption.order", "要按顺序来：请先登记“%s”")
	ErrHeldOn   = fault.New(fault.Invalid, "adoption.held_on", "日期不能在今天以后").On("held_on")
	ErrBefore   = fault.New(fault.Invalid, "adoption.before", "日期不能早于上一步“%s”（%s）").On("held_on")
	ErrAfter    = fault.New(fault.Conflict, "adoption.after", "日期不能晚于已登记的下一步“%s”（%s）").On("held_on")
	ErrOpenDays = fault.New(fault.Invalid, "adoption.open_days", "决议要公开满 %d 天，最早是%s").On("held_on")
	ErrPlace    = fault.New(fault.Invalid, "adoption.place", "请写地点（2 到 60 字）").On("place")
	ErrEligible = fault.New(fault.Invalid, "adoption.eligible", "应到人数应是 1 到 5000 的整数").On("eligible")
	ErrPresent  = fault.New(fault.Invalid, "adoption.present", "到会人数应是 0 到应到人数之间的整数").On("present")
	ErrAgreed   = fault.New(fault.Invalid, "adoption.agreed", "同意人数应是 0 到到会人数之间的整数").On("agreed")
	ErrQuorum   = fault.New(fault.Invalid, "adoption.quorum", "到会 %d 人，不够开会的人数：%s").On("present")
	ErrMajority = fault.New(fault.Invalid, "adoption.majority", "同意 %d 人，没有通过：%s").On("agreed")
	ErrMinutes  = fault.New(fault.Invalid, "adoption.minutes", "请写会议记录或公开情况（10 到 2000 字）").On("minutes")
)

// check judges the step by itself: where, how many, with what result.
func (s Step) check(today time.Time) error {
	if !chars.Between(s.Place, 2, 60) {
		return ErrPlace
	}
	if !chars.Between(s.Minutes, 10, 2000) {
		return ErrMinutes
	}
	if s.HeldOn.IsZero() || month.Date(s.HeldOn).After(month.Date(today)) {
		return ErrHeldOn
	}
	if !s.Step.Meeting() {
		return nil
	}
	switch {
	case s.Eligible < 1 || s.Eligible > 5000:
		return ErrEligible
	case s.Present < 0 || s.Present > s.Eligible:
		return ErrPresent
	case s.Agreed < 0 || s.Agreed > s.Present:
		return ErrAgreed
	case !s.quorate():
		return ErrQuorum.With(s.Present, s.Step.Rule())
	case !s.passed():
		return ErrMajority.With(s.Agreed, s.Step.Rule())
	}
	return nil
}

func (s Step) quorate() bool {
	if s.Step == Resolution {
		return s.Present*3 >= s.Eligible*2
	}
	return s.Present*2 > s.Eligible
}

func (s Step) passed() bool {
	if s.Step == Hearing {
		return s.Agreed*2 > s.Eligible
	}
	return s.Agreed*2 > s.Present
}

// Standing is, of the records for the text of that digest, the last of each step.
func Standing(steps []Step, digest string) map[Kind]Step {
	last := map[Kind]Step{}
	for _, s := range steps {
		if s.Digest == digest {
			last[s.Step] = s
		}
	}
	return last
}

// Next is the first step that has no record yet, 0 where all six have one.
func Next(steps []Step, digest string) Kind {
	have := Standing(steps, digest)
	for _, k := range Kinds {
		if _, ok := have[k]; !ok {
			return k
		}
	}
	return 0
}

// inOrder judges the step among those that stand: all before it are there and none is later.
func (s Step) inOrder(have map[Kind]Step) error {
	held := month.Date(s.HeldOn)
	for _, k := range Kinds {
		o, ok := have[k]
		day := month.ChineseDay(o.HeldOn.UTC())
		switch {
		case k < s.Step && !ok:
			return ErrOrder.With(k.Chinese())
		case k < s.Step && held.Before(month.Date(o.HeldOn)):
			return ErrBefore.With(k.Chinese(), day)
		case k > s.Step && ok && held.After(month.Date(o.HeldOn)):
			return ErrAfter.With(k.Chinese(), day)
		case k == Disclosure && s.Step == Outcome && held.Before(month.Date(o.HeldOn).AddDate(0, 0, DisclosureDays)):
			return ErrOpenDays.With(DisclosureDays, month.ChineseDay(o.HeldOn.UTC().AddDate(0, 0, DisclosureDays)))
		case k == Outcome && s.Step == Disclosure && ok && month.Date(o.HeldOn).Before(held.AddDate(0, 0, DisclosureDays)):
			return ErrAfter.With(k.Chinese(), day)
		}
	}
	return nil
}
