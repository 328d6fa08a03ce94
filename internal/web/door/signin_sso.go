package door

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/sso"
	"cunfen/internal/web/visit"
)

// bound is what the browser must bring back from the directory.
const bound = "cunfen-sso"

// SignInAway sends somebody to their township's directory.
func (s *Room) SignInAway(c echo.Context) error {
	town, err := strconv.ParseInt(c.Param("town"), 10, 64)
	if err != nil {
		return fault.ErrNotFound
	}
	to, bind, err := s.SSO.Begin(c.Request().Context(), actor.TownshipID(town), next(c), c.RealIP())
	if err != nil {
		return s.notIn(c, err)
	}
	visit.SetCookie(c, bound, bind, int(sso.Away.Seconds()))
	return c.Redirect(http.StatusSeeOther, to)
}

// SignInBack takes somebody back from it.
func (s *Room) SignInBack(c echo.Context) error {
	out, err := s.SSO.Return(c.Request().Context(), c.QueryParams(), visit.Cookie(c, bound), c.RealIP())
	visit.SetCookie(c, bound, "", -1)
	if err != nil {
		return s.notIn(c, err)
	}
	seat := out.Seat(out.Places[0])
	if len(out.Places) > 1 {
		seat.Role, seat.Village, seat.Township, seat.Place = "", 0, 0, [16]byte{}
	}
	if out.Second {
		seat.SecondFactorAt = s.DB.Now()
	}
	if err := s.Sessions.Begin(c.Request().Context(), seat); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, leads(out.Next, seat))
}

// notIn shows the sign-in page with what hindered, so that there is another way in.
func (s *Room) notIn(c echo.Context, err error) error {
	if retriable(err) || fault.Of(err).Kind == fault.Unavailable {
		return s.signIn(c, visit.Status(err), err)
	}
	return err
}
