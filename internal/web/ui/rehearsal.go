package ui

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/adoption"
	"cunfen/internal/pg"
	"cunfen/internal/rehearse"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
	"cunfen/tenants"
)

// rehearsalPage is what other rules would do.
type rehearsalPage struct {
	kit.StaffPage
	Report rehearse.Report
	With   string // what is tried, in words
}

// Rehearsal tries the draft under way on a year's events; without one, the document's own list.
func (s *Site) Rehearsal(c echo.Context) error {
	year, _ := visit.Int(c, "year", 0)
	if year < 2020 || year > 2099 {
		year = 0
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := rehearsalPage{StaffPage: s.Staff(c, "rules", "细则试算"), With: "正在商议的草案"}
	draft, err := s.Adoption.Current(ctx, who)
	then := draft.Body
	if errors.Is(err, adoption.ErrNone) {
		p.With, then, err = "镇里文件的原清单", tenants.Document(), nil
	}
	if err != nil {
		return err
	}
	p.Report, err = s.Rehearse.Rehearse(ctx, who, year, func(pg.Tx, rulebook.RuleSet) (rulebook.RuleSet, error) { return then, nil })
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, rehearsalShow(p))
}
