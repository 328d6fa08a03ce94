package voice

import (
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/opinion"
	"cunfen/internal/page"
	"cunfen/internal/rulebook"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// opinionFields are what an opinion's form holds.
type opinionFields struct {
	Action                                 string
	Village                                string // its code, where nobody is signed in
	Kind, Item, Words, Contact, About      string
	Place                                  string
	Nameless, MayHide, AskContact, Counter bool
	Neighbour                              bool // a matter of another home or a place can be told
	Items, People                          []kit.Choice
	Errors                                 kit.Errors
}

func opinionChoices(neighbour bool) (all []kit.Choice) {
	for _, k := range opinion.Kinds {
		if k.Kind != opinion.Matter || neighbour {
			all = append(all, kit.Choice{Value: string(k.Kind), Text: k.Chinese})
		}
	}
	return all
}

func (f *opinionFields) read(c echo.Context, problem error) {
	f.Kind, f.Item, f.Words, f.Contact, f.Nameless = c.FormValue("kind"), c.FormValue("item"), c.FormValue("words"), c.FormValue("contact"), c.FormValue("nameless") != ""
	f.Place = c.FormValue("place")
	f.About, f.Errors = c.FormValue("about"), kit.ErrorsOf(problem)
}

// people are whom an opinion on conduct may be about.
func (s *Room) people(c echo.Context, v actor.VillageID) (all []kit.Choice, err error) {
	people, err := s.Opinion.Seated(c.Request().Context(), v)
	for _, p := range people {
		all = append(all, kit.Choice{Value: p.ID.String(), Text: p.Name})
	}
	return all, err
}

// aboutWhom is the person that the form names; the zero id where it names nobody.
func aboutWhom(c echo.Context) uuid.UUID {
	id, _ := uuid.Parse(c.FormValue("about"))
	return id
}

func itemsOfBoth(r rulebook.RuleSet) []kit.Choice {
	var all []kit.Choice
	for _, i := range append(r.Offered(rulebook.Plus), r.Offered(rulebook.Minus)...) {
		all = append(all, kit.Choice{Value: i.Code, Text: i.Title})
	}
	return all
}

// opinionList is what people think.
type opinionList struct {
	shell.Frame
	Grid   bool // a grid worker, who sees the matters alone
	Rows   []opinion.Opinion
	Names  shell.Names
	Filter opinion.Filter
	Pager  kit.PagerProps
	Today  string
	Record bool
	Export string // what the list shows
}

func opinionFilter(c echo.Context) (f opinion.Filter, err error) {
	f = opinion.Filter{State: "open", Kind: opinion.Kind(c.QueryParam("kind")), Search: strings.TrimSpace(c.QueryParam("q")), Page: visit.Page(c)}
	if c.QueryParams().Has("state") {
		f.State = c.QueryParam("state")
	}
	if f.State != "" && f.State != "open" && f.State != "answered" || f.Kind != "" && f.Kind.Chinese() == "" {
		return f, fault.ErrNotFound
	}
	return f, nil
}

// Opinions lists them; those that wait come first, by the filter.
func (s *Room) Opinions(c echo.Context) error {
	f, err := opinionFilter(c)
	if err != nil {
		return err
	}
	rows, next, err := s.Opinion.List(c.Request().Context(), visit.Who(c), f)
	if err != nil {
		return err
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, opinions(opinionList{Frame: s.Frame(c, opinionSpot(c)), Grid: visit.Who(c).Role == actor.Grid, Rows: rows, Names: shell.NamesOf(rules), Filter: f,
		Pager: visit.Pager(c, len(rows), next), Today: s.Today(), Record: s.May(c, authz.OpinionRecord), Export: "/opinions.xlsx?" + c.QueryString()}))
}

func opinionSpot(c echo.Context) shell.Spot {
	at := shell.Spot{Tab: "field", Menu: "opinions", Title: "意见与投诉", Lead: "每一条都要答复，7 天为限。对规则的意见，每季度评估时一起看。"}
	if visit.Who(c).Role == actor.Grid {
		at.Title, at.Back = "住户反映的", "/field"
	}
	return at
}

// OpinionExport hands the list out as a sheet.
func (s *Room) OpinionExport(c echo.Context) error {
	f, err := opinionFilter(c)
	if err != nil {
		return err
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	names, out := shell.NamesOf(rules), [][]any{}
	for o, err := range page.Rows(func(p page.Page) ([]opinion.Opinion, string, error) {
		f.Page = p
		return s.Opinion.List(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		item := ""
		if o.Item != "" {
			item = names.Title(o.Item)
		}
		if o.Kind == opinion.Matter {
			item = o.Place
		}
		out = append(out, []any{o.FiledAt, o.Kind.Chinese(), item, o.Words, o.From(), o.DueOn.Format("2006-01-02"), opinionState(o.State), o.Answer, o.AnsweredName})
		if len(out) == shell.MostExported {
			break
		}
	}
	return shell.SendSheet(c, "意见"+s.ThisMonth().Chinese(), "意见", opinionHeads, out)
}

var opinionHeads = []sheetfile.Head{{Title: "提出时间", Width: 17}, {Title: "类别", Width: 16}, {Title: "事项、地方", Width: 24}, {Title: "意见", Width: 50}, {Title: "谁提的", Width: 14},
	{Title: "答复期限", Width: 12}, {Title: "状态"}, {Title: "答复", Width: 50}, {Title: "答复人"}}

func opinionState(state string) string {
	if state == "open" {
		return "待答复"
	}
	return "已答复"
}

// opinionPage is one of them.
type opinionPage struct {
	shell.Frame
	opinion.Opinion
	Path    string
	Finds   bool // may record what is to be put right
	Names   shell.Names
	Late    bool
	Answers bool
	Errors  kit.Errors
	Value   string
}

// OpinionShow shows one, with the form for the answer.
func (s *Room) OpinionShow(c echo.Context) error { return s.opinionShow(c, http.StatusOK, nil) }

func (s *Room) opinionShow(c echo.Context, status int, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := opinionPage{Path: "/opinions/" + id.String(), Errors: kit.ErrorsOf(problem), Value: c.FormValue("answer"), Answers: s.May(c, authz.OpinionAnswer), Finds: s.May(c, authz.FindingRecord)}
	if p.Opinion, err = s.Opinion.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	if problem == nil {
		p.Value = p.Answer
	}
	p.Frame = s.Frame(c, shell.Spot{Tab: "field", Menu: "opinions", Title: p.title(), Lead: p.Door, Back: "/opinions", BackTo: "意见与投诉"})
	p.SetPath(p.Path)
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	p.Names, p.Late = shell.NamesOf(rules), p.Overdue(s.DB.Now())
	return visit.Render(c, status, opinionShow(p))
}

// OpinionAnswer answers it.
func (s *Room) OpinionAnswer(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, again := c.Request().Context(), c.FormValue("again") != ""
	if seen := c.FormValue("outcome"); seen != "" {
		_, err = s.Opinion.Look(ctx, visit.Who(c), id, opinion.Outcome(seen), again)
	} else {
		_, err = s.Opinion.Answer(ctx, visit.Who(c), id, c.FormValue("answer"), again)
	}
	switch {
	case visit.Correctable(err):
		return s.opinionShow(c, visit.Status(err), err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/opinions/"+id.String(), "已答复，提意见的人看得到")
}

// opinionFor is the form of an opinion that is written down for a household.
type opinionFor struct {
	kit.StaffPage
	Door, Head string
	Fields     opinionFields
}

// OpinionForm writes down what a household says at the counter.
func (s *Room) OpinionForm(c echo.Context) error { return s.opinionForm(c, http.StatusOK, nil) }

func (s *Room) opinionForm(c echo.Context, status int, problem error) error {
	home, err := visit.ID(c, "household")
	if err != nil {
		return err
	}
	h, err := s.Households.Show(c.Request().Context(), visit.Who(c), home)
	if err != nil {
		return err
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	p := opinionFor{StaffPage: s.Staff(c, "opinions", "替住户记意见"), Door: h.Door, Head: h.Head,
		Fields: opinionFields{Action: "/opinions/for/" + home.String(), Items: itemsOfBoth(rules), Counter: true, Neighbour: true}}
	p.Path = p.Fields.Action
	if p.Fields.People, err = s.people(c, visit.Who(c).Village); err != nil {
		return err
	}
	p.Fields.read(c, problem)
	return visit.Render(c, status, opinionFormPage(p))
}

// OpinionRecord files it for the household.
func (s *Room) OpinionRecord(c echo.Context) error {
	home, err := visit.ID(c, "household")
	if err != nil {
		return err
	}
	if _, err := s.Households.Show(c.Request().Context(), visit.Who(c), home); err != nil {
		return err
	}
	d := opinion.Draft{Kind: opinion.Kind(c.FormValue("kind")), Item: s.knownItem(c), Words: c.FormValue("words"), Household: home, About: aboutWhom(c), Place: c.FormValue("place")}
	_, err = s.Opinion.File(c.Request().Context(), visit.Who(c), d)
	switch {
	case visit.Correctable(err):
		return s.opinionForm(c, visit.Status(err), err)
	case err != nil:
		return err
	}
	to := "/field"
	if s.May(c, authz.OpinionView) {
		to = "/opinions"
	} else if s.May(c, authz.RedemptionMake) {
		to = "/redeem"
	}
	return visit.Done(c, to, "已记下，7 天内答复，住户会收到消息")
}

// knownItem is the item of the form where the rules have it.
func (s *Room) knownItem(c echo.Context) string {
	rules, err := s.InForce(c)
	if err != nil {
		return ""
	}
	if _, err := rules.Item(c.FormValue("item")); err != nil {
		return ""
	}
	return c.FormValue("item")
}

// opinionsOwn is what the person's household has said.
type opinionsOwn struct {
	kit.PhonePage
	Rows  []opinion.Opinion
	Pager kit.PagerProps
}

// MyOpinions lists what the household has said, with the answers.
func (s *Room) MyOpinions(c echo.Context) error {
	who := visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	rows, next, err := s.Opinion.List(c.Request().Context(), who, opinion.Filter{Own: true, Page: visit.Page(c)})
	if err != nil {
		return err
	}
	p := opinionsOwn{PhonePage: s.Phone(c, "me", "我提的意见"), Rows: rows, Pager: visit.Pager(c, len(rows), next)}
	p.Back = "/me"
	return visit.Render(c, http.StatusOK, myOpinions(p))
}
