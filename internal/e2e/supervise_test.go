package e2e

import (
	"strings"
	"testing"

	"cunfen/internal/web/kit/kittest"
)

// TestReminder is a village that has let its notice day pass: the bureau reminds it from the board, the village
// finds it on its workbench and answers, the bureau closes it; another department sees nothing of it.
func TestReminder(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	s.clock("2026-12-20T09:00:00+08:00")
	tab := kittest.Browser(t)

	gu := s.enter(tab, "顾明远", bureauMan, true)
	gu.open("/town")
	gu.look("town-late")
	gu.press("催办")
	gu.look("matter-new")
	gu.fill("body", "快")
	gu.press("提出")
	gu.look("matter-new-wrong")
	gu.says("请写清情况和要求")
	gu.fill("body", "应在 3 日前公示，请尽快办理，并说明原因。")
	gu.press("提出")
	gu.says("等村里答复")
	at := gu.path()
	if !strings.HasPrefix(at, "/town/villages/") {
		t.Fatalf("after raising: %s", at)
	}
	gu.look("matter-open")
	village := strings.Split(at, "/")[3]
	gu.open("/town/matters")
	gu.look("matters-town")
	gu.leave()

	if village != s.villageLed("徐海波") {
		t.Fatalf("the first late village is %s, not the demo lead's", village)
	}
	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/desk")
	xu.says("催办：")
	xu.look("desk-reminded")
	xu.press("催办：")
	xu.fill("words", "组长住院，已请副组长本周三前签字公示。")
	tab.Size(390, 844)
	xu.wide = false
	xu.look("matter-answer")
	xu.press("答复")
	xu.says("已答复，待镇里确认")
	xu.open("/matters")
	xu.look("matters-village")
	xu.leave()

	gu = s.enter(tab, "顾明远", bureauMan, true)
	gu.open(at)
	gu.fill("words", "看到公示已经张贴。")
	gu.press("确认办结")
	gu.says("已办结")
	gu.look("matter-closed")
}

// villageLed is the number of the village whose lead is called so.
func (s *stand) villageLed(name string) (id string) {
	s.t.Helper()
	err := s.owner.QueryRow(s.t.Context(), `select m.village_id::text from membership m join account a on a.id = m.account_id where m.role = 'lead' and m.name = $1`, name).Scan(&id)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}
