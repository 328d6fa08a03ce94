package homes

import (
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// importPage is the way of a sheet into the register: choose, look what it would do, bring it in.
type importPage struct {
	kit.StaffPage
	Imports []household.Import
	Report  *household.Report // of the dry run
	File    string
	Token   string // opens the file that waits for the next step
	Errors  kit.Errors
}

var errNoFile = fault.New(fault.Invalid, "import.no_file", "请先选择要导入的表格").On("file")

// ImportForm shows the steps and the last sheets.
func (s *Room) ImportForm(c echo.Context) error { return s.importing(c, importPage{}, nil) }

// ImportTemplate is the empty sheet to fill in.
func (s *Room) ImportTemplate(c echo.Context) error {
	data, err := household.Template()
	if err != nil {
		return err
	}
	return shell.SendFile(c, "住户名册模板", data)
}

// ImportTry says what the sheet would do and changes nothing; the button "download" gives the sheet back with
// what is wrong beside each row, or what would become of it.
func (s *Room) ImportTry(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	name, data, err := s.sheetSent(c)
	if err != nil {
		return s.importing(c, importPage{}, err)
	}
	if c.FormValue("download") != "" {
		marked, err := s.Households.Marked(ctx, who, data)
		if err != nil {
			return s.importing(c, importPage{}, err)
		}
		return shell.SendFile(c, "住户名册（核对结果）", marked)
	}
	report, err := s.Households.DryRun(ctx, who, data)
	if err != nil {
		return s.importing(c, importPage{}, err)
	}
	token, err := s.Sessions.Stash(ctx, who, data)
	if err != nil {
		return err
	}
	return s.importing(c, importPage{Report: &report, File: name, Token: token}, nil)
}

// sheetSent is the sheet in the form, or the one of the step before.
func (s *Room) sheetSent(c echo.Context) (name string, data []byte, err error) {
	if token := c.FormValue("token"); token != "" {
		data, err = s.Sessions.Stashed(c.Request().Context(), visit.Who(c), token)
		return c.FormValue("name"), data, err
	}
	file, err := c.FormFile("file")
	if err != nil || file.Size == 0 {
		return "", nil, errNoFile
	}
	f, err := file.Open()
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	data, err = sheetfile.Take(f)
	return file.Filename, data, err
}

// ImportCommit brings in exactly what the dry run showed.
func (s *Room) ImportCommit(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	name, data, err := s.sheetSent(c)
	if err != nil {
		return s.importing(c, importPage{}, err)
	}
	out, err := s.Households.CommitSeen(ctx, who, name, data, c.FormValue("digest"))
	if err != nil {
		return s.importing(c, importPage{}, err)
	}
	if err := s.Sessions.Unstash(ctx, who); err != nil {
		c.Logger().Warn(err)
	}
	return visit.Done(c, "/households/import", "已导入：新增 "+strconv.Itoa(out.Added)+" 户，更新 "+strconv.Itoa(out.Changed)+" 户")
}

// ImportUndo takes a sheet back.
func (s *Room) ImportUndo(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	err = s.Households.Undo(c.Request().Context(), visit.Who(c), id, c.FormValue("reason"))
	switch {
	case visit.Correctable(err):
		return s.importing(c, importPage{}, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/households/import", "已撤销这次导入，名册恢复原样")
}

func (s *Room) importing(c echo.Context, p importPage, problem error) (err error) {
	if problem != nil && !visit.Correctable(problem) {
		return problem
	}
	p.StaffPage, p.Errors = s.Staff(c, "households", "表格导入"), kit.ErrorsOf(problem)
	p.Path = "/households/import"
	if p.Imports, err = s.Households.Imports(c.Request().Context(), visit.Who(c)); err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), importShow(p))
}

// latest reports whether the import is the one that can be taken back most easily: the last that stands.
func (p importPage) latest(id uuid.UUID) bool {
	for _, i := range p.Imports {
		if i.State == "applied" {
			return i.ID == id
		}
	}
	return false
}
