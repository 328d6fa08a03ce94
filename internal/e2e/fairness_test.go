package e2e

import (
	"context"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/web/kit/kittest"
	"cunfen/internal/work"
)

// TestFairness is the bureau at what waits for it, at the fairness watch and the question that it puts to a village,
// and at a sample of decisions that it looks at a second time.
func TestFairness(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	if err := work.PerVillage(t.Context(), s.app.DB, 2, func(ctx context.Context, who actor.Actor) error { return s.app.Site.Office.Watch.Count(ctx, who) }); err != nil {
		t.Fatal(err)
	}
	village := s.villageLed("徐海波")
	for _, sql := range []string{
		`update watch set flagged = true, body = body || '{"Flagged": true, "Enough": true, "Value": 2.1}' where statistic = 'relatives' and village_id = ` + village,
		`insert into budget (village_id, id, year, number, state, drafted_by, drafted_name, drafted_at, submitted_at) values (` + village + `, gen_random_uuid(), 2026, 3, 'submitted', gen_random_uuid(), '徐海波', '2026-11-01', '2026-11-01')`,
		`insert into budget (village_id, id, year, number, state, drafted_by, drafted_name, drafted_at, submitted_at) values (` + village + `, gen_random_uuid(), 2027, 0, 'submitted', gen_random_uuid(), '徐海波', '2026-11-18', '2026-11-18')`,
		`insert into selection (village_id, year, state, conditions, least, no_deduction, places, object_until, frozen_by, frozen_name, frozen_at, settled_at) values (` + village + `, 2025, 'settled', '全年没有减分', 0, true, 3, '2026-01-10', gen_random_uuid(), '', now(), '2026-11-18')`,
		`insert into selection_rank (village_id, year, household_id, place, score, share_place, share, deductions, fits, chosen, honour) select village_id, 2025, id, row_number() over (order by id), 300, 1, 900, 0, true, true, '美丽庭院户' from household where village_id = ` + village + ` limit 3`,
	} {
		if _, err := s.owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	tab := kittest.Browser(t)
	gu := s.enter(tab, "顾明远", bureauMan, true)
	gu.open("/town/inbox")
	gu.says("过期 4 天")
	gu.look("inbox")
	gu.press("2025年度评选名单")
	gu.fill("words", "好")
	gu.press("收下名单")
	gu.says("请写明怎么用这份名单")
	gu.look("nomination-wrong")
	gu.fill("words", "前三名推荐参评县级文明家庭。")
	gu.press("收下名单")
	gu.open("/town/watch")
	gu.says("不是结论")
	gu.look("watch")
	gu.press("请村里说明")
	if !gu.js(`document.querySelector('[name=body]').value.includes('这只是统计，不是结论')`) {
		t.Error("the question does not say that it is only a statistic")
	}
	gu.look("watch-ask")
	gu.press("提出，请村里答复")
	gu.says("等村里答复")
	gu.open("/town/watch")
	gu.says("看核查")
	gu.open("/town/rescores")
	gu.fill("village", village)
	gu.fill("month", "2026-10")
	gu.fill("size", "3")
	gu.press("随机抽取")
	gu.says("5 到 60")
	gu.look("rescores-wrong")
	gu.fill("size", "5")
	gu.press("随机抽取")
	gu.says("不显示是哪一户")
	gu.look("rescore-next")
	gu.choose("verdict", "no")
	gu.press("记下，看下一条")
	gu.says("请写明为什么")
	gu.fill("note", "照片看不出做了什么")
	gu.press("记下，看下一条")
	for range 4 {
		gu.choose("verdict", "yes")
		gu.press("记下，看下一条")
	}
	gu.says("评完了")
	gu.look("rescore-done")
	tab.Size(390, 844)
	gu.wide = false
	for name, path := range map[string]string{"inbox": "/town/inbox", "watch": "/town/watch", "rescores": "/town/rescores", "nomination": "/town/villages/" + village + "/nominations/2025"} {
		gu.open(path)
		gu.look(name)
	}
	gu.leave()

	// the village says what it has to say, the bureau closes, and opens again what was closed by mistake
	xu := s.enter(tab, "徐海波", lead, false)
	xu.open("/matters?kind=fairness")
	xu.press("请说明：")
	xu.says("这只是统计，不是结论")
	xu.look("fairness-asked")
	xu.fill("words", "亲属户多在示范组，带头参加清河；名单和照片可查。")
	xu.press("答复")
	xu.says("已答复，待镇里确认")
	xu.leave()
	gu = s.enter(tab, "顾明远", bureauMan, true)
	gu.open("/town/inbox?kind=matter")
	gu.press("请说明：")
	gu.says("带头参加清河")
	gu.fill("words", "已看名单和照片，没有问题。")
	gu.press("确认办结")
	gu.says("已办结")
	gu.fill("words", "点早了，还要再问一句。")
	gu.press("退回重办")
	gu.says("等村里答复")
	gu.look("fairness-again")
	gu.leave()
}
