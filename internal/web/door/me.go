package door

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/household"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// mePage is somebody's own account.
type mePage struct {
	shell.Frame
	Who    actor.Actor
	Places []account.Place
	Home   *household.Household // the person's own, if they have one
	Large  bool
	Path   string
	Errors kit.Errors // of the password form
}

// Me shows it.
func (s *Room) Me(c echo.Context) error { return s.me(c, http.StatusOK, nil) }

func (s *Room) me(c echo.Context, status int, problem error) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := mePage{Frame: s.Frame(c, shell.Spot{Tab: "me", Menu: "me", Title: "我的账号"}), Who: who, Large: visit.Large(c), Path: "/me", Errors: kit.ErrorsOf(problem)}
	var err error
	if p.Places, err = s.Accounts.Seats(ctx, who.Account); err != nil {
		return err
	}
	if who.Role == actor.Household && shell.Lives(who) {
		h, err := s.Households.Show(ctx, who, who.Household)
		if err != nil {
			return err
		}
		p.Home = &h
	}
	return visit.Render(c, status, me(p))
}

// MyPassword sets a new password. All other sessions of the account end with it.
func (s *Room) MyPassword(c echo.Context) error {
	ctx := c.Request().Context()
	seat, _ := s.Sessions.Seat(ctx)
	seat, err := s.newPassword(c, seat)
	switch {
	case visit.Correctable(err):
		return s.me(c, visit.Status(err), err)
	case err != nil:
		return err
	}
	if err := s.Sessions.Begin(ctx, seat); err != nil {
		return err
	}
	return visit.Done(c, "/me", "密码已改，在别的设备上的登录都已退出")
}
