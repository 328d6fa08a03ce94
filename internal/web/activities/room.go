// Package activities is the room of the village's activities: who took part is ticked, pasted or scanned there,
// and claimed for all at once.
package activities

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/activity"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// Room is the pages of activities.
type Room struct {
	*shell.Shell
	Activities *activity.Service
}

func path(id uuid.UUID) string { return "/activities/" + id.String() }

// at is the frame of a page of the room.
func (r *Room) at(c echo.Context, title, lead, back, backTo string) shell.Frame {
	return r.Frame(c, shell.Spot{Tab: "mine", Menu: "activities", Title: title, Lead: lead, Back: back, BackTo: backTo})
}

// listPage is the activities of the village.
type listPage struct {
	shell.Frame
	Rows   []activity.Row
	Filter activity.Filter
	Titles map[string]string
	Pager  kit.PagerProps
	Export string
	Clear  string
}

// List lists the activities, the latest first.
func (r *Room) List(c echo.Context) error {
	f, err := filter(c)
	if err != nil {
		return err
	}
	rows, next, err := r.Activities.List(c.Request().Context(), visit.Who(c), f)
	if err != nil {
		return err
	}
	rules, err := r.rules(c)
	if err != nil {
		return err
	}
	p := listPage{Frame: r.at(c, "活动签到", "一次活动，几十个人一起登记：勾选、贴名单、扫码签到都行；一张签到表给所有人作证明，整批申报。", "", ""),
		Rows: rows, Filter: f, Titles: titles(rules), Pager: visit.Pager(c, len(rows), next), Export: "/activities.xlsx?" + c.QueryString()}
	if c.QueryString() != "" {
		p.Clear = "/activities"
	}
	return visit.Render(c, http.StatusOK, list(p))
}

func filter(c echo.Context) (f activity.Filter, err error) {
	f = activity.Filter{State: activity.State(c.QueryParam("state")), Search: c.QueryParam("q"), Page: visit.Page(c)}
	if f.State != "" && f.State.Chinese() == "" {
		return f, fault.ErrNotFound
	}
	return f, nil
}

func (r *Room) rules(c echo.Context) (rules rulebook.RuleSet, err error) {
	err = r.DB.Look(c.Request().Context(), visit.Who(c), func(tx pg.Tx) error {
		rules, err = rulebook.InForce(c.Request().Context(), tx, tx.Now)
		return err
	})
	return rules, err
}

func titles(rules rulebook.RuleSet) map[string]string {
	all := map[string]string{}
	for _, i := range rules.Items {
		all[i.Code] = i.Title
	}
	return all
}

// Export is the list as a sheet.
func (r *Room) Export(c echo.Context) error {
	f, err := filter(c)
	if err != nil {
		return err
	}
	rules, err := r.rules(c)
	if err != nil {
		return err
	}
	names := titles(rules)
	var rows [][]any
	for {
		f.Limit = 200
		part, next, err := r.Activities.List(c.Request().Context(), visit.Who(c), f)
		if err != nil {
			return err
		}
		for _, a := range part {
			rows = append(rows, []any{a.Name, a.Place, a.Host, names[a.Item], a.BeginsAt, a.EndsAt, a.State.Chinese(), int(a.People), int(a.Counted), a.OpenedByName})
		}
		if f.After = next; next == "" {
			break
		}
	}
	return shell.SendSheet(c, "活动", "活动", []sheetfile.Head{{Title: "活动", Width: 24}, {Title: "地点", Width: 20}, {Title: "组织"}, {Title: "计分项目", Width: 24}, {Title: "开始", Width: 17}, {Title: "结束", Width: 17},
		{Title: "状态"}, {Title: "参加人数"}, {Title: "已申报"}, {Title: "登记人"}}, rows)
}

// formPage is an activity being written down.
type formPage struct {
	shell.Frame
	Items                                                []kit.Choice
	Name, Place, Host, Item, Day, Begins, Ends, Rotating string
	Errors                                               kit.Errors
}

// New is the form of an activity.
func (r *Room) New(c echo.Context) error {
	return r.form(c, http.StatusOK, formPage{Host: visit.Who(c).Name, Day: r.DB.Now().In(month.Zone).Format(time.DateOnly), Begins: "09:00", Ends: "11:00", Rotating: "1"})
}

func (r *Room) form(c echo.Context, status int, p formPage) error {
	rules, err := r.rules(c)
	if err != nil {
		return err
	}
	for _, i := range rules.Offered(rulebook.Plus) {
		for _, part := range i.Parts {
			if activity.Suits(rules, i, part.Code) {
				text := i.Title
				if part.Label != "" && len(i.Parts) > 1 {
					text += "：" + part.Name()
				}
				p.Items = append(p.Items, kit.Choice{Value: i.Code + "/" + part.Code, Text: text + "（" + part.Worth(i.Sign, i.Ceiling) + "）"})
			}
		}
	}
	p.Frame = r.at(c, "登记一次活动", "先写下活动，再登记参加的人。可以活动前就写好，当天扫码签到。", "/activities", "活动签到")
	return visit.Render(c, status, form(p))
}

// Open writes it down.
func (r *Room) Open(c echo.Context) error {
	p := formPage{Name: c.FormValue("name"), Place: c.FormValue("place"), Host: c.FormValue("host"), Item: c.FormValue("item"), Day: visit.Text(c, "day"), Begins: visit.Text(c, "begins"),
		Ends: visit.Text(c, "ends"), Rotating: c.FormValue("rotating")}
	d, problem := p.draft()
	if problem == nil {
		a, err := r.Activities.Open(c.Request().Context(), visit.Who(c), d)
		if err == nil {
			return visit.Done(c, path(a.ID), "已登记，现在可以登记参加的人")
		}
		problem = err
	}
	if !visit.Correctable(problem) {
		return problem
	}
	p.Errors = kit.ErrorsOf(problem)
	return r.form(c, visit.Status(problem), p)
}

var errTime = fault.New(fault.Invalid, "activity.time", "请填时间，如 09:00")

func (p formPage) draft() (d activity.Draft, err error) {
	d = activity.Draft{Name: p.Name, Place: p.Place, Host: p.Host, Rotating: p.Rotating != ""}
	if i := slices.Index([]byte(p.Item), '/'); i > 0 {
		d.Item, d.Part = p.Item[:i], p.Item[i+1:]
	}
	_, dayErr := month.ParseDay(p.Day)
	var beginErr, endErr error
	d.BeginsAt, beginErr = time.ParseInLocation("2006-01-02 15:04", p.Day+" "+p.Begins, month.Zone)
	d.EndsAt, endErr = time.ParseInLocation("2006-01-02 15:04", p.Day+" "+p.Ends, month.Zone)
	return d, fault.Join(fault.When(dayErr != nil, visit.ErrDay.On("day")), fault.When(dayErr == nil && beginErr != nil, errTime.On("begins")), fault.When(dayErr == nil && endErr != nil, errTime.On("ends")))
}

// showPage is one activity.
type showPage struct {
	shell.Frame
	activity.Whole
	Item    rulebook.Item
	Query   string
	Ticks   []activity.Candidate
	Ticking bool
	Text    string
	Matched []activity.Match
	Took    string // what came of a list that was taken in part
	Errors  kit.Errors
	Form    string // the form at fault
}

// Show is the activity with its list.
func (r *Room) Show(c echo.Context) error { return r.show(c, http.StatusOK, showPage{}, nil) }

func (r *Room) show(c echo.Context, status int, p showPage, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if problem != nil && !visit.Correctable(problem) {
		return problem
	}
	if p.Whole, err = r.Activities.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	p.Item, _ = p.Rules.Item(p.Activity.Item)
	p.Frame = r.at(c, p.Name, p.Hours()+" · "+p.Place+" · "+p.Host+"组织", "/activities", "活动签到")
	p.Frame.SetPath(path(id))
	if p.Errors = kit.ErrorsOf(problem); problem != nil {
		status = visit.Status(problem)
	}
	return visit.Render(c, status, show(p))
}

// Ticks finds people in the register to be ticked.
func (r *Room) Ticks(c echo.Context) (err error) {
	p := showPage{Query: c.QueryParam("q"), Ticking: true}
	if p.Ticks, err = r.Activities.Ticks(c.Request().Context(), visit.Who(c), visit.Text(c, "q")); err != nil {
		return err
	}
	return r.show(c, http.StatusOK, p, nil)
}

// Add puts those ticked on the list.
func (r *Room) Add(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	members, err := visit.FormIDs(c, "member")
	if err != nil {
		return err
	}
	n, err := r.Activities.Add(c.Request().Context(), visit.Who(c), id, activity.Listed, members)
	return r.done(c, id, added(n), err)
}

func added(n activity.Added) string {
	text := "登记了 " + strconv.Itoa(n.New) + " 人"
	if n.Had > 0 {
		text += "，另有 " + strconv.Itoa(n.Had) + " 人早就在名单上"
	}
	return text
}

// done goes back to the activity, with the fault at its head where there is one.
func (r *Room) done(c echo.Context, id uuid.UUID, text string, err error) error {
	if err != nil {
		return r.show(c, http.StatusOK, showPage{}, err)
	}
	return visit.Done(c, path(id), text)
}

// Try shows what the register makes of a pasted list or a sheet; nothing is changed yet.
func (r *Room) Try(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := showPage{Text: c.FormValue("people"), Form: "people"}
	if file, err := c.FormFile("file"); err == nil && file.Size > 0 {
		f, err := file.Open()
		if err != nil {
			return err
		}
		defer f.Close()
		data, err := sheetfile.Take(f)
		if err == nil {
			p.Text, err = activity.FromSheet(c.Request().Context(), data)
		}
		if err != nil {
			return r.show(c, http.StatusOK, p, fault.Of(err).On("people"))
		}
	}
	p.Matched, err = r.Activities.Try(c.Request().Context(), visit.Who(c), id, p.Text)
	return r.show(c, http.StatusOK, p, err)
}

// Take puts those whom the register knows on the list.
func (r *Room) Take(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	text := c.FormValue("people")
	n, err := r.Activities.Take(c.Request().Context(), visit.Who(c), id, text)
	switch {
	case err != nil:
		p := showPage{Text: text, Form: "people"}
		if visit.Correctable(err) {
			p.Matched, _ = r.Activities.Try(c.Request().Context(), visit.Who(c), id, text) // why not, line by line, where the list can be read at all
		}
		return r.show(c, http.StatusOK, p, err)
	case len(n.Left) == 0:
		return visit.Done(c, path(id), added(n.Added))
	}
	p := showPage{Form: "people", Matched: n.Left, Took: added(n.Added) + "；还有 " + strconv.Itoa(len(n.Left)) + " 行没有对上，留在上面的框里，改好再对一遍"}
	for _, m := range n.Left { // what could not be matched stays in the form, to be mended there
		p.Text += m.Text + "\n"
	}
	return r.show(c, http.StatusOK, p, nil)
}

// Remove takes somebody off the list.
func (r *Room) Remove(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	member, err := visit.ID(c, "member")
	if err != nil {
		return err
	}
	return r.done(c, id, "已从名单上去掉", r.Activities.Remove(c.Request().Context(), visit.Who(c), id, member))
}

// Prove takes in pictures of the attendance sheet.
func (r *Room) Prove(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err := r.Activities.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	photos, err := r.TakePhotos(c)
	if err == nil {
		_, err = r.Activities.Prove(c.Request().Context(), visit.Who(c), id, photos)
	}
	return r.done(c, id, "照片收好了", err)
}

// Claim makes the claims of all.
func (r *Room) Claim(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	_, err = r.Activities.Claim(c.Request().Context(), visit.Who(c), id)
	return r.done(c, id, "已整批申报，由没有参与登记的成员审核；没有计入的人和原因在名单里", err)
}

// Undo takes them back.
func (r *Room) Undo(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	_, err = r.Activities.Undo(c.Request().Context(), visit.Who(c), id, c.FormValue("reason"))
	return r.done(c, id, "整批已撤回，名单可以再改", err)
}

// CallOff ends an activity that did not take place.
func (r *Room) CallOff(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	_, err = r.Activities.CallOff(c.Request().Context(), visit.Who(c), id, c.FormValue("reason"))
	return r.done(c, id, "活动已取消", err)
}

// People is the list as a sheet.
func (r *Room) People(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	w, err := r.Activities.Show(c.Request().Context(), visit.Who(c), id)
	if err != nil {
		return err
	}
	rows := make([][]any, len(w.People))
	for i, p := range w.People {
		rows[i] = []any{p.Name, p.Door, p.Head, p.How.Chinese(), p.ByName, p.At, result(p, w), p.Why}
	}
	return shell.SendSheet(c, w.Name+"名单", w.Name+"名单", []sheetfile.Head{{Title: "姓名"}, {Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "怎么登记的"}, {Title: "登记人"}, {Title: "时间", Width: 17}, {Title: "申报"}, {Title: "不计的原因", Width: 40}}, rows)
}
