package counter

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/sheetfile"
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// waitingPage is today's line at the desk.
type waitingPage struct {
	kit.StaffPage
	Tickets []shop.Ticket
}

// WaitingLine shows who waits, by number.
func (s *Room) WaitingLine(c echo.Context) error {
	all, err := s.Shop.Tickets(c.Request().Context(), visit.Who(c))
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, waitingLine(waitingPage{s.Staff(c, "redeem", "排队叫号"), all}))
}

// LineTake gives the next number.
func (s *Room) LineTake(c echo.Context) error {
	home, err := visit.FormID(c, "household")
	if err != nil {
		return err
	}
	t, err := s.Shop.TakeTicket(c.Request().Context(), visit.Who(c), home)
	if err != nil {
		return visit.Refused(c, "/line", err)
	}
	return visit.Done(c, "/line", "取到 "+strconv.Itoa(t.Number)+" 号，请把号告诉住户")
}

// LineNext calls the next number.
func (s *Room) LineNext(c echo.Context) error {
	n, err := s.Shop.NextTicket(c.Request().Context(), visit.Who(c))
	switch {
	case err != nil:
		return visit.Refused(c, "/line", err)
	case n == 0:
		return visit.Done(c, "/line", "没有人在等了")
	}
	return visit.Done(c, "/redeem", "请 "+strconv.Itoa(n)+" 号来办理")
}

// LineEnd says that a number was served or did not come.
func (s *Room) LineEnd(c echo.Context) error {
	n, err := strconv.Atoi(c.Param("number"))
	if err != nil {
		return fault.ErrNotFound
	}
	if err := s.Shop.EndTicket(c.Request().Context(), visit.Who(c), n, c.FormValue("served") != ""); err != nil {
		return err
	}
	return visit.Done(c, "/line", strconv.Itoa(n)+" 号办完了")
}

// mismatchesPage is the cases of differing passbooks.
type mismatchesPage struct {
	kit.StaffPage
	Rows   []shop.Mismatch
	State  string
	Pager  kit.PagerProps
	Export string
	way
}

// MismatchList shows the cases.
func (s *Room) MismatchList(c echo.Context) error {
	f := shop.CaseFilter{State: c.QueryParam("state"), Page: visit.Page(c)}
	rows, next, err := s.Shop.Mismatches(c.Request().Context(), visit.Who(c), f)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, mismatchList(mismatchesPage{s.Staff(c, "redeem", "存折对账"), rows, f.State, visit.Pager(c, len(rows), next), "/mismatches.xlsx?" + c.QueryString(), s.wayBack(c)}))
}

var mismatchHeads = []sheetfile.Head{{Title: "登记时间", Width: 17}, {Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "存折"}, {Title: "系统"}, {Title: "登记人"}, {Title: "结果", Width: 24},
	{Title: "原因", Width: 30}, {Title: "签字一"}, {Title: "签字二"}}

// MismatchExport is the list as a sheet.
func (s *Room) MismatchExport(c echo.Context) error {
	var rows [][]any
	f := shop.CaseFilter{State: c.QueryParam("state")}
	for {
		part, next, err := s.Shop.Mismatches(c.Request().Context(), visit.Who(c), f)
		if err != nil {
			return err
		}
		for _, m := range part {
			rows = append(rows, []any{m.OpenedAt, m.Door, m.Head, int(m.Paper), int(m.Ledger), m.OpenedByName, m.Outcome.Chinese(), m.Reason, m.FirstName, m.SecondName})
		}
		if f.After = next; next == "" {
			break
		}
	}
	return shell.SendSheet(c, "存折对账", "存折对账", mismatchHeads, rows)
}

// mismatchPage is one case.
type mismatchPage struct {
	kit.StaffPage
	shop.Mismatch
	Picked, Why string
	Errors      kit.Errors
}

// MismatchShow shows a case and asks for what it came to.
func (s *Room) MismatchShow(c echo.Context) error { return s.settling(c, nil) }

// MismatchSettle puts the person's name under it.
func (s *Room) MismatchSettle(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	m, err := s.Shop.Settle(c.Request().Context(), visit.Who(c), id, shop.Outcome(c.FormValue("outcome")), c.FormValue("reason"))
	switch {
	case visit.Correctable(err):
		return s.settling(c, err)
	case err != nil:
		return err
	case m.Open():
		return visit.Done(c, "/mismatches/"+id.String(), "已签字，还要另一个人签字")
	}
	return visit.Done(c, "/mismatches/"+id.String(), "两人已签字，这一户可以兑换了")
}

func (s *Room) settling(c echo.Context, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := mismatchPage{StaffPage: s.Staff(c, "redeem", "存折对账"), Errors: kit.ErrorsOf(problem), Picked: c.FormValue("outcome"), Why: c.FormValue("reason")}
	if p.Mismatch, err = s.Shop.Mismatch(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), mismatchShow(p))
}

// doorstepsPage is the households that goods are brought to.
type doorstepsPage struct {
	kit.StaffPage
	Rows    []shop.Doorstep
	Reason  string
	Query   string
	Errors  kit.Errors
	Village string
	Today   string
}

// DoorstepList shows them in walking order; ?print=1 is the list on paper.
func (s *Room) DoorstepList(c echo.Context) error { return s.doorsteps(c, nil) }

func (s *Room) doorsteps(c echo.Context, problem error) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := doorstepsPage{StaffPage: s.Staff(c, "redeem", "送上门"), Reason: c.FormValue("reason"), Query: c.FormValue("home"), Errors: kit.ErrorsOf(problem), Today: shell.FullDay(month.Date(s.DB.Now()))}
	var err error
	if p.Rows, err = s.Shop.Doorsteps(ctx, who); err != nil {
		return err
	}
	if v, err := s.Villages.Find(ctx, who.Village); err == nil {
		p.Village = v.Name
	}
	if c.QueryParam("print") != "" {
		return visit.Render(c, http.StatusOK, doorstepPaper(p))
	}
	return visit.Render(c, visit.Status(problem), doorstepList(p))
}

// DoorstepAdd puts a household on the list.
func (s *Room) DoorstepAdd(c echo.Context) error {
	home, err := s.homeOf(c)
	if err == nil {
		err = s.Shop.AddDoorstep(c.Request().Context(), visit.Who(c), home, c.FormValue("reason"))
	}
	switch {
	case visit.Correctable(err):
		return s.doorsteps(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/doorsteps", "已加进送上门名单")
}

// DoorstepDrop takes it off.
func (s *Room) DoorstepDrop(c echo.Context) error {
	id, err := visit.ID(c, "household")
	if err == nil {
		err = s.Shop.DropDoorstep(c.Request().Context(), visit.Who(c), id)
	}
	if err != nil {
		return err
	}
	return visit.Done(c, "/doorsteps", "已移出名单")
}

// windowsPage is the desk's days.
type windowsPage struct {
	kit.StaffPage
	Rows              []shop.Window
	Day, Hours, Place string
	Errors            kit.Errors
}

// WindowList shows the desk's days and takes another.
func (s *Room) WindowList(c echo.Context) error { return s.windows(c, nil) }

func (s *Room) windows(c echo.Context, problem error) error {
	p := windowsPage{StaffPage: s.Staff(c, "redeem", "兑换日安排"), Day: c.FormValue("day"), Hours: c.FormValue("hours"), Place: c.FormValue("place"), Errors: kit.ErrorsOf(problem)}
	var err error
	if p.Rows, err = s.Shop.Windows(c.Request().Context(), visit.Who(c)); err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), windowList(p))
}

// WindowOpen adds a day.
func (s *Room) WindowOpen(c echo.Context) error {
	d, bad := visit.Day(c, "day")
	err := fault.Join(bad)
	if err == nil {
		_, err = s.Shop.OpenWindow(c.Request().Context(), visit.Who(c), shop.Window{Day: d, Hours: c.FormValue("hours"), Place: c.FormValue("place")})
	}
	switch {
	case visit.Correctable(err):
		return s.windows(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/windows", "已安排"+shell.Day(d)+"的兑换")
}

// WindowClose takes a day out again.
func (s *Room) WindowClose(c echo.Context) error {
	d, err := month.ParseDay(c.Param("day"))
	if err != nil {
		return fault.ErrNotFound
	}
	if err := s.Shop.CloseWindow(c.Request().Context(), visit.Who(c), d); err != nil {
		return err
	}
	return visit.Done(c, "/windows", "已取消"+shell.Day(d)+"的兑换")
}
