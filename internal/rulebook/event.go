package rulebook

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/fault"
)

// Event is one thing that a household did, or that was found at it, before it is judged.
type Event struct {
	ID         uuid.UUID // orders events that are otherwise alike
	Item       string
	Parts      map[string]int // part code to quantity; of an open item the points given
	OccurredOn time.Time
	Member     uuid.UUID // whose deed it was, if known
	Name       string    // of the event or title, as its paper gives it
	By         Starter   // who brings it in
	Proofs     []Evidence
	Note       string   // the reason for an open item's points
	Exempt     []Exempt // what the household is free of on that day
}

// Held is one part of an earlier event that counts for the household.
type Held struct {
	Item       string
	Part       string
	Key        string // of the cap that it uses up
	OccurredOn time.Time
	Count      int
	Points     int    // signed
	Where      string // in words: 巡查, 申报
}

// Exempt is an item, or a part like N20a, that cannot apply to the household (D10).
type Exempt struct {
	Ref    string
	Reason string
}

// Past is what a household brings along when an event of its is judged.
type Past struct {
	Held   []Held
	Proven bool // proof, starter and reason were found good before and are not asked again
}

// Line is what one part of an event counts for.
type Line struct {
	Part   string
	Key    string // of the cap that it uses up, "" where nothing caps it
	Sole   bool   // the cap is once
	Count  int
	Points int // signed
}

// Why says of what kind a reason is.
type Why string

// The reasons. Worth, ByRung and ReplacedBy explain points; the others say why something does not count.
const (
	Worth       Why = "worth"
	ByRung      Why = "rung"
	ReplacedBy  Why = "replaced"
	Reduced     Why = "reduced"
	Capped      Why = "capped"
	Mirrored    Why = "mirrored"
	Overlapped  Why = "overlapped"
	Exempted    Why = "exempt"
	SwitchedOff Why = "off"
	Started     Why = "starter"
	Unproven    Why = "evidence"
	Malformed   Why = "malformed"
)

// Reason is one step of a verdict in words.
type Reason struct {
	Why   Why
	Part  string
	Text  string
	Fault *fault.Error // what keeps something from counting; nil where the reason only explains
}

// Verdict is what an event counts for and why.
type Verdict struct {
	Item    string
	Points  int
	Lines   []Line
	Reasons []Reason
}

// Counts reports whether anything of the event counts.
func (v Verdict) Counts() bool { return len(v.Lines) > 0 }

// Err is the first thing that keeps part of the event from counting, nil where all of it counts.
func (v Verdict) Err() error {
	for _, r := range v.Reasons {
		if r.Fault != nil {
			return r.Fault
		}
	}
	return nil
}

// Faults of a verdict: what stands in the way, and where.
var (
	ErrTaken   = fault.New(fault.Conflict, "rulebook.taken", "“%s”在%s已经记过一次（%s），不能重复").On("item")
	ErrFull    = fault.New(fault.Conflict, "rulebook.full", "“%s”%s最多计 %d 次，已经记满（最近是%s）").On("item")
	ErrReduced = fault.New(fault.Conflict, "rulebook.reduced", "“%s”%s最多计 %d 次，只能再计 %d 次，请改数量").On("quantity")
	ErrMirror  = fault.New(fault.Conflict, "rulebook.mirror", "“%s”不能计：%s已有“%s”（%s），正反两项同一期只得其一；那一条有错，请先撤销它").On("item")
	ErrOverlap = fault.New(fault.Conflict, "rulebook.overlap", "“%s”不另计：同一天的事已按“%s”%s（%s），重叠的几项只取最大的一笔").On("item")
	ErrLarger  = fault.New(fault.Conflict, "rulebook.larger", "同一天的事已按较小的“%s”%s（%s）；要按“%s”处理，请先撤销那一笔").On("item")
	ErrExempt  = fault.New(fault.Conflict, "rulebook.exempt", "这户的“%s”已经免评（%s），不计分").On("item")
	ErrGroup   = fault.New(fault.Invalid, "rulebook.starter", "减分事项由工作小组评核，不能申报").On("item")
	ErrDeclare = fault.New(fault.Invalid, "rulebook.declared", "加分事项由住户申报或网格员记录，不能由工作小组评核").On("item")
)

func (v *Verdict) add(why Why, part, text string, f error) {
	r := Reason{Why: why, Part: part, Text: text}
	if f != nil {
		r.Fault = fault.Of(f)
		r.Text = r.Fault.Text
	}
	v.Reasons = append(v.Reasons, r)
}

// refuse puts down why the event as such does not count.
func (v *Verdict) refuse(err error) {
	why := Malformed
	for w, faults := range map[Why][]error{SwitchedOff: {ErrOff}, Started: {ErrGroup, ErrDeclare}, ByRung: {ErrOneRung},
		Unproven: {ErrNoEvidence, ErrEvidenceMissing, ErrEvidenceForbidden}} {
		for _, f := range faults {
			if errors.Is(err, f) {
				why = w
			}
		}
	}
	v.add(why, "", "", err)
}
