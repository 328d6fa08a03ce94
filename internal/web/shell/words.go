package shell

import (
	"fmt"
	"time"

	"cunfen/internal/month"
)

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
