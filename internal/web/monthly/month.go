package monthly

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/claim"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/signoff"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// withRunning adds the month that runs and those before it that have no sheet yet and can still have one: the one
// just over, and every month since the last sheet.
func withRunning(sheets []signoff.Sheet, this month.Month) []signoff.Sheet {
	all := slices.Clone(sheets)
	first := this.Prev()
	if len(sheets) > 0 {
		first = min(first, sheets[0].Month.Next())
	}
	for m := first; m <= this; m = m.Next() {
		if !slices.ContainsFunc(sheets, func(s signoff.Sheet) bool { return s.Month == m }) {
			all = append(all, signoff.Sheet{Month: m, State: signoff.Open})
		}
	}
	slices.SortFunc(all, func(a, b signoff.Sheet) int { return int(b.Month - a.Month) })
	return all
}

// monthPage is a month's sheet with what the person looking can do about it.
type monthPage struct {
	kit.StaffPage
	signoff.View
	Over       bool           // the month has ended
	Sums       []signoff.Sum  // the month's rounds, added up by item
	Single     []signoff.Line // what is signed line by line
	Shown      []signoff.Line
	Failed     []signoff.Exception // shown of the rounds' exceptions
	Show       string              // "", "plus", "minus", "failed"
	First      int                 // number of the first line shown
	Query      string
	Pager      kit.PagerProps
	Names      shell.Names
	Pending    int64    // claims that still wait for review
	Approved   int64    // claims that wait for a sheet
	Undone     []string // the grids whose round is not ready for the sheet, each with how far it is
	NoticeDay  string
	Publishing bool                // somebody has asked for the notice just now
	Scans      []evidence.Evidence // of the signed paper sheet
	Freezes    bool
	Signs      bool
	Publishes  bool
}

// MonthShow shows a month's sheet.
func (s *Room) MonthShow(c echo.Context) error {
	p, err := s.monthPage(c)
	if err != nil {
		return err
	}
	if visit.Fragment(c) && p.Publishing {
		return visit.Render(c, http.StatusOK, publishing(p))
	}
	p.cut(c)
	return visit.Render(c, http.StatusOK, monthShow(p))
}

func (s *Room) monthPage(c echo.Context) (p monthPage, err error) {
	m, err := visit.Month(c, "month")
	if err != nil {
		return p, err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	if p.View, err = s.Months.Show(ctx, who, m); err != nil {
		return p, err
	}
	counts, err := s.Claims.Counts(ctx, who)
	if err != nil {
		return p, err
	}
	v, err := s.Villages.Find(ctx, who.Village)
	if err != nil {
		return p, err
	}
	rules, err := s.InForce(c)
	if err != nil {
		return p, err
	}
	p.StaffPage, p.Names, p.Over = s.Staff(c, "months", m.Chinese()+"签字与公示"), shell.NamesOf(rules), !p.At.Before(m.End())
	p.Pending, p.Approved = counts[claim.Pending], counts[claim.Approved]
	p.NoticeDay = shell.Day(month.Date(m.End().AddDate(0, 0, max(v.Settings.Calendar.NoticeDay, 1)-1)))
	p.Publishing = c.QueryParam("publishing") != ""
	p.Freezes, p.Signs, p.Publishes = s.May(c, authz.SheetFreeze), s.May(c, authz.SheetSign), s.May(c, authz.SheetPublish)
	p.find(c)
	switch {
	case p.State == signoff.Open && p.Over && len(rules.Monthly()) > 0:
		p.Undone, err = s.undone(c, m)
	case p.Freezes && p.State != signoff.Open:
		p.Scans, err = s.Months.Scans(ctx, who, p.Sheet)
	}
	return p, err
}

// undone names the grids whose round of the month is not ready for its sheet.
func (s *Room) undone(c echo.Context, m month.Month) (all []string, err error) {
	grids, err := s.Rounds.Undone(c.Request().Context(), visit.Who(c), m)
	names := s.GridNames(c)
	for _, g := range grids {
		all = append(all, shell.GridNamed(names, g.Grid)+g.Undone())
	}
	return all, err
}

// find keeps the lines, or of a round the exceptions, that were asked for.
func (p *monthPage) find(c echo.Context) {
	p.Sums, p.Single = signoff.Summed(p.Lines, p.Quorum)
	p.Query, p.Show = strings.TrimSpace(c.QueryParam("q")), c.QueryParam("show")
	if p.Show == "failed" {
		for _, e := range p.Exceptions {
			if p.about(e.Head, e.Door) {
				p.Failed = append(p.Failed, e)
			}
		}
		return
	}
	for _, l := range p.Single {
		if p.about(l.Head, l.Door) && (p.Show != "minus" || l.Minus()) && (p.Show != "plus" || !l.Minus()) {
			p.Shown = append(p.Shown, l)
		}
	}
}

// cut keeps of what was found the page that is shown.
func (p *monthPage) cut(c echo.Context) {
	if p.Show == "failed" {
		p.Failed, p.First, p.Pager = cut(c, p.Failed)
	} else {
		p.Shown, p.First, p.Pager = cut(c, p.Shown)
	}
}

// lineTitle is a line's item; a sheet is signed at a table, and lies in a drawer, so that it does not tell what may
// not be told at home.
func lineTitle(names shell.Names, l signoff.Line) string {
	if l.Private {
		return shell.HiddenTitle
	}
	return ledger.Named(ledger.Award, l.Kind, names.Title(l.Item))
}

func (p *monthPage) about(head, door string) bool {
	return strings.Contains(head, p.Query) || strings.Contains(door, p.Query)
}

// cut is the page asked for of a list that is in memory whole, with where it begins.
func cut[T any](c echo.Context, all []T) (shown []T, first int, p kit.PagerProps) {
	first, _ = visit.Int(c, "after", 0)
	first = max(0, min(first, len(all)))
	last, next := min(first+page.Default, len(all)), ""
	if last < len(all) {
		next = strconv.Itoa(last)
	}
	p = visit.Pager(c, last-first, next)
	p.Total = len(all)
	return all[first:last], first, p
}

// MonthFreeze gathers a month's approved claims onto its sheet.
func (s *Room) MonthFreeze(c echo.Context) error {
	m, err := visit.Month(c, "month")
	if err != nil {
		return err
	}
	sheet, err := s.Months.Freeze(c.Request().Context(), visit.Who(c), m)
	if err != nil {
		return visit.Refused(c, MonthPath(m), err)
	}
	return visit.Done(c, MonthPath(m), fmt.Sprintf("已汇总 %d 条，合计 %d 分，请小组成员签字", sheet.Lines, sheet.Points))
}

// MonthReopenForm asks why the sheet goes back to review.
func (s *Room) MonthReopenForm(c echo.Context) error { return s.reopenForm(c, nil) }

// MonthReopen gives the sheet back to review.
func (s *Room) MonthReopen(c echo.Context) error {
	m, err := visit.Month(c, "month")
	if err != nil {
		return err
	}
	_, err = s.Months.Reopen(c.Request().Context(), visit.Who(c), m, c.FormValue("reason"))
	switch {
	case err == nil:
		return visit.Done(c, MonthPath(m), "已退回，签字作废；改好以后请重新汇总")
	case fault.Of(err).Field != "":
		return s.reopenForm(c, err)
	}
	return visit.Refused(c, MonthPath(m), err)
}

func (s *Room) reopenForm(c echo.Context, problem error) error {
	p, err := s.monthPage(c)
	if err != nil {
		return err
	}
	if p.State != signoff.Signing {
		return visit.Refused(c, MonthPath(p.Month), signoff.ErrNotOpen)
	}
	return visit.Render(c, visit.Status(problem), monthReopen(p, c.FormValue("reason"), kit.ErrorsOf(problem)))
}

// recused are the lines for which the person's own signature does not count: recorded by them, or of a home
// that they must stay away from.
func (s *Room) recused(c echo.Context, lines []signoff.Line) (mine []signoff.Line, err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	homes := make([]uuid.UUID, len(lines))
	for i, l := range lines {
		homes[i] = l.HouseholdID
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		related, err := group.Conflicted(ctx, tx, who.Account, homes)
		for _, l := range lines {
			if l.Recorder == who.Account || related[l.HouseholdID] {
				mine = append(mine, l)
			}
		}
		return err
	})
	return mine, err
}

func MonthPath(m month.Month) string { return "/months/" + m.String() }
