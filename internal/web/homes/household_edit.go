package homes

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// homeForm is a household as the form has it: texts, so that nothing typed is lost.
type homeForm struct {
	kit.StaffPage
	Home                             *household.Household // nil for a new one
	Door, Team, Grid, Walk, Head     string
	Residence, Phone, IDNumber, Note string
	Party, NoPhone                   bool
	Version                          int
	Teams, Grids                     []kit.Choice
	Errors                           kit.Errors
}

// HouseholdNew asks for a new household.
func (s *Room) HouseholdNew(c echo.Context) error {
	return s.homeForm(c, homeForm{StaffPage: s.Staff(c, "households", "登记一户"), Residence: string(household.Local)}, nil)
}

// HouseholdAdd takes it into the register.
func (s *Room) HouseholdAdd(c echo.Context) error {
	f := homeSent(c)
	grid, walk, bad := f.numbers(c)
	var out household.Registered
	err := bad
	if err == nil {
		out, err = s.Households.Register(c.Request().Context(), visit.Who(c), household.Draft{Door: f.Door, Team: f.Team, Grid: grid, Walk: walk, Head: f.Head,
			Residence: household.Residence(f.Residence), Party: f.Party, Phone: f.Phone, IDNumber: f.IDNumber, Note: f.Note})
	}
	switch {
	case visit.Correctable(err):
		f.StaffPage = s.Staff(c, "households", "登记一户")
		return s.homeForm(c, f, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/households/"+out.ID.String(), "已登记，存折编号 "+out.PassbookNo)
}

// HouseholdEdit shows a household for changing.
func (s *Room) HouseholdEdit(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	h, err := s.Households.Show(c.Request().Context(), visit.Who(c), id)
	if err != nil {
		return err
	}
	f := homeForm{StaffPage: s.Staff(c, "households", "修改登记"), Home: &h, Door: h.Door, Team: h.Team, Grid: shell.GridValue(h.Grid), Walk: strconv.Itoa(h.Walk), Head: h.Head,
		Residence: string(h.Residence), Note: h.Note, Party: h.Party, Version: h.Version}
	return s.homeForm(c, f, nil)
}

// HouseholdSave changes what is registered, if nobody changed it since the form was shown.
func (s *Room) HouseholdSave(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	h, err := s.Households.Show(ctx, who, id)
	if err != nil {
		return err
	}
	f := homeSent(c)
	f.Home = &h
	grid, walk, err := f.numbers(c)
	if err == nil {
		_, err = s.Households.Edit(ctx, who, id, household.Change{Version: f.Version, Door: f.Door, Team: f.Team, Grid: grid, Walk: walk, Head: f.Head,
			Residence: household.Residence(f.Residence), Party: f.Party, Phone: f.phone(), Note: f.Note})
	}
	switch {
	case visit.Correctable(err):
		f.StaffPage = s.Staff(c, "households", "修改登记")
		return s.homeForm(c, f, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/households/"+id.String(), "已保存")
}

func homeSent(c echo.Context) homeForm {
	version, _ := visit.Int(c, "version", 0)
	return homeForm{Door: c.FormValue("door"), Team: c.FormValue("team"), Grid: c.FormValue("grid"), Walk: c.FormValue("walk"), Head: c.FormValue("head"),
		Residence: c.FormValue("residence"), Phone: c.FormValue("phone"), IDNumber: c.FormValue("id_number"), Note: c.FormValue("note"),
		Party: c.FormValue("party") != "", NoPhone: c.FormValue("no_phone") != "", Version: version}
}

func (f homeForm) numbers(c echo.Context) (grid, walk int, err error) {
	grid, bad1 := visit.Int(c, "grid", 0)
	walk, bad2 := visit.Int(c, "walk", 0)
	return grid, walk, fault.Join(bad1, bad2)
}

// phone is nil where the number stays as it is, "" where it is taken out.
func (f homeForm) phone() *string {
	if f.NoPhone {
		return new(string)
	}
	if trimmed := f.Phone; trimmed != "" {
		return &trimmed
	}
	return nil
}

func (s *Room) homeForm(c echo.Context, f homeForm, problem error) (err error) {
	if f.Teams, err = s.teamChoices(c); err != nil {
		return err
	}
	f.Grids, f.Errors = s.GridChoices(c), kit.ErrorsOf(problem)
	return visit.Render(c, visit.Status(problem), householdForm(f))
}
