// Package month is the calendar of a village: months and days as Asia/Shanghai
// counts them, whatever the server's clock says.
package month

import (
	"fmt"
	"time"
	_ "time/tzdata" // the zone must be there in a bare container
)

// Zone is the one time zone in which points are counted.
var Zone = func() *time.Location {
	z, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err)
	}
	return z
}()

// Month is a calendar month as yyyymm, for example 202611.
type Month int

// Of is the month in which t falls in Zone.
func Of(t time.Time) Month {
	t = t.In(Zone)
	return Month(t.Year()*100 + int(t.Month()))
}

// Parse reads "2026-11" or "202611".
func Parse(s string) (Month, error) {
	for _, layout := range []string{"2006-01", "200601"} {
		if t, err := time.ParseInLocation(layout, s, Zone); err == nil {
			return Of(t), nil
		}
	}
	return 0, fmt.Errorf("month: %q is not a month", s)
}

// Year and Number split a month.
func (m Month) Year() int   { return int(m) / 100 }
func (m Month) Number() int { return int(m) % 100 }

// First is the first instant of the month in Zone; End is that of the next.
func (m Month) First() time.Time {
	return time.Date(m.Year(), time.Month(m.Number()), 1, 0, 0, 0, 0, Zone)
}
func (m Month) End() time.Time { return m.First().AddDate(0, 1, 0) }

// Next and Prev step by one month.
func (m Month) Next() Month { return Of(m.First().AddDate(0, 1, 0)) }
func (m Month) Prev() Month { return Of(m.First().AddDate(0, -1, 0)) }

// String is "2026-11"; Chinese is "2026年11月".
func (m Month) String() string  { return fmt.Sprintf("%04d-%02d", m.Year(), m.Number()) }
func (m Month) Chinese() string { return fmt.Sprintf("%d年%d月", m.Year(), m.Number()) }

// Valid reports whether m is a month of this century.
func (m Month) Valid() bool {
	return m.Year() >= 2000 && m.Year() < 2100 && m.Number() >= 1 && m.Number() <= 12
}

// Quarter is 1 to 4.
func (m Month) Quarter() int { return (m.Number()-1)/3 + 1 }

// Day is a calendar day in Zone: midnight there.
func Day(t time.Time) time.Time {
	t = t.In(Zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, Zone)
}

// ParseDay reads "2026-11-23".
func ParseDay(s string) (time.Time, error) { return time.ParseInLocation("2006-01-02", s, Zone) }

// Date gives the day as PostgreSQL's date wants it: that calendar day at
// midnight UTC, so that no driver moves it.
func Date(t time.Time) time.Time {
	t = t.In(Zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// ChineseDay is "11月23日".
func ChineseDay(t time.Time) string {
	return fmt.Sprintf("%d月%d日", int(t.Month()), t.Day())
}
