package e2e

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/finding"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit/kittest"
)

// TestRepair earns a deduction back: a member offers a task, corrects it and may not decide on it; the household
// takes it up and proves it on its own screen; another decides, the group signs, and the book has the points again.
func TestRepair(t *testing.T) {
	s := up(t, "2026-10-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	at := "/findings/" + s.decided("张桂兰").String()
	s.clock("2026-11-01T08:30:00+08:00")
	s.signed(tab, "2026-10", "违规养宠致害")
	lost := s.year("张桂兰")

	wu := s.enter(tab, "吴桂芳", cadre, true)
	wu.open(at)
	wu.look("repair-none")
	wu.fill("task", "到村口河岸清垃圾一次")
	wu.fill("points", "60")
	wu.fill("until_on", "2026-11-20")
	wu.press("给出修复任务")
	wu.says("补回的分应在1到5之间")
	wu.look("repair-wrong")
	wu.fill("points", "4")
	wu.press("给出修复任务")
	wu.says("可以去做")
	wu.press("改这个任务")
	wu.look("repair-offered")
	wu.fill("points", "5")
	wu.press("改好")
	wu.says("加5分")
	wu.leave()

	s.clock("2026-11-08T09:00:00+08:00")
	zhang := s.enter(tab, "张桂兰", household, false)
	zhang.open("/messages")
	zhang.says("有补分的机会")
	zhang.open("/my/findings")
	zhang.says("修复任务：可以去做")
	zhang.look("my-findings-repair")
	zhang.open(zhang.link("/my/findings/"))
	zhang.look("my-repair")
	zhang.fill("note", "清")
	zhang.press("做完了")
	zhang.says("请说说做了什么")
	zhang.look("my-repair-wrong")
	zhang.fill("note", "上午清了一上午，装了六袋")
	zhang.photograph()
	zhang.press("做完了")
	zhang.says("已做完，等认定")
	zhang.look("my-repair-done")
	mine := strings.SplitN(zhang.path(), "?", 2)[0]
	zhang.wider(mine)
	zhang.look("my-repair-done")
	zhang.phone(mine, "my-repair-done")
	zhang.leave()

	wu = s.enter(tab, "吴桂芳", cadre, true)
	wu.open(at)
	wu.says("由其他成员认定")
	if wu.has(`main form[action$="/repair"]`) {
		t.Error("who offered the task is asked to decide on it")
	}
	wu.leave()

	sang := s.enter(tab, "桑玉梅", partyRep, true)
	sang.open("/findings")
	sang.says("去认定")
	sang.look("findings-repair")
	sang.open(at)
	sang.look("repair-decide")
	sang.phone(at, "repair-decide")
	sang.choose("verdict", "approve")
	sang.fill("reason", "照片清楚，去河岸看过")
	sang.press("提交认定")
	sang.says("已认定，待签字入账")
	sang.leave()
	if got := s.year("张桂兰"); got != lost {
		t.Errorf("points before anybody signed: %d, want %d", got, lost)
	}

	s.clock("2026-12-01T08:30:00+08:00")
	s.signed(tab, "2026-11", "修复补分：违规养宠致害")
	if got := s.year("张桂兰"); got != lost+5 {
		t.Errorf("%d points after the repair, want %d", got, lost+5)
	}
	var line string
	if err := s.owner.QueryRow(t.Context(), `select id::text from ledger_entry where village_id = 320601 and source_kind = 10`).Scan(&line); err != nil {
		t.Fatalf("no repair in the book: %v", err)
	}
	zhang = s.enter(tab, "张桂兰", household, false)
	zhang.open("/home")
	zhang.look("home-repaired")
	zhang.open("/lines/" + line)
	zhang.says("减掉的5分里补回5分")
	zhang.says("照片清楚，去河岸看过")
	zhang.says("装了六袋")
	zhang.wait(`(() => { const i = document.querySelector('main .photo-grid img'); i.scrollIntoView(); return i.complete && i.naturalWidth > 0; })()`) // the photo that proved it
	zhang.look("line-repair")
	zhang.wider("/lines/" + line)
	zhang.look("line-repair")
	zhang.leave()
	s.verify()
}

// year is what the home of that head has of the year's points.
func (s *stand) year(head string) (points int) {
	s.t.Helper()
	err := s.owner.QueryRow(s.t.Context(), `select b.year from balance b join household h on h.village_id = b.village_id and h.id = b.household_id where h.village_id = 320601 and h.head = $1`, head).Scan(&points)
	if err != nil {
		s.t.Fatal(err)
	}
	return points
}

// decided is a finding at the home of that head, taken through every step to the decision of two.
func (s *stand) decided(head string) uuid.UUID {
	s.t.Helper()
	ctx, found, shan := s.t.Context(), s.app.Site.Found, s.actor("单小军")
	var home uuid.UUID
	err := s.owner.QueryRow(ctx, `select id from household where village_id = 320601 and head = $1`, head).Scan(&home)
	must := func(_ finding.Chain, err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	must(finding.Chain{}, err)
	f, err := found.Record(ctx, shan, finding.Draft{Household: home, Item: "N11", Parts: map[string]int{"": 1}, OccurredOn: s.now(), Matter: "狗没拴绳，咬伤了过路的老人", Proofs: []rulebook.Evidence{rulebook.GroupRecord}})
	must(finding.Chain{}, err)
	must(found.Issue(ctx, shan, f.ID, finding.Tell{Demand: "狗拴好，去打疫苗", Help: []string{"law"}, DueOn: s.now().AddDate(0, 0, 7)}))
	must(found.Deliver(ctx, shan, f.ID, head))
	s.clock("2026-10-28T09:00:00+08:00")
	must(found.Look(ctx, shan, f.ID, finding.Not, "还没拴", nil))
	must(found.Hear(ctx, shan, f.ID, finding.ByPhone, "这几天忙，没顾上"))
	for _, who := range []actor.Actor{s.actor("吴桂芳"), s.actor("桑玉梅")} {
		must(found.Decide(ctx, who, f.ID, true, "到期没有改，看过两次"))
	}
	return f.ID
}
