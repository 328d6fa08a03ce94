package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"cunfen/internal/finding"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit/kittest"
)

// TestFieldWithoutSignal is a grid worker who downloaded at home and opens every form for the first time where there
// is no signal, the server really down: a claim, another, the page loaded again, a third for another home, a finding,
// a re-check. The first answer is lost after it was applied; each record counts once.
func TestFieldWithoutSignal(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	g := s.through()
	tab := kittest.Browser(t)
	home := s.plainHome()
	next := s.word(`select h.id::text from household h where h.village_id = 320601 and h.state = 'active' and h.id <> '` + home + `' and h.grid = (select grid from membership where village_id = 320601 and name = '单小军') order by h.walk desc limit 1`)
	due := s.recheckable(home)
	shan := s.enter(tab, "单小军", gridMan, false)
	shan.open("/rounds")
	shan.press("开始2026年11月巡查")
	walk := strings.SplitN(shan.path(), "?", 2)[0]
	claims, findings := s.number(`select count(*) from claim where village_id = 320601`), s.number(`select count(*) from finding where village_id = 320601`)
	rechecks, homes := `select count(*) from finding_recheck where result = 'put_right'`, `select count(*) from inspection_home where cardinality(failed) = 1`
	looked, faulty := s.number(rechecks), s.number(homes)

	shan.open("/field")
	shan.wait(`!document.querySelector('[data-keep]').hidden && !!navigator.serviceWorker.controller`)
	shan.look("field-keep")
	shan.js(`(() => { document.querySelector('[data-keep]').click(); return true; })()`)
	shan.wait(`document.querySelector('[data-keep]').textContent.includes('已下载')`)
	tab.Cut(true)
	g.down()

	// 代办, on a form that was never opened.
	shan.open("/record/" + home + "?item=P18")
	shan.wait(`document.getElementById('field-form').open && document.querySelector('[data-slot] form')`)
	shan.look("field-offline-claim")
	shan.told("两次河岸清理", "passbook")
	shan.record(home, "plus", "P16")
	shan.told("帮着排查用电隐患", "known")
	shan.wait(`document.querySelector('[data-net-count]').textContent === '2'`)
	shan.open("/field/offline")
	shan.wait(`document.getElementById('f-%s').dataset.state === 'pass'`, home)
	shan.look("field-offline")
	shan.record(next, "plus", "P18")
	shan.told("第三条，另一户", "phone")
	shan.record(home, "minus", "N11")
	shan.fill("matter", "没拴绳的狗咬伤了过路的老人")
	shan.photograph()
	shan.look("field-offline-finding")
	shan.send()
	shan.js(`(() => { document.querySelector('a.btn[data-of=recheck][href="/findings/%s"]').click(); return true; })()`, due)
	shan.choose("result", "put_right")
	shan.photograph()
	shan.look("field-offline-recheck")
	shan.send()
	shan.open(walk + "/homes/" + next) // the walk stands in for a home's page
	shan.wait(`document.getElementById('mark-home').open`)
	shan.fill("reason", "房前屋后有杂物")
	shan.choose("result", "bad")
	shan.choose("failed", "P08")
	shan.js(`(() => { document.getElementById('mark-form').requestSubmit(); return true; })()`)
	shan.wait(`document.querySelector('[data-net-count]').textContent === '6'`)
	if n := g.sent.Load(); n != 0 {
		t.Fatalf("%d records reached a server that is down", n)
	}
	g.lose.Store(1)
	g.back()
	shan.js(`(() => { dispatchEvent(new Event('online')); return true; })()`)
	shan.wait(`document.getElementById('net').dataset.state === 'on'`)
	tab.Cut(false)
	if n := g.sent.Load(); n != 7 {
		t.Errorf("%d records were sent, want 6 and the one whose answer was lost", n)
	}
	for what, c := range map[string]struct {
		sql  string
		want int
	}{
		"claims":               {`select count(*) from claim where village_id = 320601`, claims + 3},
		"of the first":         {`select count(*) from claim where note = '两次河岸清理' and identity = 'passbook' and channel = 'grid'`, 1},
		"its photo":            {`select count(*) from evidence e join claim c on c.id = e.claim_id where c.note = '两次河岸清理'`, 1},
		"households told":      {`select count(*) from message m join claim c on c.id = m.subject_id where m.kind = 'claim.recorded' and c.note in ('两次河岸清理', '帮着排查用电隐患', '第三条，另一户')`, 3},
		"findings":             {`select count(*) from finding where village_id = 320601`, findings + 1},
		"photos of it":         {`select count(*) from evidence e join finding f on f.id = e.holder_id where f.matter = '没拴绳的狗咬伤了过路的老人'`, 1},
		"re-checks":            {rechecks, looked + 1},
		"homes not in order":   {homes, faulty + 1},
		"noted more than once": {`select count(*) from inspection_home where version > 1`, 0},
	} {
		if n := s.number(c.sql); n != c.want {
			t.Errorf("%s: %d, want %d", what, n, c.want)
		}
	}
	shan.leave()
}

// TestFieldWithoutWorker is a phone whose browser keeps no pages, as some do: the page says what can be done, and
// the one page that stays open takes records without signal.
func TestFieldWithoutWorker(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	g := s.through()
	tab := kittest.Browser(t)
	home := s.plainHome()
	if _, err := chromedp.Call(tab.Ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `delete Navigator.prototype.serviceWorker`}); err != nil {
		t.Fatal(err)
	}
	shan := s.enter(tab, "单小军", gridMan, false)
	shan.open("/field")
	shan.wait(`!document.querySelector('[data-no-keep]').hidden`)
	shan.says("已经打开着的页面可以照常记")
	if !shan.js(`document.querySelector('[data-keep]').hidden`) {
		t.Error("a button promises what this browser cannot do")
	}
	shan.look("field-no-worker")
	shan.open("/field/offline")
	shan.wait(`document.querySelector('[data-field]').dataset.ready && !document.querySelector('[data-no-keep]').hidden`)
	tab.Cut(true)
	g.down()
	shan.record(home, "plus", "P16")
	shan.told("没有下载也记上了", "seen")
	shan.wait(`document.querySelector('[data-net-count]').textContent === '1'`)
	g.back()
	shan.js(`(() => { dispatchEvent(new Event('online')); return true; })()`)
	shan.wait(`document.getElementById('net').dataset.state === 'on'`)
	tab.Cut(false)
	if n := s.number(`select count(*) from claim where note = '没有下载也记上了'`); n != 1 {
		t.Errorf("%d claims", n)
	}
	shan.leave()
}

// TestLeftAtFirstOpening is a phone on which somebody goes on to the next page while the first one is still making
// the store of unsent records: the browser freezes that page for its back button, and the next one must get in.
func TestLeftAtFirstOpening(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	shan := s.enter(kittest.Browser(t), "单小军", gridMan, false)
	shan.open("/field")
	shan.wait(`!!navigator.serviceWorker.controller`)
	if !shan.js(`new Promise(done => {
		const gone = indexedDB.deleteDatabase('cunfen');
		gone.onsuccess = () => {
			const r = indexedDB.open('cunfen', 1);
			r.onupgradeneeded = () => {
				const store = r.result.createObjectStore('outbox', { keyPath: 'seq', autoIncrement: true }), on = () => { store.get(1).onsuccess = on; };
				on();
				done(true);
			};
		};
	})`) {
		t.Fatal("the store is not being made")
	}
	shan.open("/queue")
	shan.js(`(() => { const u = performance.getEntriesByType('resource').map(r => r.name).find(n => n.includes('js/outbox.js')); import(u).then(m => m.all()).then(() => { document.body.dataset.opened = 1; }); return true; })()`)
	shan.wait(`document.body.dataset.opened`)
	shan.leave()
}

// record opens the form of an item for a home on the page of all forms.
func (p *person) record(home, of, item string) {
	p.t.Helper()
	p.wait(`document.querySelector('[data-field]').dataset.ready`)
	p.js(`(() => { document.querySelector('#f-%s a.btn[data-of=%s]').click(); return true; })()`, home, of)
	p.js(`(() => { const c = document.querySelector('[data-choose=%s] select'); c.value = %q; c.dispatchEvent(new Event('change', {bubbles: true})); return true; })()`, of, item)
	p.wait(`document.querySelector('[data-slot] form')`)
}

// told fills in what a household says, with a photo, and keeps it.
func (p *person) told(note, identity string) {
	p.t.Helper()
	p.fill("note", note)
	p.choose("identity", identity)
	if p.js(`(document.querySelector('[data-slot] form').dataset.form || '').includes('P16')`) {
		p.fill("proof", "feedback")
	}
	p.photograph()
	p.send()
}

// send keeps the form of the dialog.
func (p *person) send() {
	p.t.Helper()
	p.js(`(() => { document.querySelector('[data-slot] form').requestSubmit(); return true; })()`)
	p.wait(`!document.getElementById('field-form').open`)
}

// recheckable is a finding at the home that the household was told of, and got the notice of.
func (s *stand) recheckable(home string) uuid.UUID {
	s.t.Helper()
	ctx, wu := s.t.Context(), s.actor("吴桂芳")
	f, err := s.app.Site.Found.Record(ctx, wu, finding.Draft{Household: uuid.MustParse(home), Item: "N11", Parts: map[string]int{"": 1}, OccurredOn: s.now().AddDate(0, 0, -5), Matter: "狗没拴，追着孩子跑", Proofs: []rulebook.Evidence{rulebook.GroupRecord}})
	if err == nil {
		_, err = s.app.Site.Found.Issue(ctx, wu, f.ID, finding.Tell{Demand: "把狗拴好", Help: []string{"law"}, DueOn: s.now().AddDate(0, 0, 15)})
	}
	if err == nil {
		_, err = s.app.Site.Found.Deliver(ctx, wu, f.ID, "户主")
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return f.ID
}
