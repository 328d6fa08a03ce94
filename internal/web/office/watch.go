package office

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rescore"
	"cunfen/internal/sheetfile"
	"cunfen/internal/watch"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// watchPage is the fairness watch over the township's villages.
type watchPage struct {
	kit.StaffPage
	Rows    []watch.Row
	Filters kit.FiltersProps
	Flagged int
}

func watchFilter(c echo.Context) (f watch.Filter, err error) {
	f = watch.Filter{Statistic: watch.Statistic(c.QueryParam("statistic")), Flagged: c.QueryParam("flagged") == "1", Search: strings.TrimSpace(c.QueryParam("q"))}
	if f.Statistic != "" && !slices.Contains(watch.Statistics, f.Statistic) {
		return f, fault.ErrNotFound
	}
	f.Village, err = villageQuery(c)
	return f, err
}

// Fairness lists what the watch counted.
func (r *Room) Fairness(c echo.Context) error {
	f, err := watchFilter(c)
	if err != nil {
		return err
	}
	p := watchPage{}
	if p.Rows, err = r.Watch.List(c.Request().Context(), visit.Who(c), f); err != nil {
		return err
	}
	for _, row := range p.Rows {
		if row.Flagged {
			p.Flagged++
		}
	}
	names, err := r.names(c)
	if err != nil {
		return err
	}
	kinds := kit.Filter{Name: "statistic", Label: "统计", Value: string(f.Statistic)}
	for _, s := range watch.Statistics {
		kinds.Choices = append(kinds.Choices, kit.Choice{Value: string(s), Text: s.Chinese()})
	}
	p.Filters = kit.FiltersProps{Action: "/town/watch", Query: f.Search, Placeholder: "村名", Export: "/town/watch.xlsx?" + c.QueryString(), Filters: []kit.Filter{kinds,
		{Name: "village", Label: "村（场）", Value: c.QueryParam("village"), Choices: names}, {Name: "flagged", Label: "结果", Value: c.QueryParam("flagged"), Choices: kit.Choices("1", "值得问一问的")}}}
	if f != (watch.Filter{}) {
		p.Filters.Clear = "/town/watch"
	}
	if p.StaffPage, err = r.staff(c, "watch", "公平核查"); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, fairness(p))
}

var watchHeads = []sheetfile.Head{{Title: "村（场）", Width: 14}, {Title: "统计", Width: 20}, {Title: "结果", Width: 16}, {Title: "值得问一问"}, {Title: "怎么来的", Width: 60}, {Title: "怎么算", Width: 60}, {Title: "界线", Width: 40}, {Title: "还可能是因为", Width: 60},
	{Title: "从", Width: 12}, {Title: "到", Width: 12}}

// FairnessExport is the same as a sheet.
func (r *Room) FairnessExport(c echo.Context) error {
	f, err := watchFilter(c)
	if err != nil {
		return err
	}
	all, err := r.Watch.List(c.Request().Context(), visit.Who(c), f)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, w := range all {
		rows = append(rows, []any{w.Village, w.Statistic.Chinese(), w.Finding.Text(), w.Flagged, w.Finding.Words, w.Statistic.Counts(), w.Statistic.Threshold(), w.Statistic.Else(),
			w.FromOn.Format(time.DateOnly), w.ToOn.Format(time.DateOnly)})
	}
	return shell.SendSheet(c, "公平核查"+month.Date(r.DB.Now()).Format(time.DateOnly), "公平核查", watchHeads, rows)
}

// asks opens a matter to the village with the figure, how it is counted and what else could explain it.
func asks(w watch.Row) string {
	body := "统计：" + w.Statistic.Chinese() + "（" + shell.Day(w.FromOn) + "至" + shell.Day(w.ToOn) + "）。" + w.Finding.Words + "怎么算：" + w.Statistic.Counts() + "也可能是因为：" + w.Statistic.Else() + "这只是统计，不是结论。请说明情况，附上核查的经过。"
	return "/town/matters/new?" + url.Values{"village": {strconv.Itoa(int(w.VillageID))}, "kind": {"fairness"}, "title": {"请说明：" + w.Statistic.Chinese()}, "body": {body}}.Encode()
}

// rescorePage is the samples of the township.
type rescorePage struct {
	kit.StaffPage
	Draws                []rescore.Draw
	Filters              kit.FiltersProps
	Sums                 []rescore.Agreement
	Names                []kit.Choice
	Months               []kit.Choice
	Village, Month, Size string
	Errors               kit.Errors
}

// Rescores lists the samples and what came of them.
func (r *Room) Rescores(c echo.Context) error { return r.rescores(c, nil) }

func (r *Room) rescores(c echo.Context, problem error) (err error) {
	p := rescorePage{Village: c.FormValue("village"), Month: c.FormValue("month"), Size: c.FormValue("size"), Errors: kit.ErrorsOf(problem)}
	if p.Size == "" {
		p.Size = "20"
	}
	f, err := rescoreFilter(c)
	if err != nil {
		return err
	}
	all, err := r.Rescore.List(c.Request().Context(), visit.Who(c))
	if err != nil {
		return err
	}
	p.Draws, p.Sums = f.Narrow(all), rescore.Agreements(all, r.DB.Now().AddDate(-1, 0, 0))
	if p.Names, err = r.names(c); err != nil {
		return err
	}
	states := kit.Filter{Name: "state", Label: "进度", Value: f.State}
	for _, s := range rescore.States {
		states.Choices = append(states.Choices, kit.Choice{Value: s.Value, Text: s.Chinese})
	}
	p.Filters = kit.FiltersProps{Action: "/town/rescores", Query: f.Search, Placeholder: "村名或抽的人", Export: "/town/rescores.xlsx?" + c.QueryString(), Filters: []kit.Filter{{Name: "at", Label: "村（场）", Value: c.QueryParam("at"), Choices: p.Names}, states}}
	if f != (rescore.Filter{}) {
		p.Filters.Clear = "/town/rescores"
	}
	for m, n := month.Of(r.DB.Now()), 0; n < 12; m, n = m.Prev(), n+1 {
		p.Months = append(p.Months, kit.Choice{Value: m.String(), Text: m.Chinese()})
	}
	if p.StaffPage, err = r.staff(c, "rescore", "抽样复评"); err != nil {
		return err
	}
	p.Path = "/town/rescores"
	return visit.Render(c, visit.Status(problem), rescores(p))
}

// rescoreFilter reads what the list is narrowed to; the form on the page has a village of its own.
func rescoreFilter(c echo.Context) (f rescore.Filter, err error) {
	if f.State = c.QueryParam("state"); f.State != "" && !slices.ContainsFunc(rescore.States, func(s struct{ Value, Chinese string }) bool { return s.Value == f.State }) {
		return f, fault.ErrNotFound
	}
	f.Search = strings.TrimSpace(c.QueryParam("q"))
	if at := c.QueryParam("at"); at != "" {
		id, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return f, fault.ErrNotFound
		}
		f.Village = actor.VillageID(id)
	}
	return f, nil
}

var errVillage = fault.New(fault.Invalid, "rescore.village", "请选择哪个村（场）").On("village")

// RescoreDraw draws a sample.
func (r *Room) RescoreDraw(c echo.Context) error {
	id, bad := visit.Int(c, "village", 0)
	if bad != nil || id == 0 {
		return r.rescores(c, errVillage)
	}
	m, err := month.Parse(c.FormValue("month"))
	if err != nil {
		return r.rescores(c, rescore.ErrMonth)
	}
	size, bad := visit.Int(c, "size", 0)
	if bad != nil {
		return r.rescores(c, bad)
	}
	d, err := r.Rescore.Draw(c.Request().Context(), visit.Who(c), actor.VillageID(id), m, size)
	switch {
	case visit.Correctable(err):
		return r.rescores(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, drawPath(d), "抽好了，一条一条看")
}

func drawPath(d rescore.Draw) string { return villagePath(d.VillageID) + "/rescores/" + d.ID.String() }

// samplePage is one sample: the next item to look at, or what came of it.
type samplePage struct {
	kit.StaffPage
	rescore.Draw
	Items   []rescore.Item
	Next    *rescore.Item
	Looked  int // by another village's group
	Verdict string
	Note    string
	Errors  kit.Errors
}

// Rescore shows one sample.
func (r *Room) RescoreShow(c echo.Context) error { return r.sample(c, nil) }

func (r *Room) sample(c echo.Context, problem error) error {
	village, id, err := r.sampleOf(c)
	if err != nil {
		return err
	}
	p := samplePage{Verdict: c.FormValue("verdict"), Note: c.FormValue("note"), Errors: kit.ErrorsOf(problem)}
	if p.Draw, p.Items, err = r.Rescore.Show(c.Request().Context(), visit.Who(c), village, id); err != nil {
		return err
	}
	if p.Out() {
		if p.Looked, err = r.Rescore.Progress(c.Request().Context(), visit.Who(c), p.Draw); err != nil {
			return err
		}
	}
	at := c.QueryParam("item")
	if problem != nil {
		at = c.Param("claim")
	}
	for i := range p.Items {
		one := &p.Items[i]
		if at == one.ClaimID.String() && !p.Done() {
			if p.Next = one; problem == nil {
				p.Verdict, p.Note = string(one.Verdict), one.Words
			}
			break
		}
		if one.Verdict == "" && p.Next == nil {
			p.Next = one
		}
	}
	if p.StaffPage, err = r.staff(c, "rescore", "抽样复评", kit.Crumb{Text: p.Village}); err != nil {
		return err
	}
	p.Path = drawPath(p.Draw)
	return visit.Render(c, visit.Status(problem), sample(p))
}

// RescoreScore takes the second decision on one item.
func (r *Room) RescoreScore(c echo.Context) error {
	village, id, err := r.sampleOf(c)
	if err != nil {
		return err
	}
	claim, err := visit.ID(c, "claim")
	if err != nil {
		return err
	}
	err = r.Rescore.Score(c.Request().Context(), visit.Who(c), village, id, claim, rescore.Verdict(c.FormValue("verdict")), c.FormValue("note"))
	switch {
	case visit.Correctable(err):
		return r.sample(c, err)
	case err != nil:
		return visit.Refused(c, villagePath(village)+"/rescores/"+id.String(), err)
	}
	return visit.Done(c, villagePath(village)+"/rescores/"+id.String(), "已记下")
}

// RescorePhoto shows a photo of a record that is in a sample.
func (r *Room) RescorePhoto(c echo.Context) error {
	village, err := visit.Village(c, "id")
	if err != nil {
		return err
	}
	id, err := visit.ID(c, "photo")
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	p, err := r.Evidence.ReadInOffice(ctx, visit.Who(c), village, id, func(tx pg.Tx, claim uuid.UUID) error { return rescore.Sampled(ctx, tx, claim) })
	if err != nil {
		return err
	}
	return shell.SendPhoto(c, p)
}

var rescoreHeads = []sheetfile.Head{{Title: "村（场）", Width: 14}, {Title: "月份"}, {Title: "当月审过"}, {Title: "抽了"}, {Title: "已复评"}, {Title: "一致"}, {Title: "看不出来"}, {Title: "谁复评", Width: 16}, {Title: "抽的人"}, {Title: "抽的时间", Width: 17}, {Title: "随机种子", Width: 36}}

// RescoreExport lists the samples as a sheet.
func (r *Room) RescoreExport(c echo.Context) error {
	f, err := rescoreFilter(c)
	if err != nil {
		return err
	}
	all, err := r.Rescore.List(c.Request().Context(), visit.Who(c))
	if err != nil {
		return err
	}
	var rows [][]any
	for _, d := range f.Narrow(all) {
		rows = append(rows, []any{d.Village, d.Month.String(), d.Decided, d.Size, d.Scored, d.Agreed, d.Unclear, scorer(d), d.DrawnName, d.DrawnAt, d.Seed})
	}
	return shell.SendSheet(c, "抽样复评", "抽样复评", rescoreHeads, rows)
}
