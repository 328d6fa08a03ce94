package counter

import (
	"encoding/base64"
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/opening"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// openingsPage is the old books of the village.
type openingsPage struct {
	kit.StaffPage
	Rows                     []opening.Opening
	Query                    string
	State                    opening.State
	Home, Points, AsOf, Book string
	Name                     string
	Picked                   []string
	Errors                   kit.Errors
	Signing                  bool // the fault is of the signing form
	Pager                    kit.PagerProps
	Export, Clear            string
	Report                   *opening.Report
}

func openingFilter(c echo.Context) opening.Filter {
	f := opening.Filter{Query: c.QueryParam("q"), Page: visit.Page(c)}
	if st := opening.State(c.QueryParam("state")); st.Chinese() != "" {
		f.State = st
	}
	return f
}

// OpeningList shows the old books and takes another.
func (r *Room) OpeningList(c echo.Context) error { return r.openings(c, openingsPage{}, nil) }

func (r *Room) openings(c echo.Context, p openingsPage, problem error) (err error) {
	f := openingFilter(c)
	p.StaffPage = r.Staff(c, "openings", "旧存折结转")
	p.Path, p.Query, p.State, p.Errors, p.Export = "/openings", f.Query, f.State, kit.ErrorsOf(problem), "/openings.xlsx?"+c.QueryString()
	p.Home, p.Points, p.AsOf, p.Book, p.Name = c.FormValue("home"), c.FormValue("points"), c.FormValue("as_of"), c.FormValue("book"), c.FormValue("name")
	if form, err := c.FormParams(); err == nil {
		p.Picked = form["pick"]
	}
	if c.QueryString() != "" {
		p.Clear = "/openings"
	}
	var next string
	if p.Rows, next, err = r.Openings.List(c.Request().Context(), visit.Who(c), f); err != nil {
		return err
	}
	p.Pager = visit.Pager(c, len(p.Rows), next)
	return visit.Render(c, visit.Status(problem), openingList(p))
}

var openingHeads = []sheetfile.Head{{Title: "户主", Width: 12}, {Title: "门牌", Width: 14}, {Title: "存折编号", Width: 14}, {Title: "旧存折余额"}, {Title: "截止日期", Width: 12}, {Title: "旧存折编号", Width: 14}, {Title: "状态"},
	{Title: "登记人"}, {Title: "住户签字"}, {Title: "小组签字"}, {Title: "入账时间", Width: 17}, {Title: "作废或冲正原因", Width: 30}}

// OpeningExport is the list as it is filtered, whole, as a sheet.
func (r *Room) OpeningExport(c echo.Context) error {
	f := openingFilter(c)
	var rows [][]any
	for o, err := range page.Rows(func(p page.Page) ([]opening.Opening, string, error) {
		f.Page = p
		return r.Openings.List(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{o.Head, o.Door, o.PassbookNo, o.Points, o.AsOf.Format("2006-01-02"), o.Book, o.State.Chinese(), o.NotedName, o.HomeName, o.GroupName, o.GroupAt, o.Reason})
	}
	return shell.SendSheet(c, "旧存折结转", "旧存折结转", openingHeads, rows)
}

// OpeningAdd writes one old book down.
func (r *Room) OpeningAdd(c echo.Context) error {
	home, err := r.homeOf(c)
	points, bad := visit.Int(c, "points", 0)
	asOf, wrong := visit.Day(c, "as_of")
	err = fault.Join(fault.From(err), bad, wrong)
	if err == nil {
		_, err = r.Openings.Note(c.Request().Context(), visit.Who(c), []opening.Opening{{HouseholdID: home, Points: points, AsOf: asOf, Book: visit.Text(c, "book")}})
	}
	switch {
	case visit.Correctable(err):
		return r.openings(c, openingsPage{}, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/openings?state=noted", "已登记，等住户和小组签字")
}

// OpeningSign takes signatures: the households' with side home, the group's with side group.
func (r *Room) OpeningSign(c echo.Context) error {
	ids, err := visit.FormIDs(c, "pick")
	if err != nil {
		return err
	}
	image, err := signed(c)
	n, says := 0, "住户已签字，还要另一名小组成员签字"
	if err == nil {
		pen := opening.Pen{Name: visit.Text(c, "name"), Image: image}
		if c.FormValue("side") == "group" {
			says = "两方已签字，已经入账"
			n, err = r.Openings.SignGroup(c.Request().Context(), visit.Who(c), ids, pen)
		} else {
			n, err = r.Openings.SignHome(c.Request().Context(), visit.Who(c), ids, pen)
		}
	}
	switch {
	case visit.Correctable(err):
		return r.openings(c, openingsPage{Signing: true}, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/openings", strconv.Itoa(n)+" 户"+says)
}

var errNoFile = fault.New(fault.Invalid, "import.no_file", "请先选择要导入的表格").On("file")

// OpeningImport brings a sheet of old books in, or gives it back with what is wrong.
func (r *Room) OpeningImport(c echo.Context) error {
	file, err := c.FormFile("file")
	if err != nil || file.Size == 0 {
		return r.openings(c, openingsPage{}, errNoFile)
	}
	f, err := file.Open()
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := sheetfile.Take(f)
	if err != nil {
		return r.openings(c, openingsPage{}, err)
	}
	report, err := r.Openings.Import(c.Request().Context(), visit.Who(c), data, c.FormValue("try") != "")
	switch {
	case visit.Correctable(err):
		return r.openings(c, openingsPage{}, fault.Of(err).On("file"))
	case err != nil:
		return err
	case len(report.Problems) > 0 && c.FormValue("download") != "":
		return shell.SendFile(c, "旧存折结转（标出问题）", report.Marked)
	case len(report.Problems) > 0 || c.FormValue("try") != "":
		return r.openings(c, openingsPage{Report: &report}, nil)
	}
	return visit.Done(c, "/openings?state=noted", "已导入 "+strconv.Itoa(report.Rows)+" 户，等住户和小组签字")
}

// OpeningTemplate is the empty sheet to fill in.
func (r *Room) OpeningTemplate(c echo.Context) error {
	data, err := opening.Template()
	if err != nil {
		return err
	}
	return shell.SendFile(c, "旧存折结转模板", data)
}

// openingPage is one old book.
type openingPage struct {
	kit.StaffPage
	opening.Opening
	Signs  []opening.Pen
	Ends   bool
	Reason string
	Errors kit.Errors
}

// OpeningShow shows one old book with its signatures.
func (r *Room) OpeningShow(c echo.Context) error { return r.opening(c, nil) }

func (r *Room) opening(c echo.Context, problem error) error {
	id, err := visit.ID(c, "opening")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := openingPage{StaffPage: r.Staff(c, "openings", "旧存折结转"), Ends: r.May(c, authz.LedgerReverse), Reason: c.FormValue("reason"), Errors: kit.ErrorsOf(problem)}
	p.Path = "/openings/" + id.String()
	if p.Opening, err = r.Openings.Show(ctx, who, id); err != nil {
		return err
	}
	if p.Signs, err = r.Openings.Signatures(ctx, who, id); err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), openingShow(p))
}

// OpeningEnd drops one, or reverses it where it was posted.
func (r *Room) OpeningEnd(c echo.Context) error {
	id, err := visit.ID(c, "opening")
	if err != nil {
		return err
	}
	o, err := r.Openings.End(c.Request().Context(), visit.Who(c), id, c.FormValue("reason"))
	switch {
	case visit.Correctable(err):
		return r.opening(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/openings/"+id.String(), o.Head+"家的旧存折"+o.State.Chinese())
}

// picture is an image that stands in the page itself.
func picture(image []byte) string {
	return "data:" + http.DetectContentType(image) + ";base64," + base64.StdEncoding.EncodeToString(image)
}

func hasID(all []string, id uuid.UUID) bool {
	for _, s := range all {
		if s == id.String() {
			return true
		}
	}
	return false
}
