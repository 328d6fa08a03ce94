package e2e

import (
	"strings"
	"testing"

	"cunfen/internal/web/kit/kittest"
)

// TestCounter is a household that gives points to a family in need, on its phone and at the counter; an old paper
// book that is taken over with two signatures; and who answers for which link.
func TestCounter(t *testing.T) {
	s := up(t, "2026-12-05T09:00:00+08:00")
	tab := kittest.Browser(t)
	var needy, needyHead string
	if err := s.owner.QueryRow(t.Context(), `select passbook_no, head from household h where village_id = 320601 and state = 'active' and head <> '张桂兰'
		and not exists (select from membership m where m.village_id = h.village_id and m.household_id = h.id and m.role <> 'household') order by id desc limit 1`).Scan(&needy, &needyHead); err != nil {
		t.Fatal(err)
	}

	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/gifts")
	xu.says("还没有开通")
	xu.choose("allowed", "1")
	xu.fill("per_year", "0")
	xu.press("保存规定")
	xu.says("应是 1 到 10000 分")
	xu.fill("per_year", "30")
	xu.press("保存规定")
	xu.says("已开通")
	xu.open("/gifts/families")
	xu.fill("home", needy)
	xu.fill("words", "独居老人，生活不便")
	xu.press("登记")
	xu.says("怎样同意")
	xu.fill("consent", "户主 12 月 1 日当面同意，李网格员在场")
	xu.press("登记")
	xu.says("已加进名单")
	xu.look("gift-families")
	xu.open("/group/posts")
	xu.look("posts")
	xu.js(`(() => { const f = document.querySelector('main form input[value=redemption]').form, m = f.elements.member; m.value = m.options[1].value; return true; })()`)
	xu.press("指定为积分兑换负责人")
	xu.says("负责")
	xu.open("/openings")
	xu.fill("home", needy)
	xu.fill("points", "86")
	xu.fill("as_of", "2026-06-30")
	xu.press("登记，等签字")
	xu.says("待签字")
	xu.js(`(() => { document.querySelector('[name=pick]').checked = true; return true; })()`)
	xu.fill("name", needyHead)
	xu.draw()
	xu.look("openings")
	xu.submit("[name=side]")
	xu.says("差小组")
	xu.leave()

	zhang := s.enter(tab, "张桂兰", household, false)
	zhang.open("/my/gifts")
	if zhang.js(`document.body.innerText.includes(%q)`, needyHead) {
		t.Error("a giver reads who the family is")
	}
	zhang.js(`(() => { const m = document.querySelector('[name=family]'); m.value = m.options[1].value; return true; })()`)
	zhang.fill("points", "31")
	zhang.choose("freely", "1")
	zhang.press("确认转赠")
	zhang.says("今年最多还能转赠 30 分")
	zhang.js(`(() => { const m = document.querySelector('[name=family]'); m.value = m.options[1].value; return true; })()`)
	zhang.fill("points", "6")
	zhang.choose("freely", "1")
	zhang.look("my-gifts")
	zhang.press("确认转赠")
	zhang.says("冷静期")
	zhang.look("my-gifts-waiting")
	zhang.leave()
	s.clock("2026-12-09T10:00:00+08:00")
	s.settled("gift", "state = 'done'")

	zhang = s.enter(tab, "张桂兰", household, false)
	zhang.open("/home")
	zhang.says("转赠")
	zhang.look("home-gift")
	zhang.leave()
	wu := s.enter(tab, "吴桂芳", cadre, true)
	wu.open("/openings?state=noted")
	wu.js(`(() => { document.querySelector('[name=pick]').checked = true; document.querySelector('[name=side][value=group]').checked = true; return true; })()`)
	wu.draw()
	wu.submit("[name=side]")
	wu.says("已经入账")
	wu.press("打开")
	wu.look("opening")
	wu.open("/gifts")
	wu.look("gifts")
	wu.leave()
	bian := s.enter(tab, "卞丽娟", deskClerk, true)
	bian.open("/redeem")
	bian.says("积分兑换由")
	bian.open("/gifts/find?q=" + needy)
	bian.look("gift-find")
	bian.press(needyHead + "家")
	bian.look("gift-give")
	tab.Size(390, 844)
	bian.wide = false
	bian.look("gift-give")
	bian.leave()
	xu = s.enter(tab, "徐海波", lead, false)
	for _, at := range []string{"gifts", "openings", "group/posts"} {
		xu.open("/" + at)
		xu.look(strings.ReplaceAll(at, "/", "-"))
	}
	xu.leave()
}

// settled waits until a row of the village's table is so.
func (s *stand) settled(table, so string) {
	s.t.Helper()
	s.holds(`select exists (select from ` + table + ` where village_id = 320601 and ` + so + `)`)
}

// draw writes a name on the pad.
func (p *person) draw() {
	p.t.Helper()
	p.wait(`!document.querySelector('main [data-signature]').hidden && document.querySelector('main [data-signature] canvas').width > 50`)
	p.js(`(() => { const c = document.querySelector('main [data-signature] canvas'), r = c.getBoundingClientRect(), at = (n, x, y) => c.dispatchEvent(new PointerEvent(n, {pointerId: 1, clientX: r.left + x, clientY: r.top + y, bubbles: true}));
		c.setPointerCapture = () => {}; at('pointerdown', 20, 20); for (let i = 1; i < 20; i++) at('pointermove', 20 + i * 8, 30 + (i %% 5) * 9); at('pointerup', 180, 40); return true; })()`)
}
