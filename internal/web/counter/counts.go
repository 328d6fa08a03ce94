package counter

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// countsPage is what was counted, newest first.
type countsPage struct {
	kit.StaffPage
	Rows                                      []shop.Count
	Kind, Differs, First, Last, Clear, Export string
	Pager                                     kit.PagerProps
}

// countsOf reads the address of the list.
func countsOf(c echo.Context) (f shop.CountFilter) {
	f.Page, f.Differs = visit.Page(c), c.QueryParam("differs") != ""
	if k := c.QueryParam("kind"); k == "day" || k == "taking" {
		f.Kind = k
	}
	f.First, f.Last = between(c)
	return f
}

// between reads the days of a list's address; what is no day narrows nothing.
func between(c echo.Context) (first, last time.Time) {
	first, _ = month.ParseDay(c.QueryParam("from"))
	last, _ = month.ParseDay(c.QueryParam("to"))
	return first, last
}

func dayText(d time.Time) string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

// CountList shows the closes of days and the stock-takings.
func (s *Room) CountList(c echo.Context) error {
	f := countsOf(c)
	rows, next, err := s.Shop.Counted(c.Request().Context(), visit.Who(c), f)
	if err != nil {
		return err
	}
	p := countsPage{StaffPage: s.Staff(c, "counts", "清点盘库"), Rows: rows, Kind: f.Kind, First: dayText(f.First), Last: dayText(f.Last), Export: "/counts.xlsx?" + c.QueryString(), Pager: visit.Pager(c, len(rows), next)}
	if f.Differs {
		p.Differs = "1"
	}
	if p.Path = "/counts"; c.QueryString() != "" {
		p.Clear = p.Path
	}
	return visit.Render(c, http.StatusOK, countList(p))
}

var countHeads = []sheetfile.Head{{Title: "时间", Width: 17}, {Title: "种类"}, {Title: "物品", Width: 18}, {Title: "账面"}, {Title: "实有"}, {Title: "相差"}, {Title: "原因", Width: 30}, {Title: "清点人"}, {Title: "一同清点"}}

// CountExport is every line counted, as a sheet.
func (s *Room) CountExport(c echo.Context) error {
	var rows [][]any
	f := countsOf(c)
	for t, err := range page.Rows(func(p page.Page) ([]shop.Count, string, error) {
		f.Page = p
		return s.Shop.Counted(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		for _, l := range t.Lines {
			rows = append(rows, []any{t.At, countKind(t), l.GoodsName, l.Book, l.Counted, l.Differs(), l.Reason, t.Name, t.Witness})
		}
	}
	return shell.SendSheet(c, "清点盘库", "清点盘库", countHeads, rows)
}

// countPage is the form to count by.
type countPage struct {
	kit.StaffPage
	Kind          string
	Shelves       []shop.Shelf
	Counted       map[uuid.UUID]string
	Reasons       map[uuid.UUID]string
	Witness, Note string
	Redemptions   int
	Points        int
	More          bool
	Errors        kit.Errors
}

// CountNew shows what should be there and asks what is.
func (s *Room) CountNew(c echo.Context) error { return s.counting(c, nil) }

func (s *Room) counting(c echo.Context, problem error) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := countPage{StaffPage: s.Staff(c, "counts", "清点"), Kind: c.FormValue("kind"), Witness: c.FormValue("witness"), Note: c.FormValue("note"),
		Counted: map[uuid.UUID]string{}, Reasons: map[uuid.UUID]string{}, Errors: kit.ErrorsOf(problem)}
	if p.Kind != "day" {
		p.Kind = "taking"
	}
	p.Path = "/counts/new?kind=" + p.Kind
	var err error
	if p.Shelves, err = s.Shop.Shelves(ctx, who); err != nil {
		return err
	}
	for _, g := range p.Shelves {
		p.Counted[g.GoodsID], p.Reasons[g.GoodsID] = c.FormValue("counted-"+g.GoodsID.String()), c.FormValue("reason-"+g.GoodsID.String())
	}
	today, next, err := s.Shop.List(ctx, who, shop.Filter{Day: s.DB.Now(), Page: page.Page{Limit: page.Most}})
	if err != nil {
		return err
	}
	for _, r := range today {
		if r.CancelledAt == nil {
			p.Redemptions, p.Points = p.Redemptions+1, p.Points+r.Points
		}
	}
	p.More = next != ""
	return visit.Render(c, visit.Status(problem), countNew(p))
}

// CountAdd records what was counted.
func (s *Room) CountAdd(c echo.Context) error {
	count, err := countOf(c)
	if err == nil {
		var done shop.Count
		if done, err = s.Shop.TakeStock(c.Request().Context(), visit.Who(c), count); err == nil {
			return visit.Done(c, "/counts/"+done.ID.String(), "清点已记下，库存按实有数更正")
		}
	}
	if visit.Correctable(err) {
		return s.counting(c, err)
	}
	return err
}

func countOf(c echo.Context) (shop.Count, error) {
	count := shop.Count{Kind: c.FormValue("kind"), Witness: c.FormValue("witness"), Note: c.FormValue("note")}
	ids, err := visit.FormIDs(c, "goods")
	if err != nil {
		return count, err
	}
	var faults []*fault.Error
	for _, id := range ids {
		book, bad1 := visit.Int(c, "book-"+id.String(), 0)
		counted, bad2 := visit.Int(c, "counted-"+id.String(), -1)
		faults = append(faults, bad1, bad2)
		count.Lines = append(count.Lines, shop.CountLine{GoodsID: id, GoodsName: c.FormValue("name-" + id.String()), Book: book, Counted: counted, Reason: c.FormValue("reason-" + id.String())})
	}
	return count, fault.Join(faults...)
}

// countShownPage is one count.
type countShownPage struct {
	kit.StaffPage
	shop.Count
	Village string
}

// CountShow shows one count; ?print=1 is the sheet to sign.
func (s *Room) CountShow(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	rows, _, err := s.Shop.Counted(c.Request().Context(), visit.Who(c), shop.CountFilter{ID: id})
	if err != nil {
		return err
	}
	p := countShownPage{s.Staff(c, "counts", "清点结果"), rows[0], ""}
	if v, err := s.Villages.Find(c.Request().Context(), visit.Who(c).Village); err == nil {
		p.Village = v.Name
	}
	if c.QueryParam("print") != "" {
		return visit.Render(c, http.StatusOK, countPaper(p))
	}
	return visit.Render(c, http.StatusOK, countShow(p))
}

// stockPage is what moved one thing's stock.
type stockPage struct {
	kit.StaffPage
	Goods shop.Goods
	Rows  []shop.StockLine
	Pager kit.PagerProps
}

// GoodsStock shows every change of a thing's stock.
func (s *Room) GoodsStock(c echo.Context) error {
	g, err := s.goods(c)
	if err != nil {
		return err
	}
	rows, next, err := s.Shop.Stock(c.Request().Context(), visit.Who(c), shop.StockFilter{Goods: g.ID, Page: visit.Page(c)})
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, goodsStock(stockPage{s.Staff(c, "goods", g.Name+"出入库"), g, rows, visit.Pager(c, len(rows), next)}))
}

// stockAllPage is what moved the village's stock.
type stockAllPage struct {
	kit.StaffPage
	Rows                                    []shop.StockLine
	Query, Kind, First, Last, Clear, Export string
	Pager                                   kit.PagerProps
}

func stockOf(c echo.Context) (f shop.StockFilter) {
	f.Page, f.Query = visit.Page(c), visit.Text(c, "q")
	if k, err := strconv.Atoi(c.QueryParam("kind")); err == nil && k > 0 && k <= len(shop.StockKinds) {
		f.Kind = shop.StockKind(k)
	}
	f.First, f.Last = between(c)
	return f
}

// StockList shows every change of every thing's stock.
func (s *Room) StockList(c echo.Context) error {
	f := stockOf(c)
	rows, next, err := s.Shop.Stock(c.Request().Context(), visit.Who(c), f)
	if err != nil {
		return err
	}
	p := stockAllPage{StaffPage: s.Staff(c, "goods", "出入库明细"), Rows: rows, Query: f.Query, First: dayText(f.First), Last: dayText(f.Last), Export: "/stock.xlsx?" + c.QueryString(), Pager: visit.Pager(c, len(rows), next)}
	if f.Kind > 0 {
		p.Kind = strconv.Itoa(int(f.Kind))
	}
	if p.Path = "/stock"; c.QueryString() != "" {
		p.Clear = p.Path
	}
	return visit.Render(c, http.StatusOK, stockList(p))
}

var stockHeads = []sheetfile.Head{{Title: "时间", Width: 17}, {Title: "物品", Width: 24}, {Title: "种类"}, {Title: "数量"}, {Title: "结存"}, {Title: "单位"}, {Title: "经手人"}, {Title: "备注", Width: 30}}

// StockExport is the list as it is filtered, whole, as a sheet.
func (s *Room) StockExport(c echo.Context) error {
	f := stockOf(c)
	var rows [][]any
	for l, err := range page.Rows(func(p page.Page) ([]shop.StockLine, string, error) {
		f.Page = p
		return s.Shop.Stock(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{l.At, l.GoodsName, l.Kind.Chinese(), l.Quantity, l.Stock, l.Unit, l.ByName, l.Note})
	}
	return shell.SendSheet(c, "出入库明细", "出入库", stockHeads, rows)
}

func stockKinds() (all []kit.Choice) {
	for _, k := range shop.StockKinds {
		all = append(all, kit.Choice{Value: strconv.Itoa(int(k)), Text: k.Chinese()})
	}
	return all
}

func countKind(t shop.Count) string {
	if t.Kind == "day" {
		return "收工清点"
	}
	return "盘库"
}

func countDay(t shop.Count) string { return shell.FullDay(month.Date(t.Day)) }
