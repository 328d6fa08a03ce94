package witness

import (
	"fmt"

	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/retention"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// keepPage is for how long what is kept, and what goes tonight.
type keepPage struct {
	kit.StaffPage
	Times  []retention.Time
	Runs   []retention.Run
	Sets   bool
	Typed  string
	Kind   string
	Errors kit.Errors
}

// KeepShow rehearses the night's deleting.
func (r *Room) KeepShow(c echo.Context) error { return r.keeping(c, nil) }

func (r *Room) keeping(c echo.Context, problem error) (err error) {
	p := keepPage{StaffPage: r.Staff(c, "keeping", "保存期限"), Sets: r.May(c, authz.KeepSet), Kind: c.FormValue("kind"), Typed: c.FormValue("days"), Errors: kit.ErrorsOf(problem)}
	p.Path = "/keeping"
	if p.Times, p.Runs, err = r.Keep.List(c.Request().Context(), visit.Who(c)); err != nil {
		return err
	}
	return visit.Render(c, refused(problem), keepShow(p))
}

// KeepSet gives a kind the village's own time.
func (r *Room) KeepSet(c echo.Context) error {
	days, bad := visit.Int(c, "days", 0)
	var err error
	if bad != nil {
		err = bad.On("days-" + c.FormValue("kind"))
	} else {
		err = r.Keep.Set(c.Request().Context(), visit.Who(c), retention.Kind(c.FormValue("kind")), days)
	}
	switch {
	case visit.Correctable(err):
		return r.keeping(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/keeping", "保存期限改好了，今晚起按新的期限")
}

// KeepExport is what goes tonight, as a sheet.
func (r *Room) KeepExport(c echo.Context) error {
	all, _, err := r.Keep.List(c.Request().Context(), visit.Who(c))
	if err != nil {
		return err
	}
	var rows [][]any
	for _, t := range all {
		for _, d := range t.Pieces {
			rows = append(rows, []any{t.Title, shell.FullMoment(d.At), d.What, d.ID.String(), fmt.Sprintf("保存 %d 天", t.Days)})
		}
	}
	return shell.SendSheet(c, "今晚到期要删的", "到期", []sheetfile.Head{{Title: "类别", Width: 22}, {Title: "时间", Width: 22}, {Title: "说明", Width: 24}, {Title: "编号", Width: 40}, {Title: "期限"}}, rows)
}
