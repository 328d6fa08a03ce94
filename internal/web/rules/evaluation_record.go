package rules

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/evaluation"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// evaluationSheet is a household's whole sheet of opinions being taken down.
type evaluationSheet struct {
	shell.Frame
	evaluation.Evaluation
	None    bool
	Door    string
	Channel string
	Words   string            // of the rules as a whole, or an item to be added
	Stances map[string]string // by item
	Errors  kit.Errors
	Problem string // in the boxes themselves
}

// EvaluationRecord takes a household's opinions down at its door, at the counter or from paper.
func (s *Room) EvaluationRecord(c echo.Context) error {
	return s.evaluationSheet(c, evaluationSheet{Door: visit.Text(c, "door"), Channel: "counter"}, nil)
}

func (s *Room) evaluationSheet(c echo.Context, p evaluationSheet, problem error) (err error) {
	p.Frame = s.Frame(c, shell.Spot{Tab: "me", Menu: "voices", Title: "征求意见", Lead: "住户当面说的、写在征求意见表上的，替他记下来。", Back: "/me", BackTo: "我的"})
	if p.OnDesk != nil {
		p.Top.Back = ""
	}
	p.SetPath("/evaluations/record")
	p.Evaluation, err = s.Evaluation.Open(c.Request().Context(), visit.Who(c))
	if p.None = errors.Is(err, fault.ErrNotFound); err != nil && !p.None {
		return err
	}
	p.Errors = kit.ErrorsOf(problem)
	return visit.Render(c, visit.Status(problem), evaluationSheetForm(p))
}

// EvaluationRecordAll keeps the sheet.
func (s *Room) EvaluationRecordAll(c echo.Context) error {
	p := evaluationSheet{Door: visit.Text(c, "door"), Channel: c.FormValue("channel"), Words: visit.Text(c, "text"), Stances: map[string]string{}}
	q, ok := evaluation.ParseQuarter(c.FormValue("quarter"))
	if !ok {
		return s.evaluationSheet(c, p, evaluation.ErrClosed)
	}
	form, err := c.FormParams()
	if err != nil {
		return fault.ErrInvalid
	}
	var said []evaluation.Opinion
	for n, item := range form["item"] {
		if n < len(form["said"]) && form["said"][n] != "" {
			p.Stances[item] = form["said"][n]
			said = append(said, evaluation.Opinion{Item: item, Stance: evaluation.Stance(form["said"][n])})
		}
	}
	if p.Words != "" {
		said = append(said, evaluation.Opinion{Stance: "add", Text: p.Words})
	}
	home, err := shell.AtDoor(c, s.Households, p.Door)
	if err == nil && home == uuid.Nil {
		err = shell.ErrDoor
	}
	var got evaluation.Taken
	if err == nil {
		got, err = s.Evaluation.SayAll(c.Request().Context(), visit.Who(c), q, home, p.Channel, said)
	}
	if visit.Correctable(err) {
		return s.evaluationSheet(c, p, err)
	}
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s：记下 %d 条", p.Door, got.New)
	if got.Before > 0 {
		text += fmt.Sprintf("；%d 条这户以前提过，没有重记", got.Before)
	}
	return visit.Done(c, "/evaluations/record", text)
}

// EvaluationForm is the sheet of questions on paper.
func (s *Room) EvaluationForm(c echo.Context) error {
	q, ok := evaluation.ParseQuarter(c.Param("quarter"))
	if !ok {
		return fault.ErrNotFound
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	e, _, err := s.Evaluation.Show(ctx, who, q)
	if err != nil {
		return err
	}
	v, err := s.Villages.Find(ctx, who.Village)
	if err != nil {
		return err
	}
	f := evaluation.Form{Village: v.Name, Contact: v.Settings.Contact.Phone, Evaluation: e}
	if f.Rules, err = s.RulesOf(c, e.Pack.Version); err != nil {
		return err
	}
	pdf, _, err := f.Print()
	if err != nil {
		return err
	}
	shell.SaveAs(c, "inline", v.Name+q.Chinese()+"征求意见表.pdf")
	return c.Blob(http.StatusOK, "application/pdf", pdf)
}

// evaluationVoices is what the households said in a quarter.
type evaluationVoices struct {
	kit.StaffPage
	evaluation.Evaluation
	Rows   []evaluation.Opinion
	Filter evaluation.Voice
	Pager  kit.PagerProps
	Export string
}

func voicesAsked(c echo.Context) (q evaluation.Quarter, f evaluation.Voice, err error) {
	q, ok := evaluation.ParseQuarter(c.Param("quarter"))
	f = evaluation.Voice{Item: c.QueryParam("item"), Stance: evaluation.Stance(c.QueryParam("stance")), Channel: c.QueryParam("channel"), Search: visit.Text(c, "q"), Page: visit.Page(c)}
	if !ok || f.Stance != "" && !slices.Contains(evaluation.Stances, f.Stance) || f.Channel != "" && !slices.Contains(evaluation.Channels, f.Channel) {
		err = fault.ErrNotFound
	}
	return q, f, err
}

// EvaluationVoices lists the opinions of a quarter.
func (s *Room) EvaluationVoices(c echo.Context) error {
	q, f, err := voicesAsked(c)
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := evaluationVoices{StaffPage: s.Staff(c, "evaluations", q.Chinese()+"的意见"), Filter: f, Export: "/evaluations/" + q.String() + "/opinions.xlsx?" + c.QueryString()}
	if p.Evaluation, _, err = s.Evaluation.Show(ctx, who, q); err != nil {
		return err
	}
	var next string
	if p.Rows, next, err = s.Evaluation.Voices(ctx, who, q, f); err != nil {
		return err
	}
	p.Pager = visit.Pager(c, len(p.Rows), next)
	return visit.Render(c, http.StatusOK, evaluationVoicesList(p))
}

// EvaluationVoicesExport is the list as a sheet.
func (s *Room) EvaluationVoicesExport(c echo.Context) error {
	q, f, err := voicesAsked(c)
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	e, _, err := s.Evaluation.Show(ctx, who, q)
	if err != nil {
		return err
	}
	var out [][]any
	for o, err := range page.Rows(func(p page.Page) ([]evaluation.Opinion, string, error) {
		f.Page = p
		return s.Evaluation.Voices(ctx, who, q, f)
	}) {
		if err != nil {
			return err
		}
		out = append(out, []any{itemName(e, o.Item), o.Stance.Chinese(), o.Text, o.Door, o.Head, evaluation.ChannelChinese(o.Channel), o.ByName, o.At})
	}
	return shell.SendSheet(c, q.Chinese()+"细则意见", "意见", []sheetfile.Head{{Title: "事项", Width: 26}, {Title: "看法", Width: 12}, {Title: "说的话", Width: 50}, {Title: "门牌", Width: 14}, {Title: "户主"},
		{Title: "怎么提的", Width: 12}, {Title: "记的人"}, {Title: "时间", Width: 17}}, out)
}

// EvaluationUseExport is the quarter's figures, item by item, as a sheet.
func (s *Room) EvaluationUseExport(c echo.Context) error {
	q, ok := evaluation.ParseQuarter(c.Param("quarter"))
	if !ok {
		return fault.ErrNotFound
	}
	e, _, err := s.Evaluation.Show(c.Request().Context(), visit.Who(c), q)
	if err != nil {
		return err
	}
	var out [][]any
	for _, u := range e.Pack.Items {
		out = append(out, []any{u.Code, u.Title, useMark(u, e.Pack.Households), u.Times, u.Points, u.Households, u.Claimed, u.Refused, u.Objected, u.Opinions})
	}
	return shell.SendSheet(c, q.Chinese()+"各项目用得怎样", "项目", []sheetfile.Head{{Title: "编号"}, {Title: "项目", Width: 28}, {Title: "提醒", Width: 12}, {Title: "入账"}, {Title: "分数"}, {Title: "户数"}, {Title: "申报"}, {Title: "没认定"}, {Title: "异议"}, {Title: "意见"}}, out)
}

// EvaluationsExport is the list of quarters as a sheet.
func (s *Room) EvaluationsExport(c echo.Context) error {
	f, err := evaluationFilter(c)
	if err != nil {
		return err
	}
	var out [][]any
	for e, err := range page.Rows(func(p page.Page) ([]evaluation.Evaluation, string, error) {
		f.Page = p
		return s.Evaluation.Find(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		out = append(out, []any{e.Quarter.Chinese(), e.Chinese(), e.Pack.Households, e.Pack.Entries, fmt.Sprintf("%.1f", e.Pack.Burden), e.Said, e.Proposal, outcomeWord(e.Outcome), e.Decision, e.DecidedBy})
	}
	return shell.SendSheet(c, "季度评估", "季度评估", []sheetfile.Head{{Title: "季度", Width: 18}, {Title: "状态", Width: 18}, {Title: "住户"}, {Title: "填报条数"}, {Title: "每户条数"}, {Title: "意见"}, {Title: "建议", Width: 50}, {Title: "结果"}, {Title: "决定", Width: 50}, {Title: "决定人"}}, out)
}

func evaluationFilter(c echo.Context) (f evaluation.Filter, err error) {
	f = evaluation.Filter{State: c.QueryParam("state"), Search: visit.Text(c, "q"), Page: visit.Page(c)}
	if f.State != "" && (evaluation.Evaluation{State: f.State}).Chinese() == "" {
		err = fault.ErrNotFound
	}
	return f, err
}
