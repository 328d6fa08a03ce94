// Package bureau is how the township's 农业农村和社会事业局 and the departments look at their villages: who lives
// there, what waits, whether each month was signed and published on time. They read and change nothing, and
// whoever opens a village leaves a line in the office's log. The platform's own view of every village is here
// as well.
package bureau

import (
	"time"

	"cunfen/internal/actor"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/tenants"
)

// Service is what the screens above the villages may ask.
type Service struct {
	DB      *pg.DB
	Sources []Source // further rooms whose villages wait for the township
}

// Standing is how one village stands.
type Standing struct {
	ID         actor.VillageID
	Code       string
	Name       string
	Kind       string // village or farm
	Settings   tenants.Profile
	Households int
	Outside    int // of them, not of the village's hukou
	Members    int
	Taking     int        // households with points gained or lost this year: 全员参与 as a number (R1.1)
	Score      int64      // the sum of this year's points over the households
	Party      int        // households of party members, seen as a group only (R3.1)
	PartyScore int64      // the sum of their points
	Pending    int        // claims that wait for review
	Oldest     *time.Time // since when the oldest of them has waited
	Objections int        // open
	Late       int        // of them, past the day of answer
	Redeemed   int        // redemptions of this month
	Spent      int64      // their points
	Months     []Month    `db:"-"` // from January of last year, newest first
}

// Share is the part of the households that take part, in percent.
func (s Standing) Share() int { return percent(s.Taking, s.Households) }

// Average is what a household has gained this year, and a party member's.
func (s Standing) Average() (all, party float64) {
	return mean(s.Score, s.Households), mean(s.PartyScore, s.Party)
}

func percent(part, whole int) int {
	if whole == 0 {
		return 0
	}
	return part * 100 / whole
}

func mean(sum int64, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(sum) / float64(n)
}

// Month is a month's sheet as the township sees it.
type Month struct {
	VillageID   actor.VillageID
	Month       month.Month
	State       string // open, signing, posted or published
	Lines       int
	Points      int64
	PostedAt    *time.Time
	PublishedAt *time.Time
}

// Find is the village's month; one that has no sheet yet is open.
func (s Standing) Find(m month.Month) Month {
	for _, at := range s.Months {
		if at.Month == m {
			return at
		}
	}
	return Month{VillageID: s.ID, Month: m, State: "open"}
}

// Begun reports whether the village has worked by points before the month.
func (s Standing) Begun(m month.Month) bool {
	for _, at := range s.Months {
		if at.Month <= m {
			return true
		}
	}
	return false
}

// Due is the day by which the month's notice must hang (R4.4.3b).
func (s Standing) Due(m month.Month) time.Time {
	return m.Next().First().AddDate(0, 0, max(s.Settings.Calendar.NoticeDay, 1)-1)
}

// OnTime reports whether the month was published by its day.
func (s Standing) OnTime(m Month) bool {
	return m.PublishedAt != nil && !month.Day(*m.PublishedAt).After(s.Due(m.Month))
}

// Overdue reports whether the month should hang by now and does not.
func (s Standing) Overdue(m month.Month, now time.Time) bool {
	return s.Begun(m) && s.Find(m).PublishedAt == nil && month.Day(now).After(s.Due(m))
}

// Punctual counts, of the months of the year that were published, those on time.
func (s Standing) Punctual(year int) (onTime, published int) {
	for _, m := range s.Months {
		if m.Month.Year() != year || m.PublishedAt == nil {
			continue
		}
		published++
		if s.OnTime(m) {
			onTime++
		}
	}
	return onTime, published
}
