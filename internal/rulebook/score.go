package rulebook

import (
	"cunfen/internal/chars"
	"cunfen/internal/fault"
)

// MostQuantity bounds what one claim or finding may count.
const MostQuantity = 100

// Faults of scoring.
var (
	ErrOff      = fault.New(fault.Invalid, "rulebook.off", "“%s”目前没有启用，不能计分，请换一项").On("item")
	ErrNoPart   = fault.New(fault.Invalid, "rulebook.no_part", "请选择“%s”的具体情形").On("part")
	ErrPart     = fault.New(fault.Invalid, "rulebook.part", "“%s”没有这种情形，请重新选择").On("part")
	ErrOneRung  = fault.New(fault.Invalid, "rulebook.one_rung", "“%s”几档只计一档，请只选最高的一档").On("part")
	ErrQuantity = fault.New(fault.Invalid, "rulebook.quantity", "数量应是 1 到 100 的整数，请改正").On("quantity")
	ErrOnce     = fault.New(fault.Invalid, "rulebook.once", "“%s”一次只计 1 次，数量请填 1；另一次请另外申报").On("quantity")
	ErrPoints   = fault.New(fault.Invalid, "rulebook.points", "“%s”由工作小组议定，一次 1 到 %d 分，请改正").On("points")
	ErrReason   = fault.New(fault.Invalid, "rulebook.reason", "“%s”由工作小组议定，请写明理由（10 到 500 字）").On("reason")
)

// Score is what the quantities, by part code, are worth: positive for a plus item, negative for a minus
// one. Of an open item the quantity is the points that the group gives; ScoreOpen asks its reason too.
func (i Item) Score(parts map[string]int) (int, error) {
	if err := i.checkParts(parts); err != nil {
		return 0, err
	}
	if i.Tier == Decided {
		return i.scoreDecided(parts)
	}
	sum, rungs := 0, map[string]bool{}
	for _, p := range i.Parts {
		if parts[p.Code] == 0 || p.Ladder == "" {
			continue
		}
		if rungs[p.Ladder] {
			return 0, ErrOneRung.With(i.Title)
		}
		rungs[p.Ladder] = true
	}
	for _, p := range i.Parts {
		if p.ReplacedBy == "" || !rungs[p.ReplacedBy] {
			sum += parts[p.Code] * p.Points
		}
	}
	return sum, nil
}

// ScoreOpen scores an open item: points within the ceiling and a written reason (D7).
func (i Item) ScoreOpen(given int, reason string) (int, error) {
	if !chars.Between(reason, 10, 500) {
		return 0, ErrReason.With(i.Title)
	}
	return i.Score(map[string]int{i.Parts[0].Code: given})
}

func (i Item) scoreDecided(parts map[string]int) (int, error) {
	given := parts[i.Parts[0].Code]
	if given < 1 || given > i.Ceiling {
		return 0, ErrPoints.With(i.Title, i.Ceiling)
	}
	return i.Sign.Of(given), nil
}

// checkParts answers for what is wrong with the quantities themselves.
func (i Item) checkParts(parts map[string]int) error {
	if !i.On {
		return ErrOff.With(i.Title)
	}
	if len(parts) == 0 {
		return ErrNoPart.With(i.Title)
	}
	for code, n := range parts {
		p, ok := i.Part(code)
		switch {
		case !ok:
			return ErrPart.With(i.Title)
		case i.Tier == Decided:
		case n < 1 || n > MostQuantity:
			return ErrQuantity
		case n > 1 && p.Unit.Counted() == "":
			return ErrOnce.With(i.name(p))
		}
	}
	return nil
}

// name says which part of the item is meant.
func (i Item) name(p Part) string {
	if p.Code == "" {
		return i.Title
	}
	return i.Title + "：" + p.Label
}
