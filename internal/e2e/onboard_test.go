package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"cunfen/internal/account"
	"cunfen/internal/demo"
	"cunfen/internal/web/kit/kittest"
)

func (p *person) sized() *person {
	if p.wide {
		p.tab.Size(1440, 900)
	} else {
		p.tab.Size(390, 844)
	}
	return p
}

// both looks at the page as it stands on a PC and on a phone.
func (p *person) both(name string) {
	p.t.Helper()
	was := p.wide
	for _, p.wide = range []bool{true, false} {
		p.sized().look(name)
	}
	p.wide = was
	p.sized()
}

// start is the start password that the page hands over.
func (p *person) start() string {
	p.t.Helper()
	s := kittest.Eval[string](p.tab, `(document.querySelector('.code b') || {innerText: ''}).innerText.trim()`)
	if s == "" {
		p.t.Fatalf("%s: no start password at %s: %s", p.who, p.path(), p.text())
	}
	return s
}

// appoint seats somebody of the lead's village and answers the start password.
func (p *person) appoint(name, phone, role, kind string) string {
	p.t.Helper()
	p.open("/group/new")
	p.fill("name", name)
	p.fill("phone", phone)
	p.choose("role", role)
	p.fill("kind", kind)
	p.press("任命")
	return p.start()
}

// TestVillageBroughtIn brings a village in from nothing: the platform makes it step by step, its lead brings the
// register in from a spreadsheet and works through the readiness card, the township lets it go live, and its first
// month is signed and published by itself.
func TestVillageBroughtIn(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	const chief, secretary, comrade, neighbour, clerk = "13900002001", "13900002002", "13900002003", "13900002004", "13900002005"

	admin := s.enter(tab, "平台管理员", demo.PlatformPhone, true)
	admin.open("/platform")
	admin.both("platform")
	admin.open("/platform/townships")
	admin.both("platform-townships")
	admin.fill("name", "洋北镇")
	admin.fill("code", "YANG")
	admin.fill("bureau", "洋北镇农业农村和社会事业局")
	admin.fill("officer", "钱文")
	admin.fill("officer_phone", "13900002009")
	admin.press("建镇")
	admin.says("短名应是")
	admin.fill("code", "yangbei")
	admin.press("建镇")
	admin.says("洋北镇建好了")
	admin.look("platform-township-made")
	admin.open("/platform/drafts")
	admin.fill("township", "3206")
	admin.both("platform-drafts")
	admin.press("开始")
	admin.fill("name", "滨海村")
	admin.fill("code", "haiyan")
	admin.fill("households", "6")
	admin.fill("contact", "村便民服务点")
	admin.fill("phone", "0513-84880000")
	admin.fill("address", "村党群服务中心一楼")
	admin.press("保存，下一步")
	admin.says("已经有别的村")
	admin.both("wizard-1-refused")
	admin.fill("code", "binhai")
	admin.press("保存，下一步")
	admin.fill("groups", "一组\n二组")
	admin.fill("grids", "全村网格：1、3")
	admin.press("保存，下一步")
	admin.says("没有第 3 组")
	admin.fill("grids", "全村网格：1、2")
	admin.both("wizard-2")
	admin.press("保存，下一步")
	resumed := admin.path()
	admin.open("/platform/drafts") // left and taken up again
	admin.press("接着做")
	if resumed == "" || !strings.Contains(admin.text(), "日历和签字") {
		t.Fatalf("the draft was not taken up where it was left: %s", admin.text())
	}
	admin.fill("signers", "2")
	admin.fill("emblem", "滨")
	admin.both("wizard-3")
	admin.press("保存，下一步")
	admin.fill("lead", "顾海生")
	admin.fill("lead_phone", chief)
	admin.both("wizard-4")
	admin.press("建村，开通组长")
	admin.says("滨海村建好了")
	admin.both("wizard-done")
	start := admin.start()
	admin.leave()
	var village int64
	if err := s.owner.QueryRow(t.Context(), `select id from village where code = 'binhai' and state = 'setup'`).Scan(&village); err != nil {
		t.Fatal(err)
	}

	gu := s.seated(tab, "顾海生", chief, start, "滨海村")
	gu.open("/ready")
	gu.both("ready-begin")
	gu.says("已完成 0 项，共 9 项")
	gu.open("/households/import")
	sheet := gu.download("下载模板")
	heads := sheetHeads(t, sheet)
	for i, head := range []string{"陈大海", "王秀兰", "李建国", "赵小妹", "孙福根", "周海燕"} {
		row := fmt.Sprint(i + 2)
		for column, cell := range map[string]string{"门牌号": fmt.Sprintf("%d组%d号", i/3+1, i%3+1), "户主姓名": head, "村民小组": fmt.Sprintf("%d组", i/3+1)} {
			sheet = set(t, sheet, heads[column]+row, cell)
		}
	}
	gu.chooseFile("滨海村花名册.xlsx", sheet)
	gu.press("上传核对")
	gu.press("导入：新增 6 户")
	gu.says("已导入")
	starts := map[string]string{}
	for _, m := range []struct{ name, phone, role, kind string }{{"钱桂花", secretary, "committee", "网格员"}, {"马红", comrade, "committee", "党员代表"},
		{"朱有福", neighbour, "committee", "群众代表"}, {"毛小丽", clerk, "desk", ""}} {
		starts[m.phone] = gu.appoint(m.name, m.phone, m.role, m.kind)
	}
	gu.open("/goods/new")
	gu.fill("name", "洗衣液")
	gu.fill("code", "G01")
	gu.fill("price", "10")
	gu.fill("unit", "瓶")
	gu.fill("stock", "20")
	gu.press("保存物资")
	gu.open("/ready/plan")
	gu.fill("document", "滨海村积分制实施方案")
	gu.fill("words", "短")
	gu.press("登记")
	gu.says("请写明时间、地点和做法")
	gu.both("ready-plan-refused")
	gu.fill("words", "11 月 10 日村民代表会议通过，公示 7 天")
	gu.press("登记")
	gu.open("/ready/rules")
	gu.fill("document", "滨海村民代表会议决议〔2026〕2号")
	gu.fill("words", "应到 30 人、实到 27 人，全票通过，公示 7 天无异议")
	gu.press("登记")
	gu.open("/ready/privacy")
	gu.fill("words", "张贴在党群服务中心和各组公示栏，入户时逐户告知")
	gu.press("登记")
	for link, name := range map[string]string{"goods": "马红", "collection": "钱桂花", "redemption": "毛小丽"} {
		gu.open("/group/posts")
		if !gu.js(`(() => { const m = document.querySelector('#f-member-' + %q); const o = [...m.options].find(o => o.text.includes(%q)); if (!o) return false; m.value = o.value; return true; })()`, link, name) {
			t.Fatalf("%s cannot answer for %s: %s", name, link, gu.text())
		}
		gu.submit("#f-member-" + link)
	}
	gu.open("/ready")
	gu.says("已完成 8 项，共 9 项")
	gu.press("开一个练习村")
	gu.says("滨海村（练习）")
	gu.says("练习村里还没练过：审核、签字、兑换")
	gu.both("ready-practice")
	gu.leave()

	bureau := s.enter(tab, "顾明远", bureauMan, true)
	path := fmt.Sprintf("/town/villages/%d/ready", village)
	bureau.open("/town/inbox?kind=onboarding")
	bureau.says("准备上线，已登记")
	bureau.both("inbox-onboarding")
	bureau.open(fmt.Sprintf("/town/villages/%d", village))
	bureau.press("准备清单")
	if bureau.path() != path {
		t.Errorf("the village's page leads to %s", bureau.path())
	}
	bureau.fill("reason", "先行")
	bureau.press("清单未完成")
	bureau.says("准备清单还差 1 项")
	bureau.both("town-ready-refused")
	bureau.leave()

	gu = s.seated(tab, "顾海生", chief, demo.Password, "滨海村")
	gu.open("/ready/training")
	gu.fill("words", "11 月 18 日在村部集中培训，5 人参加，每人在练习村实操一遍")
	gu.press("登记")
	gu.says("已完成 9 项，共 9 项")
	gu.leave()

	bureau = s.enter(tab, "顾明远", bureauMan, true)
	bureau.open(path)
	bureau.press("同意正式运行")
	bureau.says("已经正式运行")
	bureau.both("town-ready-open")
	bureau.leave()

	qian := s.seated(tab, "钱桂花", secretary, starts[secretary], "滨海村")
	var home string
	if err := s.owner.QueryRow(t.Context(), `select id::text from household where village_id = $1 and head = '陈大海'`, village).Scan(&home); err != nil {
		t.Fatal(err)
	}
	qian.open("/record/" + home + "?item=P18")
	qian.fill("occurred_on", "2026-11-19")
	qian.fill("note", "河岸清理志愿活动")
	qian.js(`(() => { document.querySelector('input[name=identity]').checked = true; return true; })()`)
	qian.photograph()
	qian.press("提交")
	qian.leave()
	gu = s.seated(tab, "顾海生", chief, demo.Password, "滨海村")
	var claim string
	if err := s.owner.QueryRow(t.Context(), `select id::text from claim where village_id = $1`, village).Scan(&claim); err != nil {
		t.Fatal(err)
	}
	gu.open("/review?open=" + claim)
	gu.press("通过")
	gu.says("已通过")
	s.clock("2026-12-01T08:30:00+08:00")
	gu.leave()
	gu = s.seated(tab, "顾海生", chief, demo.Password, "滨海村")
	gu.open("/months/2026-11")
	gu.press("汇总2026年11月")
	gu.sign("2026-11")
	gu.leave()
	for _, m := range []struct{ name, phone string }{{"马红", comrade}, {"朱有福", neighbour}} {
		p := s.seated(tab, m.name, m.phone, starts[m.phone], "滨海村")
		p.open("/months/2026-11")
		if !p.js(`document.body.innerText.includes('签字齐备')`) {
			p.sign("2026-11")
		}
		p.leave()
	}
	s.clock("2026-12-03T08:01:00+08:00")
	s.hangs(village, 202611)
	anybody := &person{stand: s, tab: tab, wide: true, who: "路人"}
	anybody.sized().open("/v/binhai/2026-11")
	anybody.says("陈大*")
	anybody.both("first-notice")

	admin = s.enter(tab, "平台管理员", demo.PlatformPhone, true)
	admin.open("/platform/sites?q=binhai")
	admin.says("滨海村")
	admin.both("platform-sites")
	admin.open(fmt.Sprintf("/platform/sites/%d", village))
	admin.fill("most_households", "-1")
	admin.js(`(() => { document.querySelector('#flags-reason').value = '按合同定量'; return true; })()`)
	admin.submit("[name=most_households]")
	admin.says("限额应是")
	admin.both("platform-site-refused")
	admin.open(fmt.Sprintf("/platform/sites/%d", village))
	admin.js(`(() => { document.querySelector('#suspend-reason').value = '村级换届，暂停一周'; document.querySelector('#suspend-typed').value = '滨海'; return true; })()`)
	admin.submit("#suspend-reason")
	admin.says("写的和村名不一样")
	admin.js(`(() => { document.querySelector('#suspend-typed').value = '滨海村'; return true; })()`)
	admin.submit("#suspend-reason")
	admin.says("已暂停")
	admin.both("platform-site-suspended")
	admin.open("/platform/log")
	admin.says("村级换届，暂停一周")
	admin.both("platform-log")
	admin.open("/platform/health")
	admin.both("platform-health")
	admin.leave()
	anybody.open("/v/binhai")
	anybody.says("暂停")
	anybody.tab.Shot("suspended-390")
	s.verify()
}

// hangs waits for the worker to publish the month of a village by itself.
func (s *stand) hangs(village int64, month int) {
	s.t.Helper()
	s.holds(`select state = 'published' from sheet where village_id = $1 and month = $2`, village, month)
}

// seated signs in as somebody who may have a seat in more than one village, and takes the one in the village named.
func (s *stand) seated(tab *kittest.Tab, who, phone, password, place string) *person {
	s.t.Helper()
	s.shift.Add(int64(31 * time.Second))
	p := &person{stand: s, tab: tab, wide: true, who: who}
	p.sized()
	tab.Open(s.url + "/sign-in")
	p.fill("phone", phone)
	p.fill("password", password)
	p.press("登录")
	if strings.HasPrefix(p.path(), "/sign-in/password") {
		p.fill("password", demo.Password)
		p.fill("again", demo.Password)
		p.press("保存密码")
	}
	if strings.HasPrefix(p.path(), "/sign-in/seat") {
		if !p.js(`(() => { const l = [...document.querySelectorAll('label.radio')].find(e => e.innerText.includes(%q) && !e.innerText.includes('练习')); if (!l) return false; l.querySelector('input').checked = true; return true; })()`, place) {
			s.t.Fatalf("%s finds no seat in %s: %s", who, place, p.text())
		}
		p.submit("label.radio input")
	}
	if p.has(`input[autocomplete="one-time-code"]`) {
		if shown := secretShape.FindString(p.text()); shown != "" { // bound this once
			secrets[phone] = shown
		}
		code, err := account.Code(secrets[phone], s.now())
		if err != nil {
			s.t.Fatal(err)
		}
		p.js(`(() => { document.querySelector('input[autocomplete="one-time-code"]').value = %q; return true; })()`, code)
		p.submit(`input[autocomplete="one-time-code"]`)
	}
	if at := p.path(); strings.HasPrefix(at, "/sign-in") {
		s.t.Fatalf("%s could not sign in: at %s: %s", who, at, p.text())
	}
	return p
}

// secrets are what the authenticators of people who came in by themselves hold, by phone.
var (
	secrets     = map[string]string{}
	secretShape = regexp.MustCompile(`\b[A-Z2-7]{32}\b`)
)
