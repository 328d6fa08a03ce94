package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"cunfen/internal/web/kit/kittest"
)

// TestRulesFromDraftToForce is a village making its rules and the township checking them: a draft, the lint's
// no, six recorded steps, a return with advice, the acceptance, and the day on which it counts.
func TestRulesFromDraftToForce(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)

	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/rules/draft")
	xu.look("draft-none")
	xu.press("开始起草")
	xu.open("/rules/draft/settings")
	xu.look("draft-settings")
	xu.fill("reason", "2027 年度细则，突出垃圾分类")
	xu.fill("in_force_from", "2027-01-01")
	xu.press("保存")
	xu.open("/rules/draft/items?q=P07")
	xu.press("修改")
	xu.fill("text", "按规定分类的，优先安排宅基地，每月次积8分；")
	xu.fill("value_text", "8分/月次")
	xu.fill("points_", "8")
	xu.fill("why", "垃圾分类是今年的重点")
	xu.press("保存这一条")
	xu.says("有 1 处不能这样写")
	xu.says("P07 垃圾分类由每月加 5 分改为每月加 8 分")
	xu.look("draft-refused")
	xu.open("/rules/draft/items/P07")
	if !xu.js(`document.querySelector('main [name=text]').closest('.field').innerText.includes('优先安排宅基地”：土地权利')`) {
		t.Error("what the lint refuses does not stand at its field")
	}
	xu.look("draft-item-refused")
	xu.narrow().look("draft-item-refused")
	xu.broad().fill("text", "按规定实施垃圾分类的，每月次积8分；")
	xu.fill("why", "短")
	xu.press("保存这一条")
	xu.says("请写明为什么改")
	xu.look("draft-item-fault")
	xu.fill("why", "垃圾分类是今年的重点")
	xu.press("保存这一条")
	xu.open("/rules/draft/items/new")
	xu.look("draft-new")
	xu.fill("class", "plus:网格治理")
	xu.fill("title", "夜间巡堤")
	xu.fill("text", "台风天参加夜间巡堤的，每人次积4分；")
	xu.fill("unit", "person_time")
	xu.fill("points", "4")
	xu.choose("proofs", "attendance_list")
	xu.fill("why", "台风天最缺人手")
	xu.press("加进草案")
	xu.says("P28 夜间巡堤：新增，每人次加 4 分；因为台风天最缺人手")
	xu.open("/rules/draft/items")
	xu.look("draft-items")

	s.clock("2026-12-12T09:00:00+08:00")
	xu.leave()
	xu = s.enter(tab, "徐海波", lead, true)
	xu.narrow().open("/rules/draft")
	xu.look("draft")
	xu.broad().open("/rules/draft/steps/2")
	xu.step("2026-11-22", "28")
	xu.says("请先登记“党支部会提议”")
	xu.look("draft-step-order")
	for n, day := range []string{"2026-11-21", "2026-11-22", "2026-11-25", "2026-11-28", "2026-12-01", "2026-12-10"} {
		xu.open("/rules/draft/steps/" + string(rune('1'+n)))
		if n == 3 {
			xu.step(day, "19") // of 30 representatives
			xu.says("不够开会的人数")
			xu.look("draft-step-quorum")
		}
		if n == 0 {
			xu.photograph()
		}
		xu.look("draft-step-" + string(rune('1'+n)))
		if n == 0 || n == 4 {
			xu.narrow().look("draft-step-" + string(rune('1'+n)))
			xu.broad()
		}
		xu.step(day, "28")
		xu.says("已登记")
	}
	xu.look("draft-ready")
	xu.press("报镇里审核")
	xu.says("已报镇里审核")
	xu.narrow().look("draft-sent")
	xu.leave()

	gu := s.enter(tab, "顾明远", bureauMan, true)
	gu.open("/town/rules")
	gu.look("town-rules")
	s.sheet(gu, "/town/rules.xlsx?state=submitted", []string{"村（场）", "状态", "拟施行"}, []string{"海沿村", "已报镇里，待审核", "2027-01-01"})
	s.sheet(gu, "/town/rules.xlsx?state=accepted", []string{"村（场）", "状态", "拟施行"})
	gu.press("海沿村")
	gu.js(`(() => { document.querySelectorAll('details').forEach(d => d.open = true); return true; })()`)
	if !gu.js(`(() => { const i = document.querySelector('img[src*="/photos/"]'); i.scrollIntoView(); return fetch(i.src).then(r => r.ok && r.headers.get('Content-Type') === 'image/jpeg'); })()`) {
		t.Error("the township does not see the photo of the first step")
	}
	gu.look("town-draft")
	gu.fill("return_advice", "请在说明里写清与去年的区别")
	gu.press("退回村里")
	gu.says("请在说明里写清与去年的区别")
	draft := gu.path()
	gu.open("/town/villages/320601/legal")
	gu.fill("item", "N18")
	gu.fill("document", "生效的法院判决书")
	gu.fill("opinion", "只能凭生效的判决认定，不收公安材料；家里人不受牵连。")
	gu.press("登记审查")
	gu.says("已登记审查")
	gu.look("town-legal")
	gu.js(`(() => { document.querySelector('[name=item]#f-withdraw_item').value = 'N18'; return true; })()`)
	gu.fill("reason", "短")
	gu.press("撤回这条审查")
	gu.says("请写明为什么撤回")
	gu.fill("reason", "司法所复核，判决文书很难取得")
	gu.press("撤回这条审查")
	gu.says("从明天起这一条停用")
	gu.says("审查已撤回")
	gu.look("town-legal-withdrawn")
	gu.narrow().look("town-legal-withdrawn")
	gu.leave()

	xu = s.enter(tab, "徐海波", lead, false)
	xu.open("/rules/draft")
	xu.says("镇里退回，请按意见修改")
	xu.look("draft-returned")
	xu.broad().open("/rules/draft")
	xu.look("draft-returned")
	xu.press("报镇里审核") // the very text that was resolved, once the officer has been told why
	xu.leave()

	gu = s.enter(tab, "顾明远", bureauMan, true)
	gu.open(draft)
	gu.fill("accept_advice", "同意备案，重点明确")
	gu.press("同意备案")
	gu.says("已备案")
	gu.narrow().look("town-draft-accepted")
	gu.leave()

	anyone := &person{stand: s, tab: tab, who: "anybody"}
	tab.Size(390, 844)
	anyone.open("/v/haiyan/rules")
	anyone.says("还没施行")
	anyone.says("每月加 5 分")
	anyone.look("public-rules-before")
	s.clock("2027-01-01T08:00:00+08:00")
	anyone.open("/v/haiyan/rules")
	anyone.says("2027 年第 2 版，2027年1月1日起施行")
	anyone.says("由每月加 5 分改为每月加 8 分；因为垃圾分类是今年的重点")
	anyone.look("public-rules")
	anyone.broad().look("public-rules")
	anyone.keep("/v/haiyan/rules/booklet", "rules-booklet.pdf")

	// The quarter is over: the worker has gathered its figures and a household says what it thinks.
	s.clock("2027-01-05T09:00:00+08:00")
	s.holds(`select exists (select from evaluation where village_id = 320601)`)
	zhang := s.enter(tab, "张桂兰", household, false)
	zhang.says("请您评一评")
	zhang.look("home-round")
	zhang.open("/my/evaluation")
	zhang.choose("stance", "keep")
	zhang.fill("item", "P07")
	zhang.press("提交意见")
	zhang.says("已经记下您的意见")
	zhang.look("my-evaluation")
	zhang.leave()
	shan := s.enter(tab, "单小军", gridMan, false)
	door := ""
	if err := s.owner.QueryRow(t.Context(), `select h.door from household h join membership m on m.village_id = h.village_id and m.grid = h.grid join account a on a.id = m.account_id
		where a.name = '单小军' and m.role = 'grid' and h.village_id = 320601 and h.head <> '张桂兰' and h.state = 'active' order by h.walk limit 1`).Scan(&door); err != nil {
		t.Fatal(err)
	}
	shan.open("/evaluations/record")
	shan.fill("door", "没有这一户")
	shan.press("记下这一户的意见")
	shan.says("没有这个门牌的住户")
	shan.look("voices-door")
	shan.fill("door", door)
	shan.choose("channel", "paper")
	shan.js(`(() => { document.getElementById('f-said-P18').value = 'raise'; document.getElementById('f-said-N08').value = 'lower'; return true; })()`)
	shan.fill("text", "想加一条帮邻居收割")
	shan.press("记下这一户的意见")
	shan.says("记下 3 条")
	shan.look("voices")
	shan.leave()
	xu = s.enter(tab, "徐海波", lead, true)
	if !xu.js(`fetch('/evaluations/2026-4/form').then(r => r.ok && r.headers.get('Content-Type') === 'application/pdf')`) {
		t.Error("no form on paper")
	}
	xu.open("/evaluations/2026-4")
	xu.look("evaluation-open")
	s.sheet(xu, "/evaluations/2026-4/opinions.xlsx?channel=paper", []string{"事项", "看法", "说的话", "门牌"}, []string{"细则整体", "想加一条", "想加一条帮邻居收割", door}, []string{"N08 乱堆乱放乱搭", "分给多了", "", door}, []string{"P18 注册志愿者参加活动", "分给少了", "", door})
	s.sheet(xu, "/evaluations/2026-4/opinions.xlsx?stance=keep", []string{"事项", "看法"}, []string{"P07 垃圾分类", "照现在的"})
	s.sheet(xu, "/evaluations.xlsx?state=open&q=第4季度", []string{"季度", "状态"}, []string{"2026年第4季度", "正在听取意见"})
	s.sheet(xu, "/evaluations.xlsx?state=decided", []string{"季度", "状态"})
	s.sheet(xu, "/rules/drafts.xlsx?q=突出", []string{"草案", "状态", "拟施行", "起草人"}, []string{"2027 年第 2 版：2027 年度细则，突出垃圾分类", "已备案", "2027-01-01", "徐海波"})
	s.sheet(xu, "/rules/drafts.xlsx?q=没有这样的", []string{"草案", "状态"})
	if rows := s.book(xu, "/evaluations/2026-4/items.xlsx"); len(rows) < 40 || strings.Join(rows[0], " ") != "编号 项目 提醒 入账 分数 户数 申报 没认定 异议 意见" || rows[1][0] != "P01" {
		t.Errorf("the sheet of the items: %d rows, %q", len(rows), rows[:2])
	}
	xu.open("/evaluations/2026-4/opinions?channel=paper")
	xu.says("想加一条帮邻居收割")
	xu.look("voices-list")
	xu.narrow().look("voices-list")
	xu.broad()
	xu.open("/evaluations/record")
	xu.look("voices")
	xu.open("/evaluations")
	xu.look("evaluations")
	xu.open("/rules/drafts?state=accepted")
	xu.look("drafts")
	xu.press("试算")
	xu.says("2027 年度细则，突出垃圾分类")
	xu.look("draft-rehearsal")
	xu.open("/desk")
	xu.says("2026年第4季度的细则评估")
	xu.open("/evaluations/2026-4")
	xu.says("住户的意见（4 条）")
	xu.fill("proposal", "照现在的执行，明年再看")
	xu.press("保存建议")
	xu.look("evaluation-proposed")
	xu.narrow().look("evaluation-proposed")
	xu.leave()
	s.clock("2027-02-05T09:00:00+08:00") // the day of the decision is past
	gu = s.enter(tab, "顾明远", bureauMan, true)
	gu.open("/town/rules")
	gu.says("已过期限")
	gu.look("town-rules-overdue")
	gu.leave()
	xu = s.enter(tab, "徐海波", lead, true)
	xu.open("/evaluations")
	xu.says("已过期限，待决定")
	xu.look("evaluations-overdue")
	xu.open("/evaluations/2026-4")
	xu.choose("outcome", "keep")
	xu.fill("decision", "照旧")
	xu.press("决定")
	xu.says("请写决定和理由")
	if !xu.js(`document.querySelector('main [name=proposal]').value === '照现在的执行，明年再看'`) {
		t.Error("a decision at fault loses the proposal")
	}
	xu.fill("decision", "意见不多，照旧执行一年")
	xu.press("决定")
	xu.says("已决定；要改细则的，去起草草案")
	xu.look("evaluation-decided")
	xu.narrow().look("evaluation-decided")
	xu.open("/evaluations")
	xu.look("evaluations")
}

// broad goes on at the width of a PC.
func (p *person) broad() *person {
	p.wide = true
	p.tab.Size(1440, 900)
	return p
}

// book is the exported sheet at an address, row by row, as the person gets it.
func (s *stand) book(p *person, path string) [][]string {
	s.t.Helper()
	text := kittest.Eval[string](p.tab, fmt.Sprintf(`fetch(%q).then(r => r.ok ? r.arrayBuffer() : null).then(b => b ? btoa(Array.from(new Uint8Array(b), c => String.fromCharCode(c)).join('')) : '')`, path))
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 {
		s.t.Fatalf("%s: no sheet, %v", path, err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
	return rows
}

// sheet fails the test unless the exported sheet has those rows, of which each is compared as far as it is given.
func (s *stand) sheet(p *person, path string, want ...[]string) {
	s.t.Helper()
	rows := s.book(p, path)
	if len(rows) != len(want) {
		s.t.Errorf("%s: %d rows, want %d: %q", path, len(rows), len(want), rows)
		return
	}
	for n, w := range want {
		if got := rows[n][:min(len(w), len(rows[n]))]; !slices.Equal(got, w) {
			s.t.Errorf("%s: row %d is %q, want %q", path, n, rows[n], w)
		}
	}
}

// step fills in and sends the form of one step; so many of 30 are present and agree.
func (p *person) step(day, present string) {
	p.t.Helper()
	p.fill("held_on", day)
	p.fill("place", "村部二楼会议室")
	if p.has("[name=eligible]") {
		p.fill("eligible", "30")
		p.fill("present", present)
		p.fill("agreed", present)
	}
	p.fill("minutes", "逐条讨论了细则草案，收到的意见已经记下，一致同意。")
	p.press("登记这一步")
}

// narrow goes on at the width of a phone.
func (p *person) narrow() *person {
	p.wide = false
	p.tab.Size(390, 844)
	return p
}
