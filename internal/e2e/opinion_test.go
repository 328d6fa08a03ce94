package e2e

import (
	"regexp"
	"testing"

	"cunfen/internal/web/kit/kittest"
)

var opinionCode = regexp.MustCompile(`code=([2-9A-Z]{8})`)

// TestOpinions: somebody without a name, a household and the counter say what they think and read the answer; a
// household parts, and a child of it is noted as under age.
func TestOpinions(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)

	tab.Size(390, 844)
	anybody := &person{stand: s, tab: tab, who: "路人"}
	anybody.open("/feedback?v=haiyan")
	anybody.look("feedback-public")
	anybody.choose("kind", "conduct")
	anybody.fill("words", "发东西的时候先给自己亲戚")
	anybody.press("提交")
	anybody.look("feedback-code")
	code := opinionCode.FindStringSubmatch(anybody.path())
	if code == nil {
		t.Fatalf("no code: %s", anybody.path())
	}

	zhang := s.enter(tab, "张桂兰", household, false)
	zhang.open("/feedback")
	zhang.choose("kind", "item")
	zhang.fill("item", "P07")
	zhang.fill("words", "垃圾分类一个月五分太少了")
	zhang.press("提交")
	zhang.says("待答复")
	zhang.look("my-opinions")
	zhang.leave()

	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/desk")
	xu.says("有新的意见")
	xu.look("desk-messages")
	xu.open("/opinions")
	xu.says("没有留名")
	xu.look("opinions")
	xu.press("去答复")
	xu.look("opinion")
	xu.fill("answer", "下个季度评估的时候提出来一起议")
	xu.press("答复")
	xu.says("已答复")
	xu.open("/opinions")
	xu.press("去答复")
	xu.fill("answer", "查了发放记录，改为按门牌顺序发")
	xu.press("答复")
	xu.look("opinion-answered")
	xu.press("答复得不对，更正")
	xu.fill("answer", "查")
	xu.press("答复")
	xu.says("4 到 1000")
	xu.look("opinion-amend")
	xu.fill("answer", "查了发放记录，从本月起改为按门牌顺序发")
	xu.press("答复")
	xu.says("从本月起改为按门牌顺序发")
	xu.open("/opinions/new?q=张桂兰")
	xu.open(xu.link("/opinions/for/"))
	xu.look("opinion-counter")

	var home, head, member string
	err := s.owner.QueryRow(t.Context(), `select h.id::text, h.head, min(m.id::text) from household h join member m on m.village_id = h.village_id and m.household_id = h.id
		where h.village_id = 320601 and h.state = 'active' and m.state = 'active' and m.relation <> '户主' group by h.id, h.head order by h.id limit 1`).Scan(&home, &head, &member)
	if err != nil {
		t.Fatal(err)
	}
	tab.Size(390, 844)
	xu.wide = false
	xu.open("/households/" + home + "/family")
	xu.look("family")
	tab.Size(1440, 900)
	xu.wide = true
	xu.open("/households/" + home + "/family")
	xu.choose("members", member)
	xu.fill("new_head", member)
	xu.fill("door", "9组99号")
	xu.fill("reason", "结婚另立门户")
	xu.look("family-filled")
	xu.press("分户")
	xu.says("已分户")
	tab.Size(390, 844)
	xu.wide = false
	xu.open("/opinions?state=")
	xu.look("opinions")
	xu.leave()

	anybody.open("/feedback?v=haiyan&code=" + code[1])
	anybody.says("按门牌顺序发")
	anybody.look("feedback-answered")
	zhang = s.enter(tab, "张桂兰", household, false)
	zhang.open("/messages")
	zhang.says("您的意见有答复了")
	zhang.open("/my/opinions")
	zhang.says("已答复")
	zhang.leave()
}
