// Package tenancy is the pages of bringing villages in and of their life as tenants: the readiness card for the
// village and its township, and the platform's rooms.
package tenancy

import (
	"github.com/labstack/echo/v4"

	"cunfen/internal/bureau"
	"cunfen/internal/group"
	"cunfen/internal/onboard"
	"cunfen/internal/sso"
	"cunfen/internal/tenure"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// Room is what the pages call.
type Room struct {
	*shell.Shell
	Onboard *onboard.Service
	Group   *group.Service
	Bureau  *bureau.Service
	Tenure  *tenure.Service
	SSO     *sso.Service
}

// township is the path to where an officer is.
func (r Room) township(c echo.Context) ([]kit.Crumb, error) {
	name, err := r.Villages.Town(c.Request().Context(), visit.Who(c).Township)
	if err != nil || name == "" {
		return nil, err
	}
	return []kit.Crumb{{Text: name, Href: "/town"}}, nil
}

// stateWord is a village's state on screen; one for practice is not merged but begun anew.
func stateWord(s village.State, practice bool) string {
	if practice && s == village.Closed {
		return "已重置"
	}
	return s.Chinese()
}

func stateTone(s village.State) kit.Tone {
	switch s {
	case village.Live:
		return kit.Green
	case village.Setup:
		return kit.Gold
	case village.Suspended:
		return kit.Red
	}
	return kit.Grey
}
