package homes

import (
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// reasonForm asks for the reason of something about a household.
type reasonForm struct {
	kit.StaffPage
	Home   household.Household
	Reason string
	Errors kit.Errors
}

func (s *Room) reasonForm(c echo.Context, title string, problem error) (f reasonForm, status int, err error) {
	id, err := visit.ID(c, "id")
	if err != nil {
		return f, 0, err
	}
	f = reasonForm{StaffPage: s.Staff(c, "households", title), Reason: c.FormValue("reason"), Errors: kit.ErrorsOf(problem)}
	if f.Home, err = s.Households.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return f, 0, err
	}
	if status = http.StatusOK; problem != nil {
		status = visit.Status(problem)
	}
	return f, status, nil
}

// HouseholdLeaveForm asks why a household leaves the village; one that has left may come back.
func (s *Room) HouseholdLeaveForm(c echo.Context) error { return s.leaving(c, nil) }

func (s *Room) leaving(c echo.Context, problem error) error {
	f, status, err := s.reasonForm(c, "整户迁出", problem)
	if err != nil {
		return err
	}
	if f.Home.State == household.Left {
		f.Title = "迁回村里"
	}
	return visit.Render(c, status, householdLeave(f))
}

// HouseholdLeave closes a household that leaves, and opens one that has left again.
func (s *Room) HouseholdLeave(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who, text := c.Request().Context(), visit.Who(c), "已迁出，存折和积分都留着"
	if c.FormValue("return") != "" {
		text, err = "已迁回，接着用原来的存折", s.Households.MoveBack(ctx, who, id, c.FormValue("reason"))
	} else {
		version, _ := visit.Int(c, "version", 0)
		err = s.Households.MoveOut(ctx, who, id, version, c.FormValue("reason"))
	}
	switch {
	case visit.Correctable(err):
		return s.leaving(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/households/"+id.String(), text)
}

// UnmaskForm asks why the whole numbers are wanted.
func (s *Room) UnmaskForm(c echo.Context) error { return s.unmasking(c, nil) }

func (s *Room) unmasking(c echo.Context, problem error) error {
	f, status, err := s.reasonForm(c, "看完整电话、身份证号", problem)
	if err != nil {
		return err
	}
	return visit.Render(c, status, householdUnmask(f))
}

// Unmask shows the household with its whole numbers, this once.
func (s *Room) Unmask(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	plain, err := s.Households.Unmask(c.Request().Context(), visit.Who(c), id, c.FormValue("reason"))
	switch {
	case visit.Correctable(err):
		return s.unmasking(c, err)
	case err != nil:
		return err
	}
	p, err := s.household(c)
	if err != nil {
		return err
	}
	p.Plain = &plain
	return visit.Render(c, http.StatusOK, householdShow(p))
}

// MemberAdd takes a person into a household.
func (s *Room) MemberAdd(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	person := household.Person{Name: visit.Text(c, "name"), Relation: visit.Text(c, "relation"), IDNumber: visit.Text(c, "id_number"), Party: c.FormValue("party") != ""}
	_, err = s.Households.AddMember(c.Request().Context(), visit.Who(c), id, person)
	switch {
	case visit.Correctable(err):
		p, wrong := s.household(c)
		if wrong != nil {
			return wrong
		}
		p.Person, p.Errors = person, kit.ErrorsOf(err)
		return visit.Render(c, visit.Status(err), householdShow(p))
	case err != nil:
		return err
	}
	return visit.Done(c, "/households/"+id.String()+"#members", "已加入："+person.Name)
}

// MemberLeave takes a person out of a household.
func (s *Room) MemberLeave(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	m, err := s.memberOf(c, id)
	if err != nil {
		return err
	}
	to := "/households/" + id.String() + "#members"
	if err := s.Households.LeaveMember(c.Request().Context(), visit.Who(c), m.ID); err != nil {
		return visit.Refused(c, to, err)
	}
	return visit.Done(c, to, "已迁出："+m.Name)
}

// memberOf is the person of the path, if they live in that household.
func (s *Room) memberOf(c echo.Context, home uuid.UUID) (m household.Member, err error) {
	id, err := visit.ID(c, "member")
	if err != nil {
		return m, err
	}
	h, err := s.Households.Show(c.Request().Context(), visit.Who(c), home)
	if err != nil {
		return m, err
	}
	for _, m := range h.Members {
		if m.ID == id {
			return m, nil
		}
	}
	return m, fault.ErrNotFound
}
