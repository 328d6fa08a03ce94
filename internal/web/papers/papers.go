package papers

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/passbook"
	"cunfen/internal/pg"
	"cunfen/internal/sheetfile"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// papersPage is the village's paper books: whose are behind the ledger, and what is printed for whom.
type papersPage struct {
	kit.StaffPage
	Homes  []passbook.Home
	Grid   int
	Query  string
	Grids  []kit.Choice
	Behind int // households whose paper lacks lines
	Lacks  int // such lines
	None   int // households without a printed line
	Prints []passbook.Print
	Export string
	Clear  string
	Errors kit.Errors
}

// usual is what is printed for the whole village: books where nobody has one yet.
func (p papersPage) usual() string {
	if p.Behind > 0 && p.None >= p.Behind {
		return "book"
	}
	return "lines"
}

// Papers lists how each household's paper book stands.
func (s *Room) Papers(c echo.Context) error { return s.papers(c, nil) }

func (s *Room) papers(c echo.Context, problem error) (err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := papersPage{StaffPage: s.Staff(c, "papers", "存折打印"), Query: strings.TrimSpace(c.QueryParam("q")), Grids: s.GridChoices(c), Errors: kit.ErrorsOf(problem)}
	p.Path = "/passbooks"
	p.Grid, _ = visit.Int(c, "grid", 0)
	if p.Homes, err = s.paperHomes(c, p.Grid, p.Query); err != nil {
		return err
	}
	for _, h := range p.Homes {
		if h.New > 0 {
			p.Behind++
			p.Lacks += h.New
		}
		if h.Printed == 0 {
			p.None++
		}
	}
	p.Export = "/passbooks.xlsx?" + c.QueryString()
	if c.QueryString() != "" {
		p.Clear = "/passbooks"
	}
	if p.Prints, err = s.Passbooks.Prints(ctx, who, uuid.Nil); err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), papers(p))
}

func (s *Room) paperHomes(c echo.Context, grid int, query string) (homes []passbook.Home, err error) {
	all, err := s.Passbooks.Homes(c.Request().Context(), visit.Who(c), grid)
	for _, h := range all {
		if query == "" || strings.Contains(h.Head+" "+h.Door+" "+strings.ToUpper(h.PassbookNo), strings.ToUpper(query)) {
			homes = append(homes, h)
		}
	}
	return homes, err
}

// PapersExport is the same list as a sheet.
func (s *Room) PapersExport(c echo.Context) error {
	grid, _ := visit.Int(c, "grid", 0)
	homes, err := s.paperHomes(c, grid, strings.TrimSpace(c.QueryParam("q")))
	if err != nil {
		return err
	}
	rows := make([][]any, len(homes))
	for i, h := range homes {
		rows[i] = []any{h.Door, h.Head, h.PassbookNo, h.Printed, h.New, h.Year, paperYear(h)}
	}
	return shell.SendSheet(c, "存折打印情况", "存折", []sheetfile.Head{{Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "存折编号", Width: 20}, {Title: "已印行数"},
		{Title: "待补登行数"}, {Title: "台账余额"}, {Title: "纸上余额"}}, rows)
}

func paperYear(h passbook.Home) string {
	if h.PaperYear == nil {
		return ""
	}
	return fmt.Sprint(*h.PaperYear)
}

// PapersPrint prints for those ticked, a grid, or all.
func (s *Room) PapersPrint(c echo.Context) error {
	ids, err := visit.FormIDs(c, "home")
	if err != nil {
		return err
	}
	choice := passbook.Choice{Households: ids, Kind: passbook.Lines}
	if c.FormValue("kind") == string(passbook.Book) {
		choice.Kind = passbook.Book
	}
	choice.Grid, _ = visit.Int(c, "grid", 0)
	if c.FormValue("scope") != "all" && choice.Grid == 0 && len(ids) == 0 {
		return s.papers(c, passbook.ErrNobody)
	}
	p, err := s.Passbooks.Print(c.Request().Context(), visit.Who(c), choice)
	switch {
	case visit.Correctable(err):
		return s.papers(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/passbooks/prints/"+p.ID.String(), fmt.Sprintf("已备好：%d 户 %d 行，点“打开打印文件”", p.Households, p.Lines))
}

// printPage is one printing.
type printPage struct {
	kit.StaffPage
	Print passbook.Print
	Homes []passbook.Printed
}

// PaperPrint shows a printing: what goes into which book, from which line.
func (s *Room) PaperPrint(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := printPage{StaffPage: s.Staff(c, "papers", "打印记录")}
	if p.Print, p.Homes, err = s.Passbooks.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, paperPrint(p))
}

// PaperPrintPDF is what goes to the printer.
func (s *Room) PaperPrintPDF(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	pdf, missing, err := s.Passbooks.PDF(c.Request().Context(), visit.Who(c), id)
	return shell.SendPDF(c, "存折", pdf, missing, err)
}

// PaperCards is household cards on A4, for the homes ticked, a grid, or the village.
func (s *Room) PaperCards(c echo.Context) error {
	return s.sheets(c, "积分卡", s.Passbooks.Cards)
}

// PaperPlates is door plates the same way.
func (s *Room) PaperPlates(c echo.Context) error {
	return s.sheets(c, "门牌二维码", s.Passbooks.Plates)
}

type drawn = func(context.Context, actor.Actor, int, ...uuid.UUID) ([]byte, []rune, error)

func (s *Room) sheets(c echo.Context, name string, draw drawn) error {
	homes, err := visit.FormIDs(c, "home")
	if err != nil {
		return err
	}
	one, err := visit.FormID(c, "household")
	if err != nil {
		return err
	}
	if one != uuid.Nil {
		homes = append(homes, one)
	}
	grid, _ := visit.Int(c, "grid", 0)
	if c.Request().Method == http.MethodPost && len(homes) == 0 {
		return s.papers(c, passbook.ErrNobody)
	}
	pdf, missing, err := draw(c.Request().Context(), visit.Who(c), grid, homes...)
	if visit.Correctable(err) {
		return s.papers(c, err)
	}
	return shell.SendPDF(c, name, pdf, missing, err)
}

// paperPage is one household's paper book.
type paperPage struct {
	kit.StaffPage
	Home    household.Household
	Balance ledger.Balance
	Paper   passbook.Home
	Prints  []passbook.Print
	Voids   []passbook.Void
	From    string
	Reason  string
	Lost    string
	Errors  kit.Errors
}

// Paper shows one household's paper book, what was printed and which books are void.
func (s *Room) Paper(c echo.Context) error { return s.paper(c, nil) }

func (s *Room) paper(c echo.Context, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := paperPage{StaffPage: s.Staff(c, "papers", "纸质存折"), Errors: kit.ErrorsOf(problem), From: c.FormValue("from"), Reason: c.FormValue("reason"), Lost: c.FormValue("lost")}
	p.Path = "/households/" + id.String() + "/paper"
	if p.Home, err = s.Households.Show(ctx, who, id); err != nil {
		return err
	}
	homes, err := s.Passbooks.Homes(ctx, who, 0)
	if err != nil {
		return err
	}
	for _, h := range homes {
		if h.ID == id {
			p.Paper = h
		}
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error { p.Balance, err = ledger.BalanceOf(ctx, tx, id); return err })
	if err != nil {
		return err
	}
	if p.Prints, err = s.Passbooks.Prints(ctx, who, id); err != nil {
		return err
	}
	if p.Voids, err = s.Passbooks.Voids(ctx, who, id); err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), paperShow(p))
}

// PaperMake prints this household's book, its new lines, or lines again.
func (s *Room) PaperMake(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	choice := passbook.Choice{Households: []uuid.UUID{id}, Kind: passbook.Lines, Reason: visit.Text(c, "reason")}
	switch k := passbook.Kind(c.FormValue("kind")); k {
	case passbook.Book, passbook.Again:
		choice.Kind = k
	}
	from, bad := visit.Int(c, "from", 1)
	if choice.From = from; bad != nil && choice.Kind == passbook.Again {
		return s.paper(c, bad)
	}
	p, err := s.Passbooks.Print(c.Request().Context(), visit.Who(c), choice)
	switch {
	case visit.Correctable(err):
		return s.paper(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/passbooks/prints/"+p.ID.String(), fmt.Sprintf("已备好 %d 行，点“打开打印文件”", p.Lines))
}

// PaperLost replaces a lost book.
func (s *Room) PaperLost(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p, err := s.Passbooks.Reissue(c.Request().Context(), visit.Who(c), id, visit.Text(c, "lost"))
	switch {
	case visit.Correctable(err):
		return s.paper(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/passbooks/prints/"+p.ID.String(), "旧存折已作废，新编号已经启用；请打印新存折")
}

// checkPage is where anybody checks a line of a paper passbook by its code.
type checkPage struct {
	kit.PublicPage
	Village village.Village
	Code    string
	Check   *passbook.Check
	Errors  kit.Errors
}

// PublicPassbook checks a line by its code: it says what the ledger says, and nobody's name.
func (s *Room) PublicPassbook(c echo.Context) error {
	v, err := s.PublicVillage(c)
	if err != nil {
		return err
	}
	p := checkPage{PublicPage: shell.Board(c, v, "查验存折"), Village: v, Code: strings.TrimSpace(c.QueryParam("code"))}
	status := http.StatusOK
	if p.Code != "" {
		check, err := s.Passbooks.Check(c.Request().Context(), v.ID, p.Code)
		switch {
		case visit.Correctable(err):
			p.Errors, status = kit.ErrorsOf(err), visit.Status(err)
		case err != nil:
			return err
		default:
			p.Check = &check
		}
	}
	return visit.Render(c, status, publicPassbook(p))
}
