package e2e

import (
	"fmt"
	"testing"

	"cunfen/internal/web/kit/kittest"
)

// TestExemptionAndRehearsal: a household is freed of an item that cannot apply to it, and the group sees what other rules would do.
func TestExemptionAndRehearsal(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	var home, door, head string
	err := s.owner.QueryRow(t.Context(), `select h.id::text, h.door, h.head from household h join village v on v.id = h.village_id where v.code = 'haiyan' and not exists (select from membership m where m.village_id = h.village_id and m.household_id = h.id)
		and not exists (select from relative r where r.village_id = h.village_id and r.household_id = h.id) order by h.walk limit 1`).Scan(&home, &door, &head)
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
	wu.open("/rules/rehearsal?year=2024") // in which the village kept no points
	wu.says("这一年的事是推想的")
	wu.look("rehearsal-made")

	// A year of events: ten homes helped twice in the grid, the thirty others kept order for three months.
	exec := func(sql string) {
		t.Helper()
		if _, err := s.owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`insert into claim (village_id, id, household_id, item, parts, rule_version, points, occurred_on, channel, recorder, recorder_name, recorded_at, state)
		select 320601, gen_random_uuid(), h.id, 'P16', '{"": 1}', 1, 5, make_date(2025, m, 5), 'self', h.id, '', now(), 'posted' from (select id from household where village_id = 320601 and state = 'active' order by walk limit 10) h, generate_series(1, 2) m`)
	exec(`insert into slot (village_id, household_id, holder_kind, holder_id, item, part, key, sole, counted, points, occurred_on)
		select 320601, h.id, 2, gen_random_uuid(), 'P08', '', m::text, true, 1, 5, make_date(2025, m, 20) from (select id from household where village_id = 320601 and state = 'active' order by walk offset 10 limit 30) h, generate_series(1, 3) m`)
	wu.open("/rules/draft")
	wu.press("开始起草")
	for code, points := range map[string]string{"P16": "8", "P08": "3"} {
		wu.open("/rules/draft/items/" + code)
		wu.fill("points_", points)
		wu.js(`(() => { for (const n of ['text', 'value_text']) { const e = document.querySelector('main [name=' + n + ']'); e.value = e.value.replace('5分', %q + '分'); } return true; })()`, points)
		wu.fill("why", "多给出力的，少给份内的")
		wu.press("保存这一条")
	}
	wu.open("/rules/rehearsal")
	wu.says("用2025年的 110 件事")
	// 10 homes × 2 × 3 points more, 30 × 3 × 2 points less.
	for n, want := range []string{"10", "30"} {
		if got := kittest.Eval[string](tab, fmt.Sprintf(`document.querySelectorAll('table:not(.bars) tbody tr')[0].children[%d].innerText.trim()`, 4+n)); got != want {
			t.Errorf("%s homes, want %s", got, want)
		}
	}
	wu.says("加分：网格治理 100 160 加 60 分")
	wu.says("加分：农村人居环境整治 450 270 减 180 分")
	wu.says("要兑的分少 120 分")
	wu.says("10 分变成 16 分")
	wu.says("15 分变成 9 分")
	wu.look("rehearsal")
	wu.narrow()
	for path, name := range map[string]string{"/exemptions": "exempt-list", "/households/" + home + "/exempt": "exempt-one", "/rules/rehearsal": "rehearsal"} {
		wu.open(path)
		wu.look(name)
	}
	wu.leave()
	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/exemptions")
	s.sheet(xu, "/exemptions.xlsx?state=standing", []string{"门牌号", "户主姓名", "免评的事项", "原因"}, []string{door, head, "P10 粪污资源化与农药包装回收", "家里不种地也不养殖"})
	s.sheet(xu, "/exemptions.xlsx?state=ended", []string{"门牌号", "户主姓名"})
}
