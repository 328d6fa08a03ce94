package homes

import (
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/tenure"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// formerPage is the book that a home had in the village it came from.
type formerPage struct {
	shell.Frame
	tenure.Book
	Pager kit.PagerProps
	Staff bool
}

// OwnFormer shows it to the household: as its passbook does, without deductions old enough to have faded.
func (s *Room) OwnFormer(c echo.Context) error {
	who := visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	return s.former(c, who.Household, formerPage{Frame: s.Frame(c, shell.Spot{Tab: "home", Menu: "households", Title: "迁入前的记录", Back: "/home"})})
}

// HouseholdFormer shows it to the staff.
func (s *Room) HouseholdFormer(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	h, err := s.Households.Show(c.Request().Context(), visit.Who(c), id)
	if err != nil {
		return err
	}
	return s.former(c, id, formerPage{Staff: true, Frame: s.Frame(c, shell.Spot{Menu: "households", Title: h.Head + "家迁入前的记录", Back: "/households/" + id.String(), BackTo: h.Head + "家"})})
}

func (s *Room) former(c echo.Context, home uuid.UUID, p formerPage) (err error) {
	if p.Book, err = s.Tenure.Former(c.Request().Context(), visit.Who(c), home, !p.Staff, visit.Page(c)); err != nil {
		return err
	}
	p.Pager = visit.Pager(c, len(p.Lines), p.Next)
	return visit.Render(c, http.StatusOK, former(p))
}
