package deeds

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/inspect"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// roundsOwn is what the month's rounds found at the person's own home.
type roundsOwn struct {
	kit.PhonePage
	Rows []inspect.Own
}

// MyRounds shows what was looked at, what was not in order and why, and what to do about it.
func (s *Room) MyRounds(c echo.Context) error {
	if err := shell.AtHome(visit.Who(c)); err != nil {
		return err
	}
	rows, err := s.Rounds.Own(c.Request().Context(), visit.Who(c))
	if err != nil {
		return err
	}
	p := roundsOwn{PhonePage: s.Phone(c, "home", "我家的巡查"), Rows: rows}
	p.Back = "/home"
	return visit.Render(c, http.StatusOK, myRounds(p))
}
