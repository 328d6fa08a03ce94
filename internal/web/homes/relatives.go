package homes

import (
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/page"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// relativesPage is whose matters the person keeps away from.
type relativesPage struct {
	shell.Frame
	Own      uuid.UUID
	Declared []group.Relative
	Query    string
	Homes    []household.Line // found
	Chosen   string
	Relation string
	Errors   kit.Errors
}

// Relatives shows what the person declared, and finds further households.
func (s *Room) Relatives(c echo.Context) error { return s.relatives(c, nil) }

// RelativeAdd notes that the person is related to a household.
func (s *Room) RelativeAdd(c echo.Context) error {
	id, err := visit.FormID(c, "household")
	if err == nil && id == uuid.Nil {
		err = group.ErrHousehold
	}
	if err == nil {
		err = s.Group.Declare(c.Request().Context(), visit.Who(c), id, c.FormValue("relation"))
	}
	switch {
	case visit.Correctable(err):
		return s.relatives(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/relatives", "已登记，这一户的事由别的成员办")
}

// RelativeRemove takes a declaration back that was a mistake.
func (s *Room) RelativeRemove(c echo.Context) error {
	id, err := visit.ID(c, "household")
	if err != nil {
		return err
	}
	err = s.Group.Withdraw(c.Request().Context(), visit.Who(c), id, c.FormValue("reason"))
	switch {
	case visit.Correctable(err):
		return s.relatives(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/relatives", "已撤下")
}

func (s *Room) relatives(c echo.Context, problem error) (err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := relativesPage{Frame: s.Frame(c, shell.Spot{Tab: "me", Menu: "group", Title: "我的亲属户", Lead: "登记了，系统就不让您审核、签字、经办这些户的事。", Back: "/group", BackTo: "工作小组"}),
		Own: who.Household, Query: strings.TrimSpace(c.FormValue("q")), Chosen: c.FormValue("household"), Relation: c.FormValue("relation"), Errors: kit.ErrorsOf(problem)}
	if p.Declared, err = s.Group.Relatives(ctx, who); err != nil {
		return err
	}
	if p.Query != "" {
		if p.Homes, _, err = s.Households.List(ctx, who, household.Filter{Search: p.Query, Page: page.Page{Limit: 20}}); err != nil {
			return err
		}
	}
	return visit.Render(c, visit.Status(problem), relativesShow(p))
}
