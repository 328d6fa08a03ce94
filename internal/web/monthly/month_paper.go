package monthly

import (
	"encoding/hex"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/signoff"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// enteringPage enters the names that stand on the signed paper sheet.
type enteringPage struct {
	monthPage
	Seats  []kit.Choice
	Chosen []string
	Errors kit.Errors
}

// MonthPaperForm asks whose names stand on the paper sheet, and for its picture.
func (s *Room) MonthPaperForm(c echo.Context) error { return s.paperForm(c, nil) }

// MonthPaper enters them.
func (s *Room) MonthPaper(c echo.Context) error {
	m, err := visit.Month(c, "month")
	if err != nil {
		return err
	}
	p := signoff.Paper{}
	if p.Hash, err = hex.DecodeString(c.FormValue("sheet")); err != nil {
		return s.paperForm(c, signoff.ErrChanged)
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	for _, v := range form["member"] {
		if id, err := uuid.Parse(v); err == nil {
			p.Members = append(p.Members, id)
		}
	}
	if len(p.Members) == 0 { // before any picture is taken in
		return s.paperForm(c, signoff.ErrNames)
	}
	if p.Scan, err = s.TakePhotos(c); err != nil {
		return s.paperForm(c, err)
	}
	sheet, err := s.Months.SignOnPaper(c.Request().Context(), visit.Who(c), m, p)
	switch {
	case visit.Correctable(err):
		return s.paperForm(c, err)
	case err != nil:
		return err
	case sheet.State == signoff.Posted:
		return visit.Done(c, MonthPath(m), "签字齐了，"+m.Chinese()+"的积分已经入账")
	}
	return visit.Done(c, MonthPath(m), "纸质签字已录入，本人会收到消息")
}

func (s *Room) paperForm(c echo.Context, problem error) error {
	m, err := s.monthPage(c)
	if err != nil {
		return err
	}
	if problem != nil && !visit.Correctable(problem) {
		return problem
	}
	if m.State != signoff.Signing {
		return visit.Refused(c, MonthPath(m.Month), signoff.ErrNotOpen)
	}
	seats, err := s.Months.Unsigned(c.Request().Context(), visit.Who(c), m.Sheet)
	if err != nil {
		return err
	}
	p := enteringPage{monthPage: m, Errors: kit.ErrorsOf(problem)}
	for _, seat := range seats {
		p.Seats = append(p.Seats, kit.Choice{Value: seat.ID.String(), Text: seat.Name + "（" + seat.Kind + "）"})
	}
	if problem != nil {
		if form, err := c.FormParams(); err == nil {
			p.Chosen = form["member"]
		}
	}
	return visit.Render(c, visit.Status(problem), monthPaper(p))
}
