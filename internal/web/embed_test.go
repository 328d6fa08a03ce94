package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestEmbed shows a village's board to the listed sites' frames alone, to nobody in particular, and lets no other page
// into any frame.
func TestEmbed(t *testing.T) {
	s := up(t)
	policy := func(p *person, path string) (status int, ancestors string, a answer) {
		a = s.get(p, path)
		_, after, _ := strings.Cut(a.header.Get("Content-Security-Policy"), "frame-ancestors ")
		return a.status, after, a
	}
	if status, ancestors, _ := policy(nil, "/embed/a"); status != http.StatusNotFound || ancestors != "'none'" {
		t.Errorf("not listed: %d, %q", status, ancestors)
	}
	s.exec(`update village set flags = '{"embed": ["https://www.county.example", "https://cms.county.example:8443"]}' where id = 11`)
	for _, p := range []*person{nil, s.people["lead of A"], s.people["bureau 1"]} {
		status, ancestors, a := policy(p, "/embed/a")
		if status != http.StatusOK || ancestors != "https://www.county.example https://cms.county.example:8443" {
			t.Errorf("listed: %d, %q", status, ancestors)
		}
		if a.header.Get("Set-Cookie") != "" || strings.Contains(a.body, `method="post"`) || !strings.Contains(a.body, `<base target="_top"`) {
			t.Errorf("the page sets a cookie, has a form or opens links within:\n%s", a.body)
		}
	}
	for _, path := range []string{"/", "/v/a", "/v/a/rules", "/sign-in", "/embed/b", "/feedback", "/town"} {
		if _, ancestors, _ := policy(s.people["bureau 1"], path); ancestors != "'none'" {
			t.Errorf("%s may be framed by %q", path, ancestors)
		}
	}
	s.exec(`update village set state = 'suspended' where id = 11`)
	if status, _, _ := policy(nil, "/embed/a"); status != http.StatusServiceUnavailable {
		t.Errorf("suspended: %d", status)
	}
}
