package figure

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"cunfen/internal/fault"
	"cunfen/internal/month"
)

// Period is some months in a row.
type Period struct{ From, To month.Month }

// ErrPeriod answers for what is no period.
var ErrPeriod = fault.New(fault.Invalid, "figure.period", "请从列表里选择时段").On("period")

// Year, Quarter and One make the usual periods.
func Year(y int) Period                { return Period{month.Month(y*100 + 1), month.Month(y*100 + 12)} }
func One(m month.Month) Period         { return Period{m, m} }
func Quarter(y, q int) Period          { return Period{month.Month(y*100 + q*3 - 2), month.Month(y*100 + q*3)} }
func (p Period) single() bool          { return p.From == p.To }
func (p Period) whole() bool           { return p == Year(p.From.Year()) }
func (p Period) quarter() int          { return p.From.Quarter() }
func (p Period) isQuarter() bool       { return p == Quarter(p.From.Year(), p.quarter()) }
func (p Period) Valid() bool           { return p.From.Valid() && p.To.Valid() && p.From <= p.To }
func (p Period) Has(at time.Time) bool { m := month.Of(at); return p.From <= m && m <= p.To }

// ParsePeriod reads "2026", "2026-Q3" or "2026-11"; "" is the year of now.
func ParsePeriod(s string, now time.Time) (p Period, err error) {
	if s == "" {
		return Year(month.Of(now).Year()), nil
	}
	year, rest, parted := strings.Cut(s, "-")
	y, err := strconv.Atoi(year)
	if err != nil || len(year) != 4 || y < 2020 || y > 2099 {
		return p, ErrPeriod
	}
	if !parted {
		return Year(y), nil
	}
	if q, ok := strings.CutPrefix(rest, "Q"); ok {
		if n, err := strconv.Atoi(q); err == nil && n >= 1 && n <= 4 && len(q) == 1 {
			return Quarter(y, n), nil
		}
		return p, ErrPeriod
	}
	m, err := month.Parse(s)
	if err != nil || !m.Valid() {
		return p, ErrPeriod
	}
	return One(m), nil
}

// String is how the period stands in an address; Chinese what it is called.
func (p Period) String() string {
	switch {
	case p.single():
		return p.From.String()
	case p.whole():
		return strconv.Itoa(p.From.Year())
	}
	return fmt.Sprintf("%d-Q%d", p.From.Year(), p.quarter())
}

// Chinese is the period's name.
func (p Period) Chinese() string {
	switch {
	case p.single():
		return p.From.Chinese()
	case p.whole():
		return fmt.Sprintf("%d年", p.From.Year())
	case p.isQuarter():
		return fmt.Sprintf("%d年第%d季度", p.From.Year(), p.quarter())
	}
	return p.From.Chinese() + "至" + p.To.Chinese()
}

// Periods are those to choose from: this year and the last, the quarters of this year that have begun, and the last
// twelve months.
func Periods(now time.Time) (all []Period) {
	this := month.Of(now)
	all = []Period{Year(this.Year()), Year(this.Year() - 1)}
	for q := this.Quarter(); q >= 1; q-- {
		all = append(all, Quarter(this.Year(), q))
	}
	for m := this; len(all) < 14+this.Quarter(); m = m.Prev() {
		all = append(all, One(m))
	}
	return all
}
