package deeds

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/claim"
	"cunfen/internal/finding"
	"cunfen/internal/household"
	"cunfen/internal/initials"
	"cunfen/internal/inspect"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/static"
	"cunfen/internal/web/visit"
)

// fieldOfflinePath is the page with every form of the field.
const fieldOfflinePath = "/field/offline"

// fieldOffline is what a grid worker keeps on the phone before going out: the homes, and every form of the field
// for any of them, none of which needs to have been opened before.
type fieldOffline struct {
	shell.Frame
	Homes    []household.Line
	Plus     []claimForm
	Minus    []findingForm
	Rechecks []finding.Row
	Names    shell.Names
	Keep     string
}

// FieldOffline shows it.
func (s *Room) FieldOffline(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := fieldOffline{Frame: s.Frame(c, shell.Spot{Tab: "field", Menu: "record", Title: "没信号时记", Lead: "出门前下载。没有信号也能替住户报好事、记问题、复查，有信号后自动上传。", Back: "/record"})}
	if p.OnPhone != nil {
		p.OnPhone.Back = "/field"
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	p.Names = shell.NamesOf(rules)
	if p.Keep, err = s.keptPages(c, uuid.Nil); err != nil {
		return err
	}
	for h, err := range page.Rows(func(pg page.Page) ([]household.Line, string, error) {
		return s.Households.List(ctx, who, household.Filter{Page: pg})
	}) {
		if err != nil {
			return err
		}
		p.Homes = append(p.Homes, h)
	}
	today := month.Day(s.DB.Now())
	blank := claimForm{Other: true, Rules: rules, Today: today, Filled: filled{Day: today.Format("2006-01-02"), Identity: string(claim.Seen)}}
	for _, i := range rules.Offered(rulebook.Plus) {
		f := blank
		f.Item = i
		p.Plus = append(p.Plus, f)
	}
	if s.May(c, authz.FindingRecord) {
		for _, i := range rules.Offered(rulebook.Minus) {
			f := findingForm{claimForm: blank}
			f.Item = i
			p.Minus = append(p.Minus, f)
		}
	}
	if s.May(c, authz.FindingHandle) {
		if p.Rechecks, err = s.rechecks(c); err != nil {
			return err
		}
	}
	return visit.Render(c, http.StatusOK, fieldForms(p))
}

// rechecks are the findings that wait for somebody to look again. What must not stand on a phone is looked at from
// its own page only.
func (s *Room) rechecks(c echo.Context) (due []finding.Row, err error) {
	for r, err := range page.Rows(func(p page.Page) ([]finding.Row, string, error) {
		return s.Found.List(c.Request().Context(), visit.Who(c), finding.Filter{State: finding.Noticed, Page: p})
	}) {
		if err != nil {
			return nil, err
		}
		if r.Delivered && !r.Private && !r.Minor {
			due = append(due, r)
		}
	}
	return due, nil
}

// keptPages are the pages that a phone keeps for a day without signal: those of the field, and the walk of the
// round, of the one given or of the person's own that is open.
func (s *Room) keptPages(c echo.Context, round uuid.UUID) (paths string, err error) {
	if round == uuid.Nil {
		grids, _, err := s.Rounds.Grids(c.Request().Context(), visit.Who(c), inspect.Filter{Month: s.ThisMonth(), Page: page.Page{Limit: page.Most}})
		if err != nil {
			return "", err
		}
		for _, g := range grids {
			if g.Round != nil && g.Round.State() == inspect.Open {
				round = g.Round.ID
			}
		}
	}
	paths = "/field " + fieldOfflinePath + " /rounds /queue"
	if round != uuid.Nil {
		paths += " " + roundPath(round)
	}
	return paths, nil
}

// keeping is what the button that keeps pages must know.
func keeping(paths string) templ.Attributes {
	return templ.Attributes{"data-keep": paths, "data-kept": "已下载，没信号也能打开", "data-scripts": static.URL("js/field.js") + " " + static.URL("js/dialog.js") + " " + static.URL("js/photo.js") + " " + static.URL("js/walk.js")}
}

func homeText(h household.Line) string {
	return h.Head + " " + h.Door + " " + h.Team + " " + initials.Of(h.Head)
}
