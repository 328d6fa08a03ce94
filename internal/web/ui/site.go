// Package ui holds what every page calls, and the pages that lead to the rooms: the staff's own desk and the front
// door. The rooms stand beside it.
package ui

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"cunfen/internal/account"
	"cunfen/internal/adoption"
	"cunfen/internal/appeal"
	"cunfen/internal/archive"
	"cunfen/internal/budget"
	"cunfen/internal/bureau"
	"cunfen/internal/claim"
	"cunfen/internal/evaluation"
	"cunfen/internal/exempt"
	"cunfen/internal/fault"
	"cunfen/internal/finding"
	"cunfen/internal/gift"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/inspect"
	"cunfen/internal/notice"
	"cunfen/internal/onboard"
	"cunfen/internal/opening"
	"cunfen/internal/opinion"
	"cunfen/internal/passbook"
	"cunfen/internal/rehearse"
	"cunfen/internal/retention"
	"cunfen/internal/session"
	"cunfen/internal/shop"
	"cunfen/internal/signoff"
	"cunfen/internal/sso"
	"cunfen/internal/supervise"
	"cunfen/internal/tenure"
	"cunfen/internal/web/activities"
	"cunfen/internal/web/door"
	"cunfen/internal/web/homes"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/office"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
	"cunfen/internal/yearend"
)

// Site holds what the pages call.
type Site struct {
	*shell.Shell
	Sessions   *session.Manager
	Onboard    *onboard.Service
	Tenure     *tenure.Service
	Accounts   *account.Service
	Households *household.Service
	Group      *group.Service
	Claims     *claim.Service
	Rounds     *inspect.Service
	Months     *signoff.Service
	Notices    *notice.Service
	Appeals    *appeal.Service
	Shop       *shop.Service
	Budget     *budget.Service
	Bureau     *bureau.Service
	Adoption   *adoption.Service
	Evaluation *evaluation.Service
	Exempt     *exempt.Service
	Rehearse   *rehearse.Service
	Passbooks  *passbook.Service
	Years      *yearend.Service
	Found      *finding.Service
	Opinion    *opinion.Service
	Gifts      *gift.Service
	Openings   *opening.Service
	Supervise  *supervise.Service
	Archive    *archive.Service
	Office     *office.Room
	SSO        *sso.Service
	Keep       *retention.Service
	Activities *activities.Room
	DemoHints  bool // the sign-in pages show demo people and their codes
	Demo       door.DemoPeople
	DemoCode   door.DemoCode
}

// Homes is the room of the households, whose explanation of a line is told as a page and as JSON.
func (s *Site) Homes() *homes.Room {
	return &homes.Room{Shell: s.Shell, Appeals: s.Appeals, Claims: s.Claims, Evaluation: s.Evaluation, Found: s.Found, Group: s.Group, Households: s.Households, Months: s.Months,
		Notices: s.Notices, Rounds: s.Rounds, Sessions: s.Sessions, Shop: s.Shop, Tenure: s.Tenure}
}

// Index sends everybody to where they begin.
func (s *Site) Index(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, shell.House(visit.Who(c)))
}

// Size switches 长辈版 on or off and comes back.
func (s *Site) Size(c echo.Context) error {
	visit.SetLarge(c, c.QueryParam("to") == "large")
	back := c.QueryParam("back")
	if back == "" || !visit.Local(back) {
		back = "/"
	}
	return c.Redirect(http.StatusSeeOther, back)
}

// Gallery shows every piece of the kit.
func (s *Site) Gallery(c echo.Context) error {
	return visit.Render(c, http.StatusOK, kit.Gallery(visit.Large(c)))
}

// GallerySample shows one of the whole pages against which the kit is judged.
func (s *Site) GallerySample(c echo.Context) error {
	for _, sample := range kit.Samples(visit.Large(c)) {
		if sample.Key == c.Param("sample") {
			return visit.Render(c, http.StatusOK, sample.Page)
		}
	}
	return fault.ErrNotFound
}

// FaultPage says what went wrong, and the number to read over the phone.
func FaultPage(c echo.Context, f *fault.Error, request string) templ.Component {
	if len(request) > 8 {
		request = request[:8]
	}
	return faultPage(shell.Public(c, "出错了", ""), f, request, shell.House(visit.Who(c)), c.Request().Method != http.MethodGet)
}
