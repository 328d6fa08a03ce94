// Package office is the township's rooms: the board over all villages, one village and one month of it, the wall
// screen, what waits for a decision. Those who come here read; what they decide they decide in the records that
// the pages lead to.
package office

import (
	"github.com/labstack/echo/v4"

	"cunfen/internal/assess"
	"cunfen/internal/bureau"
	"cunfen/internal/fault"
	"cunfen/internal/figure"
	"cunfen/internal/rescore"
	"cunfen/internal/story"
	"cunfen/internal/watch"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// Room holds what the pages call.
type Room struct {
	*shell.Shell
	Figures *figure.Service
	Bureau  *bureau.Service
	Watch   *watch.Service
	Rescore *rescore.Service
	Assess  *assess.Service
	Story   *story.Service
}

// staff is the frame of a page, with the path to where the officer is.
func (r *Room) staff(c echo.Context, current, title string, more ...kit.Crumb) (p kit.StaffPage, err error) {
	p = r.Staff(c, current, title)
	name, err := r.Villages.Town(c.Request().Context(), visit.Who(c).Township)
	if err == nil && name != "" {
		p.Where = append([]kit.Crumb{{Text: name, Href: "/town"}}, more...)
	}
	return p, err
}

// period reads the period of the page; what is no period is not there.
func (r *Room) period(c echo.Context) (figure.Period, error) {
	p, err := figure.ParsePeriod(c.QueryParam("period"), r.DB.Now())
	if err != nil {
		return p, fault.ErrNotFound
	}
	return p, nil
}

// periodFilter is the choice of periods; no choice is this year.
func (r *Room) periodFilter(c echo.Context) kit.Filter {
	f := kit.Filter{Name: "period", Label: "时段", Value: c.QueryParam("period"), None: "今年累计"}
	for _, p := range figure.Periods(r.DB.Now())[1:] {
		f.Choices = append(f.Choices, kit.Choice{Value: p.String(), Text: p.Chinese()})
	}
	return f
}
