package counter

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/household"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// daysOffered is how many days back the list of redemptions can be narrowed to one.
const daysOffered = 31

// redemptionsPage is what was handed out, newest first.
type redemptionsPage struct {
	kit.StaffPage
	Rows   []shop.Redemption
	Query  string
	Day    string
	Days   []kit.Choice
	Homes  []household.Line // that the search found, where they are several or none
	Pager  kit.PagerProps
	Export string
	Clear  string
}

// RedemptionList shows what was handed out.
func (s *Room) RedemptionList(c echo.Context) error {
	p := redemptionsPage{StaffPage: s.Staff(c, "redemptions", "兑换记录"), Query: strings.TrimSpace(c.QueryParam("q")), Day: c.QueryParam("day"), Days: s.lastDays(),
		Export: "/redemptions.xlsx?" + c.QueryString()}
	f, homes, err := s.redemptionFilter(c)
	if err != nil {
		return err
	}
	if c.QueryString() != "" {
		p.Clear = "/redemptions"
	}
	p.Homes = homes
	next := ""
	if p.Query == "" || f.Household != uuid.Nil {
		if p.Rows, next, err = s.Shop.List(c.Request().Context(), visit.Who(c), f); err != nil {
			return err
		}
	}
	p.Pager = visit.Pager(c, len(p.Rows), next)
	return visit.Render(c, http.StatusOK, redemptionList(p))
}

// redemptionFilter reads the address; a search that finds one household is that household.
func (s *Room) redemptionFilter(c echo.Context) (f shop.Filter, homes []household.Line, err error) {
	f.Page = visit.Page(c)
	if d, err := month.ParseDay(c.QueryParam("day")); err == nil {
		f.Day = d
	}
	if f.Household, err = visit.FormID(c, "household"); err != nil || f.Household != uuid.Nil {
		return f, nil, err
	}
	q := strings.TrimSpace(c.QueryParam("q"))
	if q == "" {
		return f, nil, nil
	}
	homes, _, err = s.Households.List(c.Request().Context(), visit.Who(c), household.Filter{Search: q, Page: page.Page{Limit: 20}})
	if len(homes) == 1 {
		f.Household, homes = homes[0].ID, nil
	}
	return f, homes, err
}

func (s *Room) lastDays() (days []kit.Choice) {
	today := month.Day(s.DB.Now())
	for n := range daysOffered {
		d := today.AddDate(0, 0, -n)
		text := shell.LocalDay(d)
		if n == 0 {
			text = "今天"
		}
		days = append(days, kit.Choice{Value: d.Format(time.DateOnly), Text: text})
	}
	return days
}

var redemptionHeads = []sheetfile.Head{{Title: "入账时间", Width: 17}, {Title: "断网时交付", Width: 17}, {Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "物品", Width: 18}, {Title: "数量"}, {Title: "用分"},
	{Title: "存折原余额"}, {Title: "存折新余额"}, {Title: "领取人"}, {Title: "经办人"}, {Title: "撤销时间", Width: 17}, {Title: "撤销原因", Width: 30}}

// RedemptionExport is the list as it is filtered, whole, as a sheet.
func (s *Room) RedemptionExport(c echo.Context) error {
	f, _, err := s.redemptionFilter(c)
	if err != nil {
		return err
	}
	var rows [][]any
	if strings.TrimSpace(c.QueryParam("q")) != "" && f.Household == uuid.Nil { // nobody, or several to choose from: the page shows no line either
		return shell.SendSheet(c, "兑换记录", "兑换记录", redemptionHeads, rows)
	}
	for r, err := range page.Rows(func(p page.Page) ([]shop.Redemption, string, error) {
		f.Page = p
		return s.Shop.List(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, redemptionCells(r))
	}
	return shell.SendSheet(c, "兑换记录"+s.ThisMonth().Chinese(), "兑换记录", redemptionHeads, rows)
}

func redemptionCells(r shop.Redemption) []any {
	return []any{r.At, r.HandedAt, r.Door, r.Head, r.GoodsName, r.Quantity, r.Points, int(r.PassbookBalance), int(r.After()), r.Receiver, r.DeskName, r.CancelledAt, r.CancelReason}
}

// receiptPage is one redemption.
type receiptPage struct {
	kit.StaffPage
	shop.Redemption
	Slip    []shop.Redemption // all that was handed out under the same signing
	Village string
	Makes   bool // the person hands out
	Cancels bool // … and may take it back
	Errors  kit.Errors
	Reason  string
}

// RedemptionShow is the receipt: what to write into the paper passbook now. ?print=1 is the slip on paper.
func (s *Room) RedemptionShow(c echo.Context) error {
	p, err := s.receipt(c)
	if err != nil {
		return err
	}
	if c.QueryParam("print") != "" {
		return visit.Render(c, http.StatusOK, receiptSlip(p))
	}
	return visit.Render(c, http.StatusOK, receipt(p))
}

func (s *Room) receipt(c echo.Context) (p receiptPage, err error) {
	id, err := visit.ID(c, "id")
	if err != nil {
		return p, err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p = receiptPage{StaffPage: s.Staff(c, "redemptions", "兑换凭证")}
	if p.Redemption, err = s.Shop.Show(ctx, who, id); err != nil {
		return p, err
	}
	if p.Slip, err = s.Shop.Slip(ctx, who, p.SlipID); err != nil {
		return p, err
	}
	p.Makes, p.Cancels = s.May(c, authz.RedemptionMake), p.CancelledAt == nil && s.mayCancel(c)
	v, err := s.Villages.Find(ctx, who.Village)
	p.Village = v.Name
	return p, err
}
