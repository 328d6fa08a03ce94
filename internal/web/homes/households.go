package homes

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/household"
	"cunfen/internal/page"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// householdsPage is the register as it is filtered.
type householdsPage struct {
	shell.Frame
	Lines   []household.Line
	Filter  household.Filter
	Teams   []kit.Choice
	Grids   []kit.Choice
	Pager   kit.PagerProps
	Export  string // "" where the person may not
	Print   string
	Clear   string
	Edits   bool
	Imports bool
}

// HouseholdList shows the village's households in walking order. ?print=1 is the whole list on paper.
func (s *Room) HouseholdList(c echo.Context) error {
	f := householdFilter(c)
	ctx, who := c.Request().Context(), visit.Who(c)
	if c.QueryParam("print") != "" {
		return s.householdsPrint(c, f)
	}
	lines, next, err := s.Households.List(ctx, who, f)
	if err != nil {
		return err
	}
	p := householdsPage{Frame: s.Frame(c, shell.Spot{Tab: "field", Menu: "households", Title: "住户与存折", Lead: "一房一户，按常住登记；外来常住户一样登记。"}), Lines: lines, Filter: f,
		Pager: visit.Pager(c, len(lines), next), Print: visit.With(c, "print", "1"), Edits: s.May(c, authz.HouseholdEdit), Imports: s.May(c, authz.HouseholdImport)}
	if p.Teams, err = s.teamChoices(c); err != nil {
		return err
	}
	if p.Grids = s.GridChoices(c); who.Role == actor.Grid {
		p.Grids = nil // kept to the own one
	}
	if s.May(c, authz.HouseholdExport) {
		p.Export = "/households.xlsx?" + c.QueryString()
	}
	if c.QueryString() != "" {
		p.Clear = "/households"
	}
	if p.Frame.OnDesk != nil {
		p.Frame.Top.Actions = householdsActions(p)
	}
	return visit.Render(c, http.StatusOK, householdList(p))
}

func householdFilter(c echo.Context) household.Filter {
	grid, _ := visit.Int(c, "grid", 0)
	f := household.Filter{Search: strings.TrimSpace(c.QueryParam("q")), Grid: grid, Team: c.QueryParam("team"), Residence: household.Residence(c.QueryParam("residence")), Page: visit.Page(c)}
	switch c.QueryParam("party") {
	case "yes":
		yes := true
		f.Party = &yes
	case "no":
		no := false
		f.Party = &no
	}
	if c.QueryParam("state") == string(household.Left) {
		f.State = household.Left
	}
	return f
}

// teamChoices are the teams that households are in, and those that the village has.
func (s *Room) teamChoices(c echo.Context) (all []kit.Choice, err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	v, err := s.Villages.Find(ctx, who.Village)
	if err != nil {
		return nil, err
	}
	for _, g := range v.Settings.Groups {
		all = append(all, kit.Choice{Value: g.Name, Text: g.Name})
	}
	if len(all) > 0 {
		return all, nil
	}
	teams, _, err := s.Households.Places(ctx, who)
	for _, t := range teams {
		all = append(all, kit.Choice{Value: t, Text: t})
	}
	return all, err
}

// mostPrinted bounds a list on paper; no village has as many households.
const mostPrinted = 5000

func (s *Room) householdsPrint(c echo.Context, f household.Filter) error {
	var all []household.Line
	for f.Page = (page.Page{Limit: page.Most}); len(all) < mostPrinted; {
		lines, next, err := s.Households.List(c.Request().Context(), visit.Who(c), f)
		if err != nil {
			return err
		}
		all = append(all, lines...)
		if f.After = next; next == "" {
			break
		}
	}
	v, err := s.Villages.Find(c.Request().Context(), visit.Who(c).Village)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, householdSheet(shell.Base(c, "住户名册"), v.Name, shell.FullDay(s.DB.Now()), visit.With(c, "print", ""), all))
}

// HouseholdExport is the list as it is filtered, whole, as a sheet; who took it stands in the log.
func (s *Room) HouseholdExport(c echo.Context) error {
	var b bytes.Buffer
	if _, err := s.Households.Export(c.Request().Context(), visit.Who(c), householdFilter(c), &b); err != nil {
		return err
	}
	return shell.SendFile(c, "住户名册"+s.ThisMonth().Chinese(), b.Bytes())
}
