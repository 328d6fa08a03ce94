package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"cunfen/internal/actor"
	"cunfen/internal/demo"
	"cunfen/internal/web/kit/kittest"
)

// county is another site, of another origin, whose page frames an address of the product.
func county(t *testing.T, address string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><title>县政府网站</title><h1>县政府网站</h1><iframe src="%s" style="width:100%%;height:1200px;border:2px solid #999"></iframe>`, address)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// framed is what stands within the page's frame; "" where the browser refused to show it.
func (p *person) framed() (text string) {
	p.t.Helper()
	for range 50 {
		tree, err := chromedp.Call(p.tab.Ctx, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			p.t.Fatal(err)
		}
		if len(tree.FrameTree.ChildFrames) == 1 {
			world, err := chromedp.Call(p.tab.Ctx, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.ChildFrames[0].Frame.ID})
			if err == nil { // otherwise it is being loaded
				got, err := chromedp.Call(p.tab.Ctx, runtime.Evaluate, runtime.EvaluateParams{ContextID: world.ExecutionContextID,
					Expression: `location.protocol === 'chrome-error:' ? 'REFUSED' : document.readyState === 'complete' && document.body ? document.body.innerText : ''`})
				if err == nil && got.Result != nil {
					_ = json.Unmarshal(got.Result.Value, &text) // nothing yet is nothing
				}
			}
		}
		if text != "" {
			return strings.TrimSuffix(text, "REFUSED")
		}
		time.Sleep(100 * time.Millisecond)
	}
	return ""
}

// TestEmbeddedInACountysSite shows a village's board in a real frame of a real other origin: where it is listed, and
// nowhere else; whoever is signed in stays so, and nobody is known within the frame.
func TestEmbeddedInACountysSite(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	lead := s.enter(tab, "平台管理员", demo.PlatformPhone, true)
	listed, other, home := county(t, s.url+"/embed/haiyan"), county(t, s.url+"/embed/haiyan"), county(t, s.url+"/platform")
	if _, err := s.owner.Exec(t.Context(), `update village set flags = jsonb_build_object('embed', jsonb_build_array($1::text, $2::text)) where code = 'haiyan'`, listed, home); err != nil {
		t.Fatal(err)
	}
	_, name := s.village("haiyan")
	for site, shown := range map[string]bool{listed: true, other: false, home: false} {
		tab.Open(site)
		text := lead.framed()
		if strings.Contains(text, name) != shown || !shown && text != "" {
			t.Errorf("%s: shown %v: %q", site, shown, text)
		}
		if strings.Contains(text, "平台管理员") {
			t.Error("the frame knows who is signed in")
		}
		if site == listed {
			for _, lead.wide = range []bool{true, false} {
				lead.sized()
				tab.Open(site)
				lead.framed()
				lead.tab.Shot(map[bool]string{true: "embed-1440", false: "embed-390"}[lead.wide])
			}
			lead.wide = true
			lead.sized()
		}
	}
	lead.open("/platform")
	lead.says("平台管理员")
}

// TestPapersFirst lets a village that uses paper alone begin with what it prints, and opens no phone for a household.
func TestPapersFirst(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	id, _ := s.village("haiyan")
	var home string
	if err := s.owner.QueryRow(t.Context(), `select id::text from household where village_id = $1 and state = 'active' order by walk limit 1`, id).Scan(&home); err != nil {
		t.Fatal(err)
	}
	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/desk")
	if xu.js(`document.body.innerText.includes('今天要印的')`) {
		t.Error("a village like any other begins with papers")
	}
	xu.open("/households/" + home)
	xu.says("开通手机登录")
	xu.leave()
	if _, err := s.owner.Exec(t.Context(), `update village set flags = '{"paper": true, "most": {"households": 45, "sms": 100}}' where id = $1`, id); err != nil {
		t.Fatal(err)
	}
	s.app.Site.Villages.Forget(actor.VillageID(id))
	xu = s.enter(tab, "徐海波", lead, true)
	xu.open("/desk")
	xu.says("今天要印的")
	xu.says("公示 A3")
	xu.both("desk-paper")
	if !xu.js(`document.querySelector('main h2').innerText === '今天要印的'`) {
		t.Error("the papers do not come first")
	}
	xu.open("/messages/unsent")
	xu.says("没有要当面告知的")
	xu.open("/households/" + home)
	if xu.js(`document.body.innerText.includes('开通手机登录')`) {
		t.Error("a household is offered a phone")
	}
	xu.leave()
	officer := s.enter(tab, "顾明远", bureauMan, true)
	officer.open("/town/inbox?kind=quota")
	officer.says("住户用了")
	officer.both("inbox-quota")
	officer.leave()
	admin := s.enter(tab, "平台管理员", demo.PlatformPhone, true)
	admin.open("/platform/queue")
	admin.both("platform-queue")
	admin.open(fmt.Sprintf("/platform/sites/%d", id))
	admin.both("site-quota")
	admin.open("/platform/health")
	admin.both("platform-health-new")
}
