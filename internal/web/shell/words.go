package shell

import (
	"fmt"
	"time"

	"cunfen/internal/month"
)

// UsableIs says beside a list of balances what is usable and why; one home's own page says it of that home (D1).
const UsableIs = "可用的分＝今年的分＋已解锁的基础积分－已预留的－有异议的；今年的分年底清零。"

// UsableMeans is UsableIs under a list from which a home can be opened.
const UsableMeans = UsableIs + "点开一户，看是怎么算的。"

// Day is a date's 「11月23日」.
func Day(t time.Time) string { return month.ChineseDay(t.UTC()) }

// FullDay is a date's 「2026年11月23日」.
func FullDay(t time.Time) string { return fmt.Sprintf("%d年%s", t.UTC().Year(), Day(t)) }

// LocalDay is the day in the village on which an instant falls: 「11月23日」.
func LocalDay(t time.Time) string { return month.ChineseDay(t.In(month.Zone)) }

// Moment is an instant in the villages' zone: 「11月23日 08:15」.
func Moment(t time.Time) string { return LocalDay(t) + t.In(month.Zone).Format(" 15:04") }

// FullMoment is Moment with its year.
func FullMoment(t time.Time) string {
	return fmt.Sprintf("%d年%s", t.In(month.Zone).Year(), Moment(t))
}
