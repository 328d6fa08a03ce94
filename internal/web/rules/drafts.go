package rules

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/adoption"
	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// draftList is every draft that the village ever made.
type draftList struct {
	kit.StaffPage
	All    []adoption.Draft
	State  string
	Query  string
	Pager  kit.PagerProps
	Export string
	Adopts bool
}

func draftFilter(c echo.Context) (f adoption.Filter, err error) {
	f = adoption.Filter{State: adoption.State(c.QueryParam("state")), Search: visit.Text(c, "q"), Page: visit.Page(c)}
	if f.State != "" && f.State.Chinese() == "" {
		err = fault.ErrNotFound
	}
	return f, err
}

// Drafts lists them, newest first.
func (s *Room) Drafts(c echo.Context) (err error) {
	p := draftList{StaffPage: s.Staff(c, "draft", "历次草案"), State: c.QueryParam("state"), Query: visit.Text(c, "q"), Export: "/rules/drafts.xlsx?" + c.QueryString(), Adopts: s.May(c, authz.RulesAdopt)}
	f, err := draftFilter(c)
	if err != nil {
		return err
	}
	var next string
	if p.All, next, err = s.Adoption.List(c.Request().Context(), visit.Who(c), f); err != nil {
		return err
	}
	p.Pager = visit.Pager(c, len(p.All), next)
	return visit.Render(c, http.StatusOK, draftsList(p))
}

var draftHeads = []sheetfile.Head{{Title: "草案", Width: 40}, {Title: "状态", Width: 18}, {Title: "拟施行", Width: 13}, {Title: "起草人"}, {Title: "起草", Width: 17}, {Title: "报镇里", Width: 17}, {Title: "镇里办理"}, {Title: "办理时间", Width: 17}, {Title: "镇里的意见", Width: 40}}

// DraftsExport is the list as a sheet.
func (s *Room) DraftsExport(c echo.Context) error {
	f, err := draftFilter(c)
	if err != nil {
		return err
	}
	var out [][]any
	for d, err := range page.Rows(func(p page.Page) ([]adoption.Draft, string, error) {
		f.Page = p
		return s.Adoption.List(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		row := []any{draftTitle(d), d.State.Chinese(), month.Date(d.Body.InForceFrom).Format("2006-01-02"), d.StartedBy, d.StartedAt, nil, d.DecidedBy, nil, d.Advice}
		if d.SubmittedAt != nil {
			row[5] = *d.SubmittedAt
		}
		if d.DecidedAt != nil {
			row[7] = *d.DecidedAt
		}
		out = append(out, row)
	}
	return shell.SendSheet(c, "细则草案", "草案", draftHeads, out)
}

// TownRulesExport is the township's list of drafts as a sheet.
func (s *Room) TownRulesExport(c echo.Context) error {
	f, err := draftFilter(c)
	if err != nil {
		return err
	}
	var out [][]any
	for r, err := range page.Rows(func(p page.Page) ([]adoption.Row, string, error) {
		f.Page = p
		return s.Adoption.OfficeList(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		row := []any{r.Village, r.State.Chinese(), r.InForceFrom, nil, r.ChangedAt}
		if r.SubmittedAt != nil {
			row[3] = *r.SubmittedAt
		}
		out = append(out, row)
	}
	return shell.SendSheet(c, "各村细则草案", "草案", []sheetfile.Head{{Title: "村（场）", Width: 16}, {Title: "状态", Width: 18}, {Title: "拟施行", Width: 13}, {Title: "报送", Width: 17}, {Title: "最近改动", Width: 17}}, out)
}
