package e2e

import (
	"testing"

	"cunfen/internal/web/kit/kittest"
)

// TestAssessAndCase: the township lays an assessment down (one that counts log-ins is refused), the village objects,
// the township answers and signs; a village's case is edited and published.
func TestAssessAndCase(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	s.gathered("2026-11-20T08:59:00+08:00")
	village := s.villageLed("徐海波")
	tab := kittest.Browser(t)
	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/stories/new")
	xu.fill("title", "渔港边的垃圾分类")
	xu.fill("body", "以前渔网、泡沫箱堆在路边。小组和住户商量，按户分了收集点，每月评一次。\n三个月后，路边看不到泡沫箱了。")
	xu.choose("consent", "given")
	xu.press("报镇里")
	xu.says("要写明谁同意的")
	xu.look("story-new-wrong")
	xu.choose("consent", "nobody")
	xu.press("报镇里")
	xu.says("等镇里编辑")
	xu.open("/stories")
	xu.look("stories-village")
	xu.leave()

	gu := s.enter(tab, "顾明远", bureauMan, true)
	gu.open("/town/stories")
	gu.press("渔港边的垃圾分类")
	gu.look("story-edit")
	gu.press("保存并刊发")
	gu.says("已刊发")
	gu.open("/town/assess")
	gu.fill("name", "2026年积分制工作考核")
	gu.fill("visit1", "网格员登录次数")
	gu.press("定下，给各村算分")
	gu.says("不给基层增加负担")
	gu.look("assess-refused")
	gu.fill("visit1", "公示栏、存折现场查看")
	gu.press("定下，给各村算分")
	gu.says("各村得分")
	gu.look("assess")
	at := gu.path()
	gu.press("发给各村")
	gu.says("没有打分")
	for _, v := range []string{village, "320602", "320603"} {
		gu.open("/town/villages/" + v + "/assess/" + at[len("/town/assess/"):])
		gu.fill("points", "80")
		gu.fill("words", "公示栏完好，抽看 5 本存折有 1 本没补登。")
		if v == village {
			gu.look("assess-village")
		}
		gu.press("打分")
	}
	gu.open(at)
	gu.press("发给各村")
	gu.says("已发各村")
	gu.leave()

	xu = s.enter(tab, "徐海波", lead, true)
	xu.open("/assessments")
	xu.look("assessments")
	xu.press("看依据")
	xu.fill("words", "没补登的那本是昨天刚挂失换的新本。")
	xu.press("向镇里提异议")
	xu.says("村里有异议")
	tab.Size(390, 844)
	xu.wide = false
	xu.look("assessment-own")
	xu.open("/stories")
	xu.look("stories-village")
	xu.open("/v/haiyan/stories")
	xu.says("渔港边的垃圾分类")
	xu.look("stories-public")
	tab.Size(1440, 900)
	xu.leave()

	s.clock("2026-11-29T09:00:00+08:00")
	gu = s.enter(tab, "顾明远", bureauMan, true)
	gu.open(at)
	gu.press("签发")
	gu.says("还有异议没有答复")
	gu.open("/town/villages/" + village + "/assess/" + at[len("/town/assess/"):])
	gu.fill("words", "已看挂失记录，改为满分。")
	gu.press("答复村里")
	gu.says("异议已答复")
	gu.open(at)
	gu.press("签发")
	gu.says("内容摘要")
	gu.look("assess-signed")
	tab.Size(390, 844)
	gu.wide = false
	for name, path := range map[string]string{"assess-list": "/town/assess", "assess-signed": at, "stories-town": "/town/stories"} {
		gu.open(path)
		gu.look(name)
	}
	gu.leave()
}
