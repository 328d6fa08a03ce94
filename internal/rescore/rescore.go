// Package rescore looks at decisions a second time: some of a village's decisions of a month are drawn by a kept
// seed, and somebody of the township, or the group of another village, who cannot see what was decided says what they
// would have decided. What comes of it is one figure a village: how often the two agree, with the interval in which it
// lies. No points move by it.
package rescore

import (
	"math"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Service draws and takes second decisions.
type Service struct {
	DB       *pg.DB
	Evidence *evidence.Service // lends small copies of photos to another village's group
}

// Verdict is what the second scorer says.
type Verdict string

// The verdicts. Unclear says that the record shows too little to decide by.
const (
	Yes     Verdict = "yes"
	No      Verdict = "no"
	Unclear Verdict = "unclear"
)

// Chinese is the verdict on screen.
func (v Verdict) Chinese() string {
	return map[Verdict]string{Yes: "应当通过", No: "不应通过", Unclear: "材料看不出来"}[v]
}

// Draw is one sample of a village's decisions.
type Draw struct {
	VillageID actor.VillageID
	Village   string
	ID        uuid.UUID
	Month     month.Month
	Seed      string
	Wanted    int
	Decided   int
	DrawnName string
	DrawnAt   time.Time
	Size      int
	Scored    int
	Agreed    int // known once all are scored
	Unclear   int

	PeerVillage actor.VillageID // whose group has it, or had it; 0 for the township itself
	Peer        string
	LookID      *uuid.UUID
	HandedAt    *time.Time
	Hand        string // out or back
}

// Out reports whether another village's group is at it.
func (d Draw) Out() bool { return d.Hand == "out" }

// Done reports whether every one has been looked at; before that nobody is told how the two compare.
func (d Draw) Done() bool { return d.Size > 0 && d.Scored == d.Size }

// Interval is the 95 % interval of Wilson for k of n: for few observations it is wide, and it never leaves 0 to 1.
func Interval(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	middle := p + z*z/(2*m)
	reach := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	whole := 1 + z*z/m
	return max(0, (middle-reach)/whole), min(1, (middle+reach)/whole)
}

// Item is one decision to be looked at. Who decided and what, and whose home it is, do not come with it.
type Item struct {
	ClaimID     uuid.UUID
	Position    int
	Item        string
	RuleVersion int
	Parts       map[string]int
	OccurredOn  time.Time
	Note        string
	Source      string
	Proofs      []string
	Channel     string
	Verdict     Verdict
	Words       string
	ScorerName  string
	ScoredAt    *time.Time
	Agrees      *bool       // known once all are scored
	Title, Rule string      `db:"-"`
	Photos      []uuid.UUID `db:"-"`
}

// Faults of a second decision.
var (
	ErrSize    = fault.New(fault.Invalid, "rescore.size", "抽几条：5 到 60").On("size")
	ErrMonth   = fault.New(fault.Invalid, "rescore.month", "请选择已经过去的一个月").On("month")
	ErrNone    = fault.New(fault.Invalid, "rescore.none", "这个村这个月没有审过的申报，请换一个月").On("month")
	ErrVerdict = fault.New(fault.Invalid, "rescore.verdict", "请选择您的判断").On("verdict")
	ErrNote    = fault.New(fault.Invalid, "rescore.note", "不应通过或看不出来的，请写明为什么（4 到 300 字）").On("note")
	ErrScored  = fault.New(fault.Conflict, "rescore.scored", "这一批已经全部评完、比对过了，不能再改")
)
