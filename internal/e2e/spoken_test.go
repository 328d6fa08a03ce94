package e2e

import (
	"testing"

	"cunfen/internal/web/kit/kittest"
)

// TestSpokenClaim is a claim told by word of mouth: the counter writes it down, reads one sentence back, changes what
// was not so and sends it when the household says yes; by a neighbour's phone it says whose, and the household is told.
func TestSpokenClaim(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	home := s.word(`select id::text from household where village_id = 320601 and head = '张桂兰'`)
	bian := s.enter(tab, "卞丽娟", deskClerk, true)
	bian.open("/record/" + home)
	bian.press("住户口头说的，念一遍再报")
	bian.look("spoken-choose")
	bian.open(bian.link("/record/" + home + "?spoken=1&item=P16"))
	bian.fill("occurred_on", "2026-11-06")
	bian.fill("proof", "feedback")
	bian.fill("note", "跟着网格员去查了三户的电线")
	bian.choose("identity", "neighbour")
	bian.press("下一步：念给住户听")
	bian.says("哪位邻居的电话")
	bian.look("spoken-wrong")
	bian.fill("through", "李四的电话，听得出是本人")
	bian.press("下一步：念给住户听")
	bian.says("您家11月6日参与网格工作，申报加5分，对吗？")
	bian.look("spoken-read-back")
	bian.press("改一改")
	if !bian.js(`document.querySelector('[name=note]').value === '跟着网格员去查了三户的电线' && document.querySelector('[name=identity]:checked').value === 'neighbour'`) {
		t.Error("what was written down is lost")
	}
	bian.fill("occurred_on", "2026-11-05")
	bian.press("下一步：念给住户听")
	bian.says("您家11月5日参与网格工作")
	if n := s.number(`select count(*) from claim where note = '跟着网格员去查了三户的电线'`); n != 0 {
		t.Errorf("%d claims before the household said yes", n)
	}
	tab.Size(390, 844)
	bian.wide = false
	bian.look("spoken-read-back")
	bian.press("对，提交")
	bian.says("提交申报")
	bian.says("邻居的电话里说的（李四的电话，听得出是本人）")
	if n := s.number(`select count(*) from claim where note = '跟着网格员去查了三户的电线' and occurred_on = '2026-11-05' and channel = 'counter' and through = '李四的电话，听得出是本人'`); n != 1 {
		t.Errorf("%d claims", n)
	}
	bian.leave()
	zhang := s.enter(tab, "张桂兰", household, false)
	zhang.open("/messages")
	zhang.says("李四的电话，听得出是本人")
	zhang.look("spoken-told")
	zhang.leave()
}
