package homes

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// Verify reads the village's whole book again and says whether it holds.
func (s *Room) Verify(c echo.Context) error {
	ctx := c.Request().Context()
	var r ledger.Report
	err := s.DB.Look(ctx, visit.Who(c), func(tx pg.Tx) (err error) {
		r, err = ledger.Verify(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, verified(s.Staff(c, "verify", "台账核对"), r, shell.Moment(s.DB.Now())))
}
