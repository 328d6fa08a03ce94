package e2e

import (
	"testing"

	"cunfen/internal/web/kit/kittest"
)

const farmLead = "13800001051" // 金树林，金浦场组长

// TestSecondGroup is a sample of one village's decisions that the bureau looks through, hands masked to another
// village's group, takes back, hands over again; the group decides, changes its mind and hands it back; the village
// whose decisions they were reads the sum.
func TestSecondGroup(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	village := s.villageLed("徐海波")
	tab := kittest.Browser(t)
	gu := s.enter(tab, "顾明远", bureauMan, true)
	gu.open("/town/rescores")
	gu.fill("village", village)
	gu.fill("month", "2026-10")
	gu.fill("size", "5")
	gu.press("随机抽取")
	at := gu.path()
	gu.look("rescore-begin")
	for round := range 2 {
		gu.press("交给别的村复评")
		gu.says("就是对方小组会看到的全部")
		if !gu.js(`[...document.querySelectorAll('main textarea, main dd')].every(e => !/海沿|徐海波/.test(e.value || e.textContent))`) {
			t.Error("what goes to the other village names the first")
		}
		if round == 0 {
			gu.look("rescore-offer")
			tab.Size(390, 844)
			gu.wide = false
			gu.look("rescore-offer")
			tab.Size(1440, 900)
			gu.wide = true
		}
		gu.fill("to", "320603")
		gu.press("交给对方小组")
		gu.says("已交给金浦场的小组")
		gu.look("rescore-handed")
		if round == 0 {
			gu.press("收回这一批")
			gu.says("已收回")
		}
	}
	gu.leave()

	jin := s.enter(tab, "金树林", farmLead, false)
	jin.open("/seconds")
	jin.says("镇里已收回")
	jin.look("seconds-asked")
	jin.press("去评")
	jin.says("不写是哪个村")
	jin.look("second-next")
	jin.choose("verdict", "no")
	jin.press("记下，看下一条")
	jin.says("请写明为什么")
	jin.choose("verdict", "yes")
	jin.press("记下，看下一条")
	for range 4 {
		jin.choose("verdict", "unclear")
		jin.fill("note", "照片看不出做了什么")
		jin.press("记下，看下一条")
	}
	jin.says("全部评了")
	jin.look("second-all")
	jin.press("改")
	jin.choose("verdict", "unclear")
	jin.fill("note", "想了想，看不出")
	jin.press("记下，看下一条")
	if jin.js(`document.querySelector('main').innerText.includes('海沿')`) {
		t.Error("the second scorer reads the first village's name")
	}
	tab.Size(1440, 900)
	jin.wide = true
	jin.look("second-all")
	jin.press("交回镇里")
	jin.says("已交回镇里")
	jin.look("seconds-asked")
	jin.leave()

	gu = s.enter(tab, "顾明远", bureauMan, true)
	s.until("the second look is over", func() bool { gu.open(at); return gu.js(`document.body.innerText.includes('评完了')`) })
	gu.says("评完了：5条里0条一致")
	gu.says("另一个村的小组")
	gu.open("/town/rescores")
	gu.says("金浦场小组")
	gu.look("rescores-peer")
	gu.leave()

	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/seconds")
	xu.says("0条（0%）")
	xu.look("seconds-own")
	tab.Size(390, 844)
	xu.wide = false
	xu.look("seconds-own")
	if xu.js(`document.querySelector('main').innerText.includes('金浦')`) {
		t.Error("the village reads who looked")
	}
	xu.leave()
}
