package counter

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

func (s *Room) mayCancel(c echo.Context) bool { return s.May(c, authz.RedemptionCancel) }

// RedemptionCancelForm asks why a redemption is taken back.
func (s *Room) RedemptionCancelForm(c echo.Context) error { return s.cancelling(c, nil) }

// RedemptionCancel puts the goods back into stock and the points back to the household.
func (s *Room) RedemptionCancel(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	r, err := s.Shop.Cancel(c.Request().Context(), visit.Who(c), id, c.FormValue("reason"))
	switch {
	case visit.Correctable(err):
		return s.cancelling(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/redemptions/"+id.String(), "已撤销，"+strconv.Itoa(r.Points)+" 分退回"+r.Head+"家")
}

func (s *Room) cancelling(c echo.Context, problem error) error {
	p, err := s.receipt(c)
	if err != nil {
		return err
	}
	if p.CancelledAt != nil {
		return visit.Refused(c, "/redemptions/"+p.ID.String(), shop.ErrCancelled)
	}
	p.Errors, p.Reason = kit.ErrorsOf(problem), c.FormValue("reason")
	return visit.Render(c, visit.Status(problem), redemptionCancel(p))
}
