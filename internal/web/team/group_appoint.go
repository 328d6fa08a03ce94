package team

import (
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/month"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// appointForm is a seat as the form has it.
type appointForm struct {
	kit.StaffPage
	Name, Phone, Role, Kind, Grid, Door string
	StartsOn, EndsOn, Reason            string
	Home                                *household.Household // chosen already
	Draw                                string               // the drawing by lot that it was drawn in
	Grids                               []kit.Choice
	Today                               string
	Errors                              kit.Errors
}

// appointedPage hands the start password over, once.
type appointedPage struct {
	kit.StaffPage
	Name, Phone, Start string
	Role               actor.Role
	EndsOn             *time.Time
	Home               uuid.UUID
}

// GroupAppointForm asks whom to appoint.
func (s *Room) GroupAppointForm(c echo.Context) error { return s.appointing(c, nil) }

// GroupAppoint fills the seat. A new account's start password stands on the answer and nowhere else.
func (s *Room) GroupAppoint(c echo.Context) error {
	a, err := s.appointment(c)
	var out group.Appointed
	if err == nil {
		out, err = s.Group.Appoint(c.Request().Context(), visit.Who(c), a)
	}
	switch {
	case visit.Correctable(err):
		return s.appointing(c, err)
	case err != nil:
		return err
	}
	p := appointedPage{StaffPage: s.Staff(c, "group", "任命好了"), Name: a.Name, Phone: a.Phone, Start: out.Start, Role: a.Role, EndsOn: out.EndsOn}
	if p.Path = "/group"; a.Role == actor.Household {
		p.Home = a.Household
	}
	return visit.Render(c, http.StatusOK, appointed(p))
}

func (s *Room) appointment(c echo.Context) (a group.Appointment, err error) {
	grid, bad := visit.Int(c, "grid", 0)
	starts, bad1 := shell.OptionalDay(c, "starts_on")
	ends, bad2 := shell.OptionalDay(c, "ends_on")
	if err := fault.Join(bad, bad1, bad2); err != nil {
		return a, err
	}
	a = group.Appointment{Name: visit.Text(c, "name"), Phone: visit.Text(c, "phone"), Role: actor.Role(c.FormValue("role")), Kind: group.Kind(c.FormValue("kind")), Grid: grid,
		StartsOn: starts, EndsOn: ends, Reason: visit.Text(c, "reason")}
	if a.Draw, err = visit.FormID(c, "draw"); err != nil {
		return a, err
	}
	if a.Household, err = visit.FormID(c, "household"); err == nil && a.Household == uuid.Nil {
		a.Household, err = shell.AtDoor(c, s.Households, visit.Text(c, "door"))
	}
	return a, err
}

func (s *Room) appointing(c echo.Context, problem error) error {
	f := appointForm{StaffPage: s.Staff(c, "group", "任命"), Name: c.FormValue("name"), Phone: c.FormValue("phone"), Role: c.FormValue("role"), Kind: c.FormValue("kind"),
		Grid: c.FormValue("grid"), Door: c.FormValue("door"), StartsOn: c.FormValue("starts_on"), EndsOn: c.FormValue("ends_on"), Reason: c.FormValue("reason"), Draw: c.FormValue("draw"),
		Grids: s.GridChoices(c), Today: month.Day(s.DB.Now()).Format(time.DateOnly), Errors: kit.ErrorsOf(problem)}
	id, err := visit.FormID(c, "household")
	if err != nil {
		return err
	}
	if id != uuid.Nil {
		h, err := s.Households.Show(c.Request().Context(), visit.Who(c), id)
		if err != nil {
			return err
		}
		if f.Home = &h; f.Name == "" && f.Role == string(actor.Household) {
			f.Name = h.Head
		}
	}
	return visit.Render(c, visit.Status(problem), groupAppoint(f))
}
