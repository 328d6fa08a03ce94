package ledger

import (
	"fmt"
	"strings"

	"cunfen/internal/month"
)

// Usable is what can be redeemed now: the year's points and the base points that are open, without what is set
// aside and what is under objection. The year's points are spent first (D1).
func (b Balance) Usable() int64 { return b.Year + b.Open - b.Held - b.Disputed }

// Why says in one sentence what Usable is made of and what is not in it. Every screen and paper that shows a
// balance says it so.
func (b Balance) Why() string {
	parts := []string{fmt.Sprintf("今年的分 %d 分", b.Year)}
	switch {
	case b.Base == 0:
	case b.Open > 0:
		parts[0] += fmt.Sprintf("，加上已经解锁的基础积分 %d 分（先用今年的分）", b.Open)
	case b.BaseUsable:
		parts = append(parts, fmt.Sprintf("基础积分 %d 分要到 %d 年%s才能用", b.Base, b.BaseFrom.Year(), month.ChineseDay(b.BaseFrom)))
	default:
		parts = append(parts, fmt.Sprintf("基础积分 %d 分按本村细则不兑换", b.Base))
	}
	if b.Held > 0 {
		parts = append(parts, fmt.Sprintf("已经预留 %d 分", b.Held))
	}
	if b.Disputed != 0 {
		parts = append(parts, fmt.Sprintf("有异议的 %d 分核查完以前先不算", b.Disputed))
	}
	return strings.Join(parts, "；") + "。今年的分年底清零。"
}
