package money

import (
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/budget"
	"cunfen/internal/fault"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// donationsPage is what was given, and the form for one more.
type donationsPage struct {
	kit.StaffPage
	Rows   []budget.Donation
	Goods  []kit.Choice
	Form   map[string]string
	Code   string
	Errors kit.Errors
}

// DonationList shows what was given and what became of it.
func (s *Room) DonationList(c echo.Context) error { return s.donations(c, nil) }

func (s *Room) donations(c echo.Context, problem error) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := donationsPage{StaffPage: s.Staff(c, "donations", "捐助"), Form: map[string]string{}, Errors: kit.ErrorsOf(problem)}
	for _, f := range []string{"source", "donor", "named", "fen", "goods", "quantity", "received_on"} {
		p.Form[f] = c.FormValue(f)
	}
	var err error
	if p.Rows, err = s.Budget.Donations(ctx, who, uuid.Nil); err != nil {
		return err
	}
	if p.Goods, err = s.goodsChoices(c); err != nil {
		return err
	}
	v, err := s.Villages.Find(ctx, who.Village)
	if err != nil {
		return err
	}
	p.Code = v.Code
	return visit.Render(c, statusOf(problem), donationList(p))
}

// DonationAdd records what was given.
func (s *Room) DonationAdd(c echo.Context) error {
	d := budget.Donation{Donor: c.FormValue("donor"), Named: c.FormValue("named") != ""}
	source, bad1 := visit.Int(c, "source", 0)
	fen, ok := fenOf(c.FormValue("fen"))
	quantity, bad2 := visit.Int(c, "quantity", 0)
	on, bad3 := visit.Day(c, "received_on")
	id, err := visit.FormID(c, "goods")
	if err != nil {
		return err
	}
	if id != uuid.Nil {
		d.GoodsID = &id
	}
	d.Fen, d.Quantity, d.ReceivedOn = fen, quantity, on
	if source >= 0 && source <= int(budget.Others) {
		d.Source = budget.Source(source)
	}
	if err = fault.Join(bad1, bad2, bad3, fault.When(!ok, errMoney.On("fen"))); err == nil {
		_, err = s.Budget.Give(c.Request().Context(), visit.Who(c), d)
	}
	switch {
	case visit.Correctable(err):
		return s.donations(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/donations", "已登记，谢谢捐助")
}

// DonationUse records what became of it.
func (s *Room) DonationUse(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Budget.Donations(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	fen, ok := fenOf(c.FormValue("fen"))
	err = errMoney
	if ok {
		_, err = s.Budget.Used(c.Request().Context(), visit.Who(c), id, c.FormValue("what"), fen)
	}
	if err != nil {
		return visit.Refused(c, "/donations", err)
	}
	return visit.Done(c, "/donations", "用途已记下，公开页上看得到")
}

// publicDonationsPage is what everybody may see.
type publicDonationsPage struct {
	kit.PublicPage
	Village string
	Rows    []budget.Donation
}

// PublicDonations shows what a village was given and what became of it; names only where the donor agreed.
func (s *Room) PublicDonations(c echo.Context) error {
	ctx := c.Request().Context()
	v, err := s.Villages.ByCode(ctx, c.Param("village"))
	if err != nil {
		return err
	}
	rows, err := s.Budget.Donations(ctx, actor.System(v.ID), uuid.Nil)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, publicDonations(publicDonationsPage{shell.Public(c, v.Name+"捐助公示", v.Where()), v.Name, rows}))
}
