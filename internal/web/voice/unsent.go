package voice

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// unsentPage is the sheet of what is to be said in person.
type unsentPage struct {
	kit.Page
	Village string
	Day     string
	Rows    []inform.Unsent
}

// UnsentSheet is the paper for going round: the households whose short messages were not sent because the month's
// quota was used up. It says the kind of the message, as the short message would have.
func (s *Room) UnsentSheet(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	rows, err := s.Inform.Unsent(ctx, who)
	if err != nil {
		return err
	}
	v, err := s.Villages.Find(ctx, who.Village)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, unsentSheet(unsentPage{Page: shell.Base(c, "当面告知单"), Village: v.Name, Day: shell.FullDay(month.Date(s.DB.Now())), Rows: rows}))
}
