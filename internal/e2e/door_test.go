package e2e

import (
	"strings"
	"testing"

	"cunfen/internal/web/kit/kittest"
)

// TestDoorWithoutSignal is a grid worker who scans door plates where there is no signal, the server really down: the
// plate opens that home's page of the field, on the walk while a round is kept; a home that was not kept is said so.
func TestDoorWithoutSignal(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	g := s.through()
	tab := kittest.Browser(t)
	home := s.plainHome()
	far := s.word(`select id::text from household where village_id = 320601 and state = 'active' and grid <> (select grid from membership where village_id = 320601 and name = '单小军') order by id limit 1`)
	xu := s.enter(tab, "徐海波", lead, true)
	plates := map[string]string{}
	for _, id := range []string{home, far} {
		code := xu.codes("plate-"+id[len(id)-4:], "/passbooks/plates?household="+id, 2, 2)[0][0]
		plates[id] = code[strings.Index(code, "/d/"):]
	}
	xu.leave()

	shan := s.enter(tab, "单小军", gridMan, false)
	keep := func() {
		shan.open("/field")
		shan.wait(`!document.querySelector('[data-keep]').hidden && !!navigator.serviceWorker.controller`)
		shan.js(`(() => { document.querySelector('[data-keep]').click(); return true; })()`)
		shan.wait(`document.querySelector('[data-keep]').textContent.includes('已下载')`)
	}
	keep()
	tab.Cut(true)
	g.down()
	shan.open(plates[home])
	shan.wait(`document.getElementById('field-form').open`)
	if shan.path() != "/record/"+home {
		t.Errorf("the plate leads to %s", shan.path())
	}
	shan.js(`(() => { const c = document.querySelector('[data-choose=plus] select'); c.value = 'P16'; c.dispatchEvent(new Event('change', {bubbles: true})); return true; })()`)
	shan.wait(`document.querySelector('[data-slot] form')`)
	shan.look("door-offline-claim")
	shan.told("扫门牌记的", "seen")
	shan.open(plates[far])
	shan.wait(`!document.querySelector('[data-absent]').hidden && !document.getElementById('field-form').open`)
	shan.look("door-offline-absent")
	g.back()
	tab.Cut(false)
	shan.js(`(() => { dispatchEvent(new Event('online')); return true; })()`)
	shan.wait(`document.getElementById('net').dataset.state === 'on'`)

	shan.open("/rounds")
	shan.press("开始2026年11月巡查")
	walk := strings.SplitN(shan.path(), "?", 2)[0]
	keep()
	tab.Cut(true)
	g.down()
	shan.open(plates[home])
	shan.wait(`document.getElementById('mark-home').open`)
	if shan.path() != walk+"/homes/"+home {
		t.Errorf("on the round the plate leads to %s", shan.path())
	}
	shan.look("door-offline-round")
	shan.fill("reason", "房前屋后有杂物")
	shan.choose("result", "bad")
	shan.choose("failed", "P08")
	shan.js(`(() => { document.getElementById('mark-form').requestSubmit(); return true; })()`)
	shan.wait(`document.querySelector('[data-net-count]').textContent === '1'`)
	g.back()
	tab.Cut(false)
	shan.js(`(() => { dispatchEvent(new Event('online')); return true; })()`)
	shan.wait(`document.getElementById('net').dataset.state === 'on'`)
	if n := s.number(`select (select count(*) from claim where note = '扫门牌记的' and household_id::text = $1) + (select count(*) from inspection_home where failed = '{P08}' and household_id::text = $1)`, home); n != 2 {
		t.Errorf("%d of the two records arrived", n)
	}
	shan.open(plates[home]) // with signal the server leads
	if shan.path() != walk+"/homes/"+home {
		t.Errorf("with signal the plate leads to %s", shan.path())
	}
	shan.leave()
}
