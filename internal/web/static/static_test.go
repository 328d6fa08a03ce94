package static

import (
	"compress/gzip"
	"crypto/sha512"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

// Vendored files are what their publisher made.
func TestVendoredSums(t *testing.T) {
	list, err := FS.ReadFile("lib/vendor.sums")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"vendor.sums": true}
	for line := range strings.Lines(string(list)) {
		want, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		body, err := FS.ReadFile("lib/" + name)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha512.Sum512(body)
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s: SHA-512 is %s", name, got)
		}
		known[name] = true
	}
	files, _ := fs.ReadDir(FS, "lib")
	for _, f := range files {
		if !known[f.Name()] && !strings.HasSuffix(f.Name(), ".LICENSE") {
			t.Errorf("lib/%s has no line in vendor.sums", f.Name())
		}
	}
}

func TestHashedAddressIsKeptForEver(t *testing.T) {
	url := URL("css/app.css")
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodGet, url, nil)
	req.Header.Set("Accept-Encoding", "gzip")
	Handler().ServeHTTP(rec, req)
	if cc := rec.Header().Get("Cache-Control"); !strings.Contains(cc, "immutable") {
		t.Errorf("Cache-Control = %q", cc)
	}
	z, err := gzip.NewReader(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(z)
	want, _ := FS.ReadFile("css/app.css")
	if string(got) != string(want) {
		t.Error("the packed body is not the file")
	}
}

func TestBareAddressIsAskedAgain(t *testing.T) {
	rec := httptest.NewRecorder()
	Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/static/css/app.css", nil))
	if cc := rec.Header().Get("Cache-Control"); cc != "no-cache" {
		t.Errorf("Cache-Control = %q", cc)
	}
	req := httptest.NewRequest(http.MethodGet, "/static/css/app.css", nil)
	req.Header.Set("If-None-Match", rec.Header().Get("ETag"))
	rec = httptest.NewRecorder()
	Handler().ServeHTTP(rec, req)
	if rec.Code != 304 {
		t.Errorf("status = %d", rec.Code)
	}
	rec = httptest.NewRecorder()
	Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/static/css/none.css", nil))
	if rec.Code != 404 {
		t.Errorf("unknown file: status = %d", rec.Code)
	}
}

func TestScriptsNameEachOtherByHash(t *testing.T) {
	body := string(assets()["js/app.js"].body)
	for _, m := range regexp.MustCompile(`import\('\./([^']+)'\)`).FindAllStringSubmatch(body, -1) {
		file, hash, _ := strings.Cut(m[1], "?v=")
		if assets()["js/"+file].hash != hash {
			t.Errorf("%s is imported as %q", file, m[1])
		}
	}
}

// The styles and scripts stay within what Chromium 80 and iOS 14 understand.
func TestBrowserFloor(t *testing.T) {
	css, _ := FS.ReadFile("css/app.css")
	for _, word := range []string{":has(", ":is(", ":where(", "color-mix", "@container", "@layer", "aspect-ratio", "inset:", "margin-inline:", "padding-inline:", "dvh"} {
		if strings.Contains(string(css), word) {
			t.Errorf("app.css uses %s", word)
		}
	}
	for _, rule := range regexp.MustCompile(`[^{}]*\{[^{}]*\}`).FindAllString(string(css), -1) {
		flex := strings.Contains(rule, "display:flex") || strings.Contains(rule, "display:inline-flex")
		if flex && regexp.MustCompile(`[^-]gap:`).MatchString(rule) {
			t.Errorf("flex with gap: %s", strings.TrimSpace(rule))
		}
	}
	for name, a := range assets() {
		if path.Dir(name) != "js" {
			continue
		}
		for _, word := range []string{"replaceChildren", ".at(", "randomUUID", "??=", "||=", "replaceAll", "structuredClone", "innerHTML", "eval("} {
			if strings.Contains(string(a.body), word) {
				t.Errorf("%s uses %s", name, word)
			}
		}
	}
}

// A list page must be readable soon on a poor phone.
func TestWeight(t *testing.T) {
	if n := len(assets()["css/app.css"].packed); n > 10<<10 {
		t.Errorf("app.css is %d bytes packed", n)
	}
	total, field := 0, map[string]bool{"js/outbox.js": true, "js/walk.js": true, "js/worker.js": true}
	later := map[string]bool{"js/mend.js": true, "js/field.js": true, "js/keep.js": true} // no list and no walk loads them: only who mends a refused record, who downloads the day's pages, and the page of all forms
	for name, a := range assets() {
		if path.Dir(name) == "js" && !field[name] && !later[name] {
			total += len(a.packed)
		}
	}
	if total > 8<<10 {
		t.Errorf("the scripts are %d bytes packed", total)
	}
	walk := 0
	for name := range field {
		walk += len(assets()[name].packed)
	}
	if walk > 8<<10 {
		t.Errorf("the scripts of field work are %d bytes packed", walk)
	}
	seldom := 0
	for name := range later {
		seldom += len(assets()[name].packed)
	}
	if seldom > 5<<10 {
		t.Errorf("the scripts that are seldom loaded are %d bytes packed", seldom)
	}
}
