package kit_test

import (
	"crypto/sha512"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"cunfen/internal/web/kit"
	"cunfen/internal/web/kit/kittest"
	"cunfen/internal/web/static"

	"github.com/a-h/templ"
)

// serve answers the gallery and the sample pages under the strict policy.
func serve(t *testing.T) string {
	mux := http.NewServeMux()
	mux.Handle(static.Root, static.Handler())
	page := func(pick func(large bool) templ.Component) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", kittest.CSP)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			pick(r.URL.Query().Has("large")).Render(r.Context(), w)
		}
	}
	mux.HandleFunc("/ui", page(kit.Gallery))
	for i, s := range kit.Samples(false) {
		mux.HandleFunc("/ui/"+s.Key, page(func(large bool) templ.Component { return kit.Samples(large)[i].Page }))
	}
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

var looks = []struct {
	name       string
	width      int64
	dark, size string
}{
	{"pc", 1440, "", ""}, {"pc-dark", 1440, "dark", ""}, {"pc-large", 1440, "", "&large"},
	{"phone", 390, "", ""}, {"phone-dark", 390, "dark", ""}, {"phone-large", 390, "", "&large"},
}

// Every piece and every sample page is usable by all, obeys the policy, says
// nothing on the console and never scrolls sideways.
func TestGalleryInTheBrowser(t *testing.T) {
	base := serve(t)
	tab := kittest.Browser(t)
	paths := []string{""}
	for _, s := range kit.Samples(false) {
		paths = append(paths, "/"+s.Key)
	}
	for _, look := range looks {
		tab.Size(look.width, 900)
		tab.Dark(look.dark != "")
		for _, path := range paths {
			if look.dark != "" && path != "" && path != "/desk" && path != "/town" {
				continue // only staff pages turn dark
			}
			tab.Open(base + "/ui" + path + "?look=" + look.name + look.size)
			tab.Shot(look.name + strings.ReplaceAll(path, "/", "-"))
			kittest.Eval[bool](tab, `document.querySelectorAll('details:not([data-menu])').forEach(d => { d.open = true; }), true`)
			tab.Fits()
			tab.Axe()
			tab.Clean()
		}
	}
}

// The small behaviours do what the page promises.
func TestBehaviours(t *testing.T) {
	base := serve(t)
	tab := kittest.Browser(t)
	tab.Size(1440, 900)
	tab.Open(base + "/ui/desk")
	wait := `new Promise(done => setTimeout(done, 250)).then(() => `
	got := kittest.Eval[string](tab, wait+`document.querySelector('[data-select-all]').click() || document.querySelector('[data-count]').textContent)`)
	if got != "6" {
		t.Errorf("after ticking all, the bar counts %q", got)
	}
	got = kittest.Eval[string](tab, `document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', bubbles: true})) && '' || document.querySelector('[aria-current=true]').textContent`)
	if !strings.Contains(got, "王建国家") {
		t.Errorf("J leads to %q", got)
	}
	if !kittest.Eval[bool](tab, `document.querySelector('[aria-current=true] [data-act=return]').click() || document.getElementById('return').open`) {
		t.Error("the dialog did not open")
	}
	tab.Axe()
	tab.Shot("pc-desk-dialog")
	kittest.Eval[bool](tab, `document.querySelector('#return [data-close]').click() || true`)
	kittest.Eval[bool](tab, `document.querySelector('.person summary').click() || true`)
	tab.Shot("pc-desk-person")
	tab.Open(base + "/ui/redeem")
	signed := kittest.Eval[string](tab, wait+`{ const c = document.querySelector('canvas'), r = c.getBoundingClientRect();
		c.setPointerCapture = () => {};
		for (const [type, x] of [['pointerdown', 20], ['pointermove', 80], ['pointerup', 80]]) c.dispatchEvent(new PointerEvent(type, {clientX: r.left + x, clientY: r.top + 40, bubbles: true}));
		return document.querySelector('input[name=sign]').value; })`)
	if !strings.HasPrefix(signed, "data:image/png;base64,") {
		t.Errorf("the signature is %.40q", signed)
	}
	tab.Open(base + "/ui/claim")
	photo := kittest.Eval[string](tab, wait+`new Promise(async done => {
		const c = document.createElement('canvas'); c.width = 2400; c.height = 1800;
		const g = c.getContext('2d'); for (let i = 0; i < 4000; i++) { g.fillStyle = 'hsl(' + i % 360 + ',60%,50%)'; g.fillRect(Math.random() * 2400, Math.random() * 1800, 40, 40); }
		const blob = await new Promise(r => c.toBlob(r, 'image/png')), t = new DataTransfer(), input = document.querySelector('input[type=file]');
		t.items.add(new File([blob], 'door.png', {type: 'image/png'})); input.files = t.files; input.dispatchEvent(new Event('change', {bubbles: true}));
		setTimeout(() => done(input.files[0].type + ' ' + (input.files[0].size < blob.size) + ' ' + document.querySelectorAll('[data-previews] img').length), 1500);
	}))`)
	if photo != "image/jpeg true 1" {
		t.Errorf("the photo became %q", photo)
	}
	tab.Size(390, 844)
	tab.Axe()
	tab.Shot("phone-claim-photo")
	tab.Open(base + "/ui/desk")
	kittest.Eval[bool](tab, `document.querySelector('.side-small summary').click() || true`)
	tab.Fits()
	tab.Shot("phone-desk-menu")
	tab.Clean()
}

// No page carries a script, a style or a handler within itself.
func TestNothingInline(t *testing.T) {
	base := serve(t)
	inline := regexp.MustCompile(`(?i)\sstyle="|<style|<script>|\son[a-z]+="|javascript:`)
	paths := []string{"/ui", "/ui?large"}
	for _, s := range kit.Samples(false) {
		paths = append(paths, "/ui/"+s.Key)
	}
	for _, path := range paths {
		res, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		html := string(body)
		if m := inline.FindString(html); m != "" {
			t.Errorf("%s has %q", path, m)
		}
		if strings.Contains(html, "about:invalid") {
			t.Errorf("%s has an address that templ refused", path)
		}
		if !strings.Contains(html, "意见与投诉") || !strings.Contains(html, `id="main"`) {
			t.Errorf("%s lacks the way to complain or the main mark", path)
		}
	}
}

func TestAxeIsAsPublished(t *testing.T) {
	sums, err := os.ReadFile("testdata/axe/vendor.sums")
	if err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512(body)
	if want, _, _ := strings.Cut(string(sums), " "); hex.EncodeToString(sum[:]) != want {
		t.Error("axe.min.js is not the file of vendor.sums")
	}
}
