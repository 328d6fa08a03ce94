package e2e

import (
	"strconv"
	"strings"
	"testing"

	"cunfen/internal/demo"
	"cunfen/internal/web/kit/kittest"
)

// The people of the demo village 海沿村, by phone.
const (
	lead      = "13800001011" // 徐海波，组长，两委
	cadre     = "13800001012" // 吴桂芳，两委
	partyRep  = "13800001014" // 桑玉梅，党员代表
	villager  = "13800001015" // 丛有根，群众代表
	gridMan   = "13800001016" // 单小军，网格员
	deskClerk = "13800001018" // 卞丽娟，兑换经办人
	household = "13800001019" // 张桂兰，住户
	bureauMan = "13800001001" // 顾明远，局
)

// TestMonth is the product's main job, done by people at a browser: a deed declared with a photo and one
// recorded at the door, reviewed, signed, posted, published, objected to, and points turned into goods.
func TestMonth(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)

	zhang := s.enter(tab, "张桂兰", household, false)
	zhang.open("/home")
	zhang.look("home")
	zhang.open("/claims/new")
	zhang.look("claim-choose")
	zhang.open("/claims/new?item=P18")
	zhang.look("claim-form")
	zhang.fill("occurred_on", "2026-11-18")
	zhang.fill("note", "河岸清理志愿活动")
	zhang.photograph()
	zhang.press("提交")
	zhang.look("claim-sent")
	zhang.says("等小组审核")
	mine := zhang.path()
	if !strings.HasPrefix(mine, "/claims/") {
		t.Fatalf("after the claim: %s: %s", mine, zhang.text())
	}
	zhang.leave()

	shan := s.enter(tab, "单小军", gridMan, false)
	shan.open("/field")
	shan.look("field")
	shan.open("/field?q=dsj")
	shan.leave()

	wu := s.enter(tab, "吴桂芳", cadre, true)
	wu.open("/desk")
	wu.look("desk")
	wu.open("/review")
	wu.look("review")
	wu.open("/review?open=" + strings.TrimPrefix(strings.SplitN(mine, "?", 2)[0], "/claims/"))
	wu.look("review-open")
	wu.press("通过")
	wu.says("已通过")
	tab.Size(390, 844)
	wu.wide = false
	wu.open("/review")
	wu.look("review")
	wu.leave()

	s.clock("2026-12-01T08:30:00+08:00")
	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/desk")
	xu.says("2026年11月有 4 个网格的巡查没办完")
	xu.open("/months/2026-11")
	xu.says("有 4 个网格的巡查没办完")
	xu.look("month-open")
	xu.press("汇总2026年11月")
	xu.look("month-signing")
	xu.sign("2026-11")
	xu.look("month-signed-once")
	xu.leave()
	for _, who := range []struct{ name, phone string }{{"桑玉梅", partyRep}, {"丛有根", villager}, {"吴桂芳", cadre}} {
		p := s.enter(tab, who.name, who.phone, true)
		p.open("/months/2026-11")
		if p.js(`document.body.innerText.includes('签字齐备')`) {
			p.leave()
			break
		}
		p.sign("2026-11")
		p.leave()
	}
	s.clock("2026-12-03T08:01:00+08:00") // the village's fixed day
	s.hangs(320601, 202611)
	xu = s.enter(tab, "徐海波", lead, true)
	xu.open("/months/2026-11")
	xu.says("已公示")
	xu.open("/months/2026-11/notice")
	xu.look("notice-staff")
	xu.leave()

	anybody := &person{stand: s, tab: tab, wide: true, who: "路人"}
	tab.Size(1440, 900)
	anybody.open("/v/haiyan")
	anybody.look("board")
	anybody.open("/v/haiyan/2026-11")
	anybody.look("notice")
	anybody.says("张桂*")
	if anybody.js(`document.body.innerText.includes('张桂兰')`) {
		t.Error("the public notice names a household in full")
	}
	tab.Size(390, 844)
	anybody.wide = false
	anybody.open("/v/haiyan/2026-11")
	anybody.look("notice")

	zhang = s.enter(tab, "张桂兰", household, false)
	zhang.open("/home")
	zhang.look("home-after")
	zhang.object()
	zhang.look("objection-filed")
	zhang.leave()

	bian := s.enter(tab, "卞丽娟", deskClerk, true)
	bian.open("/redeem")
	bian.look("redeem-find")
	bian.redeem("张桂兰")
	bian.look("receipt")
	bian.leave()

	gu := s.enter(tab, "顾明远", bureauMan, true)
	gu.open("/town")
	gu.look("town")
	gu.leave()

	s.verify()
}

// sign puts the person's name under a month by the password again.
func (p *person) sign(month string) {
	p.t.Helper()
	p.open("/months/" + month + "/sign")
	p.look("sign")
	p.fill("password", password)
	p.press("签字")
}

// verify reads everything again.
func (s *stand) verify() {
	s.t.Helper()
	r, err := s.app.Verify(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range r.Findings {
		s.t.Error(f)
	}
	if r.Entries == 0 || r.Photos == 0 {
		s.t.Errorf("nothing was verified: %+v", r)
	}
}

const password = demo.Password

// object finds the first line of the passbook wrong that can be objected to.
func (p *person) object() {
	p.t.Helper()
	href := kittest.Eval[string](p.tab, `(document.querySelector('main a[href^="/lines/"]') || {getAttribute: () => ''}).getAttribute('href')`)
	if href == "" {
		p.t.Fatalf("no line can be objected to: %s", p.text())
	}
	p.open(href)
	p.look("objection-form")
	p.fill("grounds", "那天去的是两个人，只记了一个人的分")
	p.press("提出异议")
}

// redeem hands the cheapest thing to a household whose passbook says what the ledger says.
func (p *person) redeem(head string) {
	p.t.Helper()
	p.open("/redeem?q=" + head)
	p.look("redeem-found")
	href := kittest.Eval[string](p.tab, `(document.querySelector('main a[href^="/redeem/"]:not([href="/redeem/offline"])') || {getAttribute: () => ''}).getAttribute('href')`)
	if href == "" {
		p.t.Fatalf("the household is not found: %s", p.text())
	}
	p.open(href)
	p.look("redeem-form")
	var balance int64
	err := p.owner.QueryRow(p.t.Context(), `select b.year from balance b join household h on h.village_id = b.village_id and h.id = b.household_id where h.village_id = 320601 and h.head = $1`, head).Scan(&balance)
	if err != nil {
		p.t.Fatal(err)
	}
	p.press("换这个")
	p.look("redeem-order")
	p.fill("passbook", strconv.FormatInt(balance+1, 10))
	p.fill("receiver", head)
	p.choose("on_paper", "1")
	p.press("发放，扣分")
	p.says("不一致")
	p.look("redeem-refused")
	p.fill("passbook", strconv.FormatInt(balance, 10))
	p.choose("on_paper", "1")
	p.press("发放，扣分")
}
