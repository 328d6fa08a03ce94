package e2e

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/claim"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit/kittest"
)

// click presses what says so and does not wait for what follows.
func (p *person) click(text string) {
	p.t.Helper()
	p.mark()
	if !p.js(`(() => { const e = Array.from(document.querySelectorAll('main button')).filter(e => e.offsetParent !== null && !e.disabled).find(e => e.innerText.trim() === %q); if (!e) return false; e.click(); return true; })()`, text) {
		p.t.Fatalf("%s at %s: nothing says %q: %s", p.who, p.path(), text, p.text())
	}
}

// beside presses what stands in the detail beside the list.
func (p *person) beside(text string) {
	p.t.Helper()
	p.mark()
	if !p.js(`(() => { const e = Array.from(document.querySelectorAll('#detail button, #detail a')).find(e => e.innerText.trim() === %q); if (!e) return false; e.click(); return true; })()`, text) {
		p.t.Fatalf("%s at %s: nothing beside the list says %q: %s", p.who, p.path(), text, p.text())
	}
	p.settle()
}

// both lets two people press at the same moment, and answers what each reads then.
func both(a, b *person, text string) (first, second string) {
	a.t.Helper()
	a.click(text)
	b.click(text)
	a.settle()
	b.settle()
	return a.words(), b.words()
}

func (p *person) words() string {
	return kittest.Eval[string](p.tab, `document.body.innerText.replace(/\s+/g, '')`)
}

// oneOf asks that exactly one of two reads that it is done, and the other why not.
func oneOf(t *testing.T, what, first, second, done, refused string) {
	t.Helper()
	won := 0
	for _, read := range []string{first, second} {
		switch {
		case strings.Contains(read, done):
			won++
		case !strings.Contains(read, refused):
			t.Errorf("%s: neither %q nor %q: %.300s", what, done, refused, read)
		}
	}
	if won != 1 {
		t.Errorf("%s: %d of two got it", what, won)
	}
}

// TestTwoAtOnce is a month of two people who do the same at the same moment, each at a browser: of two approvals,
// two freezings, two signatures and two redemptions one goes through and the other reads a clear sentence.
// On the way the sheet is signed in all three ways: password, drawing, and on paper.
func TestTwoAtOnce(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	one, two := kittest.Browser(t), kittest.Browser(t)

	zhang := s.enter(one, "张桂兰", household, false)
	var claims []string
	for _, on := range []string{"2026-11-17", "2026-11-18"} { // the same photo twice
		zhang.open("/claims/new?item=P18")
		zhang.fill("occurred_on", on)
		zhang.fill("note", "河岸清理志愿活动")
		zhang.sameShot()
		zhang.press("提交")
		claims = append(claims, strings.TrimPrefix(strings.SplitN(zhang.path(), "?", 2)[0], "/claims/"))
	}
	zhang.leave()

	wu, sang := s.enter(one, "吴桂芳", cadre, true), s.enter(two, "桑玉梅", partyRep, true)
	wu.open("/review?q=zgl&open=" + claims[0])
	wu.says("照片")
	wu.look("review-alike")
	wu.beside("通过")
	wu.says("还要另一名成员通过")
	wu.look("review-half")
	sang.open("/review?q=zgl&open=" + claims[0])
	sang.beside("通过")
	sang.says("写明为什么仍然通过")
	sang.look("review-alike-reason")
	sang.fill("reason", "两天各清了一段河岸，照片是同一处")
	sang.press("写明理由并通过")
	sang.says("已通过")

	plain := s.recorded(0)
	for _, p := range []*person{wu, sang} {
		p.open("/review?open=" + plain)
		p.js(`(() => { const b = Array.from(document.querySelectorAll('#detail button')).find(e => e.innerText.trim() === '通过'); if (b) b.innerText = '就这一条'; return !!b; })()`)
	}
	a, b := both(wu, sang, "就这一条")
	oneOf(t, "approving a claim", a, b, "已通过，加", "已经处理过了")
	wu.look("review-too-late")
	wu.leave()
	sang.leave()

	s.clock("2026-12-01T08:30:00+08:00")
	xu, again := s.enter(one, "徐海波", lead, true), s.enter(two, "徐海波", lead, true)
	xu.open("/months/2026-11")
	again.open("/months/2026-11")
	a, b = both(xu, again, kittest.Eval[string](one, `Array.from(document.querySelectorAll('main button')).find(e => e.innerText.startsWith('汇总2026年11月')).innerText.trim()`))
	oneOf(t, "freezing a month", a, b, "请小组成员签字", "已经汇总过了")
	for _, p := range []*person{xu, again} {
		p.open("/months/2026-11/sign")
		p.fill("password", password)
	}
	a, b = both(xu, again, "同意表上全部分数，签字")
	oneOf(t, "one person signing twice", a, b, "已签字，谢谢", "您已经签过字了")

	xu.open("/months/2026-11/paper")
	xu.photograph()
	xu.press("照纸录入签字")
	xu.says("请勾选")
	xu.look("paper-wrong")
	xu.js(`(() => { const l = Array.from(document.querySelectorAll('label.check')).find(e => e.innerText.includes('丛有根')); l.querySelector('input').click(); return true; })()`)
	xu.photograph()
	xu.look("paper")
	xu.press("照纸录入签字")
	xu.says("纸质签字已录入")
	xu.says("照扫描件录入")
	xu.look("month-paper")
	xu.leave()
	again.leave()

	sang = s.enter(two, "桑玉梅", partyRep, true)
	wu = s.enter(one, "吴桂芳", cadre, true)
	sang.open("/months/2026-11/sign")
	sang.draw()
	sang.look("sign-drawn")
	wu.open("/months/2026-11/sign")
	wu.fill("password", password)
	a, b = both(wu, sang, "同意表上全部分数，签字")
	posted := 0
	for _, read := range []string{a, b} {
		switch {
		case strings.Contains(read, "签字齐了"):
			posted++
		case !strings.Contains(read, "已签字，谢谢") && !strings.Contains(read, "不在签字阶段"):
			t.Errorf("the last two signatures: %.300s", read)
		}
	}
	if posted != 1 {
		t.Errorf("%d signatures completed the month", posted)
	}
	wu.open("/months/2026-11")
	wu.look("month-signed-three-ways")
	if n := s.times(`select count(*) from signature where village_id = 320601 and month = 202611 and method = 'paper' and entered_name = '徐海波'`); n != 1 {
		t.Errorf("%d names from paper", n)
	}
	wu.leave()
	sang.leave()

	bian, second := s.enter(one, "卞丽娟", deskClerk, true), s.enter(two, "卞丽娟", deskClerk, true)
	balance := s.times(`select b.year from balance b join household h on h.village_id = b.village_id and h.id = b.household_id where h.village_id = 320601 and h.head = '张桂兰'`)
	for _, p := range []*person{bian, second} {
		p.open("/redeem/" + s.word(`select id::text from household where village_id = 320601 and head = '张桂兰'`))
		p.press("换这个")
		p.fill("passbook", itoa(balance))
		p.fill("receiver", "张桂兰")
		p.choose("on_paper", "1")
	}
	a, b = both(bian, second, "发放，扣分")
	oneOf(t, "two desks", a, b, "请补登存折", "不一致")
	if n := s.times(`select count(*) from redemption r join household h on h.village_id = r.village_id and h.id = r.household_id where r.village_id = 320601 and h.head = '张桂兰' and r.at > '2026-12-01'`); n != 1 {
		t.Errorf("%d redemptions", n)
	}
	bian.leave()
	second.leave()
	xu = s.enter(one, "徐海波", lead, true)
	xu.explains()
	s.verify()
}

// explains opens a line of every kind that the book has: each says more than its points.
func (p *person) explains() {
	p.t.Helper()
	rows, err := p.owner.Query(p.t.Context(), `select distinct on (kind, source_kind) kind::int, source_kind::int, id::text from ledger_entry where village_id = 320601 order by kind, source_kind, id desc`)
	if err != nil {
		p.t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		Kind, Source int
		ID           string
	}])
	if err != nil || len(lines) < 3 {
		p.t.Fatalf("%v %v", lines, err)
	}
	for _, l := range lines {
		p.open("/lines/" + l.ID)
		p.look("line-" + itoa(l.Kind) + "-" + itoa(l.Source))
		if !p.js(`/说明|谁定的|换了什么|更正的是/.test(document.body.innerText)`) {
			p.t.Errorf("a line of kind %d from %d does not explain itself: %s", l.Kind, l.Source, p.text())
		}
	}
}

func (s *stand) times(sql string) (n int) {
	s.t.Helper()
	if err := s.owner.QueryRow(s.t.Context(), sql).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *stand) word(sql string) (word string) {
	s.t.Helper()
	if err := s.owner.QueryRow(s.t.Context(), sql).Scan(&word); err != nil {
		s.t.Fatal(err)
	}
	return word
}

func itoa(n int) string { return strconv.Itoa(n) }

// sameShot puts the same picture into the form, each time.
func (p *person) sameShot() {
	p.t.Helper()
	p.js(`(() => { window.__random = Math.random; Math.random = () => 0.5; return true; })()`)
	p.photograph()
}

// recorded is a claim that the grid worker has noted, of a deed so many days ago, of a home that nobody who decides is related to.
func (s *stand) recorded(ago int) string {
	s.t.Helper()
	shan := s.actor("单小军")
	var home uuid.UUID
	if err := s.owner.QueryRow(s.t.Context(), `select h.id from household h where h.village_id = 320601 and h.state = 'active'
		and not exists (select from relative r where r.village_id = h.village_id and r.household_id = h.id) and not exists (select from membership m where m.village_id = h.village_id and m.household_id = h.id) limit 1`).Scan(&home); err != nil {
		s.t.Fatal(err)
	}
	c, err := s.app.Site.Claims.Submit(s.t.Context(), shan, claim.Draft{Household: home, Item: "P16", Parts: map[string]int{"": 1}, OccurredOn: s.now().AddDate(0, 0, -ago), Proofs: []rulebook.Evidence{rulebook.Feedback}, Note: "帮着排查用电隐患"})
	if err != nil {
		s.t.Fatal(err)
	}
	return c.ID.String()
}

// TestVillageSettings: the lead settles the village's days and who is called; a bad value keeps what was typed, and
// the page says who changed what. Complaints name whom they are about, who does not find them.
func TestVillageSettings(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/settings")
	xu.look("settings")
	xu.fill("signers", "2")
	xu.fill("hours", "每天上午")
	xu.press("保存")
	xu.says("至少 3 人签字")
	xu.look("settings-wrong")
	if !xu.js(`document.querySelector('[name=hours]').value === '每天上午'`) {
		t.Error("what was typed is lost")
	}
	xu.fill("signers", "4")
	xu.fill("take_down_days", "45")
	xu.js(`(() => { document.querySelector('[name=sms]').click(); return true; })()`)
	xu.press("保存")
	xu.says("公示天数")
	xu.says("短信：关 → 开")
	tab.Size(390, 844)
	xu.wide = false
	xu.open("/settings")
	xu.look("settings")
	xu.leave()

	zhang := s.enter(tab, "张桂兰", household, false)
	zhang.open("/feedback")
	zhang.look("feedback")
	zhang.choose("kind", "conduct")
	zhang.js(`(() => { const e = document.querySelector('[name=about]'); e.value = Array.from(e.options).find(o => o.text === '徐海波').value; return true; })()`)
	zhang.fill("words", "组长办事偏着自家亲戚")
	zhang.press("提交")
	zhang.says("已收到")
	zhang.open("/my/opinions")
	zhang.look("my-opinions")
	zhang.open("/size?to=large&back=/messages")
	zhang.look("messages-large")
	zhang.open("/feedback")
	zhang.look("feedback-large")
	zhang.open("/size?to=normal&back=/home")
	zhang.leave()

	xu = s.enter(tab, "徐海波", lead, true)
	xu.open("/opinions?state=")
	if xu.js(`document.body.innerText.includes('偏着自家亲戚')`) {
		t.Error("who is complained of finds the complaint")
	}
	xu.open("/messages")
	xu.look("messages-lead")
	xu.leave()
	wu := s.enter(tab, "吴桂芳", cadre, true)
	wu.open("/opinions")
	wu.says("偏着自家亲戚")
	wu.look("opinions")
	wu.press("去答复")
	wu.says("本人看不到这一条")
	wu.look("opinion")
	wu.leave()
}
