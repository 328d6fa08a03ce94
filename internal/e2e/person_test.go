package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"cunfen/internal/account"
	"cunfen/internal/demo"
	"cunfen/internal/web/kit/kittest"
)

// person sits at the browser, on a PC or with a phone.
type person struct {
	*stand
	tab  *kittest.Tab
	wide bool
	seen int
	who  string
}

// enter signs in as a demo person, with the second factor where there is one.
func (s *stand) enter(tab *kittest.Tab, who, phone string, wide bool) *person {
	s.t.Helper()
	s.shift.Add(int64(31 * time.Second)) // a code of the authenticator is good once
	p := &person{stand: s, tab: tab, wide: wide, who: who}
	if wide {
		tab.Size(1440, 900)
	} else {
		tab.Size(390, 844)
	}
	tab.Open(s.url + "/sign-in")
	p.fill("phone", phone)
	p.fill("password", demo.Password)
	p.press("登录")
	p.second(phone)
	if at := p.path(); strings.HasPrefix(at, "/sign-in") {
		s.t.Fatalf("%s could not sign in: at %s: %s", who, at, p.text())
	}
	return p
}

// second gives the authenticator's code where it is asked for.
func (p *person) second(phone string) {
	p.t.Helper()
	if p.has(`input[autocomplete="one-time-code"]`) {
		code, err := account.Code(demo.Secret(phone), p.now())
		if err != nil {
			p.t.Fatal(err)
		}
		p.js(`(() => { document.querySelector('input[autocomplete="one-time-code"]').value = %q; return true; })()`, code)
		p.submit(`input[autocomplete="one-time-code"]`)
	}
}

// leave signs out.
func (p *person) leave() {
	p.t.Helper()
	p.js(`(() => { const f = document.createElement('form'); f.method = 'post'; f.action = '/sign-out'; document.body.append(f); f.submit(); return true; })()`)
	p.settle()
}

func (p *person) js(format string, args ...any) bool {
	p.t.Helper()
	return kittest.Eval[bool](p.tab, fmt.Sprintf(format, args...))
}

func (p *person) path() string {
	return kittest.Eval[string](p.tab, `location.pathname + location.search`)
}

func (p *person) text() string {
	s := kittest.Eval[string](p.tab, `document.body.innerText`)
	return s[:min(len(s), 900)]
}

func (p *person) has(selector string) bool {
	return p.js(`!!document.querySelector(%q)`, selector)
}

// fill writes into a field by its name.
func (p *person) fill(name, value string) {
	p.t.Helper()
	if !p.js(`(() => { const e = document.querySelector('main [name=' + %q + ']'); if (!e) return false; e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); return true; })()`, name, value) {
		p.t.Fatalf("%s at %s: no field %q: %s", p.who, p.path(), name, p.text())
	}
}

// choose ticks a radio or a box by name and value.
func (p *person) choose(name, value string) {
	p.t.Helper()
	if !p.js(`(() => { const e = document.querySelector('main [name=' + %q + '][value=' + JSON.stringify(%q) + ']'); if (!e) return false; e.checked = true; e.dispatchEvent(new Event('change', {bubbles: true})); return true; })()`, name, value) {
		p.t.Fatalf("%s at %s: no choice %s=%s: %s", p.who, p.path(), name, value, p.text())
	}
}

// press clicks the button or link that says so, and waits for the page that follows.
func (p *person) press(text string) {
	p.t.Helper()
	p.mark()
	if !p.js(`(() => { const all = Array.from(document.querySelectorAll('main button, main a, main summary, main input[type=submit]')).filter(e => e.offsetParent !== null && !e.disabled);
		const e = all.find(e => e.innerText.trim() === %[1]q) || all.find(e => e.innerText.trim().startsWith(%[1]q)) || all.find(e => e.innerText.includes(%[1]q)); if (!e) return false; e.click(); return true; })()`, text) {
		p.t.Fatalf("%s at %s: nothing says %q: %s", p.who, p.path(), text, p.text())
	}
	p.settle()
}

// submit sends the form in which the selector stands.
func (p *person) submit(selector string) {
	p.t.Helper()
	p.mark()
	p.js(`(() => { document.querySelector(%q).form.requestSubmit(); return true; })()`, selector)
	p.settle()
}

// mark lets settle tell the next page from this one, and whether this one is being left.
func (p *person) mark() {
	p.js(`(() => { window.__before = ' old'; window.addEventListener('beforeunload', () => window.__before = ' leaving'); return true; })()`)
}

// settle waits until the next page is there, or until nothing is going to come.
func (p *person) settle() {
	p.t.Helper()
	for i := range 600 {
		time.Sleep(50 * time.Millisecond)
		v, err := chromedp.Run(p.tab.Ctx, chromedp.Evaluate[string](`document.readyState + (window.__before ?? ' new')`))
		if err == nil && (v == "complete new" || v == "complete old" && i >= 100) {
			return
		}
	}
}

// open goes to a page and looks at it.
func (p *person) open(path string) { p.t.Helper(); p.tab.Open(p.url + path) }

// look checks the page as everybody must be able to use it, and keeps a picture.
func (p *person) look(name string) {
	p.t.Helper()
	p.tab.Axe()
	p.tab.Clean()
	p.tab.Fits()
	size := "390"
	if p.wide {
		size = "1440"
	}
	p.seen++
	p.tab.Shot(name + "-" + size)
}

// says fails the test unless the page says the text.
func (p *person) says(text string) {
	p.t.Helper()
	if !p.js(`document.body.innerText.replace(/\s+/g, '').includes(%s.replace(/\s+/g, ''))`, quote(text)) {
		p.t.Errorf("%s at %s: the page does not say %q: %s", p.who, p.path(), text, p.text())
	}
}

func quote(s string) string { b, _ := json.Marshal(s); return string(b) }

// photograph puts a picture into the form's file field, as a phone's camera does.
func (p *person) photograph() {
	p.t.Helper()
	if !p.js(`(async () => { const i = document.querySelector('main input[type=file]'); if (!i) return false; const c = document.createElement('canvas'); c.width = 1200; c.height = 900;
		const x = c.getContext('2d'); x.fillStyle = '#9cd'; x.fillRect(0, 0, 1200, 500); x.fillStyle = '#7b6'; x.fillRect(0, 500, 1200, 400); x.fillStyle = '#a53'; x.fillRect(300 + Math.random() * 300, 250, 380, 300);
		const b = await new Promise(r => c.toBlob(r, 'image/jpeg', .9)); const d = new DataTransfer(); d.items.add(new File([b], 'photo.jpg', {type: 'image/jpeg'})); i.files = d.files;
		i.dispatchEvent(new Event('change', {bubbles: true})); return true; })()`) {
		p.t.Fatalf("%s at %s: no place for a photo: %s", p.who, p.path(), p.text())
	}
	time.Sleep(400 * time.Millisecond)
}
