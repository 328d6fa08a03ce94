package e2e

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/claim"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit/kittest"
)

// TestRefusedRecord is what a grid worker does with records that were kept without signal and refused when they
// went up: one is mended, with what was typed and its photo back in the form; one is handed to the group as it
// stands, which settles it in the village; one is let go, and only after being asked for twice.
func TestRefusedRecord(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	g := s.through()
	tab := kittest.Browser(t)
	home := s.plainHome()
	shan := s.enter(tab, "单小军", gridMan, false)
	form := "/record/" + home + "?item=P08"
	claims := s.number(`select count(*) from claim where village_id = 320601`)

	// Three records of the same deed without signal; when there is signal again it has been claimed already.
	shan.open(form)
	shan.wait(`document.getElementById('net').dataset.state === 'on' && !!navigator.serviceWorker.controller`)
	shan.js(`(async () => { const c = await caches.open('field'); await c.add('/static/favicon.svg'); return true; })()`)
	tab.Cut(true)
	g.down()
	for i, note := range []string{"帮着排查用电隐患", "第二遍记的", "记错的"} {
		shan.fill("occurred_on", "2026-11-18")
		shan.fill("note", note)
		shan.choose("identity", "seen")
		shan.fill("proof", "feedback")
		shan.photograph()
		shan.js(`(() => { document.querySelector('main form[data-offline]').requestSubmit(); return true; })()`)
		shan.wait(`document.querySelector('[data-net-count]').textContent === '%d' && !document.querySelector('main form').dataset.keeping`, i+1)
	}
	other := s.actor("单小军")
	other.Key = uuid.NewString()
	if _, err := s.app.Site.Claims.Submit(t.Context(), other, claim.Draft{Household: uuid.MustParse(home), Item: "P08", Parts: map[string]int{"": 1}, OccurredOn: s.now().AddDate(0, 0, -2), Proofs: []rulebook.Evidence{rulebook.Feedback}, Note: "已经报过"}); err != nil {
		t.Fatal(err)
	}
	g.back()
	shan.js(`(() => { dispatchEvent(new Event('online')); return true; })()`)
	shan.wait(`document.getElementById('net').textContent.includes('有 3 条要您处理')`)
	tab.Cut(false)
	if n := s.number(`select count(*) from claim where village_id = 320601`); n != claims+1 {
		t.Fatalf("%d claims, want the one of the other day", n-claims)
	}
	shan.open("/queue")
	shan.wait(`document.querySelectorAll('.queue-card').length === 3`)
	shan.says("说明：帮着排查用电隐患")
	shan.look("queue-refused")

	// Mended: all that was typed is there, the photo too; it goes up under a key of its own.
	shan.press("改一改再发")
	shan.wait(`document.querySelector('main form[data-offline]').dataset.redo && document.querySelectorAll('[data-previews] img').length === 1`)
	if !shan.js(`document.querySelector('[name=note]').value === '帮着排查用电隐患' && document.querySelector('[name=proof]').value === 'feedback' && document.querySelector('[name=identity]:checked').value === 'seen'`) {
		t.Error("what was typed is not in the form again")
	}
	shan.look("record-mend")
	shan.mark()
	shan.js(`(() => { document.querySelector('main form[data-offline]').requestSubmit(); return true; })()`)
	shan.wait(`document.querySelector('#errors') && document.getElementById('net').textContent.includes('有 3 条要您处理') && !document.querySelector('main form').dataset.keeping`) // the same again: refused again, and kept
	shan.fill("occurred_on", "2026-09-28")
	shan.fill("note", "那天也帮着排查了")
	shan.js(`(() => { document.querySelector('main form[data-offline]').requestSubmit(); return true; })()`)
	shan.settle()
	shan.says("提交申报")
	if n := s.number(`select count(*) from claim where village_id = 320601 and note = '那天也帮着排查了'`); n != 1 {
		t.Errorf("%d claims of the mended record", n)
	}
	if n := s.number(`select count(*) from evidence e join claim c on c.id = e.claim_id where c.village_id = 320601 and c.note = '那天也帮着排查了'`); n != 1 {
		t.Errorf("%d photos of the mended record", n)
	}

	// Handed over, with the answer lost after it was applied: once.
	shan.open("/queue")
	shan.wait(`document.querySelectorAll('.queue-card').length === 2`)
	tab.Cut(true)
	g.lose.Store(1)
	shan.js(`(() => { Array.from(document.querySelectorAll('.queue-card')).find(c => c.innerText.includes('第二遍记的')).querySelectorAll('button').forEach(b => { if (b.textContent === '交给小组') b.click(); }); return true; })()`)
	shan.wait(`document.getElementById('net').textContent.includes('已存在这台设备里') || document.getElementById('net').textContent.includes('要您处理')`)
	shan.js(`(() => { dispatchEvent(new Event('online')); return true; })()`)
	shan.wait(`document.querySelectorAll('.queue-card').length === 1`)
	tab.Cut(false)
	if n := s.number(`select count(*) from desk_note where village_id = 320601 and path <> ''`); n != 1 {
		t.Errorf("%d records were handed over", n)
	}

	// Let go: asked for twice.
	shan.press("不要这一条了")
	shan.wait(`document.querySelector('.queue-card[data-ask]')`)
	shan.look("queue-let-go")
	shan.press("先留着")
	shan.wait(`!document.querySelector('.queue-card[data-ask]') && document.querySelectorAll('.queue-card').length === 1`)
	shan.press("不要这一条了")
	shan.wait(`document.querySelector('.queue-card[data-ask]')`)
	shan.press("确定去掉")
	shan.wait(`document.getElementById('net').dataset.state === 'on'`)
	shan.leave()

	wu := s.enter(tab, "吴桂芳", cadre, true)
	wu.open("/desk")
	wu.says("交来 1 条没传上去的记录")
	wu.press("网格员交来 1 条")
	wu.says("第二遍记的")
	wu.says("photo.jpg")
	wu.wait(`Array.from(document.querySelectorAll('main .photo-grid img')).some(i => i.complete && i.naturalWidth > 0)`)
	wu.look("handed")
	if !wu.has(`a[href="` + strings.SplitN(form, "?", 2)[0] + `"]`) {
		t.Error("no way to the form from what was handed over")
	}
	tab.Size(390, 844)
	wu.wide = false
	wu.look("handed")
	wu.fill("words", "那天的已经记过，不用再记")
	wu.press("办结")
	wu.says("已办结")
	wu.leave()
	shan = s.enter(tab, "单小军", gridMan, false)
	shan.open("/messages")
	shan.says("那天的已经记过，不用再记")
	shan.leave()
}

// plainHome is a home of the grid worker's that nobody who decides is of or related to.
func (s *stand) plainHome() string {
	s.t.Helper()
	return s.word(`select h.id::text from household h where h.village_id = 320601 and h.state = 'active' and h.grid = (select grid from membership where village_id = 320601 and name = '单小军')
		and not exists (select from relative r where r.village_id = h.village_id and r.household_id = h.id) and not exists (select from membership m where m.village_id = h.village_id and m.household_id = h.id)
		and not exists (select from claim c where c.village_id = h.village_id and c.household_id = h.id and c.item = 'P08') order by h.walk limit 1`)
}
