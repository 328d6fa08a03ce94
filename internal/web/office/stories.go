package office

import (
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/story"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// storiesPage is the village's own cases, or the township's.
type storiesPage struct {
	kit.StaffPage
	Town    bool
	Writes  bool
	Public  string // the village's public page
	Rows    []story.Story
	Filters kit.FiltersProps
	Pager   kit.PagerProps
}

func storiesPath(who actor.Actor) string {
	if who.Village == 0 {
		return "/town/stories"
	}
	return "/stories"
}

func storyPath(who actor.Actor, s story.Story) string {
	if who.Village == 0 {
		return villagePath(s.VillageID) + "/stories/" + s.ID.String()
	}
	return "/stories/" + s.ID.String()
}

func storyFilter(c echo.Context) (f story.Filter, err error) {
	f = story.Filter{State: story.State(c.QueryParam("state")), Search: strings.TrimSpace(c.QueryParam("q")), Page: visit.Page(c)}
	if f.State != "" && f.State.Chinese() == "" {
		err = fault.ErrNotFound
	}
	return f, err
}

// storyStaff is the frame of a page of cases for either side.
func (r *Room) storyStaff(c echo.Context, title string) (kit.StaffPage, error) {
	if visit.Who(c).Village == 0 {
		return r.staff(c, "stories", title)
	}
	return r.Staff(c, "stories", title), nil
}

// Stories lists them.
func (r *Room) Stories(c echo.Context) error {
	f, err := storyFilter(c)
	if err != nil {
		return err
	}
	who := visit.Who(c)
	p := storiesPage{Town: who.Village == 0, Writes: r.May(c, authz.StoryPropose)}
	if v, err := r.Villages.Find(c.Request().Context(), who.Village); err == nil {
		p.Public = "/v/" + v.Code + "/stories"
	}
	rows, next, err := r.Story.List(c.Request().Context(), who, f)
	if err != nil {
		return err
	}
	p.Rows, p.Pager = rows, visit.Pager(c, len(rows), next)
	states := kit.Filter{Name: "state", Label: "状态", Value: string(f.State)}
	for _, s := range story.States {
		states.Choices = append(states.Choices, kit.Choice{Value: string(s), Text: s.Chinese()})
	}
	p.Filters = kit.FiltersProps{Action: storiesPath(who), Query: f.Search, Placeholder: "标题、正文或村名", Filters: []kit.Filter{states}, Export: storiesPath(who) + ".xlsx?" + c.QueryString()}
	if f.State != "" || f.Search != "" {
		p.Filters.Clear = storiesPath(who)
	}
	if p.StaffPage, err = r.storyStaff(c, "典型案例"); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, stories(p))
}

var storyHeads = []sheetfile.Head{{Title: "村（场）", Width: 14}, {Title: "标题", Width: 30}, {Title: "正文", Width: 80}, {Title: "状态"}, {Title: "同意情况", Width: 30}, {Title: "写的人"}, {Title: "报来时间", Width: 17}, {Title: "编辑"}, {Title: "刊发时间", Width: 17}}

// StoriesExport is the list as filtered.
func (r *Room) StoriesExport(c echo.Context) error {
	f, err := storyFilter(c)
	if err != nil {
		return err
	}
	var rows [][]any
	for s, err := range page.Rows(func(p page.Page) ([]story.Story, string, error) {
		f.Page = p
		return r.Story.List(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{s.Village, s.Title, s.Body, s.State.Chinese(), consent(s), s.ProposedName, s.ProposedAt, s.EditedName, s.PublishedAt})
	}
	return shell.SendSheet(c, "典型案例", "典型案例", storyHeads, rows)
}

func consent(s story.Story) string {
	if s.Consent == "given" {
		return "本人同意：" + s.ConsentWords
	}
	return "没有写到认得出来的人"
}

// storyPage is one case, or the form of a new one.
type storyPage struct {
	kit.StaffPage
	story.Story
	Offers []story.Verb
	Town   bool
	New    bool
	Back   string
	Draft  story.Draft
	Typed  string
	Errors kit.Errors
}

func storyDraft(c echo.Context) story.Draft {
	return story.Draft{Title: c.FormValue("title"), Body: c.FormValue("body"), Consent: c.FormValue("consent"), ConsentWords: c.FormValue("consent_words")}
}

// StoryNew asks for a case.
func (r *Room) StoryNew(c echo.Context) error { return r.storyNew(c, nil) }

func (r *Room) storyNew(c echo.Context, problem error) error {
	p := storyPage{New: true, Back: "/stories", Draft: storyDraft(c), Errors: kit.ErrorsOf(problem), StaffPage: r.Staff(c, "stories", "写一篇典型案例")}
	p.Path = "/stories"
	return visit.Render(c, visit.Status(problem), storyShow(p))
}

// StoryPropose takes it.
func (r *Room) StoryPropose(c echo.Context) error {
	id, err := r.Story.Propose(c.Request().Context(), visit.Who(c), storyDraft(c))
	switch {
	case visit.Correctable(err):
		return r.storyNew(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/stories/"+id.String(), "已报镇里")
}

// StoryShow is one case with what the person may do with it.
func (r *Room) StoryShow(c echo.Context) error { return r.storyShow(c, nil) }

func (r *Room) storyOf(c echo.Context) (village actor.VillageID, id uuid.UUID, err error) {
	village = visit.Who(c).Village
	if village == 0 {
		if village, err = visit.Village(c, "id"); err != nil {
			return village, id, err
		}
	}
	id, err = visit.ID(c, "story")
	return village, id, err
}

func (r *Room) storyShow(c echo.Context, problem error) error {
	village, id, err := r.storyOf(c)
	if err != nil {
		return err
	}
	who := visit.Who(c)
	p := storyPage{Town: who.Village == 0, Back: storiesPath(who), Typed: c.FormValue("words"), Errors: kit.ErrorsOf(problem)}
	if p.Story, err = r.Story.Show(c.Request().Context(), who, village, id); err != nil {
		return err
	}
	p.Draft = story.Draft{Title: p.Story.Title, Body: p.Body, Consent: p.Consent, ConsentWords: p.ConsentWords}
	if problem != nil && c.FormValue("title") != "" {
		p.Draft = storyDraft(c)
	}
	if r.May(c, authz.StoryEdit) || r.May(c, authz.StoryPropose) {
		p.Offers = p.Story.Offers(p.Town)
	}
	if p.StaffPage, err = r.storyStaff(c, p.Story.Title); err != nil {
		return err
	}
	p.Path = storyPath(who, p.Story)
	return visit.Render(c, visit.Status(problem), storyShow(p))
}

func (p storyPage) may(v story.Verb) bool { return slices.Contains(p.Offers, v) }

// StoryMove does what the pressed button says.
func (r *Room) StoryMove(c echo.Context) error {
	village, id, err := r.storyOf(c)
	if err != nil {
		return err
	}
	who := visit.Who(c)
	s, err := r.Story.Move(c.Request().Context(), who, village, id, story.Verb(c.FormValue("verb")), storyDraft(c), c.FormValue("words"))
	switch {
	case visit.Correctable(err):
		return r.storyShow(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, storyPath(who, s), s.State.Chinese())
}

// StoryBooklet is the published cases of the township on paper.
func (r *Room) StoryBooklet(c echo.Context) error {
	who := visit.Who(c)
	var all []story.Story
	for s, err := range page.Rows(func(p page.Page) ([]story.Story, string, error) {
		return r.Story.List(c.Request().Context(), who, story.Filter{State: story.Published, Page: p})
	}) {
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	town, err := r.town(c)
	if err != nil {
		return err
	}
	pdf, missing, err := story.Booklet(town, all)
	return sendPDF(c, "典型案例", pdf, missing, err)
}

// town is the name of the officer's township.
func (r *Room) town(c echo.Context) (string, error) {
	all, err := r.Villages.All(c.Request().Context(), visit.Who(c).Township)
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[0].Township, nil
}

// ErrFont says that a paper holds characters that the font lacks.
var ErrFont = fault.New(fault.Conflict, "office.font", "有 %d 个字（%s）字库里没有，打印不出来；请联系管理员")

func sendPDF(c echo.Context, name string, pdf []byte, missing []rune, err error) error {
	if err == nil && len(missing) > 0 {
		err = ErrFont.With(len(missing), string(missing[:min(len(missing), 10)]))
	}
	return shell.SendPDF(c, name, pdf, nil, err)
}

// publicStories is a village's published cases without sign-in.
type publicStories struct {
	kit.PublicPage
	Back string
	Rows []story.Story
}

// PublicStories shows them.
func (r *Room) PublicStories(c echo.Context) error {
	ctx := c.Request().Context()
	v, err := r.Villages.ByCode(ctx, c.Param("village"))
	if err != nil {
		return err
	}
	p := publicStories{PublicPage: shell.Public(c, v.Name+"典型案例", v.Township+" · "+v.Name), Back: "/v/" + v.Code}
	if p.Rows, err = r.Story.Public(ctx, v.ID); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, storiesPublic(p))
}
