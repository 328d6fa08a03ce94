package office

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// Wall is the board for a large screen: it shows figures of villages alone, and looks again by itself.
func (r *Room) Wall(c echo.Context) error {
	p, err := r.board(c)
	if err != nil {
		return err
	}
	p.Page = shell.Base(c, "全镇大屏")
	all, err := r.Villages.All(c.Request().Context(), visit.Who(c).Township)
	if err != nil {
		return err
	}
	town := ""
	if len(all) > 0 {
		town = all[0].Township
	}
	return visit.Render(c, http.StatusOK, wall(p, town))
}
