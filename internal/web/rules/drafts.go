package rules

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/adoption"
	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/month"
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
	Export string
	Adopts bool
}

// contains reports whether a text holds what was searched for.
func contains(text, search string) bool { return strings.Contains(text, search) }

func (s *Room) draftsAsked(c echo.Context) (all []adoption.Draft, err error) {
	state := adoption.State(c.QueryParam("state"))
	if state != "" && state.Chinese() == "" {
		return nil, fault.ErrNotFound
	}
	all, err = s.Adoption.History(c.Request().Context(), visit.Who(c))
	search := visit.Text(c, "q")
	return slices.DeleteFunc(all, func(d adoption.Draft) bool {
		return state != "" && d.State != state || search != "" && !contains(draftTitle(d)+d.StartedBy+d.DecidedBy+d.Advice, search)
	}), err
}

// Drafts lists them, newest first.
func (s *Room) Drafts(c echo.Context) (err error) {
	p := draftList{StaffPage: s.Staff(c, "draft", "历次草案"), State: c.QueryParam("state"), Query: visit.Text(c, "q"), Export: "/rules/drafts.xlsx?" + c.QueryString(), Adopts: s.May(c, authz.RulesAdopt)}
	if p.All, err = s.draftsAsked(c); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, draftsList(p))
}

var draftHeads = []sheetfile.Head{{Title: "草案", Width: 40}, {Title: "状态", Width: 18}, {Title: "拟施行", Width: 13}, {Title: "起草人"}, {Title: "起草", Width: 17}, {Title: "报镇里", Width: 17}, {Title: "镇里办理"}, {Title: "办理时间", Width: 17}, {Title: "镇里的意见", Width: 40}}

// DraftsExport is the list as a sheet.
func (s *Room) DraftsExport(c echo.Context) error {
	all, err := s.draftsAsked(c)
	if err != nil {
		return err
	}
	var out [][]any
	for _, d := range all {
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
	state := adoption.State(c.QueryParam("state"))
	if state != "" && state.Chinese() == "" {
		return fault.ErrNotFound
	}
	rows, err := s.Adoption.Office(c.Request().Context(), visit.Who(c), state, visit.Text(c, "q"))
	if err != nil {
		return err
	}
	var out [][]any
	for _, r := range rows {
		row := []any{r.Village, r.State.Chinese(), r.InForceFrom, nil, r.ChangedAt}
		if r.SubmittedAt != nil {
			row[3] = *r.SubmittedAt
		}
		out = append(out, row)
	}
	return shell.SendSheet(c, "各村细则草案", "草案", []sheetfile.Head{{Title: "村（场）", Width: 16}, {Title: "状态", Width: 18}, {Title: "拟施行", Width: 13}, {Title: "报送", Width: 17}, {Title: "最近改动", Width: 17}}, out)
}
