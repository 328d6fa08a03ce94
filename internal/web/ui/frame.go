package ui

import (
	"time"

	"cunfen/internal/month"
)

// fullDay is a day with its year: 「2026年11月3日」.
func fullDay(t time.Time) string { return itoa(t.UTC().Year()) + "年" + day(t) }

// localDay is the day in the village on which an instant falls: 「11月3日」.
func localDay(t time.Time) string { return month.ChineseDay(t.In(month.Zone)) }
