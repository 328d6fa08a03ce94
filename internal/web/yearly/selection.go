package yearly

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/month"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
	"cunfen/internal/yearend"
)

// mySelection is the year's selection as a household sees it: who is to be honoured, its own place, and what it
// has to say against the list.
type mySelection struct {
	kit.PhonePage
	Year            int
	Sel             *yearend.Selection
	Chosen          []yearend.Rank
	Own             *yearend.Rank
	Open            bool // objections are taken
	Against, Ground string
	Errors          kit.Errors
}

// MySelection shows it.
func (r *Room) MySelection(c echo.Context) error { return r.selection(c, nil) }

func (r *Room) selection(c echo.Context, problem error) (err error) {
	who, now := visit.Who(c), r.DB.Now()
	if err := shell.AtHome(who); err != nil {
		return err
	}
	p := mySelection{PhonePage: r.Phone(c, "board", "年度评选"), Year: yearend.Of(now), Against: c.FormValue("against"), Ground: c.FormValue("grounds"), Errors: kit.ErrorsOf(problem)}
	p.Back, p.Path = "/board", "/my/selection"
	if p.Sel, err = r.Years.Selection(c.Request().Context(), who, p.Year); err != nil {
		return err
	}
	if p.Sel != nil {
		p.Sel.Objections = slices.DeleteFunc(p.Sel.Objections, func(o yearend.Objection) bool { return o.By != who.Account })
		for i, k := range p.Sel.Ranks {
			if k.Chosen {
				p.Chosen = append(p.Chosen, k)
			}
			if k.HouseholdID == who.Household {
				p.Own = &p.Sel.Ranks[i]
			}
		}
		p.Open = p.Sel.State == "open" && !month.Date(now).After(month.Date(p.Sel.ObjectUntil))
	}
	return visit.Render(c, visit.Status(problem), mySelectionShow(p))
}

// MySelectionObject takes a household's objection down.
func (r *Room) MySelectionObject(c echo.Context) error {
	who := visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	home, err := visit.FormID(c, "against")
	if err == nil && home == uuid.Nil {
		err = yearend.ErrGrounds.On("against")
	}
	if err == nil {
		_, err = r.Years.Object(c.Request().Context(), who, yearend.Of(r.DB.Now()), home, visit.Text(c, "grounds"))
	}
	switch {
	case visit.Correctable(err):
		return r.selection(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/my/selection", "意见已经记下，由没有牵连的成员核实答复")
}

func until(t time.Time) string { return shell.Day(t) + "（当天）" }
