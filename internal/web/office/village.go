package office

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/bureau"
	"cunfen/internal/fault"
	"cunfen/internal/figure"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	place "cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// villagePage is one village as the township opens it.
type villagePage struct {
	kit.StaffPage
	figure.Standing
	Topic   string
	Months  []figure.Month // newest first
	Classes []figure.Class
	Notices []bureau.Notice
	Now     time.Time
	Setup   bool // it prepares to go live: there is a readiness card
	Packs   bool // may take the village's archive away
}

// Village shows one village, read only; that it was opened stands in the office's log.
func (r *Room) Village(c echo.Context) error {
	id, err := visit.Village(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	notices, err := r.Bureau.Open(ctx, who, id)
	if err != nil {
		return err
	}
	p := villagePage{Topic: who.Topic, Notices: notices, Now: r.DB.Now(), Packs: r.May(c, authz.ArchiveTown)}
	this, _ := figure.ParsePeriod("", p.Now)
	if p.Standing, err = r.Figures.Village(ctx, who, id, this); err != nil {
		return err
	}
	if p.Months, err = r.Figures.Months(ctx, who, id); err != nil {
		return err
	}
	if p.Classes, err = r.Figures.ClassesOf(ctx, who, id, this); err != nil {
		return err
	}
	at, err := r.Villages.Find(ctx, id)
	if err != nil {
		return err
	}
	p.Setup = at.State == place.Setup
	if p.StaffPage, err = r.staff(c, "town", p.Name, kit.Crumb{Text: p.Name}); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, village(p))
}

func (p villagePage) sees(topics string) bool { return sees(p.Topic, topics) }

// monthPage is one month of one village: its notice, line by line, as it hangs.
type monthPage struct {
	kit.StaffPage
	ID     int64
	Name   string
	Code   string
	Notice bureau.Notice
	Lines  []bureau.Line
	Search string
	Pager  kit.PagerProps
	Export string
	Now    time.Time
}

// Month shows the notice of one month of a village.
func (r *Room) Month(c echo.Context) error {
	p, err := r.month(c, page.Page{})
	if err != nil {
		return err
	}
	if p.StaffPage, err = r.staff(c, "town", p.Name+p.Notice.Month.Chinese(), kit.Crumb{Text: p.Name, Href: "/town/villages/" + strconv.FormatInt(p.ID, 10)}); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, monthOf(p))
}

func (r *Room) month(c echo.Context, cut page.Page) (p monthPage, err error) {
	id, err := visit.Village(c, "id")
	if err != nil {
		return p, err
	}
	m, err := visit.Month(c, "month")
	if err != nil {
		return p, err
	}
	after := 0
	if a := c.QueryParam("after"); a != "" {
		if after, err = strconv.Atoi(a); err != nil {
			return p, fault.ErrNotFound
		}
	}
	p = monthPage{ID: int64(id), Search: strings.TrimSpace(c.QueryParam("q")), Now: r.DB.Now()}
	who, ctx := visit.Who(c), c.Request().Context()
	v, err := r.Figures.Village(ctx, who, id, figure.One(m))
	if err != nil {
		return p, err
	}
	p.Name, p.Code = v.Name, v.Code
	var more bool
	if p.Notice, p.Lines, more, err = r.Bureau.Month(ctx, who, id, m, p.Search, after, cut); err != nil {
		return p, err
	}
	next := ""
	if more {
		next = strconv.Itoa(p.Lines[len(p.Lines)-1].Position)
	}
	p.Pager, p.Export = visit.Pager(c, len(p.Lines), next), c.Request().URL.Path+"/lines.xlsx?"+c.QueryString()
	return p, nil
}

var lineHeads = []sheetfile.Head{{Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "上月结余"}, {Title: "加分"}, {Title: "减分"}, {Title: "用分"}, {Title: "结余"}}

// MonthExport is the notice's lines as a sheet.
func (r *Room) MonthExport(c echo.Context) error {
	id, err := visit.Village(c, "id")
	if err != nil {
		return err
	}
	m, err := visit.Month(c, "month")
	if err != nil {
		return err
	}
	var rows [][]any
	for after, more := 0, true; more; {
		var lines []bureau.Line
		if _, lines, more, err = r.Bureau.Month(c.Request().Context(), visit.Who(c), id, m, strings.TrimSpace(c.QueryParam("q")), after, page.Page{Limit: page.Most}); err != nil {
			return err
		}
		for _, l := range lines {
			rows, after = append(rows, []any{l.Door, l.Head, int(l.Carried), int(l.Plus), int(l.Minus), int(l.Spent), int(l.Total)}), l.Position
		}
	}
	return shell.SendSheet(c, "公示"+m.String(), "公示", lineHeads, rows)
}
