package deeds

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/claim"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// fieldPage finds the household that something is recorded for.
type fieldPage struct {
	shell.Frame
	Path   string
	Query  string
	Grid   string // the worker's own, by name
	Homes  []household.Line
	Listed bool        // homes are shown: searched for, or all in walking order
	Latest []claim.Row // what the person recorded last
	Names  shell.Names
	Pager  kit.PagerProps
	Keep   string // the pages that a phone keeps
	Joint  bool   // the person sees activities
	Told   bool   // may read what households say of other homes
}

// latestDays is how far back the last records are looked for, latestShown how many are shown.
const (
	latestDays  = 30
	latestShown = 8
)

// Field is a grid worker's first page: find a household of the own grid, and what was recorded last.
func (s *Room) Field(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p, err := s.field(c, "/field", shell.Spot{Tab: "field", Menu: "record", Title: "入户登记", Lead: "找到住户，替它申报。"}, false)
	if err != nil {
		return err
	}
	if p.Listed {
		return visit.Render(c, http.StatusOK, field(p))
	}
	now := s.DB.Now()
	if p.Latest, err = s.recordedBy(ctx, who, now.AddDate(0, 0, -latestDays), now.AddDate(0, 0, 1)); err != nil {
		return err
	}
	p.Latest = p.Latest[:min(len(p.Latest), latestShown)]
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	p.Names, p.Joint, p.Told = shell.NamesOf(rules), s.May(c, authz.ActivityView), s.May(c, authz.OpinionView)
	if p.Keep, err = s.keptPages(c, uuid.Nil); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, field(p))
}

// Record finds the household that somebody records for, among all of them in walking order.
func (s *Room) Record(c echo.Context) error {
	at := shell.Spot{Tab: "field", Menu: "record", Title: "采集代报", Lead: "没有手机、不方便的住户，由网格员或窗口代报；您记录的由其他成员审核。" + shell.Answers(c, s.Group, group.CollectionLink)}
	if visit.Who(c).Role == actor.Grid {
		at.Back = "/field"
	}
	p, err := s.field(c, "/record", at, true)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, field(p))
}

// FindingFind finds the household for which something is to be put right.
func (s *Room) FindingFind(c echo.Context) error {
	p, err := s.field(c, "/findings/new", shell.Spot{Tab: "field", Menu: "findings", Title: "记减分事项", Lead: "先找到住户。这里只是提请评定，不会直接减分。", Back: "/findings", BackTo: "整改与减分"}, true)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, field(p))
}

func (s *Room) field(c echo.Context, path string, at shell.Spot, all bool) (p fieldPage, err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	p = fieldPage{Frame: s.Frame(c, at), Path: path, Query: strings.TrimSpace(c.QueryParam("q")), Grid: s.gridName(c)}
	if p.Listed = all || p.Query != ""; !p.Listed {
		return p, nil
	}
	var next string
	p.Homes, next, err = s.Households.List(ctx, who, household.Filter{Search: p.Query, Page: visit.Page(c)})
	p.Pager = visit.Pager(c, len(p.Homes), next)
	return p, err
}

// gridName is the name of the person's own grid, "" for who has none.
func (s *Room) gridName(c echo.Context) string {
	for _, g := range s.GridChoices(c) {
		if g.Value == strconv.Itoa(visit.Who(c).Grid) {
			return g.Text
		}
	}
	return ""
}

// RecordNew begins a claim for a household.
func (s *Room) RecordNew(c echo.Context) error {
	f, err := s.recordFor(c)
	if err != nil {
		return err
	}
	return f.start(c)
}

// RecordSubmit brings it in.
func (s *Room) RecordSubmit(c echo.Context) error {
	f, err := s.recordFor(c)
	if err != nil {
		return err
	}
	return s.submitClaim(c, f)
}

func (s *Room) recordFor(c echo.Context) (f claimForm, err error) {
	home, err := visit.ID(c, "household")
	if err != nil {
		return f, err
	}
	path := "/record/" + home.String()
	f = claimForm{Path: path, Action: path, Other: true, Spoken: c.FormValue("spoken") != ""}
	if err := s.claimForm(c, &f, home, shell.Spot{Tab: "field", Menu: "record", Title: "代报", Back: "/record", BackTo: "采集代报"}); err != nil {
		return f, err
	}
	f.Often = f.Rules.Monthly()
	return f, nil
}

// OpinionFind finds the household that somebody speaks for.
func (s *Room) OpinionFind(c echo.Context) error {
	p, err := s.field(c, "/opinions/new", shell.Spot{Tab: "field", Menu: "opinions", Title: "替住户记意见", Lead: "先找到住户，照原话记。", Back: "/feedback", BackTo: "意见与投诉"}, true)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, field(p))
}
