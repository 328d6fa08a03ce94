package town

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/supervise"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// mattersPage is what the township has put to its villages, or to this one.
type mattersPage struct {
	kit.StaffPage
	Rows   []supervise.Matter
	Filter supervise.Filter
	Town   bool
	Raises bool // the person may put something
	Names  []kit.Choice
	Pager  kit.PagerProps
	Home   string // the list's own address
	Export string
	Today  time.Time
}

// Matters lists them.
func (s *Room) Matters(c echo.Context) error {
	f, err := s.matterFilter(c)
	if err != nil {
		return err
	}
	who := visit.Who(c)
	p := mattersPage{StaffPage: s.Staff(c, "matters", "督查督办"), Filter: f, Town: who.Village == 0, Raises: s.raises(c), Home: mattersPath(who), Today: month.Date(s.DB.Now())}
	p.Export = p.Home + ".xlsx?" + c.QueryString()
	if p.Town {
		if p.Where, err = s.Township(c, who); err != nil {
			return err
		}
		if p.Names, err = s.villageChoices(c); err != nil {
			return err
		}
	}
	rows, next, err := s.matterRows(c, f)
	if err != nil {
		return err
	}
	p.Rows, p.Pager = rows, visit.Pager(c, len(rows), next)
	return visit.Render(c, http.StatusOK, matters(p))
}

// matterRows reads what the page's own side sees: the township its villages', a village its own.
func (s *Room) matterRows(c echo.Context, f supervise.Filter) ([]supervise.Matter, string, error) {
	if strings.HasPrefix(c.Path(), "/town/") {
		return s.Supervise.Town(c.Request().Context(), visit.Who(c), f)
	}
	return s.Supervise.List(c.Request().Context(), visit.Who(c), f)
}

func mattersPath(who actor.Actor) string {
	if who.Village == 0 {
		return "/town/matters"
	}
	return "/matters"
}

func matterPath(who actor.Actor, m supervise.Matter) string {
	if who.Village == 0 {
		return fmt.Sprintf("/town/villages/%d/matters/%s", m.VillageID, m.ID)
	}
	return "/matters/" + m.ID.String()
}

// raises reports whether the person may put a matter: the bureau to a village, a member a problem.
func (s *Room) raises(c echo.Context) bool {
	return s.May(c, authz.MatterRaise) || s.May(c, authz.MatterAnswer)
}

func (s *Room) villageChoices(c echo.Context) (all []kit.Choice, err error) {
	villages, err := s.Villages.All(c.Request().Context(), visit.Who(c).Township)
	for _, v := range villages {
		all = append(all, kit.Choice{Value: strconv.FormatInt(int64(v.ID), 10), Text: v.Name})
	}
	return all, err
}

func (s *Room) matterFilter(c echo.Context) (f supervise.Filter, err error) {
	f = supervise.Filter{State: supervise.State(c.QueryParam("state")), Kind: supervise.Kind(c.QueryParam("kind")), Topic: supervise.Topic(c.QueryParam("topic")),
		Search: c.QueryParam("q"), Page: visit.Page(c)}
	if f.State != "" && f.State.Chinese() == "" || f.Kind != "" && f.Kind.Chinese() == "" || f.Topic.Chinese() == "" {
		return f, fault.ErrNotFound
	}
	if v := c.QueryParam("village"); v != "" {
		id, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return f, fault.ErrNotFound
		}
		f.Village = actor.VillageID(id)
	}
	return f, nil
}

var matterHeads = []sheetfile.Head{{Title: "村（场）", Width: 14}, {Title: "类别", Width: 12}, {Title: "归口"}, {Title: "事项", Width: 30}, {Title: "情况和要求", Width: 40}, {Title: "提出人"},
	{Title: "提出时间", Width: 17}, {Title: "答复期限", Width: 12}, {Title: "状态", Width: 18}, {Title: "村里答复", Width: 40}, {Title: "答复人"}}

// MattersExport is the list as it is filtered, whole, as a sheet.
func (s *Room) MattersExport(c echo.Context) error {
	f, err := s.matterFilter(c)
	if err != nil {
		return err
	}
	var rows [][]any
	for m, err := range page.Rows(func(p page.Page) ([]supervise.Matter, string, error) {
		f.Page = p
		return s.matterRows(c, f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{m.Village, m.Kind.Chinese(), m.Topic.Chinese(), m.Title, m.Body, m.RaisedByName, m.RaisedAt, m.DueOn.Format(time.DateOnly),
			m.State.Chinese(), m.Answer, m.AnsweredByName})
	}
	return shell.SendSheet(c, "督查督办"+s.ThisMonth().Chinese(), "督查督办", matterHeads, rows)
}

// matterForm is the form of a new matter.
type matterForm struct {
	kit.StaffPage
	Town    bool
	Action  string
	Back    string
	Names   []kit.Choice
	Village string
	Kind    string
	Topic   string
	Title   string
	Body    string
	DueOn   string
	Today   time.Time
	Errors  kit.Errors
}

// answerDays is how long a village has to answer when nobody says otherwise.
const answerDays = 7

// MatterNew asks what is to be put to which village; the board's buttons fill in what they know.
func (s *Room) MatterNew(c echo.Context) error { return s.matterNew(c, nil) }

func (s *Room) matterNew(c echo.Context, problem error) (err error) {
	who := visit.Who(c)
	p := matterForm{StaffPage: s.Staff(c, "matters", "提出事项"), Town: who.Village == 0, Action: mattersPath(who), Back: mattersPath(who), Village: c.FormValue("village"),
		Kind: c.FormValue("kind"), Topic: c.FormValue("topic"), Title: c.FormValue("title"), Body: c.FormValue("body"), DueOn: c.FormValue("due_on"),
		Today: month.Date(s.DB.Now()), Errors: kit.ErrorsOf(problem)}
	if p.DueOn == "" {
		p.DueOn = p.Today.AddDate(0, 0, answerDays).Format(time.DateOnly)
	}
	if p.Town {
		if p.Names, err = s.villageChoices(c); err != nil {
			return err
		}
		if p.Where, err = s.Township(c, who); err != nil {
			return err
		}
	}
	p.Path = p.Action + "/new"
	return visit.Render(c, visit.Status(problem), matterNew(p))
}

var errWhich = fault.New(fault.Invalid, "supervise.village", "请选择哪个村（场）").On("village")

// MatterRaise puts it.
func (s *Room) MatterRaise(c echo.Context) error {
	who := visit.Who(c)
	d := supervise.Draft{Kind: supervise.Kind(c.FormValue("kind")), Topic: supervise.Topic(c.FormValue("topic")), Title: c.FormValue("title"), Body: c.FormValue("body")}
	village := who.Village
	if village == 0 {
		id, err := strconv.ParseInt(c.FormValue("village"), 10, 64)
		if err != nil {
			return s.matterNew(c, errWhich)
		}
		village = actor.VillageID(id)
	} else {
		d.Kind = supervise.Problem
	}
	due, bad := visit.Day(c, "due_on")
	if bad != nil {
		return s.matterNew(c, bad)
	}
	d.DueOn = month.Date(due)
	m, err := s.Supervise.Raise(c.Request().Context(), who, village, d)
	switch {
	case visit.Correctable(err):
		return s.matterNew(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, matterPath(who, m), "已提出，"+month.ChineseDay(m.DueOn)+"前答复")
}

// matterPage is one matter.
type matterPage struct {
	kit.StaffPage
	supervise.Whole
	Offers []supervise.Verb
	Back   string
	Late   bool
	Words  string
	Errors kit.Errors
}

// MatterShow shows one matter, with what the person may do with it.
func (s *Room) MatterShow(c echo.Context) error { return s.matter(c, nil) }

func (s *Room) matter(c echo.Context, problem error) error {
	who := visit.Who(c)
	village, err := villageOf(c, who)
	if err != nil {
		return err
	}
	id, err := visit.ID(c, "matter")
	if err != nil {
		return err
	}
	p := matterPage{StaffPage: s.Staff(c, "matters", "督查督办"), Back: mattersPath(who), Words: c.FormValue("words"), Errors: kit.ErrorsOf(problem)}
	if p.Whole, err = s.Supervise.Show(c.Request().Context(), who, village, id); err != nil {
		return err
	}
	if who.Village == 0 {
		if p.Where, err = s.Township(c, who); err != nil {
			return err
		}
	}
	if s.raises(c) {
		p.Offers = p.Matter.Offers(who)
	}
	p.Path, p.Late = matterPath(who, p.Matter), p.Matter.Late(month.Date(s.DB.Now()))
	return visit.Render(c, visit.Status(problem), matterShow(p))
}

// villageOf is the village that the path names, or the person's own.
func villageOf(c echo.Context, who actor.Actor) (actor.VillageID, error) {
	if who.Village != 0 {
		return who.Village, nil
	}
	return visit.Village(c, "id")
}

// MatterMove answers, returns, closes or withdraws: the button pressed says which.
func (s *Room) MatterMove(c echo.Context) error {
	who := visit.Who(c)
	village, err := villageOf(c, who)
	if err != nil {
		return err
	}
	id, err := visit.ID(c, "matter")
	if err != nil {
		return err
	}
	m, err := s.Supervise.Move(c.Request().Context(), who, village, id, supervise.Verb(c.FormValue("verb")), c.FormValue("words"))
	switch {
	case visit.Correctable(err):
		return s.matter(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, matterPath(who, m), m.State.Chinese())
}
