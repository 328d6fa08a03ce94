package ui

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
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
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
	Guard   budget.Guard
	Rows    []budget.Budget
	Drafts  bool
	Buys    bool
	Quotes  string
	Errors  kit.Errors
	NewYear int // for which a budget can be drafted now
}

// BudgetList shows the guard, the budgets and how the purse is kept.
func (s *Site) BudgetList(c echo.Context) error { return s.budgets(c, nil) }

func (s *Site) budgets(c echo.Context, problem error) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := budgetsPage{StaffPage: s.staff(c, "budget", "物资预算"), Drafts: s.may(c, authz.BudgetDraft), Buys: s.may(c, authz.GoodsManage), Errors: kit.ErrorsOf(problem)}
	var err error
	if p.Guard, err = s.Budget.Guard(ctx, who); err != nil {
		return err
	}
	if p.Rows, err = s.Budget.List(ctx, who, 0); err != nil {
		return err
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

// PurseSave settles how the purse is kept.
func (s *Site) PurseSave(c echo.Context) error {
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
func (s *Site) BudgetNew(c echo.Context) error {
	p := budgetPage{StaffPage: s.staff(c, "budget", "编制预算"), Drafts: true, Budget: budget.Budget{Year: month.Of(s.DB.Now()).Year(), State: budget.Draft}}
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
		f := lineForm{N: "s" + itoa(i), Source: src}
		for _, l := range p.Lines {
			if l.Source == src && f.Yuan == "" {
				f.Name, f.Yuan = l.Name, yuanField(l.Fen)
			}
		}
		p.Funds_ = append(p.Funds_, f)
	}
	for _, l := range p.Lines {
		if l.Source == budget.GoodsLine {
			p.Goods_ = append(p.Goods_, lineForm{N: "g" + itoa(len(p.Goods_)), Name: l.Name, Quantity: itoa(l.Quantity), Yuan: yuanField(l.Fen), Points: itoa(int(l.Points))})
		}
	}
	for n := max(goodsRows, len(p.Goods_)+spareRows); len(p.Goods_) < n; {
		p.Goods_ = append(p.Goods_, lineForm{N: "g" + itoa(len(p.Goods_))})
	}
}

// BudgetShow shows one budget; an open one in a form.
func (s *Site) BudgetShow(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := budgetPage{StaffPage: s.staff(c, "budget", "物资预算"), Drafts: s.may(c, authz.BudgetDraft)}
	if p.Budget, err = s.Budget.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	p.rows()
	return visit.Render(c, http.StatusOK, budgetShow(p))
}

// BudgetAdd saves a new draft, BudgetSave one that is open.
func (s *Site) BudgetAdd(c echo.Context) error { return s.saveBudget(c, uuid.Nil) }

// BudgetSave saves an open draft.
func (s *Site) BudgetSave(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err == nil {
		_, err = s.Budget.Show(c.Request().Context(), visit.Who(c), id)
	}
	if err != nil {
		return err
	}
	return s.saveBudget(c, id)
}

func (s *Site) saveBudget(c echo.Context, id uuid.UUID) error {
	p := budgetPage{StaffPage: s.staff(c, "budget", "物资预算"), Drafts: true}
	year, bad1 := visit.Int(c, "year", month.Of(s.DB.Now()).Year())
	number, bad2 := visit.Int(c, "number", 0)
	version, bad3 := visit.Int(c, "version", 0)
	p.Budget = budget.Budget{ID: id, Year: year, Number: number, Version: version, State: budget.Draft, Reason: trim(c, "reason"), Note: trim(c, "note")}
	faults := []*fault.Error{bad1, bad2, bad3}
	read := func(f lineForm) lineForm {
		f.Name, f.Quantity, f.Yuan, f.Points = trim(c, "name-"+f.N), trim(c, "quantity-"+f.N), trim(c, "yuan-"+f.N), trim(c, "points-"+f.N)
		fen, ok := fenOf(f.Yuan)
		faults = append(faults, faultIf(!ok, errMoney.On("yuan-"+f.N)))
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
		p.Funds_ = append(p.Funds_, read(lineForm{N: "s" + itoa(i), Source: src}))
	}
	for i := 0; i < 40 && (i < goodsRows || c.FormValue("name-g"+itoa(i)) != ""); i++ {
		p.Goods_ = append(p.Goods_, read(lineForm{N: "g" + itoa(i)}))
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

func faultIf(bad bool, f *fault.Error) *fault.Error {
	if bad {
		return f
	}
	return nil
}

// BudgetSubmit sends a draft to the township.
func (s *Site) BudgetSubmit(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err = s.Budget.Submit(c.Request().Context(), visit.Who(c), id); err != nil {
		return visit.Refused(c, "/budget/"+id.String(), err)
	}
	return visit.Done(c, "/budget/"+id.String(), "已报镇，等镇里审核")
}

// townBudgetsPage is every village's budget and guard.
type townBudgetsPage struct {
	kit.StaffPage
	Rows []budget.Standing
}

// TownBudgets shows the township's villages.
func (s *Site) TownBudgets(c echo.Context) error {
	rows, err := s.Budget.Town(c.Request().Context(), visit.Who(c))
	if err != nil {
		return err
	}
	p := townBudgetsPage{s.staff(c, "budgets", "各村物资预算"), rows}
	return visit.Render(c, http.StatusOK, townBudgets(p))
}

// TownBudget shows one village's budget to the office.
func (s *Site) TownBudget(c echo.Context) error { return s.townBudget(c, nil) }

func (s *Site) townBudget(c echo.Context, problem error) error {
	village, id, err := villageAnd(c)
	if err != nil {
		return err
	}
	p := budgetPage{StaffPage: s.staff(c, "budgets", "物资预算"), Reviews: s.may(c, authz.BudgetReview), Village: village, Advised: c.FormValue("advice"), Errors: kit.ErrorsOf(problem)}
	if p.Budget, p.Guard, err = s.Budget.ShowInOffice(c.Request().Context(), visit.Who(c), village, id); err != nil {
		return err
	}
	if p.State == budget.Draft {
		return fault.ErrNotFound // what the village has not sent is not the township's yet
	}
	return visit.Render(c, statusOf(problem), budgetShow(p))
}

func villageAnd(c echo.Context) (actor.VillageID, uuid.UUID, error) {
	n, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return 0, uuid.Nil, fault.ErrNotFound
	}
	id, err := visit.ID(c, "budget")
	return actor.VillageID(n), id, err
}

// TownBudgetReview is the township's word.
func (s *Site) TownBudgetReview(c echo.Context) error {
	village, id, err := villageAnd(c)
	if err != nil {
		return err
	}
	b, err := s.Budget.Review(c.Request().Context(), visit.Who(c), village, id, c.FormValue("verdict") == "agree", c.FormValue("advice"))
	switch {
	case visit.Correctable(err):
		return s.townBudget(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/town/budgets", b.Name()+"："+b.State.Chinese())
}

// purchasesPage is what was bought, and the form for one more.
type purchasesPage struct {
	kit.StaffPage
	Rows   []budget.Purchase
	Goods  []kit.Choice
	Form   map[string]string
	Guard  budget.Guard
	Pager  kit.PagerProps
	Errors kit.Errors
}

var purchaseFields = []string{"goods", "quantity", "supplier", "fen", "bought_on", "receipt", "reason", "supplier-0", "supplier-1", "supplier-2", "yuan-0", "yuan-1", "yuan-2"}

// PurchaseList shows what was bought.
func (s *Site) PurchaseList(c echo.Context) error { return s.purchases(c, nil) }

func (s *Site) purchases(c echo.Context, problem error) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := purchasesPage{StaffPage: s.staff(c, "purchases", "采购入库"), Form: map[string]string{}, Errors: kit.ErrorsOf(problem)}
	for _, f := range purchaseFields {
		p.Form[f] = c.FormValue(f)
	}
	rows, next, err := s.Budget.Purchases(ctx, who, visit.Page(c))
	if err != nil {
		return err
	}
	p.Rows, p.Pager = rows, pager(c, len(rows), next)
	if p.Goods, err = s.goodsChoices(c); err != nil {
		return err
	}
	if p.Guard, err = s.Budget.Guard(ctx, who); err != nil {
		return err
	}
	return visit.Render(c, statusOf(problem), purchaseList(p))
}

func (s *Site) goodsChoices(c echo.Context) (all []kit.Choice, err error) {
	goods, err := s.Shop.Goods(c.Request().Context(), visit.Who(c), true)
	for _, g := range goods {
		all = append(all, kit.Choice{Value: g.ID.String(), Text: g.Name + "（" + g.Unit + "）"})
	}
	return all, err
}

// PurchaseAdd records a purchase.
func (s *Site) PurchaseAdd(c echo.Context) error {
	id, err := visit.FormID(c, "goods")
	if err != nil {
		return err
	}
	quantity, bad1 := visit.Int(c, "quantity", 0)
	fen, ok := fenOf(c.FormValue("fen"))
	on, bad2 := visit.Day(c, "bought_on")
	faults := []*fault.Error{faultIf(id == uuid.Nil, shop.ErrOffer), bad1, bad2, faultIf(!ok, errMoney.On("fen"))}
	p := budget.Purchase{GoodsID: id, Quantity: quantity, Supplier: trim(c, "supplier"), Fen: fen, BoughtOn: on, Receipt: trim(c, "receipt"), Reason: trim(c, "reason")}
	for i := range 3 {
		fen, ok := fenOf(c.FormValue("yuan-" + itoa(i)))
		faults = append(faults, faultIf(!ok, errMoney.On("yuan-"+itoa(i))))
		p.Quotes = append(p.Quotes, budget.Quote{Supplier: c.FormValue("supplier-" + itoa(i)), Fen: fen})
	}
	if err = fault.Join(faults...); err == nil {
		p, err = s.Budget.Buy(c.Request().Context(), visit.Who(c), p)
	}
	switch {
	case visit.Correctable(err):
		return s.purchases(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/purchases/"+p.ID.String(), "已记下，请另一个人点收入库")
}

// purchasePage is one purchase.
type purchasePage struct {
	kit.StaffPage
	budget.Purchase
	Mine             bool
	Received, Remark string
	Errors           kit.Errors
}

// PurchaseShow shows one purchase, with the form to count it in.
func (s *Site) PurchaseShow(c echo.Context) error { return s.purchase(c, nil) }

func (s *Site) purchase(c echo.Context, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := purchasePage{StaffPage: s.staff(c, "purchases", "采购入库"), Received: c.FormValue("received"), Errors: kit.ErrorsOf(problem)}
	if p.Purchase, err = s.Budget.Purchase(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	p.Remark, p.Mine = c.FormValue("remark"), p.Buyer == visit.Who(c).Account
	return visit.Render(c, statusOf(problem), purchaseShow(p))
}

// PurchaseStockIn counts it in.
func (s *Site) PurchaseStockIn(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	n, bad := visit.Int(c, "received", -1)
	if err = fault.Join(bad); err == nil {
		_, err = s.Budget.StockIn(c.Request().Context(), visit.Who(c), id, n, c.FormValue("remark"))
	}
	switch {
	case visit.Correctable(err):
		return s.purchase(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/purchases/"+id.String(), "已入库")
}

// donationsPage is what was given, and the form for one more.
type donationsPage struct {
	kit.StaffPage
	Rows   []budget.Donation
	Goods  []kit.Choice
	Form   map[string]string
	Code   string
	Errors kit.Errors
}

// DonationList shows what was given and what became of it.
func (s *Site) DonationList(c echo.Context) error { return s.donations(c, nil) }

func (s *Site) donations(c echo.Context, problem error) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := donationsPage{StaffPage: s.staff(c, "donations", "捐助"), Form: map[string]string{}, Errors: kit.ErrorsOf(problem)}
	for _, f := range []string{"source", "donor", "named", "fen", "goods", "quantity", "received_on"} {
		p.Form[f] = c.FormValue(f)
	}
	var err error
	if p.Rows, err = s.Budget.Donations(ctx, who, uuid.Nil); err != nil {
		return err
	}
	if p.Goods, err = s.goodsChoices(c); err != nil {
		return err
	}
	v, err := s.Villages.Find(ctx, who.Village)
	if err != nil {
		return err
	}
	p.Code = v.Code
	return visit.Render(c, statusOf(problem), donationList(p))
}

// DonationAdd records what was given.
func (s *Site) DonationAdd(c echo.Context) error {
	d := budget.Donation{Donor: c.FormValue("donor"), Named: c.FormValue("named") != ""}
	source, bad1 := visit.Int(c, "source", 0)
	fen, ok := fenOf(c.FormValue("fen"))
	quantity, bad2 := visit.Int(c, "quantity", 0)
	on, bad3 := visit.Day(c, "received_on")
	id, err := visit.FormID(c, "goods")
	if err != nil {
		return err
	}
	if id != uuid.Nil {
		d.GoodsID = &id
	}
	d.Fen, d.Quantity, d.ReceivedOn = fen, quantity, on
	if source >= 0 && source <= int(budget.Others) {
		d.Source = budget.Source(source)
	}
	if err = fault.Join(bad1, bad2, bad3, faultIf(!ok, errMoney.On("fen"))); err == nil {
		_, err = s.Budget.Give(c.Request().Context(), visit.Who(c), d)
	}
	switch {
	case visit.Correctable(err):
		return s.donations(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/donations", "已登记，谢谢捐助")
}

// DonationUse records what became of it.
func (s *Site) DonationUse(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Budget.Donations(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	fen, ok := fenOf(c.FormValue("fen"))
	err = errMoney
	if ok {
		_, err = s.Budget.Used(c.Request().Context(), visit.Who(c), id, c.FormValue("what"), fen)
	}
	if err != nil {
		return visit.Refused(c, "/donations", err)
	}
	return visit.Done(c, "/donations", "用途已记下，公开页上看得到")
}

// publicDonationsPage is what everybody may see.
type publicDonationsPage struct {
	kit.PublicPage
	Village string
	Rows    []budget.Donation
}

// PublicDonations shows what a village was given and what became of it; names only where the donor agreed.
func (s *Site) PublicDonations(c echo.Context) error {
	ctx := c.Request().Context()
	v, err := s.Villages.ByCode(ctx, c.Param("village"))
	if err != nil {
		return err
	}
	rows, err := s.Budget.Donations(ctx, actor.System(v.ID), uuid.Nil)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, publicDonations(publicDonationsPage{public(c, v.Name+"捐助公示", v.Where()), v.Name, rows}))
}
