package e2e

import (
	"net/http"
	"strings"
	"testing"

	"cunfen/internal/web/kit/kittest"
)

// TestFinding takes points away the one way there is: found, told, delivered on the household's own screen,
// looked at again, heard, decided by two, signed with the month; the household sees why and objects.
func TestFinding(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)

	shan := s.enter(tab, "单小军", gridMan, false)
	shan.open("/findings")
	shan.look("findings-begun")
	shan.open("/findings/new?q=张桂兰")
	shan.look("finding-find")
	shan.open(shan.link("/findings/for/"))
	shan.look("finding-choose")
	shan.open(strings.SplitN(shan.path(), "?", 2)[0] + "?item=N11")
	shan.fill("matter", "短")
	shan.press("记下")
	shan.says("请写明是什么事")
	shan.look("finding-form-wrong")
	shan.fill("matter", "没拴绳的狗咬伤了过路的老人")
	shan.fill("reporter", "隔壁老李")
	shan.photograph()
	shan.press("记下")
	shan.look("finding-recorded")
	at := strings.SplitN(shan.path(), "?", 2)[0]
	shan.fill("demand", "狗拴好，去打疫苗，向老人赔礼")
	shan.fill("due_on", "2026-11-27")
	shan.press("发出整改告知")
	shan.look("finding-told")
	shan.leave()

	zhang := s.enter(tab, "张桂兰", household, false)
	zhang.open("/home")
	zhang.look("home-message")
	zhang.open("/messages")
	zhang.look("messages")
	zhang.press("打开")
	zhang.says("11月27日以前改好")
	zhang.look("my-finding")
	if zhang.js(`document.body.innerText.includes('老李')`) {
		t.Error("the household reads who told of it")
	}
	zhang.fill("words", "家里人住院，下周清")
	zhang.press("提交说明")
	zhang.open("/size?to=large&back=" + zhang.path())
	zhang.look("my-finding-large")
	zhang.open("/my/findings")
	zhang.look("my-findings-large")
	zhang.open("/size?to=normal&back=/home")
	zhang.leave()

	s.clock("2026-11-28T09:00:00+08:00")
	shan = s.enter(tab, "单小军", gridMan, false)
	shan.open(at)
	shan.says("住户在手机上打开")
	shan.look("finding-due")
	shan.choose("result", "not_put_right")
	shan.photograph()
	shan.press("保存复查结果")
	shan.says("等评定")
	shan.leave()

	for _, who := range []struct{ name, phone string }{{"吴桂芳", cadre}, {"桑玉梅", partyRep}} {
		p := s.enter(tab, who.name, who.phone, true)
		p.open("/findings")
		p.look("findings")
		p.open(at)
		p.says("隔壁老李")
		p.look("finding-decide")
		p.choose("verdict", "deduct")
		p.fill("reason", "到期没有清，前后照片清楚")
		p.press("提交评定")
		p.look("finding-decided")
		p.leave()
	}

	s.clock("2026-12-01T08:30:00+08:00")
	s.signed(tab, "2026-11", "违规养宠致害")

	zhang = s.enter(tab, "张桂兰", household, false)
	zhang.open("/home")
	zhang.says("违规养宠致害")
	zhang.look("home-deducted")
	var line string
	if err := s.owner.QueryRow(t.Context(), `select id::text from ledger_entry where village_id = 320601 and kind = 3 and month = 202611`).Scan(&line); err != nil {
		t.Fatalf("no deduction in the book: %v", err)
	}
	zhang.open("/lines/" + line)
	zhang.says("到期没有清")
	zhang.says("可以提异议")
	zhang.look("line")
	tab.Size(1440, 900)
	zhang.wide = true
	zhang.look("line")
	tab.Size(390, 844)
	zhang.wide = false
	zhang.open("/lines/" + line + "/object")
	zhang.fill("grounds", "那是隔壁的狗，不是我家的")
	zhang.press("提出异议")
	zhang.says("正在核查")
	if got := kittest.Eval[int](tab, `(() => { const r = new XMLHttpRequest(); r.open('GET', '`+at+`/slip', false); r.send(); return r.status; })()`); got != http.StatusForbidden && got != http.StatusNotFound {
		t.Errorf("a household gets the staff's slip: %d", got)
	}
	zhang.leave()
	s.verify()
}

// signed takes a month to the book: the lead draws the sheet up, which says so, and one after another signs.
func (s *stand) signed(tab *kittest.Tab, month, says string) {
	s.t.Helper()
	for i, who := range []struct{ name, phone string }{{"徐海波", lead}, {"桑玉梅", partyRep}, {"丛有根", villager}, {"吴桂芳", cadre}} {
		p := s.enter(tab, who.name, who.phone, true)
		p.open("/months/" + month)
		if i == 0 {
			p.press("汇总")
			p.says(says)
			p.look("month-with-" + says)
		}
		if p.js(`document.body.innerText.includes('签字齐备')`) {
			p.leave()
			return
		}
		p.sign(month)
		p.leave()
	}
}

// link is the first link of the page that begins so.
func (p *person) link(prefix string) string {
	p.t.Helper()
	href := kittest.Eval[string](p.tab, `(document.querySelector('main a[href^="`+prefix+`"]') || {getAttribute: () => ''}).getAttribute('href')`)
	if href == "" {
		p.t.Fatalf("%s at %s: no link to %s: %s", p.who, p.path(), prefix, p.text())
	}
	return href
}
