package office

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// mostOnWall is how many villages the wall names one by one, those that are late before the rest.
const mostOnWall = 60

// Wall is the board for a large screen: it shows figures of villages alone, and looks again by itself.
func (r *Room) Wall(c echo.Context) error {
	p, err := r.board(c, false)
	if err != nil {
		return err
	}
	p.Page = shell.Base(c, "全镇大屏")
	town, err := r.Villages.Town(c.Request().Context(), visit.Who(c).Township)
	if err != nil {
		return err
	}
	p.show(mostOnWall)
	return visit.Render(c, http.StatusOK, wall(p, town))
}
