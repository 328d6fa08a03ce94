package ui

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// feedbackPage says whom to turn to.
type feedbackPage struct {
	kit.PublicPage
	Village *village.Village // whose contact is known; nil for none
	Back    string
}

// Feedback is 意见与投诉: whom to reach in the village, and above it. A notice leads here with its village's
// code; somebody signed in has a village anyway.
func (s *Site) Feedback(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := feedbackPage{PublicPage: public(c, "意见与投诉", ""), Back: house(who)}
	v, err := s.Villages.Find(ctx, who.Village)
	if err != nil && c.QueryParam("v") != "" {
		v, err = s.Villages.ByCode(ctx, c.QueryParam("v"))
	}
	if err == nil {
		p.Village, p.Place = &v, v.Where()
	}
	return visit.Render(c, http.StatusOK, feedback(p))
}
