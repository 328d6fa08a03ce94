package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/inspect"
	"cunfen/internal/web/kit/kittest"
)

// TestRoundWithoutSignal is a grid worker's round where the network comes and goes: the server really down, the
// page loaded again, an answer lost after it was applied, and somebody else at the same home. Each record counts
// once, and nothing is left in the phone.
func TestRoundWithoutSignal(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	g := s.through()
	tab := kittest.Browser(t)
	shan := s.enter(tab, "单小军", gridMan, false)
	shan.open("/rounds")
	shan.look("rounds")
	shan.press("开始2026年11月巡查")
	shan.look("round-walk")
	walk := shan.path()
	shan.wait(`!document.querySelector('[data-keep]').hidden && !!navigator.serviceWorker.controller`)
	shan.js(`(() => { document.querySelector('[data-keep]').click(); return true; })()`)
	shan.wait(`document.querySelector('[data-keep]').textContent.includes('已下载')`)

	tab.Cut(true)
	g.down()
	homes := shan.plainHomes()
	shan.tap(homes[0])
	shan.tap(homes[1])
	shan.fault(homes[2], "P08", "门前有杂物")
	shan.wait(`document.querySelector('[data-net-count]').textContent === '3' && document.getElementById('net').textContent.includes('没有信号')`)
	shan.look("round-offline")
	shan.walkOn(walk)
	shan.wait(`document.querySelectorAll('[data-state=pass]').length === 2 && document.querySelectorAll('[data-state=bad]').length === 1`)
	shan.tap(homes[3])
	shan.wait(`document.querySelector('[data-net-count]').textContent === '4'`)
	shan.open("/queue")
	shan.wait(`document.body.innerText.includes('等待上传')`)
	shan.look("queue-offline")
	if n := g.sent.Load(); n != 0 {
		t.Fatalf("%d records reached a server that is down", n)
	}
	g.lose.Store(1)
	g.back()
	shan.js(`(() => { dispatchEvent(new Event('online')); return true; })()`)
	shan.wait(`document.getElementById('net').dataset.state === 'on'`)
	shan.says("没有待上传的记录")
	tab.Cut(false)
	if n := g.sent.Load(); n != 5 {
		t.Errorf("%d records were sent, want 4 and the one whose answer was lost", n)
	}
	var noted, twice int
	if err := s.owner.QueryRow(t.Context(), `select count(*), count(*) filter (where version > 1) from inspection_home where inspection_id = $1`, walk[len("/rounds/"):len("/rounds/")+36]).Scan(&noted, &twice); err != nil || noted != 4 || twice != 0 {
		t.Errorf("%d homes are noted, %d of them twice, %v; want 4, once each", noted, twice, err)
	}

	// Somebody else saw another thing at a home that the page still shows as not seen.
	shan.walkOn(walk)
	round, home := uuid.MustParse(walk[len("/rounds/"):len("/rounds/")+36]), uuid.MustParse(homes[4])
	wu := s.actor("吴桂芳")
	if _, err := s.app.Site.Rounds.Mark(t.Context(), wu, round, inspect.Mark{Household: home, Failed: []string{"P07"}, Reason: "垃圾没有分类投放"}); err != nil {
		t.Fatal(err)
	}
	shan.tap(homes[4])
	shan.wait(`document.getElementById('net').textContent.includes('要您处理')`)
	shan.open("/queue")
	shan.wait(`document.querySelector('.queue-card')`)
	shan.says("吴桂芳刚把这一户记为不合格")
	shan.look("queue-conflict")
	shan.press("按我记的改")
	shan.wait(`document.getElementById('net').dataset.state === 'on'`)
	var failed int
	if err := s.owner.QueryRow(t.Context(), `select cardinality(failed) from inspection_home where inspection_id = $1 and household_id = $2`, round, home).Scan(&failed); err != nil || failed != 0 {
		t.Errorf("%d items failed, %v", failed, err)
	}

	// The homes that were drawn, and the rest passes.
	shan.open(walk + "?show=photo")
	shan.look("round-photo")
	for _, h := range kittest.Eval[[]string](tab, `Array.from(document.querySelectorAll('[data-sampled]'), e => e.dataset.home)`) {
		shan.walkOn(walk)
		shan.js(`(() => { document.querySelector('#h-%s a.btn[data-mark]').click(); return true; })()`, h)
		shan.photograph()
		shan.js(`(() => { document.getElementById('mark-form').requestSubmit(); return true; })()`)
		shan.wait(`document.getElementById('net').dataset.state === 'on' && document.getElementById('h-%s').dataset.state === 'pass'`, h)
	}
	shan.walkOn(walk)
	shan.js(`(() => { document.querySelector('[data-dialog=close-round]').click(); return true; })()`)
	shan.look("round-close")
	shan.mark()
	shan.js(`(() => { document.getElementById('close-form').requestSubmit(); return true; })()`)
	shan.wait(`document.body.innerText.includes('待小组确认')`)
	shan.look("round-closed")
	shan.leave()

	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/rounds")
	xu.look("rounds")
	xu.open(walk)
	xu.look("round-confirm")
	xu.press("看过了，确认这一轮")
	xu.says("已确认")
	xu.leave()
}

// actor is a demo person of the village as the program knows them.
func (s *stand) actor(name string) (who actor.Actor) {
	s.t.Helper()
	var role string
	err := s.owner.QueryRow(s.t.Context(), `select account_id, name, role, village_id, id from membership where village_id = 320601 and name = $1`, name).Scan(&who.Account, &who.Name, &role, &who.Village, &who.Membership)
	if err != nil {
		s.t.Fatal(err)
	}
	who.Role = actor.Role(role)
	return who
}

// wait waits for the page to be so.
func (p *person) wait(format string, args ...any) {
	p.t.Helper()
	for range 400 {
		so, err := chromedp.Run(p.tab.Ctx, chromedp.Evaluate[bool](`(() => { try { return !!(`+fmt.Sprintf(format, args...)+`); } catch (e) { return false; } })()`))
		if err == nil && so { // an error is a page on its way
			return
		}
		time.Sleep(80 * time.Millisecond)
	}
	p.t.Fatalf("%s at %s: never so: %s: %s", p.who, p.path(), fmt.Sprintf(format, args...), p.text())
}

// plainHomes are the homes of the walk that were not drawn for a photo.
func (p *person) plainHomes() []string {
	return kittest.Eval[[]string](p.tab, `Array.from(document.querySelectorAll('[data-home]:not([data-sampled])'), e => e.dataset.home)`)
}

// walkOn opens the walk and waits until it works without the server.
func (p *person) walkOn(walk string) {
	p.t.Helper()
	p.open(walk)
	p.wait(`document.querySelector('[data-walk]').dataset.ready`)
}

// tap passes a home.
func (p *person) tap(home string) {
	p.t.Helper()
	p.js(`(() => { document.querySelector('#h-%s [data-pass]').click(); return true; })()`, home)
	p.wait(`document.getElementById('h-%s').dataset.state === 'pass'`, home)
}

// fault notes what is not in order at a home.
func (p *person) fault(home, item, reason string) {
	p.t.Helper()
	p.wait(`document.readyState === 'complete'`) // its scripts too
	p.js(`(() => { document.querySelector('#h-%s [data-mark=bad]').click(); return true; })()`, home)
	p.choose("failed", item)
	p.fill("reason", reason)
	p.js(`(() => { document.getElementById('mark-form').requestSubmit(); return true; })()`)
	p.wait(`document.getElementById('h-%s').dataset.state === 'bad'`, home)
}

// TestRoundTaps counts what a round of 1,200 homes costs: one in thirty is not in order, the few that were drawn
// are photographed, and the rest passes by one word. Ticking each item of each home would be 6,000 taps.
func TestRoundTaps(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	const homes, faults = 1200, 40
	grid := s.number(`select grid from membership where village_id = 320601 and name = '单小军'`)
	more := homes - s.number(`select count(*) from household where village_id = 320601 and grid = $1 and state = 'active'`, grid)
	for _, sql := range []string{`insert into household (village_id, id, door, grid, walk, head, residence, passbook_no, registered_on, base_unlocks_on, created_at, updated_at)
		select 320601, gen_random_uuid(), '9组' || n || '号', ` + fmt.Sprint(grid) + `, 900000 + n, '周' || n, 'local', 'T' || n, '2026-01-05', '2027-01-05', now(), now() from generate_series(1, ` + fmt.Sprint(more) + `) n`,
		`insert into balance (village_id, household_id) select village_id, id from household where village_id = 320601 and passbook_no like 'T%' on conflict do nothing`} {
		if _, err := s.owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	tab := kittest.Browser(t)
	shan := s.enter(tab, "单小军", gridMan, false)
	taps := 0
	tap := func(selector string) {
		t.Helper()
		taps++
		if !shan.js(`(() => { const e = document.querySelector(%q); if (!e) return false; e.click(); return true; })()`, selector) {
			t.Fatalf("nothing to tap at %s: %s", selector, shan.text())
		}
	}
	shan.open("/rounds")
	taps++
	shan.press("开始2026年11月巡查")
	walk := shan.path()
	shan.walkOn(walk)
	if n := len(kittest.Eval[[]string](tab, `Array.from(document.querySelectorAll('[data-home]'), e => e.dataset.home)`)); n != homes {
		t.Fatalf("%d homes in the walk", n)
	}
	for _, h := range shan.plainHomes()[:faults] {
		shan.fault(h, "P08", "房前屋后有杂物")
		taps += 5 // not in order, which item, the field of the reason, one of the words that it offers, 记下
	}
	shan.wait(`document.getElementById('net').dataset.state === 'on'`)
	for _, h := range kittest.Eval[[]string](tab, `Array.from(document.querySelectorAll('[data-sampled]'), e => e.dataset.home)`) {
		tap("#h-" + h + " a.btn[data-mark]")
		shan.photograph()
		taps += 3 // the camera, its button, 记下
		shan.js(`(() => { document.getElementById('mark-form').requestSubmit(); return true; })()`)
		shan.wait(`document.getElementById('net').dataset.state === 'on' && document.getElementById('h-%s').dataset.state === 'pass'`, h)
	}
	tap("[data-dialog=close-round]")
	shan.mark()
	taps++
	shan.js(`(() => { document.getElementById('close-form').requestSubmit(); return true; })()`)
	shan.wait(`document.body.innerText.includes('待小组确认')`)
	if got, want := s.number(`select passes from inspection where id = $1`, walk[len("/rounds/"):len("/rounds/")+36]), homes*5-faults; got < want-200 || got > want {
		t.Errorf("%d passes, want about %d: what is exempt or was claimed before does not count twice", got, want)
	}
	if n := s.number(`select count(*) from inspection_home where inspection_id = $1`, walk[len("/rounds/"):len("/rounds/")+36]); n > faults+8 {
		t.Errorf("%d homes are written down, want the exceptions and the sample alone", n)
	}
	t.Logf("%d taps for %d homes, %.1f%% of ticking each item", taps, homes, float64(taps)*100/(homes*5))
	if taps*20 >= homes*5 {
		t.Errorf("%d taps are 5%% or more of %d", taps, homes*5)
	}
	shan.leave()
}

// TestFindingWithoutSignal is something found where there is no signal: it is kept in the phone with its photo,
// goes up when the server is there again, and counts once though the first answer is lost.
func TestFindingWithoutSignal(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	g := s.through()
	tab := kittest.Browser(t)
	shan := s.enter(tab, "单小军", gridMan, false)
	had := s.number(`select count(*) from finding where village_id = 320601`)
	shan.open("/findings/new?q=张桂兰")
	shan.open(shan.link("/findings/for/"))
	shan.open(strings.SplitN(shan.path(), "?", 2)[0] + "?item=N11")
	shan.wait(`document.getElementById('net').dataset.state === 'on' && !!navigator.serviceWorker.controller`)
	shan.js(`(async () => { const c = await caches.open('field'); await c.add('/static/favicon.svg'); return true; })()`) // which the browser asks for at any time
	tab.Cut(true)
	g.down()
	shan.fill("matter", "没拴绳的狗咬伤了过路的老人")
	shan.photograph()
	shan.js(`(() => { document.querySelector('main form[data-offline]').requestSubmit(); return true; })()`)
	shan.wait(`document.querySelector('[data-net-count]').textContent === '1' && document.getElementById('net').textContent.includes('没有信号')`)
	shan.look("finding-offline")
	g.lose.Store(1)
	g.back()
	shan.js(`(() => { dispatchEvent(new Event('online')); return true; })()`)
	shan.wait(`document.getElementById('net').dataset.state === 'on'`)
	tab.Cut(false)
	if n := s.number(`select count(*) from finding where village_id = 320601`); n != had+1 {
		t.Errorf("%d findings, want one more than %d", n, had)
	}
	if n := s.number(`select count(*) from evidence e join finding f on f.id = e.holder_id where f.village_id = 320601 and f.item = 'N11' and f.matter = '没拴绳的狗咬伤了过路的老人'`); n != 1 {
		t.Errorf("%d photos of it", n)
	}
	shan.leave()
}
