package ui

import (
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/web/kit"
)

// township is the path to where an officer is.
func (s *Site) township(c echo.Context, who actor.Actor) ([]kit.Crumb, error) {
	all, err := s.Villages.All(c.Request().Context(), who.Township)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return []kit.Crumb{{Text: all[0].Township, Href: "/town"}}, nil
}
