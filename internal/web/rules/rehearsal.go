package rules

import (
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"cunfen/internal/adoption"
	"cunfen/internal/budget"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/rehearse"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// rehearsalPage is what other rules would do.
type rehearsalPage struct {
	kit.StaffPage
	Report rehearse.Report
	With   string // what is tried, in words
	Back   string
	BackTo string
	Years  []int // to choose from
	Asked  int   // the year in the address, 0 for none
	Guard  budget.Guard
}

// Rehearsal tries the draft under way on a year's events; without one, the document's own list.
func (s *Room) Rehearsal(c echo.Context) error {
	p := rehearsalPage{With: "正在商议的草案", Back: "/rules/draft", BackTo: "细则草案"}
	draft, err := s.Adoption.Current(c.Request().Context(), visit.Who(c))
	then := draft.Body
	if errors.Is(err, adoption.ErrNone) {
		p.With, then, err = "镇里文件的原清单", adoption.Document(), nil
	}
	if err != nil {
		return err
	}
	return s.rehearsal(c, p, then)
}

// DraftRehearsal tries any draft of the village's, an old one too.
func (s *Room) DraftRehearsal(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	draft, err := s.Adoption.Find(c.Request().Context(), visit.Who(c), id)
	if err != nil {
		return err
	}
	p := rehearsalPage{With: "“" + draftTitle(draft.Draft) + "”", Back: "/rules/drafts/" + id.String(), BackTo: "这份草案"}
	if draft.State.Open() {
		p.Back = "/rules/draft"
	}
	return s.rehearsal(c, p, draft.Body)
}

func (s *Room) rehearsal(c echo.Context, p rehearsalPage, then rulebook.RuleSet) error {
	this := s.ThisMonth().Year()
	p.Years = []int{this, this - 1, this - 2}
	year, bad := visit.Int(c, "year", 0)
	if bad != nil || year != 0 && !slices.Contains(p.Years, year) {
		return fault.ErrNotFound
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p.StaffPage, p.Asked = s.Staff(c, "draft", "细则试算"), year
	report, err := s.Rehearse.Rehearse(ctx, who, year, func(pg.Tx, rulebook.RuleSet) (rulebook.RuleSet, error) { return then, nil })
	if err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	p.Report = report
	if p.Guard, err = s.Budget.Guard(ctx, who); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, rehearsalShow(p))
}

// buys is the points that the budget's money not spent yet buys goods for, in the year that it is for.
func (p rehearsalPage) buys() int64 {
	if p.Report.Year != p.Guard.Year {
		return 0
	}
	return p.Guard.Buys()
}

// fate is what becomes of goods and money.
func (p rehearsalPage) fate() rehearse.Fate { return p.Report.Fate(p.buys()) }
