package money

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/budget"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

var errMoney = fault.New(fault.Invalid, "form.money", "请填金额，如 1200 或 1200.50").On("fen")

// fenOf reads yuan with at most two decimals into fen, without any float.
func fenOf(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, true
	}
	whole, cents, _ := strings.Cut(text, ".")
	if len(cents) > 2 || len(whole) > 9 || strings.Trim(whole+cents, "0123456789") != "" || whole == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+(cents + "00")[:2], 10, 64)
	return n, err == nil
}

// yuan is fen as people write money.
func yuan(fen int64) string {
	if fen%100 == 0 {
		return kit.Number(int(fen/100)) + " 元"
	}
	return fmt.Sprintf("%s.%02d 元", kit.Number(int(fen/100)), fen%100)
}

func yuanField(fen int64) string {
	if fen == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%02d", fen/100, fen%100)
}

// budgetsPage is the village's money for goods.
type budgetsPage struct {
	kit.StaffPage
	Guard                      budget.Guard
	Rows                       []budget.Budget
	Lines                      []budgetLine // that the words are about, where they are searched for
	Query, Year, Clear, Export string
	Years                      []kit.Choice
	Drafts                     bool
	Buys                       bool
	Quotes                     string
	Errors                     kit.Errors
	NewYear                    int // for which a budget can be drafted now
}

// budgetLine is one line with the budget that it stands in.
type budgetLine struct {
	Of budget.Budget
	budget.Line
}

// soughtLines are the lines of the budgets whose name or kind has the words; all of them without words.
func soughtLines(all []budget.Budget, words string) (lines []budgetLine) {
	for _, b := range all {
		for _, l := range b.Lines {
			if strings.Contains(l.Name+" "+l.Source.Chinese(), words) {
				lines = append(lines, budgetLine{b, l})
			}
		}
	}
	return lines
}

// BudgetList shows the guard, the budgets and how the purse is kept.
func (s *Room) BudgetList(c echo.Context) error { return s.budgets(c, nil) }

func (s *Room) budgets(c echo.Context, problem error) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := budgetsPage{StaffPage: s.Staff(c, "budget", "物资预算"), Drafts: s.May(c, authz.BudgetDraft), Buys: s.May(c, authz.GoodsManage), Errors: kit.ErrorsOf(problem),
		Query: strings.TrimSpace(c.QueryParam("q")), Export: "/budget.xlsx?" + c.QueryString(), Years: s.years()}
	year := yearIn(c)
	if year > 0 {
		p.Year = strconv.Itoa(year)
	}
	if p.Path = "/budget"; c.QueryString() != "" {
		p.Clear = p.Path
	}
	var err error
	if p.Guard, err = s.Budget.Guard(ctx, who); err != nil {
		return err
	}
	if p.Rows, err = s.Budget.List(ctx, who, year); err != nil {
		return err
	}
	if p.Query != "" {
		p.Lines = soughtLines(p.Rows, p.Query)
	}
	p.Quotes, p.NewYear = yuanField(p.Guard.Purse.QuotesFrom), p.Guard.Year
	if problem != nil {
		p.Quotes = c.FormValue("quotes_from")
	}
	return visit.Render(c, statusOf(problem), budgetList(p))
}

func statusOf(problem error) int {
	if problem != nil {
		return visit.Status(problem)
	}
	return http.StatusOK
}

var budgetHeads = []sheetfile.Head{{Title: "预算", Width: 24}, {Title: "状态"}, {Title: "种类", Width: 14}, {Title: "名称", Width: 20}, {Title: "数量"}, {Title: "可换（分）"}, {Title: "金额（元）"}, {Title: "编制人"}, {Title: "镇里的意见", Width: 30}}

// BudgetExport is the lines of the budgets as they are filtered, as a sheet.
func (s *Room) BudgetExport(c echo.Context) error {
	all, err := s.Budget.List(c.Request().Context(), visit.Who(c), yearIn(c))
	if err != nil {
		return err
	}
	var rows [][]any
	for _, l := range soughtLines(all, strings.TrimSpace(c.QueryParam("q"))) {
		rows = append(rows, []any{l.Of.Name(), l.Of.State.Chinese(), l.Source.Chinese(), l.Name, l.Quantity, l.Points, sheetfile.Fen(l.Fen), l.Of.DraftedName, l.Of.Advice})
	}
	return shell.SendSheet(c, "物资预算", "预算", budgetHeads, rows)
}

// PurseSave settles how the purse is kept.
func (s *Room) PurseSave(c echo.Context) error {
	fen, ok := fenOf(c.FormValue("quotes_from"))
	var err error = errMoney.On("quotes_from")
	if ok {
		err = s.Budget.SavePurse(c.Request().Context(), visit.Who(c), budget.Purse{Strict: c.FormValue("strict") != "", QuotesFrom: fen})
	}
	switch {
	case visit.Correctable(err):
		return s.budgets(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/budget", "已保存")
}

// How many lines the form offers beyond those filled in.
const goodsRows, spareRows = 6, 2

// budgetPage is one budget.
type budgetPage struct {
	kit.StaffPage
	budget.Budget
	Guard   budget.Guard
	Drafts  bool
	Reviews bool
	Village actor.VillageID // in the office
	Of      string          // … its name
	Funds_  []lineForm
	Goods_  []lineForm
	Advised string
	Errors  kit.Errors
}

// lineForm is a line as it is typed.
type lineForm struct {
	N                            string
	Source                       budget.Source
	Name, Quantity, Yuan, Points string
}

// BudgetNew begins a budget or an amendment: of the year's agreed budget a copy.
func (s *Room) BudgetNew(c echo.Context) error {
	p := budgetPage{StaffPage: s.Staff(c, "budget", "编制预算"), Drafts: true, Budget: budget.Budget{Year: month.Of(s.DB.Now()).Year(), State: budget.Draft}}
	before, err := s.Budget.List(c.Request().Context(), visit.Who(c), p.Year)
	if err != nil {
		return err
	}
	if len(before) > 0 {
		if before[0].State != budget.Agreed {
			return visit.Refused(c, "/budget/"+before[0].ID.String(), budget.ErrState)
		}
		p.Number, p.Lines, p.Note = len(before), before[0].Lines, before[0].Note
	}
	p.rows()
	return visit.Render(c, http.StatusOK, budgetShow(p))
}

// rows lays the lines out for typing.
func (p *budgetPage) rows() {
	for i, src := range budget.Sources {
		f := lineForm{N: "s" + strconv.Itoa(i), Source: src}
		for _, l := range p.Lines {
			if l.Source == src && f.Yuan == "" {
				f.Name, f.Yuan = l.Name, yuanField(l.Fen)
			}
		}
		p.Funds_ = append(p.Funds_, f)
	}
	for _, l := range p.Lines {
		if l.Source == budget.GoodsLine {
			p.Goods_ = append(p.Goods_, lineForm{N: "g" + strconv.Itoa(len(p.Goods_)), Name: l.Name, Quantity: strconv.Itoa(l.Quantity), Yuan: yuanField(l.Fen), Points: strconv.Itoa(int(l.Points))})
		}
	}
	for n := max(goodsRows, len(p.Goods_)+spareRows); len(p.Goods_) < n; {
		p.Goods_ = append(p.Goods_, lineForm{N: "g" + strconv.Itoa(len(p.Goods_))})
	}
}

// BudgetShow shows one budget; an open one in a form.
func (s *Room) BudgetShow(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := budgetPage{StaffPage: s.Staff(c, "budget", "物资预算"), Drafts: s.May(c, authz.BudgetDraft)}
	if p.Budget, err = s.Budget.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	p.rows()
	return visit.Render(c, http.StatusOK, budgetShow(p))
}

// BudgetAdd saves a new draft, BudgetSave one that is open.
func (s *Room) BudgetAdd(c echo.Context) error { return s.saveBudget(c, uuid.Nil) }

// BudgetSave saves an open draft.
func (s *Room) BudgetSave(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err == nil {
		_, err = s.Budget.Show(c.Request().Context(), visit.Who(c), id)
	}
	if err != nil {
		return err
	}
	return s.saveBudget(c, id)
}

func (s *Room) saveBudget(c echo.Context, id uuid.UUID) error {
	p := budgetPage{StaffPage: s.Staff(c, "budget", "物资预算"), Drafts: true}
	year, bad1 := visit.Int(c, "year", month.Of(s.DB.Now()).Year())
	number, bad2 := visit.Int(c, "number", 0)
	version, bad3 := visit.Int(c, "version", 0)
	p.Budget = budget.Budget{ID: id, Year: year, Number: number, Version: version, State: budget.Draft, Reason: visit.Text(c, "reason"), Note: visit.Text(c, "note")}
	faults := []*fault.Error{bad1, bad2, bad3}
	read := func(f lineForm) lineForm {
		f.Name, f.Quantity, f.Yuan, f.Points = visit.Text(c, "name-"+f.N), visit.Text(c, "quantity-"+f.N), visit.Text(c, "yuan-"+f.N), visit.Text(c, "points-"+f.N)
		fen, ok := fenOf(f.Yuan)
		faults = append(faults, fault.When(!ok, errMoney.On("yuan-"+f.N)))
		quantity, bad1 := visit.Int(c, "quantity-"+f.N, 0)
		points, bad2 := visit.Int(c, "points-"+f.N, 0)
		faults = append(faults, bad1, bad2)
		if f.Source != budget.GoodsLine && fen == 0 {
			return f
		}
		name := f.Name
		if name == "" && f.Source != budget.GoodsLine {
			name = f.Source.Chinese()
		}
		p.Lines = append(p.Lines, budget.Line{Source: f.Source, Name: name, Quantity: quantity, Fen: fen, Points: int64(points)})
		return f
	}
	for i, src := range budget.Sources {
		p.Funds_ = append(p.Funds_, read(lineForm{N: "s" + strconv.Itoa(i), Source: src}))
	}
	for i := 0; i < 40 && (i < goodsRows || c.FormValue("name-g"+strconv.Itoa(i)) != ""); i++ {
		p.Goods_ = append(p.Goods_, read(lineForm{N: "g" + strconv.Itoa(i)}))
	}
	err := fault.Join(faults...)
	var saved budget.Budget
	if err == nil {
		saved, err = s.Budget.Save(c.Request().Context(), visit.Who(c), p.Budget)
	}
	switch {
	case visit.Correctable(err):
		p.Errors = kit.ErrorsOf(err)
		return visit.Render(c, visit.Status(err), budgetShow(p))
	case err != nil:
		return err
	}
	return visit.Done(c, "/budget/"+saved.ID.String(), "草稿已保存，核对后报镇")
}

// BudgetSubmit sends a draft to the township.
func (s *Room) BudgetSubmit(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err = s.Budget.Submit(c.Request().Context(), visit.Who(c), id); err != nil {
		return visit.Refused(c, "/budget/"+id.String(), err)
	}
	return visit.Done(c, "/budget/"+id.String(), "已报镇，等镇里审核")
}

// BudgetRecall takes it back before the township has answered.
func (s *Room) BudgetRecall(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err = s.Budget.Recall(c.Request().Context(), visit.Who(c), id); err != nil {
		return visit.Refused(c, "/budget/"+id.String(), err)
	}
	return visit.Done(c, "/budget/"+id.String(), "已撤回，改好再报")
}
