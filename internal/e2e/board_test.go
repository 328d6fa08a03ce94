package e2e

import (
	"testing"

	"cunfen/internal/web/kit/kittest"
)

const organisationMan, greenMan = "13800001003", "13800001004"

// gathered waits until the worker has gathered every village's figures after an instant.
func (s *stand) gathered(after string) {
	s.t.Helper()
	s.holds(`select (select count(*) from village) = (select count(*) from figure_mark where as_of >= $1)`, after)
}

// TestTownBoard is the bureau at its board: the villages, one of them, one month of it in two taps, the wall, and what
// a department sees of it.
func TestTownBoard(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	s.gathered("2026-11-20T08:59:00+08:00")
	tab := kittest.Browser(t)
	gu := s.enter(tab, "顾明远", bureauMan, true)
	gu.open("/town")
	gu.says("此前办结的都算在内")
	gu.says("党员户")
	gu.look("town-board")
	gu.open("/town?period=2026-10&q=海沿")
	gu.says("2026年10月")
	gu.press("海沿村")
	gu.says("您打开这一页已经留痕")
	gu.look("town-village")
	gu.press("2026年9月")
	gu.says("公示")
	gu.look("town-month")
	gu.open("/town/wall")
	gu.look("town-wall")
	tab.Size(390, 844)
	gu.wide = false
	for name, path := range map[string]string{"town-board": "/town", "town-village": "/town/villages/" + s.villageLed("徐海波"), "town-wall": "/town/wall"} {
		gu.open(path)
		gu.look(name)
	}
	gu.leave()

	for who, phone := range map[string]string{"陆建国": organisationMan, "季晓雯": greenMan} {
		p := s.enter(tab, who, phone, true)
		p.open("/town")
		p.look("town-" + phone[7:])
		if p.js(`document.body.innerText.includes('预算') || document.body.innerText.includes('兑换')`) {
			t.Errorf("%s sees money", who)
		}
		if got := p.js(`document.body.innerText.includes('党员户')`); got != (phone == organisationMan) {
			t.Errorf("%s sees party members' homes: %v", who, got)
		}
		p.open("/town/villages/" + s.villageLed("徐海波"))
		p.look("town-village-" + phone[7:])
		p.leave()
	}
}
