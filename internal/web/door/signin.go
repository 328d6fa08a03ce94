package door

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/session"
	"cunfen/internal/sso"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// DemoPerson is somebody of the demonstration whom anybody may be.
type DemoPerson struct{ Name, Role, Place, Phone, Password string }

// DemoPeople lists the people of the demonstration; DemoCode is what an account's authenticator shows now.
type (
	DemoPeople func(ctx context.Context) []DemoPerson
	DemoCode   func(ctx context.Context, id actor.AccountID) string
)

// signInPage is any of the pages on the way in.
type signInPage struct {
	kit.PublicPage
	Next     string
	Phone    string
	Password string // of a demo person who was picked
	Request  string // that the code by SMS is bound to
	Demo     []DemoPerson
	Doors    []sso.Provider // directories by which somebody can sign in as well
	Errors   kit.Errors
}

func (s *Room) signInPage(c echo.Context, title string, problem error) signInPage {
	p := signInPage{PublicPage: shell.Public(c, title, ""), Next: next(c), Phone: visit.Text(c, "phone"), Request: c.FormValue("request"), Errors: kit.ErrorsOf(problem)}
	p.Narrow = true
	return p
}

// next is where the person wanted to go before they were asked to sign in, if that is on this site.
func next(c echo.Context) string {
	to := c.FormValue("next")
	if !visit.Local(to) || strings.HasPrefix(to, "/sign-") {
		return ""
	}
	return to
}

// carry puts next behind a path on the way in.
func carry(path, next string) string {
	if next == "" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}

// onward is where a seat goes from here: the step that it owes, or into the house.
func onward(c echo.Context, seat session.Seat) string { return leads(next(c), seat) }

func leads(to string, seat session.Seat) string {
	switch seat.Owes() {
	case session.StepPassword:
		return carry("/sign-in/password", to)
	case session.StepSeat:
		return carry("/sign-in/seat", to)
	case session.StepSecond:
		return carry("/sign-in/second", to)
	}
	if to != "" {
		return to
	}
	return shell.House(actor.Actor{Role: seat.Role})
}

// SignIn asks for phone and password.
func (s *Room) SignIn(c echo.Context) error {
	if visit.Who(c).Signed() {
		seat, _ := s.Sessions.Seat(c.Request().Context())
		return c.Redirect(http.StatusSeeOther, onward(c, seat))
	}
	return s.signIn(c, http.StatusOK, nil)
}

func (s *Room) signIn(c echo.Context, status int, problem error) error {
	p := s.signInPage(c, "登录", problem)
	var err error
	if p.Doors, err = s.SSO.Doors(c.Request().Context()); err != nil {
		return err
	}
	if s.DemoHints && s.Demo != nil {
		p.Demo = s.Demo(c.Request().Context())
		if i := slices.IndexFunc(p.Demo, func(d DemoPerson) bool { return d.Phone == p.Phone }); i >= 0 {
			p.Password = p.Demo[i].Password
		}
	}
	return visit.Render(c, status, signIn(p))
}

// retriable reports whether somebody signing in can try again at the same form.
func retriable(err error) bool {
	return visit.Correctable(err) || err != nil && fault.Of(err).Kind == fault.Unauthorized
}

// SignInPassword takes phone and password.
func (s *Room) SignInPassword(c echo.Context) error {
	signed, err := s.Accounts.SignIn(c.Request().Context(), c.FormValue("phone"), c.FormValue("password"), c.RealIP())
	switch {
	case retriable(err):
		return s.signIn(c, visit.Status(err), err)
	case err != nil:
		return err
	}
	return s.begin(c, signed)
}

// begin starts the session of somebody who proved who they are: in their only seat, or in none yet.
func (s *Room) begin(c echo.Context, signed account.Signed) error {
	var place account.Place
	if len(signed.Places) == 1 {
		place = signed.Places[0]
	}
	return s.goOn(c, signed.Seat(place))
}

// goOn puts the session into the seat, under a new token, and leads to what comes next.
func (s *Room) goOn(c echo.Context, seat session.Seat) error {
	if err := s.Sessions.Begin(c.Request().Context(), seat); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, onward(c, seat))
}

// SignInSMS asks for the phone that a code is sent to.
func (s *Room) SignInSMS(c echo.Context) error {
	return visit.Render(c, http.StatusOK, signInSMS(s.signInPage(c, "短信验证码登录", nil)))
}

// SignInSMSSend sends a code and asks for it.
func (s *Room) SignInSMSSend(c echo.Context) error {
	request, err := s.Accounts.AskCode(c.Request().Context(), c.FormValue("phone"), c.RealIP())
	switch {
	case visit.Correctable(err):
		return visit.Render(c, visit.Status(err), signInSMS(s.signInPage(c, "短信验证码登录", err)))
	case err != nil:
		return err
	}
	p := s.signInPage(c, "填写验证码", nil)
	p.Request = request
	return visit.Render(c, http.StatusOK, signInCode(p))
}

// SignInSMSCode takes the code.
func (s *Room) SignInSMSCode(c echo.Context) error {
	signed, err := s.Accounts.SignInByCode(c.Request().Context(), c.FormValue("request"), c.FormValue("phone"), visit.Text(c, "code"), c.RealIP())
	switch {
	case retriable(err):
		return visit.Render(c, visit.Status(err), signInCode(s.signInPage(c, "填写验证码", err)))
	case err != nil:
		return err
	}
	return s.begin(c, signed)
}

// SignOut ends the session.
func (s *Room) SignOut(c echo.Context) error {
	if err := s.Sessions.End(c.Request().Context()); err != nil {
		return err
	}
	return visit.Done(c, "/sign-in", "已退出登录")
}
