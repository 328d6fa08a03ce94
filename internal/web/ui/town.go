package ui

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/bureau"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// township is the path to where an officer is.
func (s *Site) township(c echo.Context, who actor.Actor) ([]kit.Crumb, error) {
	all, err := s.Villages.All(c.Request().Context(), who.Township)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return []kit.Crumb{{Text: all[0].Township, Href: "/town"}}, nil
}

// platformPage is the whole deployment.
type platformPage struct {
	kit.StaffPage
	bureau.Platform
	Towns int
}

// Platform shows the townships, their villages and the jobs.
func (s *Site) Platform(c echo.Context) error {
	all, err := s.Bureau.Platform(c.Request().Context())
	if err != nil {
		return err
	}
	p := platformPage{StaffPage: s.Staff(c, "platform", "平台"), Platform: all}
	seen := map[actor.TownshipID]bool{}
	for _, v := range all.Sites {
		seen[v.TownshipID] = true
	}
	p.Towns = len(seen)
	return visit.Render(c, http.StatusOK, platform(p))
}
