package yearly

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
	"cunfen/internal/yearend"
)

// yearOf is the year in the address, or the one that ends next.
func (s *Room) yearOf(c echo.Context) (int, error) {
	v := c.QueryParam("year")
	if v == "" {
		v = c.FormValue("year")
	}
	if v == "" {
		return yearend.Of(s.DB.Now()), nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 2000 || n > 2099 {
		return 0, fault.ErrNotFound
	}
	return n, nil
}

// yearPage is the rehearsal of a year's clearing, or what it was.
type yearPage struct {
	kit.StaffPage
	yearend.Rehearsal
	Leads  bool
	Now    time.Time
	Reason string
	Query  string
	Errors kit.Errors
}

// YearEnd shows what clearing the year does to every household, and what stands in the way.
func (s *Room) YearEnd(c echo.Context) error { return s.yearEnd(c, nil) }

func (s *Room) yearEnd(c echo.Context, problem error) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	p := yearPage{StaffPage: s.Staff(c, "yearend", "年终清零"), Leads: s.May(c, authz.YearRun), Now: s.DB.Now(), Reason: c.FormValue("reason"), Query: strings.TrimSpace(c.QueryParam("q")), Errors: kit.ErrorsOf(problem)}
	p.Path = "/yearend"
	if p.Rehearsal, err = s.Years.Rehearse(c.Request().Context(), visit.Who(c), year); err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), yearEnd(p))
}

// YearEndExport is the rehearsal, or what was cleared, as a sheet.
func (s *Room) YearEndExport(c echo.Context) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	r, err := s.Years.Rehearse(c.Request().Context(), visit.Who(c), year)
	if err != nil {
		return err
	}
	homes := searched(r.Homes, c.QueryParam("q"), homeText)
	rows := make([][]any, len(homes))
	for i, h := range homes {
		rows[i] = []any{h.Door, h.Head, h.PassbookNo, h.Score, h.Cleared, h.Kept, h.BaseKept, h.BaseCleared, h.Honour}
	}
	return shell.SendSheet(c, fmt.Sprintf("%d 年终清零", year), "清零", []sheetfile.Head{{Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "存折编号", Width: 20}, {Title: "本年得分"}, {Title: "清零的分"},
		{Title: "留下的新年度分"}, {Title: "留下的基础积分"}, {Title: "清掉的基础积分"}, {Title: "荣誉累计"}}, rows)
}

// YearConfirm is the word that the year be cleared as rehearsed.
func (s *Room) YearConfirm(c echo.Context) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	r, err := s.Years.Confirm(c.Request().Context(), visit.Who(c), year)
	switch {
	case visit.Correctable(err):
		return s.yearEnd(c, err)
	case err != nil:
		return err
	}
	text := "已确认；等下面的事办完，系统自动清零，只清一次"
	if r.Ready() {
		text = "已确认，正在清零；稍后刷新就能看到结果"
	}
	return visit.Done(c, fmt.Sprintf("/yearend?year=%d", year), text)
}

// YearUndo takes the clearing back.
func (s *Room) YearUndo(c echo.Context) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	_, err = s.Years.Undo(c.Request().Context(), visit.Who(c), year, visit.Text(c, "reason"))
	switch {
	case visit.Correctable(err):
		return s.yearEnd(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, fmt.Sprintf("/yearend?year=%d", year), "已撤回清零，各户的分恢复原样")
}

// selectionPage is a year's annual selection.
type selectionPage struct {
	kit.StaffPage
	Year   int
	Sel    *yearend.Selection
	Leads  bool
	Now    time.Time
	Form   conditions
	Query  string
	Errors kit.Errors
}

// conditions are the form as it was filled in.
type conditions struct {
	Text, Least, Places, Days, Home, Grounds, Answer string
	NoDeduction                                      bool
}

// SelectionShow shows the frozen ranking and who is chosen.
func (s *Room) SelectionShow(c echo.Context) error { return s.selecting(c, nil) }

func (s *Room) selecting(c echo.Context, problem error) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	p := selectionPage{StaffPage: s.Staff(c, "selection", "年度评选"), Year: year, Leads: s.May(c, authz.SelectionManage), Now: s.DB.Now(), Errors: kit.ErrorsOf(problem),
		Form: conditions{c.FormValue("text"), c.FormValue("least"), c.FormValue("places"), c.FormValue("days"), c.FormValue("household"), c.FormValue("grounds"), c.FormValue("answer"), c.FormValue("no_deduction") != ""}}
	p.Path, p.Query = "/selection", strings.TrimSpace(c.QueryParam("q"))
	if p.Sel, err = s.Years.Selection(c.Request().Context(), visit.Who(c), year); err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), selectionShow(p))
}

// selected answers after a change to the selection.
func (s *Room) selected(c echo.Context, year int, err error, text string) error {
	switch {
	case visit.Correctable(err):
		return s.selecting(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, fmt.Sprintf("/selection?year=%d", year), text)
}

// SelectionFreeze fixes the ranking.
func (s *Room) SelectionFreeze(c echo.Context) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	least, bad1 := visit.Int(c, "least", 0)
	places, bad2 := visit.Int(c, "places", 0)
	days, bad3 := visit.Int(c, "days", 7)
	err = fault.Join(bad1, bad2, bad3)
	if err == nil {
		_, err = s.Years.Freeze(c.Request().Context(), visit.Who(c), year, yearend.Conditions{Text: visit.Text(c, "text"), Least: least, Places: places, Days: days, NoDeduction: c.FormValue("no_deduction") != ""})
	}
	return s.selected(c, year, err, "排名已经定下来，请公布名单；异议期内可以提意见")
}

// SelectionObject takes down an objection.
func (s *Room) SelectionObject(c echo.Context) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	home, err := visit.FormID(c, "household")
	if err != nil {
		return err
	}
	_, err = s.Years.Object(c.Request().Context(), visit.Who(c), year, home, visit.Text(c, "grounds"))
	return s.selected(c, year, err, "意见已经记下，由别的成员核实答复")
}

// SelectionAnswer decides one.
func (s *Room) SelectionAnswer(c echo.Context) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	verdict := c.FormValue("verdict")
	answer := visit.Text(c, "answer")
	if verdict != "uphold" && verdict != "dismiss" {
		answer = "" // refused
	}
	err = s.Years.Answer(c.Request().Context(), visit.Who(c), year, id, verdict == "uphold", answer)
	return s.selected(c, year, err, "已答复")
}

// SelectionChoose puts a household on the list or takes it off.
func (s *Room) SelectionChoose(c echo.Context) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	home, err := visit.ID(c, "household")
	if err != nil {
		return err
	}
	err = s.Years.Choose(c.Request().Context(), visit.Who(c), year, home, c.FormValue("chosen") != "", visit.Text(c, "honour"), visit.Text(c, "note"))
	return s.selected(c, year, err, "名单已改")
}

// SelectionSettle ends the selection.
func (s *Room) SelectionSettle(c echo.Context) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	return s.selected(c, year, s.Years.Settle(c.Request().Context(), visit.Who(c), year), "评选已定案，可以导出推荐名单")
}

// Nominations is the list that goes to the town for 文明家庭 and 最美家庭 (R4.5.1b).
func (s *Room) Nominations(c echo.Context) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	sel, err := s.Years.Selection(c.Request().Context(), visit.Who(c), year)
	if err != nil {
		return err
	}
	var rows [][]any
	if sel != nil {
		for _, r := range sel.Ranks {
			if r.Chosen {
				rows = append(rows, []any{len(rows) + 1, r.Door, r.Head, r.Honour, r.Place, r.Score, r.SharePlace, share(r.Share), r.Deductions, r.Note})
			}
		}
	}
	return shell.SendSheet(c, fmt.Sprintf("%d 年文明家庭、最美家庭推荐名单", year), "推荐名单", []sheetfile.Head{{Title: "序号"}, {Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "推荐荣誉", Width: 18}, {Title: "积分名次"},
		{Title: "全年得分"}, {Title: "得分率名次"}, {Title: "得分率"}, {Title: "减分次数"}, {Title: "说明", Width: 30}}, rows)
}

// SelectionExport is the whole frozen ranking, both ways, with who is chosen; or those whose household is searched for.
func (s *Room) SelectionExport(c echo.Context) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	sel, err := s.Years.Selection(c.Request().Context(), visit.Who(c), year)
	if err != nil {
		return err
	}
	var rows [][]any
	if sel != nil {
		for _, r := range searched(sel.Ranks, c.QueryParam("q"), rankText) {
			chosen, fits := "", "不符合"
			if r.Chosen {
				chosen = "入选"
			}
			if r.Fits {
				fits = "符合"
			}
			rows = append(rows, []any{r.Place, r.Score, r.SharePlace, share(r.Share), r.Door, r.Head, r.Deductions, fits, chosen, r.Honour, r.Note})
		}
	}
	return shell.SendSheet(c, fmt.Sprintf("%d 年评选排名", year), "排名", []sheetfile.Head{{Title: "积分名次"}, {Title: "全年得分"}, {Title: "得分率名次"}, {Title: "得分率"}, {Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "减分次数"}, {Title: "本村条件"},
		{Title: "名单"}, {Title: "荣誉", Width: 18}, {Title: "说明", Width: 30}}, rows)
}

// searched are the rows of the households that the words are about.
func searched[T any](all []T, q string, text func(T) string) []T {
	q = strings.TrimSpace(q)
	return slices.DeleteFunc(slices.Clone(all), func(r T) bool { return !strings.Contains(text(r), q) })
}

// share is thousandths as people say them: 68.4%.
func share(thousandths int) string { return fmt.Sprintf("%d.%d%%", thousandths/10, thousandths%10) }

// townYearPage is every village of the township at the year's end.
type townYearPage struct {
	kit.StaffPage
	Year     int
	Villages []yearend.Progress
	Cleared  int
	Settled  int
}

// TownYear shows how far the villages are with the year's end.
func (s *Room) TownYear(c echo.Context) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	p := townYearPage{StaffPage: s.Staff(c, "townyear", "年终进度"), Year: year}
	if p.Villages, err = s.Years.Progress(c.Request().Context(), visit.Who(c), year); err != nil {
		return err
	}
	for _, v := range p.Villages {
		if v.Cleared() {
			p.Cleared++
		}
		if v.Selection == "settled" {
			p.Settled++
		}
	}
	return visit.Render(c, http.StatusOK, townYear(p))
}

// TownYearExport is the same as a sheet.
func (s *Room) TownYearExport(c echo.Context) error {
	year, err := s.yearOf(c)
	if err != nil {
		return err
	}
	all, err := s.Years.Progress(c.Request().Context(), visit.Who(c), year)
	if err != nil {
		return err
	}
	rows := make([][]any, len(all))
	for i, v := range all {
		rows[i] = []any{v.Name, map[string]string{"village": "村", "farm": "场"}[v.Kind], decemberText(v), clearedText(v), v.Households, v.Points, selectionText(v.Selection), v.Chosen}
	}
	return shell.SendSheet(c, fmt.Sprintf("%d 年终进度", year), "年终", []sheetfile.Head{{Title: "村（场）", Width: 14}, {Title: "类别"}, {Title: "12 月", Width: 16}, {Title: "清零", Width: 16}, {Title: "清零户数"},
		{Title: "清零分数"}, {Title: "年度评选", Width: 12}, {Title: "入选户数"}}, rows)
}
