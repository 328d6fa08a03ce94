package e2e

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/web/kit/kittest"
)

const haiyan = actor.VillageID(320601)

// TestPaperAndYear prints a passbook, its new lines, and another where it was lost; and ends a year: rehearsed,
// cleared by the worker, taken back, and the best chosen.
func TestPaperAndYear(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	var home uuid.UUID
	if err := s.owner.QueryRow(t.Context(), `select id from household where village_id = $1 and head = '张桂兰'`, int64(haiyan)).Scan(&home); err != nil {
		t.Fatal(err)
	}

	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/passbooks")
	xu.look("papers")
	xu.open("/households/" + home.String() + "/paper")
	xu.look("paper")
	xu.press("印整本")
	xu.says("整本")
	xu.look("paper-print")
	xu.pdf()
	s.earn(home, 5)
	xu.open("/households/" + home.String() + "/paper")
	xu.press("补登 1 行")
	xu.says("1 户 1 行")
	xu.pdf()
	xu.open("/households/" + home.String() + "/paper")
	xu.fill("lost", "丢")
	xu.press("挂失")
	xu.says("请写明原因")
	xu.fill("lost", "搬家时丢失")
	xu.press("挂失")
	xu.says("旧存折已作废")
	for _, path := range []string{"/passbooks/cards", "/passbooks/plates?household=" + home.String()} {
		xu.fetch(path)
	}
	xu.phone("/passbooks", "papers")
	xu.phone("/households/"+home.String()+"/paper", "paper")
	xu.leave()

	var code string
	if err := s.owner.QueryRow(t.Context(), `select code from passbook_line where village_id = $1 and household_id = $2 order by line desc limit 1`, int64(haiyan), home).Scan(&code); err != nil {
		t.Fatal(err)
	}
	anybody := &person{stand: s, tab: tab, wide: true, who: "路人"}
	tab.Size(1440, 900)
	anybody.open("/v/haiyan/passbook?code=" + code)
	anybody.says("和电子档案一致")
	anybody.look("passbook-check")
	if anybody.js(`document.body.innerText.includes('张桂')`) {
		t.Error("the check of a line names the household")
	}
	anybody.phone("/v/haiyan/passbook?code=2222-2222", "passbook-check-none")

	s.clock("2027-01-12T09:00:00+08:00")
	for _, sql := range []string{
		`insert into sheet (village_id, month, state) values (320601, 202611, 'published'), (320601, 202612, 'published') on conflict (village_id, month) do update set state = 'published'`,
		`insert into notice (village_id, month, number, title, published_at, object_until, down_on, households, plus, minus, spent, classes, root, page, etag, a4, a3)
			values (320601, 202612, 1, '', '2027-01-03T00:00:00Z', '2027-01-10', '2027-02-10', 0, 0, 0, 0, '{}', '', '', '', '', '')`,
		`update objection set state = 'dismissed' where village_id = 320601 and state = 'open'`,
		`update balance set disputed = 0 where village_id = 320601`,
		`update membership set ends_on = '2027-12-31' where village_id = 320601`,
	} {
		if _, err := s.owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	xu = s.enter(tab, "徐海波", lead, true)
	xu.open("/yearend")
	xu.says("将清零")
	xu.look("yearend-rehearsal")
	xu.open("/yearend?year=2026&q=张桂兰")
	xu.says("找到 1 户")
	xu.phone("/yearend?year=2026&q=张桂兰", "yearend-found")
	xu.wider("/yearend")
	xu.press("照预演清零 2026 年")
	s.cleared()
	xu.open("/yearend")
	xu.says("已经清零")
	xu.look("yearend-done")
	xu.phone("/yearend", "yearend-done")
	xu.wider("/selection")
	xu.look("selection-form")
	xu.fill("places", "3")
	xu.press("定下排名")
	xu.says("排名已经定下来")
	xu.look("selection")
	xu.phone("/selection", "selection")
	xu.wider("/yearend")
	xu.fill("reason", "演练，撤回看看")
	xu.press("撤回清零")
	xu.says("已撤回清零")
	xu.look("yearend-undone")
	xu.leave()

	zhang := s.enter(tab, "张桂兰", household, false)
	zhang.open("/home")
	zhang.look("home-why")
	zhang.open("/my/selection")
	zhang.says("拟表彰")
	zhang.js(`(() => { const m = document.querySelector('[name=against]'); m.value = m.options[1].value; return true; })()`)
	zhang.fill("grounds", "少")
	zhang.press("提交意见")
	zhang.says("5 到 500")
	zhang.fill("grounds", "今年有几次没有分类")
	zhang.press("提交意见")
	zhang.says("正在核实")
	zhang.look("my-selection")
	zhang.leave()

	gu := s.enter(tab, "顾明远", bureauMan, true)
	gu.open("/town/yearend")
	gu.says("海沿村")
	gu.look("town-yearend")
	gu.phone("/town/yearend", "town-yearend")
	gu.leave()
}

// earn gives a household points behind the pages' back.
func (s *stand) earn(home uuid.UUID, points int) {
	s.t.Helper()
	err := s.app.DB.InVillage(context.Background(), actor.System(haiyan), func(tx pg.Tx) error {
		_, err := ledger.Post(context.Background(), tx, ledger.Entry{HouseholdID: home, SourceKind: ledger.FromClaim, SourceID: uuid.New(), Points: points, Month: month.Of(tx.Now),
			OccurredOn: tx.Now, RuleVersion: 1, Kind: ledger.Award, Bucket: ledger.YearBucket, Scores: true, Item: "P08"})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// cleared waits for the worker.
func (s *stand) cleared() {
	s.t.Helper()
	s.holds(`select count(*) = 1 from year_close where village_id = 320601`)
}

// phone looks at a page on a phone, and in 长辈版.
func (p *person) phone(path, name string) {
	p.t.Helper()
	p.tab.Size(390, 844)
	p.wide = false
	p.open(path)
	p.look(name)
	p.open("/size?to=large&back=" + path)
	p.open(path)
	p.look(name + "-large")
	p.open("/size?to=normal&back=" + path)
}

// wider goes on at a PC.
func (p *person) wider(path string) {
	p.t.Helper()
	p.tab.Size(1440, 900)
	p.wide = true
	p.open(path)
}

// pdf fetches the document that the page offers to print.
func (p *person) pdf() {
	p.t.Helper()
	href := kittest.Eval[string](p.tab, `(document.querySelector('main a[href$="/pdf"]') || {getAttribute: () => ''}).getAttribute('href')`)
	if href == "" {
		p.t.Fatalf("nothing to print: %s", p.text())
	}
	p.fetch(href)
}

func (p *person) fetch(path string) {
	p.t.Helper()
	got := kittest.Eval[string](p.tab, `fetch('`+path+`').then(async r => r.status + ' ' + r.headers.get('content-type') + ' ' + ((await r.arrayBuffer()).byteLength > 5000))`)
	if got != "200 application/pdf true" {
		p.t.Errorf("%s: %s", path, got)
	}
}
