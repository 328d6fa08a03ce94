package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"cunfen/internal/web/kit/kittest"
)

// TestReviewByKeys works off the queue without a mouse, from opening it to the decision that is taken back: help,
// search, moving, letting through, returning with a reason, several at once. What has the focus can be seen.
func TestReviewByKeys(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	ids := []string{s.recorded(0), s.recorded(1), s.recorded(2)}
	state := func(n int) string {
		return s.word(`select state from claim where village_id = 320601 and id = '` + ids[n] + `'`)
	}
	wu := s.enter(tab, "吴桂芳", cadre, true)
	wu.open("/review")
	wu.wait(`!document.querySelector('[data-keys]') || !document.querySelector('[data-keys]').hidden`)
	wu.keys("?")
	wu.wait(`document.getElementById('keys-help').open`)
	wu.look("keys-help")
	wu.keys(kb.Escape)
	wu.wait(`!document.getElementById('keys-help').open`)

	head := s.word(`select h.head from household h join claim c on c.village_id = h.village_id and c.household_id = h.id where c.id = '` + ids[0] + `'`)
	wu.keys("/")
	wu.wait(`document.activeElement.matches('main [role=search] [name=q]')`)
	wu.visible()
	wu.keys(head)
	wu.follow(kb.Enter)
	wu.wait(`document.querySelectorAll('[data-review] [data-row]').length >= 3`)

	// The newest of the three, whichever row it stands in.
	to := func(n int) {
		t.Helper()
		rows := kittest.Eval[int](tab, `document.querySelectorAll('[data-review] [data-row]').length`)
		for range rows + 1 {
			if wu.js(`(document.querySelector('[data-row].is-current') || document.createElement('i')).innerHTML.includes(%q)`, ids[n]) {
				return
			}
			wu.keys("j")
			time.Sleep(60 * time.Millisecond)
		}
		t.Fatalf("no row of claim %d by J", n)
	}
	to(0)
	wu.visible()
	wu.wait(`document.getElementById('detail').innerText.includes('帮着排查用电隐患')`)
	wu.keys("k")
	wu.keys("j")
	wu.look("review-keys")
	wu.open(wu.path()) // from the top, so that J meets every row
	to(0)
	wu.follow("a")
	wu.says("已通过，加 5 分")
	if state(0) != "approved" {
		t.Errorf("A leaves the claim %s", state(0))
	}
	wu.wait(`document.querySelector('[data-act=undo]') && performance.getEntriesByType('resource').some(r => r.name.includes('review.js'))`)
	wu.follow("z")
	if state(0) != "pending" {
		t.Errorf("Z leaves the claim %s", state(0))
	}

	wu.open("/review?q=" + head)
	to(1)
	wu.follow("r")
	wu.tabTo(`document.activeElement.name === 'reason'`)
	wu.visible()
	wu.keys("照片看不清，请重拍一张")
	wu.look("review-return-keys")
	wu.tabTo(`document.activeElement.matches('.confirm button, form button[type=submit]') && document.activeElement.innerText.includes('退回')`)
	wu.visible()
	wu.follow(kb.Enter)
	if state(1) != "returned" {
		t.Errorf("R leaves the claim %s: %s", state(1), wu.text())
	}
	wu.wait(`document.querySelector('[data-act=undo]') && performance.getEntriesByType('resource').some(r => r.name.includes('review.js'))`)
	wu.follow("z")
	if state(1) != "pending" {
		t.Errorf("Z after R leaves the claim %s", state(1))
	}

	wu.open("/review?q=" + head)
	for n := range ids {
		wu.keys("k", "k", "k", "k", "k", "k") // back to the first row
		to(n)
		wu.keys("x")
	}
	wu.wait(`document.querySelectorAll('[data-review] [data-row] input[type=checkbox]:checked').length === 3`)
	wu.tabTo(`document.activeElement.innerText === '通过所选'`)
	wu.visible()
	wu.look("review-bulk-keys")
	wu.follow(kb.Enter)
	for n := range ids {
		if state(n) != "approved" {
			t.Errorf("of several at once claim %d is %s: %s", n, state(n), wu.text())
		}
	}
	wu.wait(`document.querySelector('[data-act=undo]') && performance.getEntriesByType('resource').some(r => r.name.includes('review.js'))`)
	wu.follow("z")
	for n := range ids {
		if state(n) != "pending" {
			t.Errorf("taken back, claim %d is %s", n, state(n))
		}
	}

	again := s.recorded(0) // the same home, item and day as the first: not to be ticked along with the others
	wu.open("/review?q=" + head)
	for _, id := range []string{ids[0], again} {
		if !wu.js(`(r => r.querySelector('input[type=checkbox]').disabled && r.innerText.includes('可能重复'))(document.querySelector('[data-row] input[value="%s"]').closest('[data-row]'))`, id) {
			t.Errorf("claim %s does not say in the list that it may be there twice", id)
		}
	}
	wu.look("review-twins")
	wu.leave()
}

// keys types, as on a keyboard: a key alone writes only where nobody takes it for something else.
func (p *person) keys(all ...string) {
	p.t.Helper()
	for _, k := range all {
		if len(k) == 1 && k > " " {
			for _, e := range []input.DispatchKeyEventParams{{Type: input.DispatchKeyEventTypeKeyDown, Key: k, Text: k}, {Type: input.DispatchKeyEventTypeKeyUp, Key: k}} {
				if _, err := chromedp.Call(p.tab.Ctx, input.DispatchKeyEvent, e); err != nil {
					p.t.Fatal(err)
				}
			}
			continue
		}
		if err := chromedp.Do(p.tab.Ctx, chromedp.KeyEvent(k)); err != nil {
			p.t.Fatal(err)
		}
	}
}

// follow types what leads to another page, and waits for it.
func (p *person) follow(key string) {
	p.t.Helper()
	p.mark()
	p.keys(key)
	p.settle()
}

// tabTo goes on with the tabulator until it is so.
func (p *person) tabTo(so string) {
	p.t.Helper()
	for range 120 {
		p.keys(kb.Tab)
		if p.js(`!!(%s)`, so) {
			return
		}
	}
	p.t.Fatalf("%s at %s: the tabulator never comes to %s", p.who, p.path(), so)
}

// visible fails unless what has the focus stands out and is in sight.
func (p *person) visible() {
	p.t.Helper()
	got := kittest.Eval[string](p.tab, `(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
		if (e === document.body) return 'nothing has the focus';
		if (!e.matches(':focus-visible')) return 'the focus is not shown on ' + e.outerHTML.slice(0, 120);
		if (s.outlineStyle === 'none' && s.boxShadow === 'none') return 'no ring on ' + e.outerHTML.slice(0, 120);
		return r.bottom > 0 && r.top < innerHeight ? '' : 'out of sight: ' + e.outerHTML.slice(0, 120); })()`)
	if got != "" {
		p.t.Errorf("%s at %s: %s", p.who, strings.SplitN(p.path(), "?", 2)[0], got)
	}
}
