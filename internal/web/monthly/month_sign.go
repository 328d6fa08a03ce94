package monthly

import (
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/account"
	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/signoff"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// Faults of the signing form.
var (
	errSignHow      = fault.New(fault.Invalid, "sign.how", "请输入登录密码，或在方框里手写签名").On("password")
	errSignPassword = fault.New(fault.Invalid, "sign.password", "密码不对，请重新输入").On("password")
)

// MonthSignForm shows what is about to be signed.
func (s *Room) MonthSignForm(c echo.Context) error { return s.signForm(c, nil) }

// MonthSign puts the member's name under the sheet as the form showed it.
func (s *Room) MonthSign(c echo.Context) error {
	m, err := visit.Month(c, "month")
	if err != nil {
		return err
	}
	pen, err := s.pen(c)
	if err != nil {
		return s.signForm(c, err)
	}
	sheet, err := s.Months.Sign(c.Request().Context(), visit.Who(c), m, pen)
	switch {
	case visit.Correctable(err):
		return s.signForm(c, err)
	case err != nil:
		return err
	case sheet.State == signoff.Posted:
		return visit.Done(c, MonthPath(m), "签字齐了，"+m.Chinese()+"的积分已经入账")
	}
	return visit.Done(c, MonthPath(m), "已签字，谢谢")
}

// pen makes sure of the person: the password entered again, or the name written by hand.
func (s *Room) pen(c echo.Context) (pen signoff.Pen, err error) {
	ctx := c.Request().Context()
	if pen.Hash, err = hex.DecodeString(c.FormValue("sheet")); err != nil {
		return pen, signoff.ErrChanged
	}
	if pen.Drawing, err = shell.Drawn(c, "signature"); err != nil {
		return pen, err
	}
	password := c.FormValue("password")
	switch {
	case password == "" && pen.Drawing == nil:
		return pen, errSignHow
	case password == "":
		pen.Method = signoff.ByDrawing
		return pen, nil
	}
	pen.Method, pen.Drawing = signoff.ByPassword, nil
	if err := s.Accounts.Confirm(ctx, visit.Who(c).Account, password); err != nil {
		if errors.Is(err, account.ErrOld) {
			err = errSignPassword
		}
		return pen, err
	}
	return pen, s.Sessions.Confirm(ctx)
}

// signForm shows the sheet to sign; where there is nothing to sign any more it goes back to the month.
func (s *Room) signForm(c echo.Context, problem error) error {
	p, err := s.monthPage(c)
	if err != nil {
		return err
	}
	if problem != nil && !visit.Correctable(problem) {
		return problem
	}
	if refusal := signable(p.View); refusal != nil {
		return visit.Refused(c, MonthPath(p.Month), refusal)
	}
	mine, err := s.recused(c, p.Lines)
	if err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), monthSign(p, mine, s.May(c, authz.RelativeDeclare), kit.ErrorsOf(problem)))
}

func signable(v signoff.View) error {
	switch {
	case v.State != signoff.Signing:
		return signoff.ErrNotOpen
	case v.Signed:
		return signoff.ErrSigned
	}
	return nil
}

// MonthSheetPrint is the sheet on paper, to sign by hand and to keep.
func (s *Room) MonthSheetPrint(c echo.Context) error {
	p, err := s.monthPage(c)
	if err != nil {
		return err
	}
	if p.State == signoff.Open {
		return visit.Refused(c, MonthPath(p.Month), errNotFrozen)
	}
	v, err := s.Villages.Find(c.Request().Context(), visit.Who(c).Village)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, signingSheet(p, v.Name))
}

var errNotFrozen = fault.New(fault.Conflict, "sheet.not_frozen", "这个月还没有汇总，汇总后才有签字表")
