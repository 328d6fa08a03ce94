package homes

import (
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/month"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// familyPage parts a household and notes who is under age.
type familyPage struct {
	kit.StaffPage
	Home   household.Household
	Minors map[uuid.UUID]time.Time
	Teams  []kit.Choice
	Form   string
	Errors kit.Errors
	Value  func(string) string
	Going  []string
}

// HouseholdFamily shows both forms.
func (s *Room) HouseholdFamily(c echo.Context) error { return s.family(c, "", nil) }

func (s *Room) family(c echo.Context, form string, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := familyPage{StaffPage: s.Staff(c, "households", "分户、未成年登记"), Form: form, Errors: kit.ErrorsOf(problem), Value: c.FormValue}
	p.Path = "/households/" + id.String() + "/family"
	if p.Home, err = s.Households.Show(ctx, who, id); err != nil {
		return err
	}
	if p.Minors, err = s.Households.Minors(ctx, who, id); err != nil {
		return err
	}
	if v, err := s.Villages.Find(ctx, who.Village); err == nil {
		for _, g := range v.Settings.Groups {
			p.Teams = append(p.Teams, kit.Choice{Value: g.Name, Text: g.Name})
		}
	}
	if params, err := c.FormParams(); err == nil {
		p.Going = params["members"]
	}
	return visit.Render(c, visit.Status(problem), householdFamily(p))
}

// HouseholdSplit makes a home of its own for some of the household.
func (s *Room) HouseholdSplit(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	members, err := visit.FormIDs(c, "members")
	if err != nil {
		return err
	}
	head, err := visit.FormID(c, "new_head")
	if err != nil {
		return err
	}
	out, err := s.Households.Split(c.Request().Context(), visit.Who(c), id, household.Parting{Members: members, Head: head, Reason: c.FormValue("reason"),
		Home: household.Draft{Door: visit.Text(c, "door"), Team: visit.Text(c, "team"), Residence: household.Residence(c.FormValue("residence"))}})
	switch {
	case visit.Correctable(err):
		return s.family(c, "split", err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/households/"+out.ID.String(), "已分户，新存折编号 "+out.PassbookNo+"；原来的减分都留在原户，不带过来")
}

// HouseholdMinor notes until when a member is under age.
func (s *Room) HouseholdMinor(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	member, err := visit.FormID(c, "member")
	if err != nil {
		return err
	}
	var until *time.Time
	var bad *fault.Error
	if v := visit.Text(c, "minor_until"); v != "" {
		d, err := month.ParseDay(v)
		if err != nil {
			bad = visit.ErrDay.On("minor_until")
		}
		until = &d
	}
	if bad == nil {
		err = s.Households.SetMinor(c.Request().Context(), visit.Who(c), id, member, until)
	} else {
		err = bad
	}
	switch {
	case visit.Correctable(err):
		return s.family(c, "minor", err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/households/"+id.String()+"/family", "已登记；未成年人的事不减分，只和家长面谈")
}
