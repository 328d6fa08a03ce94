package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

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
		err := chromedp.Run(p.tab.Ctx, chromedp.ActionFunc(func(ctx context.Context) error {
			tree, err := page.GetFrameTree().Do(ctx)
			if err != nil || len(tree.ChildFrames) != 1 {
				return err
			}
			world, err := page.CreateIsolatedWorld(tree.ChildFrames[0].Frame.ID).Do(ctx)
			if err != nil {
				return nil // it is being loaded
			}
			got, _, err := runtime.Evaluate(`location.protocol === 'chrome-error:' ? 'REFUSED' : document.readyState === 'complete' && document.body ? document.body.innerText : ''`).WithContextID(world).Do(ctx)
			if err == nil && got != nil && got.Value != nil {
				return json.Unmarshal(got.Value, &text)
			}
			return nil
		}))
		if err != nil {
			p.t.Fatal(err)
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
