// Package figure keeps the figures of every village and month that the township looks at (R1.1, R5.2a, R3.1): who
// takes part, whether each month was signed and published on time, how long decisions took, what was taken away
// and put right, objected to, redeemed. The worker gathers them from the village's own rows after each change; a
// page reads them alone, so that a township's board costs the same whatever its villages have in their books.
package figure

import (
	"time"

	"cunfen/internal/actor"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/tenants"
)

// Service gathers the figures and reads them.
type Service struct{ DB *pg.DB }

// Level is how a village stood at the end of a month, or stands now.
type Level struct {
	Households     int
	Outside        int
	Party          int
	Booked         int
	Members        int
	Entered        int
	EnteredParty   int
	Pending        int
	ObjectionsOpen int
	ObjectionsLate int
	BudgetFen      int64
}

// Flow is what happened in a month, or in all months of a period.
type Flow struct {
	Active            int // of a period: the most of any month
	Score             int64
	ScoreParty        int64
	Claims            int
	ClaimsSelf        int
	Decided           int
	Approved          int
	Rejected          int
	Returned          int
	WaitMinutes       int64
	Found             int
	Righted           int
	Deductions        int
	Deducted          int64
	Objections        int
	ObjectionsDecided int
	ObjectionsUpheld  int
	Appeals           int
	AppealsUpheld     int
	Redemptions       int
	Redeemed          int64
	RedeemedHomes     int // of a period: the most of any month
	SpentFen          int64
}

// Add sums two villages or months.
func (f *Flow) Add(o Flow) {
	f.Active += o.Active
	f.Score, f.ScoreParty = f.Score+o.Score, f.ScoreParty+o.ScoreParty
	f.Claims, f.ClaimsSelf, f.Decided, f.Approved = f.Claims+o.Claims, f.ClaimsSelf+o.ClaimsSelf, f.Decided+o.Decided, f.Approved+o.Approved
	f.Rejected, f.Returned, f.WaitMinutes = f.Rejected+o.Rejected, f.Returned+o.Returned, f.WaitMinutes+o.WaitMinutes
	f.Found, f.Righted, f.Deductions, f.Deducted = f.Found+o.Found, f.Righted+o.Righted, f.Deductions+o.Deductions, f.Deducted+o.Deducted
	f.Objections, f.ObjectionsDecided, f.ObjectionsUpheld = f.Objections+o.Objections, f.ObjectionsDecided+o.ObjectionsDecided, f.ObjectionsUpheld+o.ObjectionsUpheld
	f.Appeals, f.AppealsUpheld = f.Appeals+o.Appeals, f.AppealsUpheld+o.AppealsUpheld
	f.Redemptions, f.Redeemed, f.RedeemedHomes, f.SpentFen = f.Redemptions+o.Redemptions, f.Redeemed+o.Redeemed, f.RedeemedHomes+o.RedeemedHomes, f.SpentFen+o.SpentFen
}

// Add sums two villages.
func (l *Level) Add(o Level) {
	l.Households, l.Outside, l.Party, l.Booked, l.Members = l.Households+o.Households, l.Outside+o.Outside, l.Party+o.Party, l.Booked+o.Booked, l.Members+o.Members
	l.Entered, l.EnteredParty, l.Pending = l.Entered+o.Entered, l.EnteredParty+o.EnteredParty, l.Pending+o.Pending
	l.ObjectionsOpen, l.ObjectionsLate, l.BudgetFen = l.ObjectionsOpen+o.ObjectionsOpen, l.ObjectionsLate+o.ObjectionsLate, l.BudgetFen+o.BudgetFen
}

// Share is the part of the households that take part this year, in percent (R5.2a).
func (l Level) Share() int { return Percent(l.Entered, l.Households) }

// Percent is part of whole, rounded down, so that 100 means all; of nothing it is 0.
func Percent(part, whole int) int {
	if whole == 0 {
		return 0
	}
	return part * 100 / whole
}

// Wait is how many days a decision took on average; ok is false where nothing was decided.
func (f Flow) Wait() (days float64, ok bool) {
	if f.Decided == 0 {
		return 0, false
	}
	return float64(f.WaitMinutes) / float64(f.Decided) / 60 / 24, true
}

// Standing is how one village stands in a period.
type Standing struct {
	ID        actor.VillageID
	Code      string
	Name      string
	Kind      string // village or farm
	State     string // village.State
	Why       string // it is in that state
	Settings  tenants.Profile
	Level           // at the period's end
	Flow            // in the period
	Due       int   // months whose notice should hang by now
	Published int   // of them, those that hang
	OnTime    int   // of them, by their day
	Last      Sheet // of the month that should hang now
	AsOf      *time.Time
}

// Sheet is how far a month is.
type Sheet struct {
	Month       month.Month
	State       string // open, signing, posted or published
	Begun       bool
	PostedAt    *time.Time
	PublishedAt *time.Time
	DueOn       time.Time
}

// OnTime reports whether the month was published by its day.
func (s Sheet) OnTime() bool {
	return s.PublishedAt != nil && !month.Date(*s.PublishedAt).After(s.DueOn)
}

// Overdue reports whether the month should hang by now and does not.
func (s Sheet) Overdue(now time.Time) bool {
	return s.Begun && s.PublishedAt == nil && month.Date(now).After(s.DueOn)
}

// Average is what a household gained in the period, and a party member's; seen as groups only (R3.1).
func (s Standing) Average() (all, party float64) {
	return mean(s.Score, s.Households), mean(s.ScoreParty, s.Party)
}

func mean(sum int64, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(sum) / float64(n)
}

// Month is one month of a village.
type Month struct {
	Sheet
	Level
	Flow
	AsOf time.Time
}

// Class is what one class of the two lists came to in a period.
type Class struct {
	VillageID actor.VillageID
	Class     string
	Plus      bool
	Times     int
	Homes     int // of a period: the most of any month
	Points    int64
}
