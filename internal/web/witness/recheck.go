package witness

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// rechecksPage lists the re-checks.
type rechecksPage struct {
	kit.StaffPage
	All []group.Recheck
}

// RecheckList lists what disqualified members had let through.
func (r *Room) RecheckList(c echo.Context) (err error) {
	p := rechecksPage{StaffPage: r.Staff(c, "group", "取消资格后的复核")}
	if p.All, err = r.Group.Rechecks(c.Request().Context(), visit.Who(c)); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, recheckList(p))
}

// recheckPage is one re-check.
type recheckPage struct {
	kit.StaffPage
	group.Recheck
	Checks  []group.Check
	State   group.CheckState
	Titles  map[string]string
	Key     string // of the line that is judged
	Judged  *group.Check
	Query   string
	Found   int // before the list was cut
	Words   string
	Correct string
	Errors  kit.Errors
}

// mostChecks is how many lines a page shows; the filters and the sheet have the others.
const mostChecks = 200

var checkStates = []group.CheckState{group.Unlooked, group.Confirmed, group.Doubted, group.Corrected, group.Kept}

// RecheckShow shows the lines of a re-check.
func (r *Room) RecheckShow(c echo.Context) error { return r.rechecking(c, nil) }

func (r *Room) rechecking(c echo.Context, problem error) error {
	p, err := r.recheck(c)
	if err != nil {
		return err
	}
	p.StaffPage = r.Staff(c, "group", p.Name+"审过的，重新看一遍")
	p.Path, p.Key, p.Words, p.Correct, p.Errors = "/rechecks/"+p.ID.String(), c.FormValue("line"), c.FormValue("reason"), c.FormValue("correct"), kit.ErrorsOf(problem)
	for i, l := range p.Checks {
		if l.Key() == p.Key && !l.Away && (l.State == group.Unlooked || l.State == group.Doubted) {
			p.Judged = &p.Checks[i]
		}
	}
	p.Checks = p.Checks[:min(len(p.Checks), mostChecks)]
	return visit.Render(c, refused(problem), recheckShow(p))
}

func (r *Room) recheck(c echo.Context) (p recheckPage, err error) {
	id, err := visit.ID(c, "recheck")
	if err != nil {
		return p, err
	}
	p.State = group.CheckState(c.QueryParam("state"))
	if p.State != "" && p.State.Chinese() == "" {
		return p, fault.ErrNotFound
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	if p.Recheck, p.Checks, err = r.Group.ShowRecheck(ctx, who, id, p.State); err != nil {
		return p, err
	}
	p.Query = visit.Text(c, "q")
	p.Checks = slices.DeleteFunc(p.Checks, func(l group.Check) bool { return !strings.Contains(l.Door+" "+l.Head, p.Query) })
	p.Found = len(p.Checks)
	p.Titles = map[string]string{}
	err = r.DB.Look(ctx, who, func(tx pg.Tx) error {
		rules, err := rulebook.InForce(ctx, tx, tx.Now)
		for _, i := range rules.Items {
			p.Titles[i.Code] = i.Title
		}
		return err
	})
	return p, err
}

// RecheckConfirm says of the ticked lines that they are in order.
func (r *Room) RecheckConfirm(c echo.Context) error {
	id, err := visit.ID(c, "recheck")
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return fault.ErrInvalid
	}
	n, err := r.Group.ConfirmChecks(c.Request().Context(), visit.Who(c), id, form["lines"])
	return r.rechecked(c, err, fmt.Sprintf("%d 条复核无误", n))
}

// RecheckDoubt says what is wrong with a line.
func (r *Room) RecheckDoubt(c echo.Context) error {
	id, err := visit.ID(c, "recheck")
	if err != nil {
		return err
	}
	return r.rechecked(c, r.Group.Doubt(c.Request().Context(), visit.Who(c), id, c.FormValue("line"), c.FormValue("reason")), "记下了，由另一名成员核定")
}

// RecheckSettle is the second member's word on a doubt.
func (r *Room) RecheckSettle(c echo.Context) error {
	id, err := visit.ID(c, "recheck")
	if err != nil {
		return err
	}
	correct := c.FormValue("correct") == "1"
	done := "核定无误"
	if correct {
		done = "已更正，公示会跟着更正，并告诉住户"
	}
	return r.rechecked(c, r.Group.Settle(c.Request().Context(), visit.Who(c), id, c.FormValue("line"), correct, c.FormValue("reason")), done)
}

func (r *Room) rechecked(c echo.Context, err error, done string) error {
	switch {
	case visit.Correctable(err):
		return r.rechecking(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/rechecks/"+c.Param("recheck"), done)
}

// RecheckExport is the re-check as a sheet.
func (r *Room) RecheckExport(c echo.Context) error {
	p, err := r.recheck(c)
	if err != nil {
		return err
	}
	rows := make([][]any, len(p.Checks))
	for i, l := range p.Checks {
		rows[i] = []any{l.Kind.Chinese(), l.Door, l.Head, p.title(l), l.Points, shell.FullDay(l.OnDay), l.State.Chinese(), l.FirstName, l.Doubt, l.SecondName, l.Answer}
	}
	return shell.SendSheet(c, p.Name+"审过的条目复核", "复核", []sheetfile.Head{{Title: "类别"}, {Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "事项", Width: 24}, {Title: "分数"}, {Title: "日期", Width: 16}, {Title: "状态", Width: 20}, {Title: "复核人"},
		{Title: "问题", Width: 30}, {Title: "核定人"}, {Title: "核定理由", Width: 30}}, rows)
}
