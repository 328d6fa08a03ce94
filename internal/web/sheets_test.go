package web_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"cunfen/internal/budget"
	"cunfen/internal/shop"
)

// sheet reads a downloaded .xlsx as a person would see it: formatted cells, the heading first. A cell that is a
// formula fails the test (INV-53), and so does one of a money column that is no number.
func sheet(t *testing.T, data string) (rows [][]string) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader([]byte(data)))
	if err != nil {
		t.Fatalf("%v: %.200s", err, data)
	}
	defer f.Close()
	name := f.GetSheetName(0)
	if rows, err = f.GetRows(name); err != nil || len(rows) == 0 {
		t.Fatal(rows, err)
	}
	for y, row := range rows {
		for x, text := range row {
			at, _ := excelize.CoordinatesToCellName(x+1, y+1)
			kind, _ := f.GetCellType(name, at)
			if formula, _ := f.GetCellFormula(name, at); formula != "" || kind == excelize.CellTypeFormula {
				t.Errorf("%s %q is the formula %q", at, text, formula)
			}
			number := kind == excelize.CellTypeNumber || kind == excelize.CellTypeUnset
			if money := strings.HasSuffix(rows[0][x], "（元）"); y > 0 && text != "" && money && !number {
				t.Errorf("%s %q is money that cannot be added up", at, text)
			}
		}
	}
	return rows
}

// TestSheets opens what each list of goods and money downloads: its heading, its cells, and that the address
// narrows it.
func TestSheets(t *testing.T) {
	s := up(t)
	ctx, site, lead, second := t.Context(), s.app.Site, s.people["lead a"], s.people["second a"]
	day := func(text string) time.Time {
		d, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	oil, err := site.Shop.Save(ctx, lead.who, shop.Goods{Code: "=C1", Name: "=HYPERLINK(0)油", Unit: "桶", Price: 60, Stock: 3, Active: true})
	must(err)
	rice, err := site.Shop.Save(ctx, lead.who, shop.Goods{Code: "+86", Name: "-米", Unit: "袋", Price: 45, Stock: 12})
	must(err)
	s.exec(`update purse set strict = false, quotes_from = 100000 where village_id = $1`, int64(s.a.id))
	bought, err := site.Budget.Buy(ctx, lead.who, budget.Purchase{GoodsID: rice.ID, Quantity: 20, Supplier: "@供销社", Fen: 1234_50, BoughtOn: day("2026-11-09"), Receipt: "=NO.7", Reason: "就近送货",
		Quotes: []budget.Quote{{Supplier: "@供销社", Fen: 1234_50}, {Supplier: "粮油店", Fen: 1300_00}, {Supplier: "超市", Fen: 1200_05}}})
	must(err)
	_, err = site.Budget.StockIn(ctx, second.who, bought.ID, 19, "-1 袋破损")
	must(err)
	given, err := site.Budget.Give(ctx, lead.who, budget.Donation{Source: budget.Firms, Donor: "+海丰", Fen: 500_00, GoodsID: &oil.ID, Quantity: 2, ReceivedOn: day("2026-11-08")})
	must(err)
	_, err = site.Budget.Used(ctx, lead.who, given.ID, "=买毛巾", 120_05)
	must(err)
	for _, sql := range []string{
		`update budget set year = 2025 where village_id = $1`,
		`update selection set state = 'settled' where village_id = $1 and year = 2026`,
		`delete from selection_objection where village_id = $1`, `delete from selection_rank where village_id = $1`,
	} {
		s.exec(sql, int64(s.a.id))
	}
	rank := `insert into selection_rank (village_id, year, household_id, place, score, share_place, share, deductions, fits, chosen, honour, note) values ($1, 2026, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	s.exec(rank, int64(s.a.id), s.a.home, 1, 123, 2, 684, 0, true, true, "=文明家庭", "+好")
	s.exec(rank, int64(s.a.id), s.a.kin, 2, 99, 1, 701, 1, false, false, "", "")
	plan, err := site.Budget.Save(ctx, lead.who, budget.Budget{Year: 2026, Lines: []budget.Line{{Source: budget.VillageFunds, Name: "=集体收入", Fen: 10_000_00}, {Source: budget.GoodsLine, Name: "@食用油", Quantity: 100, Fen: 6000_05, Points: 6000}}})
	must(err)
	plan, err = site.Budget.Submit(ctx, lead.who, plan.ID)
	must(err)
	officer := s.people["bureau 1"]
	_, err = site.Budget.Review(ctx, officer.who, s.a.id, plan.ID, plan.Version, true, "=同意")
	must(err)

	at, boss, other := "2026-11-10 15:00", lead.who.Name, second.who.Name
	for _, c := range []struct {
		who   *person
		path  string
		heads []string
		rows  [][]string
		none  string // narrows the list to nothing
	}{
		{lead, "/goods.xlsx?q=HYPERLINK", []string{"编号", "物品", "单位", "一份几分", "库存", "状态", "照片"},
			[][]string{{"=C1", "=HYPERLINK(0)油", "桶", "60", "5", "在换", "没有"}}, "?q=HYPERLINK&state=off"},
		{lead, "/goods.xlsx?state=off", nil, [][]string{{"+86", "-米", "袋", "45", "31", "停换", "没有"}}, "?q=没有的"},
		{lead, "/stock.xlsx?q=-米&from=2026-11-10&to=2026-11-10", []string{"时间", "物品", "种类", "数量", "结存", "单位", "经手人", "备注"},
			[][]string{{at, "-米", "采购入库", "19", "31", "袋", other, "@供销社"}, {at, "-米", "期初", "12", "12", "袋", boss}}, "?q=-米&to=2026-11-09"},
		{lead, "/stock.xlsx?kind=3", nil, [][]string{{at, "=HYPERLINK(0)油", "捐赠入库", "2", "5", "桶", boss}}, "?kind=10"},
		{lead, "/purchases.xlsx?q=供销社&state=stocked&year=2026", []string{"采购日期", "物品", "数量", "商家", "金额（元）", "凭据号", "采购人", "报价", "没选最低价的原因", "状态", "实收", "点收人", "备注", "作废原因", "报价照片", "收据照片"},
			[][]string{{"2026-11-09", "-米", "20", "@供销社", "1,234.50", "=NO.7", boss, "@供销社 1,234.50 元；粮油店 1,300 元；超市 1,200.05 元", "就近送货", "已入库", "19", other, "-1 袋破损", "", "0", "0"}}, "?q=@供销社&state=bought"},
		{lead, "/donations.xlsx?from=3&year=2026&q=海丰", []string{"收到日期", "捐助人", "哪一类", "公开写作", "捐款（元）", "捐物", "数量", "用到哪里", "还没用（元）", "作废原因", "登记人"},
			[][]string{{"2026-11-08", "+海丰", "企业赞助", "爱心人士", "500.00", "=HYPERLINK(0)油", "2", "=买毛巾，120.05 元", "379.95", "", boss}}, "?from=4&q=海丰"},
		{lead, "/budget.xlsx?year=2026", []string{"预算", "状态", "种类", "名称", "数量", "可换（分）", "金额（元）", "编制人", "镇里的意见"},
			[][]string{{"2026年物资预算", "镇里已同意", "村集体资金", "=集体收入", "0", "0", "10,000.00", boss, "=同意"}, {"2026年物资预算", "镇里已同意", "物资", "@食用油", "100", "6000", "6,000.05", boss, "=同意"}}, "?year=2024"},
		{lead, "/budget.xlsx?year=2026&q=食用油", nil, [][]string{{"2026年物资预算", "镇里已同意", "物资", "@食用油", "100", "6000", "6,000.05", boss, "=同意"}}, "?year=2026&q=没有的"},
		{lead, "/selection.xlsx?year=2026&q=户主", []string{"积分名次", "全年得分", "得分率名次", "得分率", "门牌", "户主", "减分次数", "本村条件", "名单", "荣誉", "说明"},
			[][]string{{"1", "123", "2", "68.4%", "1-1", "户主独有a", "0", "符合", "入选", "=文明家庭", "+好"}}, "?year=2026&q=没有的"},
		{lead, "/selection.xlsx?year=2026&q=亲属", nil, [][]string{{"2", "99", "1", "70.1%", "1-2", "亲属独有a", "1", "不符合"}}, "?year=2024"},
		{lead, "/selection/nominations.xlsx?year=2026", []string{"序号", "门牌", "户主", "推荐荣誉", "积分名次", "全年得分", "得分率名次", "得分率", "减分次数", "说明"},
			[][]string{{"1", "1-1", "户主独有a", "=文明家庭", "1", "123", "2", "68.4%", "0", "+好"}}, "?year=2024"},
		{lead, "/yearend.xlsx?year=2026&q=1-1", []string{"门牌", "户主", "存折编号", "本年得分", "清零的分", "留下的新年度分", "留下的基础积分", "清掉的基础积分", "荣誉累计"}, nil, "?year=2026&q=没有的"},
		{officer, "/town/budgets.xlsx?state=agreed", []string{"村（场）", "预算", "状态", "资金合计（元）", "物资合计（元）", "物资可换（分）", "已采购（元）", "余款（元）", "住户现在能换（分）", "到年底约再得（分）", "库存可换（分）", "已采购、未入库可换（分）", "够不够", "镇里的意见"}, nil, "?q=没有的村"},
	} {
		path, _, _ := strings.Cut(c.path, "?")
		a := s.get(c.who, c.path)
		if a.status != 200 || !strings.Contains(a.header.Get("Content-Disposition"), ".xlsx") {
			t.Errorf("%s: %d %s", c.path, a.status, a.header.Get("Content-Disposition"))
			continue
		}
		rows := sheet(t, a.body)
		if c.heads != nil && !slices.Equal(rows[0], c.heads) {
			t.Errorf("%s is headed %q", c.path, rows[0])
		}
		if c.rows != nil && !slices.EqualFunc(rows[1:], c.rows, slices.Equal[[]string]) {
			t.Errorf("%s\n has %q\nwant %q", c.path, rows[1:], c.rows)
		}
		if none := sheet(t, s.get(c.who, path+c.none).body); len(none) != 1 {
			t.Errorf("%s%s is narrowed to %q", path, c.none, none[1:])
		}
	}
	if year := sheet(t, s.get(lead, "/yearend.xlsx?year=2026&q=1-1").body); len(year) != 2 || year[1][1] != "户主独有a" {
		t.Errorf("the clearing of one home: %q", year)
	}
	town := sheet(t, s.get(officer, "/town/budgets.xlsx?state=agreed").body)
	if len(town) != 2 || !slices.Equal(town[1][1:8], []string{"2026年物资预算", "镇里已同意", "10,000.00", "6,000.05", "6000", "1,324.50", "8,675.50"}) || town[1][11] != "18" || town[1][13] != "=同意" {
		t.Errorf("the town reads %q", town)
	}
	if all := sheet(t, s.get(officer, "/town/budgets.xlsx").body); len(all) != 3 {
		t.Errorf("the town reads %d villages", len(all)-1)
	}
}
