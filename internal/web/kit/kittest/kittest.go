// Package kittest looks at pages with a real browser, as a villager's phone or
// a committee's PC would: it collects what the browser complains of, asks axe
// whether everybody can use the page, and takes pictures.
package kittest

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// CSP is the policy under which every page is served.
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"

// Tab is a browser tab of one test. Ctx is for chromedp's own actions.
type Tab struct {
	Ctx context.Context

	t    testing.TB
	mu   sync.Mutex
	said []string
	cut  bool
	at   string // the page that is open, for the messages

	width, height int64
}

// Browser starts a browser with a fresh profile and ends it with the test.
func Browser(t testing.TB) *Tab {
	t.Helper()
	dir, err := os.MkdirTemp(memory(), "kittest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(dir), chromedp.Flag("lang", "zh-CN")}
	for _, f := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage", "hide-scrollbars"} {
		options = append(options, chromedp.Flag(f, true))
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	tab := &Tab{Ctx: ctx, t: t}
	tab.Size(1440, 900)
	tab.check(chromedp.Do(ctx, chromedp.Navigate("about:blank")))
	tab.check(chromedp.Listen(ctx, tab.hear))
	_, err = chromedp.Call(ctx, cdplog.Enable, cdp.Empty{})
	tab.check(err)
	return tab
}

// memory is where a profile is fast, whatever else the disk has to do; "" where there is no such place.
func memory() string {
	if _, err := os.Stat("/dev/shm"); err == nil {
		return "/dev/shm"
	}
	return ""
}

func path() string {
	if p := os.Getenv("CHROMIUM"); p != "" {
		return p
	}
	return "/usr/bin/chromium"
}

func (tab *Tab) check(err error) {
	tab.t.Helper()
	if err != nil {
		tab.t.Fatal(err)
	}
}

// answered is what the browser says of a form that was sent back to its person
// with what is wrong: a status that the page itself explains.
var answered = regexp.MustCompile(`the server responded with a status of (401|409|422) `)

// unreached is what the browser, and htmx in it, say of a server that they cannot reach.
var unreached = regexp.MustCompile(`net::ERR_|htmx:(sendError|afterRequest), `)

// hear keeps every error and warning of the page: broken scripts, refused
// loads, violations of the policy.
func (tab *Tab) hear(ev any) {
	var line string
	switch e := ev.(type) {
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError || e.Entry.Level == cdplog.EntryLevelWarning {
			line = e.Entry.Text + " " + e.Entry.URL
		}
	case *cdpruntime.EventConsoleAPICalled:
		if e.Type == cdpruntime.ConsoleAPICalledTypeError || e.Type == cdpruntime.ConsoleAPICalledTypeWarning {
			line = "console: " + string(e.Type)
			for _, a := range e.Args {
				line += " " + string(a.Value) + a.Description
			}
		}
	case *cdpruntime.EventExceptionThrown:
		line = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			line += " " + e.ExceptionDetails.Exception.Description
		}
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	if line != "" && !answered.MatchString(line) && !(tab.cut && unreached.MatchString(line)) {
		tab.said = append(tab.said, line)
	}
}

// Size sets the window, as on a PC (1440) or a phone (390).
func (tab *Tab) Size(width, height int64) {
	tab.t.Helper()
	tab.width, tab.height = width, height
	tab.check(chromedp.Do(tab.Ctx, chromedp.EmulateViewport(width, height)))
}

// Dark makes the system prefer dark colours, or light.
func (tab *Tab) Dark(on bool) {
	tab.t.Helper()
	value := "light"
	if on {
		value = "dark"
	}
	_, err := chromedp.Call(tab.Ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}})
	tab.check(err)
}

// Open loads a page, and waits until it has taken the place of the one before: what the browser says of its load can
// be of a page that was still on its way.
func (tab *Tab) Open(url string) {
	tab.t.Helper()
	tab.at = url
	_, _ = chromedp.Run(tab.Ctx, chromedp.Evaluate[bool](`window.__left = true`)) // no page yet, none to leave
	tab.check(chromedp.Do(tab.Ctx, chromedp.Navigate(url)))
	for range 500 {
		there, err := chromedp.Run(tab.Ctx, chromedp.Evaluate[bool](`!window.__left && document.readyState === 'complete'`))
		if err == nil && there {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	tab.t.Fatalf("%s does not open", url)
}

// Eval answers what an expression is worth in the page; a promise is awaited.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	v, err := chromedp.Run(tab.Ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	tab.check(err)
	return v
}

// Clean fails the test on anything that the browser complained of.
func (tab *Tab) Clean() {
	tab.t.Helper()
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, line := range tab.said {
		tab.t.Errorf("%s: the browser said: %s", tab.at, line)
	}
	tab.said = nil
}

// Cut says whether the test itself has cut the line: that a server cannot be reached is then no complaint.
func (tab *Tab) Cut(on bool) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.cut = on
}

// Fits fails the test when the page scrolls sideways.
func (tab *Tab) Fits() {
	tab.t.Helper()
	wide := Eval[string](tab, `(() => { const w = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= w) return '';
		return Array.from(document.querySelectorAll('body *')).filter(e => e.getBoundingClientRect().right > w + 1).slice(0, 8).map(e => e.tagName + '.' + e.className).join(' ') || 'unknown'; })()`)
	if wide != "" {
		tab.t.Errorf("%s scrolls sideways: %s", tab.at, wide)
	}
}

// violation is what axe found.
type violation struct {
	ID, Help string
	Nodes    []struct {
		HTML           string
		FailureSummary string
	}
}

// Axe fails the test on every violation of WCAG 2.2 AA in the page.
func (tab *Tab) Axe() {
	tab.t.Helper()
	Eval[bool](tab, axeSource(tab.t)+"; true")
	report := Eval[string](tab, `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations']}).then(r => JSON.stringify(r.violations))`)
	var found []violation
	tab.check(json.Unmarshal([]byte(report), &found))
	for _, v := range found {
		for _, n := range v.Nodes[:min(4, len(v.Nodes))] {
			tab.t.Errorf("%s: axe %s (%d): %s\n\t%s\n\t%s", tab.at, v.ID, len(v.Nodes), v.Help, n.HTML[:min(200, len(n.HTML))], strings.ReplaceAll(n.FailureSummary, "\n", " "))
		}
	}
}

func axeSource(t testing.TB) string {
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, gone := os.Stat(filepath.Join(dir, "go.mod")); gone == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	src, err := os.ReadFile(filepath.Join(dir, "internal", "web", "kit", "testdata", "axe", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// Shot writes a picture of the whole page to the folder that CUNFEN_SHOTS
// names, and does nothing without it.
func (tab *Tab) Shot(name string) {
	tab.t.Helper()
	dir := os.Getenv("CUNFEN_SHOTS")
	if dir == "" {
		return
	}
	height := Eval[int64](tab, "document.documentElement.scrollHeight")
	tab.check(chromedp.Do(tab.Ctx, chromedp.EmulateViewport(tab.width, max(height, tab.height)), chromedp.Sleep(200*time.Millisecond)))
	png, err := chromedp.Run(tab.Ctx, chromedp.CaptureScreenshot())
	tab.Size(tab.width, tab.height)
	tab.check(err)
	tab.check(os.MkdirAll(dir, 0o755))
	tab.check(os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}
