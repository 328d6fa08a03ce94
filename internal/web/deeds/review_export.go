package deeds

import (
	"slices"

	"github.com/labstack/echo/v4"

	"cunfen/internal/claim"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// ReviewExport is the queue as it is filtered, whole, as a sheet.
func (s *Room) ReviewExport(c echo.Context) error {
	f, err := reviewFilter(c)
	if err != nil {
		return err
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	all, err := s.wholeQueue(c, f)
	if err != nil {
		return err
	}
	cells := claimCells(all, shell.NamesOf(rules))
	for i, r := range all {
		cells[i] = append(cells[i], r.Caution)
	}
	heads := append(slices.Clone(claimHeads), sheetfile.Head{Title: "提醒", Width: 30})
	return shell.SendSheet(c, "审核"+s.ThisMonth().Chinese(), "申报", heads, cells)
}

func claimCells(all []claim.Row, names shell.Names) [][]any {
	rows := make([][]any, len(all))
	for i, r := range all {
		rows[i] = []any{r.Door, r.Head, names.Title(r.Item), r.Item, r.Points, r.OccurredOn.Format("2006-01-02"), r.Note, r.Brought(),
			r.RecorderName, r.RecordedAt, r.State.Chinese(), r.ReviewerName, r.Reason, int(r.Photos)}
	}
	return rows
}

var claimHeads = []sheetfile.Head{{Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "事项", Width: 28}, {Title: "编号"}, {Title: "分值"}, {Title: "发生日期", Width: 12},
	{Title: "说明", Width: 36}, {Title: "来源"}, {Title: "记录人"}, {Title: "记录时间", Width: 17}, {Title: "状态", Width: 18}, {Title: "审核人"}, {Title: "原因", Width: 30}, {Title: "照片"}}

// wholeQueue reads every page of the queue.
func (s *Room) wholeQueue(c echo.Context, f claim.Filter) (all []claim.Row, err error) {
	for r, err := range page.Rows(func(p page.Page) ([]claim.Row, string, error) {
		f.Page = p
		return s.Claims.Queue(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
