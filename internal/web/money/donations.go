package money

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/budget"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// donationsPage is what was given, and the form for one more.
type donationsPage struct {
	kit.StaffPage
	Rows                               []budget.Donation
	Query, Source, Year, Clear, Export string
	Years                              []kit.Choice
	Pager                              kit.PagerProps
	Goods                              []kit.Choice
	Form                               map[string]string
	Code                               string
	Errors                             kit.Errors
}

// DonationList shows what was given and what became of it.
func (s *Room) DonationList(c echo.Context) error { return s.donations(c, nil) }

func (s *Room) donations(c echo.Context, problem error) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := donationsPage{StaffPage: s.Staff(c, "donations", "捐助"), Form: map[string]string{}, Errors: kit.ErrorsOf(problem)}
	for _, f := range []string{"source", "donor", "named", "fen", "goods", "quantity", "received_on"} {
		p.Form[f] = c.FormValue(f)
	}
	f := donationsOf(c)
	p.Query, p.Export, p.Years = f.Query, "/donations.xlsx?"+c.QueryString(), s.years()
	if f.Source > 0 {
		p.Source = strconv.Itoa(int(f.Source))
	}
	if f.Year > 0 {
		p.Year = strconv.Itoa(f.Year)
	}
	if p.Path = "/donations"; c.QueryString() != "" {
		p.Clear = p.Path
	}
	rows, next, err := s.Budget.Given(ctx, who, f)
	if err != nil {
		return err
	}
	p.Rows, p.Pager = rows, visit.Pager(c, len(rows), next)
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

// donationsOf reads the address of the list.
func donationsOf(c echo.Context) budget.DonationFilter {
	f := budget.DonationFilter{Query: strings.TrimSpace(c.QueryParam("q")), Year: yearIn(c), Page: visit.Page(c)}
	if n, err := strconv.Atoi(c.QueryParam("from")); err == nil && n >= int(budget.Notables) && n <= int(budget.Others) {
		f.Source = budget.Source(n)
	}
	return f
}

var donationHeads = []sheetfile.Head{{Title: "收到日期", Width: 12}, {Title: "捐助人", Width: 20}, {Title: "哪一类", Width: 14}, {Title: "公开写作", Width: 16}, {Title: "捐款（元）"}, {Title: "捐物", Width: 18}, {Title: "数量"}, {Title: "用到哪里", Width: 50}, {Title: "还没用（元）"}, {Title: "作废原因", Width: 20}, {Title: "登记人"}}

// DonationExport is the list as it is filtered, whole, as a sheet.
func (s *Room) DonationExport(c echo.Context) error {
	f := donationsOf(c)
	var rows [][]any
	for d, err := range page.Rows(func(p page.Page) ([]budget.Donation, string, error) {
		f.Page = p
		return s.Budget.Given(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		var uses []string
		for _, u := range d.Uses {
			uses = append(uses, useText(u))
		}
		rows = append(rows, []any{d.ReceivedOn.Format(time.DateOnly), d.Donor, d.Source.Chinese(), d.Public(), sheetfile.Fen(d.Fen), d.GoodsName, d.Quantity, strings.Join(uses, "；"), sheetfile.Fen(d.Left()), d.CancelReason, d.RecordedName})
	}
	return shell.SendSheet(c, "捐助", "捐助", donationHeads, rows)
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
	if _, _, err := s.Budget.Given(c.Request().Context(), visit.Who(c), budget.DonationFilter{ID: id}); err != nil {
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

// DonationCancel takes back what should not have been written down.
func (s *Room) DonationCancel(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Budget.CancelDonation(c.Request().Context(), visit.Who(c), id, c.FormValue("reason")); err != nil {
		return visit.Refused(c, "/donations", err)
	}
	return visit.Done(c, "/donations", "已作废，公开页上不再显示")
}

// DonationUseCancel takes back one use of it.
func (s *Room) DonationUseCancel(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	use, err := visit.ID(c, "use")
	if err != nil {
		return err
	}
	if _, err := s.Budget.CancelUse(c.Request().Context(), visit.Who(c), id, use, c.FormValue("reason")); err != nil {
		return visit.Refused(c, "/donations", err)
	}
	return visit.Done(c, "/donations", "这一条用途已作废，钱记回还没用的")
}

// publicDonationsPage is what everybody may see.
type publicDonationsPage struct {
	kit.PublicPage
	Village string
	Rows    []budget.Donation
	Pager   kit.PagerProps
}

// PublicDonations shows what a village was given and what became of it; names only where the donor agreed.
func (s *Room) PublicDonations(c echo.Context) error {
	ctx := c.Request().Context()
	v, err := s.Villages.ByCode(ctx, c.Param("village"))
	if err != nil {
		return err
	}
	f := donationsOf(c)
	f.Public = true
	rows, next, err := s.Budget.Given(ctx, actor.System(v.ID), f)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, publicDonations(publicDonationsPage{shell.Public(c, v.Name+"捐助公示", v.Where()), v.Name, rows, visit.Pager(c, len(rows), next)}))
}
