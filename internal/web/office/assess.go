package office

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/assess"
	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/figure"
	"cunfen/internal/month"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// visits is how many things looked at on the spot a scheme has room for.
const visits = 3

// assessList is the township's assessments and the form of a new one.
type assessList struct {
	kit.StaffPage
	Rows    []assess.Scheme
	Filters kit.FiltersProps
	Name    string
	Period  string
	Periods []kit.Choice
	Weights map[string]string
	Titles  map[string]string
	Errors  kit.Errors
}

// Assessments lists them.
func (r *Room) Assessments(c echo.Context) error { return r.assessments(c, nil) }

func (r *Room) assessments(c echo.Context, problem error) (err error) {
	p := assessList{Name: c.FormValue("name"), Period: c.FormValue("period"), Weights: map[string]string{}, Titles: map[string]string{}, Errors: kit.ErrorsOf(problem)}
	for _, m := range assess.Measures {
		if p.Weights[m.Code] = c.FormValue("weight-" + m.Code); problem == nil {
			p.Weights[m.Code] = strconv.Itoa(m.Weight)
		}
	}
	for n := 1; n <= visits; n++ {
		code := "visit" + strconv.Itoa(n)
		p.Weights[code], p.Titles[code] = c.FormValue("weight-"+code), c.FormValue(code)
	}
	if problem == nil {
		p.Titles["visit1"], p.Weights["visit1"] = "公示栏、存折现场查看", "10"
	}
	for _, one := range figure.Periods(r.DB.Now()) {
		p.Periods = append(p.Periods, kit.Choice{Value: one.String(), Text: one.Chinese()})
	}
	state, search, err := assessFilter(c, assess.SchemeStates)
	if err != nil {
		return err
	}
	if p.Rows, err = r.Assess.Schemes(c.Request().Context(), visit.Who(c), state, search); err != nil {
		return err
	}
	p.Filters = assessFilters(c, "/town/assess", assess.SchemeStates, state, search)
	if p.StaffPage, err = r.staff(c, "assess", "村级考核"); err != nil {
		return err
	}
	p.Path = "/town/assess"
	return visit.Render(c, visit.Status(problem), assessments(p))
}

// assessFilter reads which assessments are wanted, assessFilters is its bar above the list.
func assessFilter(c echo.Context, states []string) (state, search string, err error) {
	state, search = c.QueryParam("state"), strings.TrimSpace(c.QueryParam("q"))
	if state != "" && !slices.Contains(states, state) {
		err = fault.ErrNotFound
	}
	return state, search, err
}

func assessFilters(c echo.Context, path string, states []string, state, search string) kit.FiltersProps {
	f := kit.Filter{Name: "state", Label: "进度", Value: state}
	for _, s := range states {
		f.Choices = append(f.Choices, kit.Choice{Value: s, Text: assess.Chinese(s)})
	}
	p := kit.FiltersProps{Action: path, Query: search, Placeholder: "考核名称", Filters: []kit.Filter{f}, Export: path + ".xlsx?" + c.QueryString()}
	if state+search != "" {
		p.Clear = path
	}
	return p
}

var schemeHeads = []sheetfile.Head{{Title: "考核", Width: 30}, {Title: "时段", Width: 16}, {Title: "进度"}, {Title: "定的人"}, {Title: "定的时间", Width: 17}, {Title: "签发人"}, {Title: "内容摘要", Width: 40}, {Title: "为什么作废", Width: 40}}

// AssessmentsExport is the list as filtered.
func (r *Room) AssessmentsExport(c echo.Context) error {
	state, search, err := assessFilter(c, assess.SchemeStates)
	if err != nil {
		return err
	}
	all, err := r.Assess.Schemes(c.Request().Context(), visit.Who(c), state, search)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, s := range all {
		rows = append(rows, []any{s.Name, s.Period().Chinese(), assess.Chinese(s.State), s.MadeName, s.MadeAt, s.SignedName, s.Digest, s.Reason})
	}
	return shell.SendSheet(c, "村级考核", "村级考核", schemeHeads, rows)
}

// AssessMake lays a scheme down and counts it.
func (r *Room) AssessMake(c echo.Context) error {
	d := assess.Draft{Name: c.FormValue("name")}
	var err error
	if d.Period, err = figure.ParsePeriod(c.FormValue("period"), r.DB.Now()); err != nil {
		return r.assessments(c, assess.ErrPeriod)
	}
	add := func(code, title string) *assess.Indicator {
		d.Indicators = append(d.Indicators, assess.Indicator{Code: code, Title: title})
		return &d.Indicators[len(d.Indicators)-1]
	}
	for _, m := range assess.Measures {
		if v := strings.TrimSpace(c.FormValue("weight-" + m.Code)); v != "" && v != "0" {
			add(m.Code, m.Title).Weight, _ = strconv.Atoi(v)
		}
	}
	for n := 1; n <= visits; n++ {
		code := "visit" + strconv.Itoa(n)
		title, weight := visit.Text(c, code), visit.Text(c, "weight-"+code)
		if title != "" || weight != "" && weight != "0" {
			add(code, title).Weight, _ = strconv.Atoi(weight)
		}
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	id, err := r.Assess.Make(ctx, who, d)
	switch {
	case visit.Correctable(err):
		return r.assessments(c, err)
	case err != nil:
		return err
	}
	if err := r.Assess.Count(ctx, who, id); err != nil {
		return err
	}
	return visit.Done(c, "/town/assess/"+id.String(), "已定下，各村的分算好了")
}

// schemePage is one assessment over all villages.
type schemePage struct {
	kit.StaffPage
	assess.Scheme
	Results []assess.Result
	Manages bool
	Today   time.Time
	Words   string // why it is dropped, as typed
	Errors  kit.Errors
}

// Assessment shows it.
func (r *Room) Assessment(c echo.Context) error { return r.assessment(c, nil) }

func (r *Room) assessment(c echo.Context, problem error) error {
	p, err := r.schemeOf(c)
	if err != nil {
		return err
	}
	p.Words, p.Errors = c.FormValue("reason"), kit.ErrorsOf(problem)
	if p.StaffPage, err = r.staff(c, "assess", p.Name); err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), scheme(p))
}

func (r *Room) schemeOf(c echo.Context) (p schemePage, err error) {
	id, err := visit.ID(c, "scheme")
	if err != nil {
		return p, err
	}
	p = schemePage{Manages: r.May(c, authz.AssessManage), Today: month.Date(r.DB.Now())}
	p.Scheme, p.Results, err = r.Assess.Show(c.Request().Context(), visit.Who(c), id)
	return p, err
}

// AssessMove counts anew, sends or signs: the button pressed says which.
func (r *Room) AssessMove(c echo.Context) error {
	id, err := visit.ID(c, "scheme")
	if err != nil {
		return err
	}
	if _, err := r.schemeOf(c); err != nil {
		return err
	}
	ctx, who, to := c.Request().Context(), visit.Who(c), "/town/assess/"+id.String()
	word := "已重新算分"
	switch c.FormValue("verb") {
	case "send":
		err, word = r.Assess.Send(ctx, who, id), "已发各村，7 天内可提异议"
	case "drop":
		if err, word = r.Assess.Drop(ctx, who, id, c.FormValue("reason")), "已作废，各村能看到原因"; visit.Correctable(err) {
			return r.assessment(c, err)
		}
	case "sign":
		err, word = r.Assess.Sign(ctx, who, id), "已签发"
	default:
		err = r.Assess.Count(ctx, who, id)
	}
	if err != nil {
		return visit.Refused(c, to, err)
	}
	return visit.Done(c, to, word)
}

// AssessReport is the assessment on paper, AssessExport as a sheet.
func (r *Room) AssessReport(c echo.Context) error {
	p, err := r.schemeOf(c)
	if err != nil {
		return err
	}
	town, err := r.town(c)
	if err != nil {
		return err
	}
	pdf, missing, err := assess.Report(p.Scheme, p.Results, town+"农业农村和社会事业局")
	return sendPDF(c, p.Name, pdf, missing, err)
}

// AssessExport is every village's marks as a sheet, with what each was counted from.
func (r *Room) AssessExport(c echo.Context) error {
	p, err := r.schemeOf(c)
	if err != nil {
		return err
	}
	heads := []sheetfile.Head{{Title: "村（场）", Width: 14}, {Title: "总分"}, {Title: "状态"}}
	for _, i := range p.Indicators {
		heads = append(heads, sheetfile.Head{Title: i.Title + "（" + strconv.Itoa(i.Weight) + "）"}, sheetfile.Head{Title: i.Title + "依据", Width: 40})
	}
	heads = append(heads, sheetfile.Head{Title: "村里的异议", Width: 40}, sheetfile.Head{Title: "镇里的答复", Width: 40})
	var rows [][]any
	for _, v := range p.Results {
		row := []any{v.Village, float64(v.Total) / 100, assess.Chinese(v.State)}
		for _, m := range v.Marks {
			row = append(row, float64(m.Score)/100, m.Source)
		}
		rows = append(rows, append(row, v.Objection, v.Answer))
	}
	return shell.SendSheet(c, p.Name, "考核", heads, rows)
}

// resultPage is one village's result, for the township and for the village itself.
type resultPage struct {
	kit.StaffPage
	assess.Result
	Name   string
	Town   bool
	Acts   bool // looks and answers, or objects
	Back   string
	Today  time.Time
	Errors kit.Errors
	At     string // the indicator whose form is at fault
	Points string
	Words  string
}

// AssessVillage is one village's result as the township sees it.
func (r *Room) AssessVillage(c echo.Context) error { return r.assessVillage(c, nil) }

func (r *Room) assessVillage(c echo.Context, problem error) error {
	village, err := visit.Village(c, "id")
	if err != nil {
		return err
	}
	id, err := visit.ID(c, "scheme")
	if err != nil {
		return err
	}
	sch, all, err := r.Assess.Show(c.Request().Context(), visit.Who(c), id)
	if err != nil {
		return err
	}
	p := resultPage{Name: sch.Name, Town: true, Acts: r.May(c, authz.AssessManage), Back: "/town/assess/" + id.String(), Today: month.Date(r.DB.Now()), Errors: kit.ErrorsOf(problem), At: c.FormValue("code"),
		Points: c.FormValue("points"), Words: c.FormValue("words")}
	for _, one := range all {
		if one.VillageID == village {
			p.Result = one
		}
	}
	if p.VillageID == 0 {
		return fault.ErrNotFound
	}
	if p.StaffPage, err = r.staff(c, "assess", p.Village+sch.Name, kit.Crumb{Text: p.Village}); err != nil {
		return err
	}
	p.Path = villagePath(village) + "/assess/" + id.String()
	return visit.Render(c, visit.Status(problem), result(p))
}

// AssessVillageMove gives a mark for what was looked at, or answers the objection.
func (r *Room) AssessVillageMove(c echo.Context) error {
	village, err := visit.Village(c, "id")
	if err != nil {
		return err
	}
	id, err := visit.ID(c, "scheme")
	if err != nil {
		return err
	}
	if _, _, err := r.Assess.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	ctx, who, word := c.Request().Context(), visit.Who(c), "已答复村里"
	if code := c.FormValue("code"); code != "" {
		points, bad := visit.Int(c, "points", -1)
		if bad != nil {
			return r.assessVillage(c, bad)
		}
		err, word = r.Assess.Look(ctx, who, village, id, code, points, c.FormValue("words")), "已打分"
	} else {
		err = r.Assess.Answer(ctx, who, village, id, c.FormValue("words"))
	}
	switch {
	case visit.Correctable(err):
		return r.assessVillage(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, villagePath(village)+"/assess/"+id.String(), word)
}

// ownList is what the township gave the village.
type ownList struct {
	kit.StaffPage
	Rows    []assess.Result
	Filters kit.FiltersProps
}

// OwnAssessments lists it.
func (r *Room) OwnAssessments(c echo.Context) error {
	all, state, search, err := r.own(c)
	if err != nil {
		return err
	}
	p := ownList{StaffPage: r.Staff(c, "assessments", "镇里考核"), Rows: all, Filters: assessFilters(c, "/assessments", assess.ResultStates, state, search)}
	return visit.Render(c, http.StatusOK, own(p))
}

func (r *Room) own(c echo.Context) (all []assess.Result, state, search string, err error) {
	if state, search, err = assessFilter(c, assess.ResultStates); err != nil {
		return nil, state, search, err
	}
	all, err = r.Assess.Mine(c.Request().Context(), visit.Who(c), state, search)
	return all, state, search, err
}

var ownHeads = []sheetfile.Head{{Title: "考核", Width: 30}, {Title: "指标", Width: 30}, {Title: "满分"}, {Title: "得分"}, {Title: "依据", Width: 44}, {Title: "总分"}, {Title: "状态"}, {Title: "提异议到"}, {Title: "村里的异议", Width: 30}, {Title: "镇里的答复", Width: 30}, {Title: "为什么作废", Width: 30}}

// OwnAssessmentsExport is the list as filtered, a row an indicator.
func (r *Room) OwnAssessmentsExport(c echo.Context) error {
	all, _, _, err := r.own(c)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, one := range all {
		until := ""
		if one.ObjectUntil != nil {
			until = one.ObjectUntil.Format(time.DateOnly)
		}
		if len(one.Marks) == 0 {
			rows = append(rows, []any{one.Name, "", nil, nil, "", float64(one.Total) / 100, assess.Chinese(one.State), until, one.Objection, one.Answer, one.Reason})
		}
		for _, m := range one.Marks {
			rows = append(rows, []any{one.Name, m.Title, m.Weight, float64(m.Score) / 100, m.Source, float64(one.Total) / 100, assess.Chinese(one.State), until, one.Objection, one.Answer, one.Reason})
		}
	}
	return shell.SendSheet(c, "镇里考核", "镇里考核", ownHeads, rows)
}

// OwnAssessment shows one, with the form of an objection.
func (r *Room) OwnAssessment(c echo.Context) error { return r.ownAssessment(c, nil) }

func (r *Room) ownAssessment(c echo.Context, problem error) error {
	id, err := visit.ID(c, "scheme")
	if err != nil {
		return err
	}
	p := resultPage{Acts: r.May(c, authz.AssessObject), Back: "/assessments", Today: month.Date(r.DB.Now()), Errors: kit.ErrorsOf(problem), Words: c.FormValue("words")}
	if p.Name, p.Result, err = r.Assess.Own(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	p.StaffPage = r.Staff(c, "assessments", p.Name)
	p.Path = "/assessments/" + id.String()
	return visit.Render(c, visit.Status(problem), result(p))
}

// AssessmentObject is the village's word against its result.
func (r *Room) AssessmentObject(c echo.Context) error {
	id, err := visit.ID(c, "scheme")
	if err != nil {
		return err
	}
	err = r.Assess.Object(c.Request().Context(), visit.Who(c), id, c.FormValue("words"))
	switch {
	case visit.Correctable(err):
		return r.ownAssessment(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/assessments/"+id.String(), "异议已报镇里")
}
