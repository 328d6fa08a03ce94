package monthly

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/sheetfile"
	"cunfen/internal/signoff"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// months is the village's sheets as they were asked for, newest first.
type months struct {
	kit.StaffPage
	This        month.Month
	Sheets      []signoff.Sheet
	Query       string
	Year, State string
	Years       []kit.Choice
	Pager       kit.PagerProps
	Export      string
}

var sheetStates = []signoff.State{signoff.Open, signoff.Signing, signoff.Posted, signoff.Published}

func (s *Room) months(c echo.Context) (p months, err error) {
	all, err := s.Months.Months(c.Request().Context(), visit.Who(c))
	if err != nil {
		return p, err
	}
	p.This, p.Query, p.Year, p.State = s.ThisMonth(), strings.TrimSpace(c.QueryParam("q")), c.QueryParam("year"), c.QueryParam("state")
	if p.State != "" && !slices.Contains(sheetStates, signoff.State(p.State)) {
		return p, fault.ErrNotFound
	}
	for _, sheet := range withRunning(all, p.This) {
		year := strconv.Itoa(sheet.Month.Year())
		if n := len(p.Years); n == 0 || p.Years[n-1].Value != year {
			p.Years = append(p.Years, kit.Choice{Value: year, Text: year + "年"})
		}
		if strings.Contains(sheet.Month.Chinese(), p.Query) && (p.Year == "" || p.Year == year) && (p.State == "" || p.State == string(sheet.State)) {
			p.Sheets = append(p.Sheets, sheet)
		}
	}
	return p, nil
}

// MonthList lists the village's months with how far each is.
func (s *Room) MonthList(c echo.Context) error {
	p, err := s.months(c)
	if err != nil {
		return err
	}
	p.StaffPage, p.Export = s.Staff(c, "months", "签字与公示"), "/months.xlsx?"+c.QueryString()
	p.Sheets, _, p.Pager = cut(c, p.Sheets)
	return visit.Render(c, http.StatusOK, monthList(p))
}

func (p months) clear() string {
	if p.Query+p.Year+p.State == "" {
		return ""
	}
	return "/months"
}

// stateOf is where a month stands: one that runs is still being gathered.
func stateOf(s signoff.Sheet, this month.Month) string {
	switch {
	case s.State == signoff.Open && s.Month >= this:
		return "采集审核中"
	case s.State == signoff.Open:
		return "待汇总签字"
	}
	return s.State.Chinese()
}

var monthHeads = []sheetfile.Head{{Title: "月份", Width: 12}, {Title: "状态", Width: 14}, {Title: "条数"}, {Title: "合计分数"}, {Title: "汇总时间", Width: 17}, {Title: "入账时间", Width: 17}, {Title: "公示时间", Width: 17}, {Title: "签字表编码", Width: 18}}

// MonthListExport is the list as it is filtered, whole, as a sheet.
func (s *Room) MonthListExport(c echo.Context) error {
	p, err := s.months(c)
	if err != nil {
		return err
	}
	rows := make([][]any, 0, len(p.Sheets))
	for _, m := range p.Sheets {
		rows = append(rows, []any{m.Month.Chinese(), stateOf(m, p.This), m.Lines, m.Points, m.FrozenAt, m.PostedAt, m.PublishedAt, m.Code()})
	}
	return shell.SendSheet(c, "各月签字表", "各月签字表", monthHeads, rows)
}

var (
	lineHeads = []sheetfile.Head{{Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "事项", Width: 30}, {Title: "分值"}, {Title: "发生日期", Width: 12}, {Title: "记录人"}, {Title: "审定", Width: 18},
		{Title: "照片张数"}, {Title: "有效签字"}, {Title: "要有的签字"}}
	failedHeads = []sheetfile.Head{{Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "事项", Width: 30}, {Title: "原因", Width: 40}, {Title: "照片张数"}}
)

// MonthLines is what is signed line by line, or what the rounds found not in order, as it is filtered, as a sheet.
func (s *Room) MonthLines(c echo.Context) error {
	p, err := s.monthPage(c)
	if err != nil {
		return err
	}
	name := "签字表" + p.Month.String()
	if p.Show == "failed" {
		rows := make([][]any, 0, len(p.Failed))
		for _, e := range p.Failed {
			rows = append(rows, []any{e.Door, e.Head, p.Names.Title(e.Item), e.Reason, e.Photos})
		}
		return shell.SendSheet(c, name+"巡查未合格", "巡查未合格", failedHeads, rows)
	}
	rows := make([][]any, 0, len(p.Shown))
	for _, l := range p.Shown {
		rows = append(rows, []any{l.Door, l.Head, lineTitle(p.Names, l), l.Points, l.OccurredOn.Format(time.DateOnly), l.RecorderName, l.DecidedBy(), l.Photos, l.Counted, p.Quorum.Need(l)})
	}
	return shell.SendSheet(c, name, "条目", lineHeads, rows)
}
