package e2e

import (
	"testing"

	"cunfen/internal/web/kit/kittest"
)

// TestExemptionAndRehearsal: a household is freed of an item that cannot apply to it, and the group sees what other rules would do.
func TestExemptionAndRehearsal(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	home := ""
	err := s.owner.QueryRow(t.Context(), `select h.id::text from household h join village v on v.id = h.village_id where v.code = 'haiyan' and not exists (select from membership m where m.village_id = h.village_id and m.household_id = h.id)
		and not exists (select from relative r where r.village_id = h.village_id and r.household_id = h.id) order by h.walk limit 1`).Scan(&home)
	if err != nil {
		t.Fatal(err)
	}
	wu := s.enter(tab, "吴桂芳", cadre, true)
	wu.open("/households/" + home + "/exempt")
	wu.look("exempt-none")
	wu.fill("item", "P10")
	wu.fill("reason", "无")
	wu.submit("main textarea[name=reason]")
	wu.says("请写明为什么不适用")
	wu.fill("reason", "家里不种地也不养殖")
	wu.submit("main textarea[name=reason]")
	wu.says("已免评")
	wu.look("exempt-one")
	wu.open("/exemptions")
	wu.says("家里不种地也不养殖")
	wu.look("exempt-list")
	wu.open("/rules/rehearsal")
	wu.says("户均分")
	wu.look("rehearsal")
	tab.Size(390, 844)
	wu.wide = false
	for path, name := range map[string]string{"/exemptions": "exempt-list", "/households/" + home + "/exempt": "exempt-one", "/rules/rehearsal": "rehearsal"} {
		wu.open(path)
		wu.look(name)
	}
}
