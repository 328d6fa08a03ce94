package e2e

import (
	"testing"
	"time"

	"cunfen/internal/web/kit/kittest"
)

// TestAClaimSaysBeforeItIsSent: while a claim is being written the form says what it would count for: exempt items,
// used caps, parts; without scripts a step before sending says it, and keeps the photo. A household sees what it is
// free of, and why.
// ladder is the name that the rules give the prizes of P15.
const ladder = "contest"

func TestAClaimSaysBeforeItIsSent(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	home := ""
	if err := s.owner.QueryRow(t.Context(), `select m.household_id::text from membership m join account a on a.id = m.account_id where a.name = '张桂兰' and m.role = 'household' limit 1`).Scan(&home); err != nil {
		t.Fatal(err)
	}
	wu := s.enter(tab, "吴桂芳", cadre, false)
	wu.open("/households/" + home + "/exempt")
	wu.fill("item", "P10")
	wu.fill("reason", "家里不种地也不养殖")
	wu.submit("main textarea[name=reason]")
	wu.says("已免评")
	wu.leave()
	if _, err := s.owner.Exec(t.Context(), `insert into slot (village_id, household_id, holder_kind, holder_id, item, part, key, sole, counted, points, occurred_on)
		select 320601, $1::uuid, 1, gen_random_uuid(), i, p, k, true, 1, 1, '2026-10-09' from (values ('P04', '', '2026'), ('P15', 'b', 'b:2026-Q4')) x(i, p, k)`, home); err != nil {
		t.Fatal(err)
	}

	zhang := s.enter(tab, "张桂兰", household, false)
	zhang.open("/claims/new")
	zhang.says("已免评")
	zhang.says("这一期已记满")
	zhang.look("trial-choose")
	zhang.open("/claims/new?item=P10")
	zhang.comes("已经免评（家里不种地也不养殖），不计分")
	zhang.look("trial-exempt")
	zhang.open("/claims/new?item=P04")
	zhang.comes("已经记过一次（10月9日的申报）")
	zhang.open("/claims/new?item=P15")
	zhang.comes("其余的可以报")
	zhang.says("已经记过一次（10月9日的申报）")
	zhang.look("trial-parts")
	zhang.choose("part", "c")
	zhang.comes("预计加 1 分")
	zhang.choose("rung-"+ladder, "d2")
	zhang.comes("预计加 3 分")
	zhang.says("由奖项的分代替，不另计")
	zhang.look("trial-rung")
	zhang.choose("part", "b")
	zhang.comes("这样报不了，请去掉不能计的")

	// Without scripts the same is asked by a button, and the photo need not be sent again.
	zhang.open("/claims/new?item=P18")
	zhang.photograph()
	zhang.mark()
	zhang.js(`(() => { const f = document.querySelector('main form[enctype]'), i = document.createElement('input'); i.name = 'check'; i.value = '1'; i.type = 'hidden'; f.append(i); f.submit(); return true; })()`)
	zhang.settle()
	zhang.says("可以报，预计加 5 分")
	zhang.says("已经传好的照片")
	zhang.look("trial-checked")
	zhang.press("提交，等小组审核")
	zhang.says("已提交")
	zhang.open("/my/exemptions")
	zhang.says("家里不种地也不养殖")
	zhang.look("my-exemptions")
}

// comes waits until the page says the text, as a piece of it that follows by itself.
func (p *person) comes(text string) {
	p.t.Helper()
	for range 300 {
		if p.js(`document.body.innerText.replace(/\s+/g, '').includes(%s.replace(/\s+/g, ''))`, quote(text)) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.says(text)
}
