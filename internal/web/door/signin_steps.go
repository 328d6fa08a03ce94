package door

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/skip2/go-qrcode"

	"cunfen/internal/account"
	"cunfen/internal/fault"
	"cunfen/internal/session"
	"cunfen/internal/web/visit"
)

// errAgain says that the two new passwords differ.
var errAgain = fault.New(fault.Invalid, "password.again", "两次填的新密码不一样，请重新填").On("again")

// atStep is the seat of the session while it is at one of the steps. Where it is not, ok is false, and the
// answer that leads to the right page has been given.
func (s *Room) atStep(c echo.Context, steps ...session.Step) (seat session.Seat, ok bool, err error) {
	seat, signed := s.Sessions.Seat(c.Request().Context())
	switch {
	case !signed:
		return seat, false, c.Redirect(http.StatusSeeOther, carry("/sign-in", next(c)))
	case !slices.Contains(steps, seat.Owes()):
		return seat, false, c.Redirect(http.StatusSeeOther, onward(c, seat))
	}
	return seat, true, nil
}

// StartPassword asks for an own password in place of the start password.
func (s *Room) StartPassword(c echo.Context) error {
	if _, ok, err := s.atStep(c, session.StepPassword); !ok {
		return err
	}
	return visit.Render(c, http.StatusOK, startPassword(s.signInPage(c, "设置新密码", nil)))
}

// StartPasswordChange sets it.
func (s *Room) StartPasswordChange(c echo.Context) error {
	seat, ok, err := s.atStep(c, session.StepPassword)
	if !ok {
		return err
	}
	seat, err = s.newPassword(c, seat)
	switch {
	case visit.Correctable(err):
		return visit.Render(c, visit.Status(err), startPassword(s.signInPage(c, "设置新密码", err)))
	case err != nil:
		return err
	}
	return s.goOn(c, seat)
}

// newPassword changes the password of the seat's account as the form says.
func (s *Room) newPassword(c echo.Context, seat session.Seat) (session.Seat, error) {
	if c.FormValue("password") != c.FormValue("again") {
		return seat, errAgain
	}
	return s.Accounts.ChangePassword(c.Request().Context(), seat, c.FormValue("old"), c.FormValue("password"))
}

// secondPage asks for the code of the authenticator, or first binds one.
type secondPage struct {
	signInPage
	Offer account.Enrolment // to bind; zero where one is bound
	QR    string            // of the offer, a data address
	Code  string            // in a demonstration, the present code
}

// SecondFactor shows it.
func (s *Room) SecondFactor(c echo.Context) error {
	seat, ok, err := s.atStep(c, session.StepSecond)
	if !ok {
		return err
	}
	bound, err := s.Accounts.Bound(c.Request().Context(), seat.Account)
	if err != nil {
		return err
	}
	var offer account.Enrolment
	if !bound {
		if offer, err = s.Accounts.OfferSecond(c.Request().Context(), seat.Account); err != nil {
			return err
		}
	}
	return s.second(c, http.StatusOK, seat, offer, nil)
}

// SecondFactorCheck takes the code.
func (s *Room) SecondFactorCheck(c echo.Context) error {
	seat, ok, err := s.atStep(c, session.StepSecond)
	if !ok {
		return err
	}
	ctx := c.Request().Context()
	offer := account.Enrolment{Token: c.FormValue("token"), Secret: c.FormValue("secret"), URI: c.FormValue("uri")}
	if offer.Token != "" {
		err = s.Accounts.BindSecond(ctx, seat, offer.Token, c.FormValue("code"))
	} else {
		err = s.Accounts.VerifySecond(ctx, seat.Account, c.FormValue("code"))
	}
	switch {
	case retriable(err):
		return s.second(c, visit.Status(err), seat, offer, err)
	case err != nil:
		return err
	}
	seat.SecondFactorAt = s.DB.Now()
	return s.goOn(c, seat)
}

func (s *Room) second(c echo.Context, status int, seat session.Seat, offer account.Enrolment, problem error) (err error) {
	p := secondPage{signInPage: s.signInPage(c, "动态码", problem), Offer: offer}
	if offer.Token != "" && strings.HasPrefix(offer.URI, "otpauth://totp/") {
		if p.QR, err = qrPicture(offer.URI); err != nil {
			return err
		}
	}
	if s.DemoHints {
		p.Code = s.demoCode(c, seat, offer)
	}
	return visit.Render(c, status, secondFactor(p))
}

// demoCode is what the authenticator shows now, in a demonstration.
func (s *Room) demoCode(c echo.Context, seat session.Seat, offer account.Enrolment) string {
	if offer.Secret != "" {
		code, _ := account.Code(offer.Secret, s.DB.Now())
		return code
	}
	if s.DemoCode == nil {
		return ""
	}
	return s.DemoCode(c.Request().Context(), seat.Account)
}

// qrPicture is the QR code of a text as an address that a page can show.
func qrPicture(text string) (string, error) {
	png, err := qrcode.Encode(text, qrcode.Medium, 220)
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(png), err
}

// seatsPage lets somebody with several seats choose the one to act in.
type seatsPage struct {
	signInPage
	Places []account.Place
	Now    session.Seat
}

// Seats shows the seats.
func (s *Room) Seats(c echo.Context) error { return s.seats(c, http.StatusOK, nil) }

func (s *Room) seats(c echo.Context, status int, problem error) error {
	seat, ok, err := s.atStep(c, session.StepSeat, session.StepSecond, session.StepNone)
	if !ok {
		return err
	}
	places, err := s.Accounts.Seats(c.Request().Context(), seat.Account)
	places = within(seat, places)
	switch {
	case visit.Correctable(err):
		problem, status = err, visit.Status(err)
	case err != nil:
		return err
	}
	return visit.Render(c, status, seats(seatsPage{signInPage: s.signInPage(c, "选择身份", problem), Places: places, Now: seat}))
}

// within are the places that the way in of the session speaks for: a township's directory for its own alone.
func within(seat session.Seat, places []account.Place) []account.Place {
	if seat.Only == 0 {
		return places
	}
	return slices.DeleteFunc(places, func(p account.Place) bool { return p.Seat.Township != seat.Only })
}

var errSeat = fault.New(fault.Invalid, "seat.choose", "请选一个身份；刚才选的可能已到期").On("place")

// SeatChoose puts the session into another of the person's seats. What was proven of the person stays proven;
// the account's epoch stays that of the sign-in, so that a session outlived by its password wins nothing.
func (s *Room) SeatChoose(c echo.Context) error {
	now, ok, err := s.atStep(c, session.StepSeat, session.StepSecond, session.StepNone)
	if !ok {
		return err
	}
	places, err := s.Accounts.Seats(c.Request().Context(), now.Account)
	if err != nil {
		return err
	}
	for _, p := range within(now, places) {
		if p.Seat.Place.String() == c.FormValue("place") {
			now.Role, now.Village, now.Township, now.Place = p.Seat.Role, p.Seat.Village, p.Seat.Township, p.Seat.Place
			return s.goOn(c, now)
		}
	}
	return s.seats(c, visit.Status(errSeat), errSeat)
}
