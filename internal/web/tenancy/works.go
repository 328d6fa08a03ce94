package tenancy

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/tenure"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// worksPage is the list of what was done to whole villages.
type worksPage struct {
	kit.StaffPage
	Works  []tenure.Work
	Filter tenure.WorkFilter
	Pager  kit.PagerProps
	Export string
}

func worksFilter(c echo.Context) (f tenure.WorkFilter, err error) {
	f = tenure.WorkFilter{Search: c.QueryParam("q"), Kind: tenure.Kind(c.QueryParam("kind")), State: tenure.Stage(c.QueryParam("state")), Page: visit.Page(c)}
	if f.Kind != "" && f.Kind.Chinese() == "" || f.State != "" && f.State.Chinese() == "" {
		err = fault.ErrNotFound
	}
	return f, err
}

// Works lists them.
func (r Room) Works(c echo.Context) error {
	f, err := worksFilter(c)
	if err != nil {
		return err
	}
	p := worksPage{StaffPage: r.Staff(c, "works", "整村办理"), Filter: f, Export: "/platform/works.xlsx?" + c.QueryString()}
	rows, next, err := r.Tenure.Works(c.Request().Context(), f)
	if err != nil {
		return err
	}
	p.Works, p.Pager = rows, visit.Pager(c, len(rows), next)
	return visit.Render(c, http.StatusOK, works(p))
}

var workHeads = []sheetfile.Head{{Title: "提出", Width: 18}, {Title: "办什么", Width: 12}, {Title: "村（场）", Width: 16}, {Title: "到", Width: 16}, {Title: "状态", Width: 12}, {Title: "结果", Width: 50}, {Title: "原因", Width: 40}, {Title: "谁提的", Width: 12}, {Title: "谁确认的", Width: 12}}

// WorksExport is the list as it is filtered, whole.
func (r Room) WorksExport(c echo.Context) error {
	f, err := worksFilter(c)
	if err != nil {
		return err
	}
	var rows [][]any
	for w, err := range page.Rows(func(p page.Page) ([]tenure.Work, string, error) {
		f.Page = p
		return r.Tenure.Works(c.Request().Context(), f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{w.At, w.Kind.Chinese(), w.Name, w.ToName, w.State.Chinese(), w.Result + w.Fault, w.Reason, w.ByName, w.ConfirmedByName})
	}
	return shell.SendSheet(c, "整村办理"+month.ChineseDay(r.DB.Now()), "整村办理", workHeads, rows)
}

// askPage is the form that one begins with.
type askPage struct {
	kit.StaffPage
	Site   tenure.Site
	Kind   tenure.Kind
	Others []kit.Choice // villages of the township
	Files  []kit.Choice // that a deletion can rest on
	Groups []string
	Form   url.Values
	Errors kit.Errors
}

// WorkAsk shows the form.
func (r Room) WorkAsk(c echo.Context) error { return r.ask(c, nil) }

func (r Room) ask(c echo.Context, problem error) error {
	ctx := c.Request().Context()
	id, err := visit.Village(c, "site")
	if err != nil {
		return err
	}
	k := tenure.Kind(c.Param("kind"))
	if k.Chinese() == "" || k == tenure.Settle {
		return fault.ErrNotFound
	}
	p := askPage{StaffPage: r.Staff(c, "sites", k.Chinese()), Kind: k, Errors: kit.ErrorsOf(problem), Form: url.Values{}}
	if p.Site, err = r.Tenure.Site(ctx, id); err != nil {
		return err
	}
	if problem != nil {
		p.Form = c.Request().PostForm
	} else if err := r.fill(c, &p); err != nil {
		return err
	}
	switch k {
	case tenure.Merge, tenure.Split, tenure.Shove:
		others, _, err := r.Tenure.Sites(ctx, tenure.Filter{Township: p.Site.TownshipID, Page: page.Page{Limit: page.Most}})
		if err != nil {
			return err
		}
		for _, v := range others {
			if v.ID != id && (v.State == village.Live || v.State == village.Setup) {
				p.Others = append(p.Others, kit.Choice{Value: strconv.FormatInt(int64(v.ID), 10), Text: v.Name + "（" + v.State.Chinese() + "）"})
			}
		}
		v, err := r.Villages.Find(ctx, id)
		if err != nil {
			return err
		}
		for _, g := range v.Settings.Groups {
			p.Groups = append(p.Groups, g.Name)
		}
	case tenure.Erase:
		if p.Files, err = r.restsOn(c, id); err != nil {
			return err
		}
	}
	p.Path = fmt.Sprintf("/platform/sites/%d/works/%s", id, k)
	return visit.Render(c, visit.Status(problem), workAsk(p))
}

// fill puts what is known into an empty form: the file that a deletion rests on, or what was asked for before.
func (r Room) fill(c echo.Context, p *askPage) error {
	p.Form.Set("of", c.QueryParam("of"))
	again, err := visit.FormID(c, "again")
	if err != nil || again == uuid.Nil {
		return err
	}
	w, err := r.Tenure.Work(c.Request().Context(), again)
	if err == nil && (w.Kind != p.Kind || w.Village != p.Site.ID) {
		err = fault.ErrNotFound
	}
	if err != nil {
		return err
	}
	p.Form = url.Values{"to": {strconv.FormatInt(int64(w.ToVillage), 10)}, "teams": {strings.Join(w.Args.Teams, "\n")}, "passbook": {w.Args.Passbook}, "door": {w.Args.Door},
		"team": {w.Args.Team}, "of": {w.Args.Of.String()}, "reason": {w.Reason}}
	return nil
}

// restsOn are the files of the village that a deletion can rest on.
func (r Room) restsOn(c echo.Context, id actor.VillageID) (all []kit.Choice, err error) {
	works, _, err := r.Tenure.Works(c.Request().Context(), tenure.WorkFilter{Village: id, State: tenure.Done, Page: page.Page{Limit: page.Most}})
	for _, w := range works {
		if (w.Kind == tenure.Carry || w.Kind == tenure.Settle) && w.HasFile(r.DB.Now()) {
			all = append(all, kit.Choice{Value: w.ID.String(), Text: moment(w.At) + " " + w.Kind.Chinese() + "，" + megabytes(w.Bytes)})
		}
	}
	return all, err
}

// WorkPlan works out what it would do and goes to the page that shows it.
func (r Room) WorkPlan(c echo.Context) error {
	id, err := visit.Village(c, "site")
	if err != nil {
		return err
	}
	w := tenure.Wish{Kind: tenure.Kind(c.Param("kind")), Village: id, Reason: visit.Text(c, "reason"), Passphrase: c.FormValue("passphrase"),
		Args: tenure.Args{Teams: lines(c.FormValue("teams")), Passbook: visit.Text(c, "passbook"), Door: visit.Text(c, "door"), Team: visit.Text(c, "team")}}
	if w.Kind == tenure.Settle || w.Kind.Chinese() == "" {
		return fault.ErrNotFound
	}
	if to := visit.Text(c, "to"); to != "" {
		n, err := strconv.ParseInt(to, 10, 64)
		if err != nil {
			return r.ask(c, tenure.ErrTarget)
		}
		w.To = actor.VillageID(n)
	}
	if w.Kind == tenure.Erase {
		if w.Args.Of, err = visit.FormID(c, "of"); err != nil || w.Args.Of == uuid.Nil {
			return r.ask(c, errNoExport)
		}
	}
	work, err := r.Tenure.Ask(c.Request().Context(), visit.Who(c), w)
	switch {
	case visit.Correctable(err):
		return r.ask(c, err)
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/platform/works/"+work.String())
}

var errNoExport = fault.New(fault.Invalid, "tenure.no_export", "请选依据的导出文件；没有的先“导出全村”并下载").On("of")

func lines(text string) (all []string) {
	for _, l := range strings.Split(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			all = append(all, l)
		}
	}
	return all
}

// workPage is one undertaking: its plan, its confirmation, how far it is, what came of it.
type workPage struct {
	kit.StaffPage
	tenure.Work
	Now    time.Time
	Errors kit.Errors
}

// WorkShow shows it.
func (r Room) WorkShow(c echo.Context) error { return r.work(c, nil) }

func (r Room) work(c echo.Context, problem error) error {
	id, err := visit.ID(c, "work")
	if err != nil {
		return err
	}
	w, err := r.Tenure.Work(c.Request().Context(), id)
	if err != nil {
		return err
	}
	p := workPage{StaffPage: r.Staff(c, "works", w.Kind.Chinese()+" "+w.Name), Work: w, Now: r.DB.Now(), Errors: kit.ErrorsOf(problem)}
	p.Path = "/platform/works/" + id.String()
	return visit.Render(c, visit.Status(problem), workShow(p))
}

// WorkMove confirms, takes back or goes on.
func (r Room) WorkMove(c echo.Context) error {
	id, err := visit.ID(c, "work")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	var said string
	switch c.Param("act") {
	case "confirm":
		said, err = "确认了", r.Tenure.Confirm(ctx, who, id, c.FormValue("typed"))
	case "withdraw":
		said, err = "撤回了，什么也没有改动", r.Tenure.Withdraw(ctx, who, id)
	case "go-on":
		said, err = "接着办", r.Tenure.GoOn(ctx, who, id)
	default:
		return fault.ErrNotFound
	}
	switch {
	case visit.Correctable(err):
		return r.work(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/platform/works/"+id.String(), said)
}

// bringPage takes an exported village.
type bringPage struct {
	kit.StaffPage
	Reason string
	Errors kit.Errors
}

// WorkBring shows the form of bringing a village in from a file.
func (r Room) WorkBring(c echo.Context) error { return r.bring(c, nil) }

func (r Room) bring(c echo.Context, problem error) error {
	p := bringPage{StaffPage: r.Staff(c, "works", "装入全村"), Errors: kit.ErrorsOf(problem), Reason: c.FormValue("reason")}
	return visit.Render(c, visit.Status(problem), workBring(p))
}

// WorkBringTake takes the file.
func (r Room) WorkBringTake(c echo.Context) error {
	head, err := c.FormFile("file")
	if err != nil || head.Size == 0 {
		return r.bring(c, tenure.ErrNoFile)
	}
	f, err := head.Open()
	if err != nil {
		return err
	}
	defer f.Close()
	id, err := r.Tenure.Upload(c.Request().Context(), visit.Who(c), f, head.Size, c.FormValue("passphrase"), visit.Text(c, "reason"))
	switch {
	case visit.Correctable(err):
		return r.bring(c, err)
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/platform/works/"+id.String())
}

// downloadTime is how long a whole village may take on its way to the person.
const downloadTime = time.Hour

// WorkFile sends the exported file.
func (r Room) WorkFile(c echo.Context) error {
	id, err := visit.ID(c, "work")
	if err != nil {
		return err
	}
	w, f, err := r.Tenure.Fetch(c.Request().Context(), visit.Who(c), id)
	if err != nil {
		return err
	}
	defer f.Close()
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(downloadTime)) // a recorder in a test has none
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "application/octet-stream")
	h.Set(echo.HeaderContentLength, strconv.FormatInt(w.Bytes, 10))
	h.Set(echo.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s-%s.age"`, w.Code, w.At.In(month.Zone).Format("20060102")))
	c.Response().WriteHeader(http.StatusOK)
	_, err = io.Copy(c.Response(), f)
	return err
}
