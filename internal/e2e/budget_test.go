package e2e

import (
	"testing"

	"cunfen/internal/web/kit/kittest"
)

// TestBudgetAndDonation: the village drafts its budget, the township agrees, goods are bought by one and counted in
// by another, and what was given stands on the public page without the name of who did not want it.
func TestBudgetAndDonation(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/budget")
	xu.look("budgets")
	xu.open("/budget/new")
	xu.fill("yuan-s0", "12000")
	xu.fill("name-g0", "食用油 5L")
	xu.fill("quantity-g0", "100")
	xu.fill("yuan-g0", "6000.5x")
	xu.fill("points-g0", "6000")
	xu.press("保存草稿")
	xu.says("请填金额")
	xu.look("budget-refused")
	xu.fill("yuan-g0", "6000.50")
	xu.press("保存草稿")
	xu.look("budget-draft")
	xu.press("报镇")
	xu.says("等镇里审核")
	xu.open("/purchases")
	xu.press("记下这笔采购")
	xu.js(`(() => { const e = document.querySelector('main [name=goods]'); e.selectedIndex = 1; return true; })()`)
	xu.fill("quantity", "20")
	xu.fill("supplier", "供销社")
	xu.fill("fen", "900")
	xu.fill("bought_on", "2026-11-19")
	xu.fill("receipt", "NO.0031")
	xu.press("记下这笔采购")
	xu.says("请另一个人")
	xu.look("purchase")
	bought := xu.path()
	xu.open("/donations")
	xu.fill("donor", "海丰水产公司")
	xu.fill("source", "3")
	xu.fill("fen", "500")
	xu.fill("received_on", "2026-11-19")
	xu.press("登记捐助")
	xu.says("爱心人士")
	xu.look("donations")
	tab.Size(390, 844)
	xu.wide = false
	for _, p := range []string{"/budget", "/purchases", "/donations"} {
		xu.open(p)
		xu.look("money" + p[1:3])
	}
	xu.leave()

	gu := s.enter(tab, "顾明远", bureauMan, true)
	gu.open("/town/budgets")
	gu.look("town-budgets")
	gu.press("打开")
	gu.look("town-budget")
	gu.press("同意这份预算")
	gu.says("镇里已同意")
	gu.leave()

	wu := s.enter(tab, "吴桂芳", cadre, true)
	wu.open(bought)
	wu.fill("received", "20")
	wu.press("我点过了，入库")
	wu.says("已入库")
	wu.open("/budget")
	wu.says("余")
	wu.look("guard")
	wu.leave()

	anybody := &person{stand: s, tab: tab, who: "路人"}
	tab.Size(390, 844)
	anybody.open("/v/haiyan/donations")
	anybody.says("爱心人士")
	anybody.look("donations-public")
	if anybody.js(`document.body.innerText.includes('海丰')`) {
		t.Error("the public page names who did not agree")
	}
	s.verify()
}
