// Package gift is points that a household gives to a family in need, where the village allows it: capped by the
// year, never for anything in return, told to both, and open to second thoughts for some days. What is given
// changes nobody's score or rank. Families in need are on a list that the working group keeps with their
// consent and that nobody else sees.
package gift

import (
	"time"

	"github.com/google/uuid"

	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Service is what the screens and the worker may ask of gifts.
type Service struct{ DB *pg.DB }

// State is how far a gift is.
type State string

// The states: a gift waits, and ends in one of the others; one that is done may still be reversed.
const (
	Waiting   State = "waiting"
	Done      State = "done"
	Withdrawn State = "withdrawn"
	Reversed  State = "reversed"
)

// Chinese is the state's name on screen.
func (s State) Chinese() string {
	return map[State]string{Waiting: "冷静期", Done: "已转赠", Withdrawn: "已撤回", Reversed: "已冲回"}[s]
}

// Rules are the village's own.
type Rules struct {
	Allowed     bool
	PerYear     int // points that a household may give in a year
	CoolingDays int
	ChangedName string
	ChangedAt   time.Time
}

// usual are the rules where the village has said nothing.
var usual = Rules{PerYear: 50, CoolingDays: 3}

func (r Rules) check() error {
	return fault.Join(fault.When(r.PerYear < 1 || r.PerYear > 10000, ErrRules.With("每户每年最多转赠应是 1 到 10000 分").On("per_year")),
		fault.When(r.CoolingDays < 0 || r.CoolingDays > 30, ErrRules.With("冷静期应是 0 到 30 天").On("cooling_days")))
}

// Family is a family in need. Door and Head are empty for a giver unless Named.
type Family struct {
	HouseholdID uuid.UUID
	Number      int
	Words       string
	Named       bool
	Consent     string
	Door        string
	Head        string
	AddedName   string
	AddedAt     time.Time
}

// Alias is what a giver reads.
func (f Family) Alias() string {
	if f.Named {
		return f.Head + "家：" + f.Words
	}
	return "困难家庭 " + number(f.Number) + "：" + f.Words
}

// Gift is one gift. TakerName is what its reader may know of the family.
type Gift struct {
	ID        uuid.UUID
	Giver     uuid.UUID
	GiverDoor string
	GiverHead string
	Taker     uuid.UUID
	TakerDoor string
	TakerHead string
	Number    int
	Words     string
	Named     bool
	Points    int
	Channel   string
	State     State
	By        uuid.UUID
	ByName    string
	At        time.Time
	DueAt     time.Time
	EndedName string
	EndedAt   *time.Time
	Reason    string
	OutEntry  *uuid.UUID
	InEntry   *uuid.UUID
}

// For is the family as its giver knows it.
func (g Gift) For() string {
	return Family{Number: g.Number, Words: g.Words, Named: g.Named, Head: g.TakerHead}.Alias()
}

// Settle is the job that posts a gift when its giver has had time to think.
type Settle struct {
	Gift uuid.UUID `json:"gift"`
}

// Kind and Dedupe tell the job from others.
func (Settle) Kind() string     { return "gift.settle" }
func (s Settle) Dedupe() string { return s.Gift.String() }

// Faults of gifts.
var (
	ErrOff      = fault.New(fault.Conflict, "gift.off", "本村没有开通积分转赠")
	ErrRules    = fault.New(fault.Invalid, "gift.rules", "%s").On("per_year")
	ErrFamily   = fault.New(fault.Invalid, "gift.family", "请选择一户困难家庭").On("family")
	ErrOwn      = fault.New(fault.Invalid, "gift.own", "不能转赠给自己家").On("family")
	ErrPoints   = fault.New(fault.Invalid, "gift.points", "转赠的分应是 1 到 10000 的整数").On("points")
	ErrCap      = fault.New(fault.Conflict, "gift.cap", "每户一年最多转赠 %d 分，今年最多还能转赠 %d 分").On("points")
	ErrShort    = fault.New(fault.Conflict, "gift.short", "今年可用的分不够，请少转赠一些").On("points")
	ErrFreely   = fault.New(fault.Invalid, "gift.freely", "请勾选：自愿转赠，不换钱、不换物、不换人情").On("freely")
	ErrSigned   = fault.New(fault.Invalid, "gift.signed", "请转赠的人在方框里签名，或上传签了字的单子").On("signature")
	ErrReturn   = fault.New(fault.Conflict, "gift.return", "这一家今年转赠过给您家；转赠不求回报，今年不能再转赠回去").On("family")
	ErrYearOver = fault.New(fault.Conflict, "gift.year_over", "这笔转赠那一年的分已经清零，不能再冲回")
	ErrOldYear  = fault.New(fault.Conflict, "gift.old_year", "%d 年的分还没有清零；清零以后再转赠，转赠的就是今年的分").On("points")
	ErrEnded    = fault.New(fault.Conflict, "gift.ended", "这笔转赠已经办结，不能再撤回")
	ErrNotDone  = fault.New(fault.Conflict, "gift.not_done", "只有已经转赠的才能冲回")
	ErrReason   = fault.New(fault.Invalid, "gift.reason", "请写明原因（2 到 200 字）").On("reason")
	ErrNeedy    = fault.New(fault.Invalid, "gift.needy", "%s").On("words")
	ErrKin      = fault.New(fault.Forbidden, "conflict_of_duty", "这是您本户或亲属户，请回避，由其他人办理")
)
