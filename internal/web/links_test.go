package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// entry is the way to say what one thinks, to complain and to ask for help.
var entry = regexp.MustCompile(`href="/feedback["?]`)

var (
	leads = regexp.MustCompile(`<a [^>]*?href="(/[^"#]*)`)
	which = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+`)
)

// TestEveryPageLeadsOn opens every page as everybody who may: each has an entry for opinions and complaints, whoever
// looks and whatever went wrong (R4.1.4), and no page offers its reader a way that is closed to them.
func TestEveryPageLeadsOn(t *testing.T) {
	s := up(t)
	pages, ways := map[string]bool{}, 0
	for _, c := range columns {
		p := s.people[c.key]
		if p != nil && p.out {
			continue
		}
		tried := map[string]bool{}
		for _, r := range s.server.Routes() {
			if r.Method != http.MethodGet || r.Static || isAPI(r) || r.Path == "/size" {
				continue
			}
			path, _, tied := address(t, r, s.a)
			want := s.due(r, p, tied)
			a := s.get(p, path)
			if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
				continue
			}
			if !entry.MatchString(a.body) {
				t.Errorf("%s as %q (%d) has no entry for opinions", line(r), c.key, a.status)
			}
			if a.status != http.StatusOK || want != allowed && want != open || strings.HasPrefix(r.Path, "/ui") { // specimens lead nowhere
				continue
			}
			pages[line(r)] = true
			for _, m := range leads.FindAllStringSubmatch(a.body, -1) {
				to := html.UnescapeString(m[1])
				key := kindOf(to)
				if tried[key] || strings.HasPrefix(to, "/static/") {
					continue
				}
				tried[key] = true
				ways++
				if b := s.get(p, to); b.status >= http.StatusBadRequest {
					delete(tried, key) // so that each page with it is told
					t.Errorf("%s as %q leads to %s: %d %s", line(r), c.key, to, b.status, excerpt(b.body))
				}
			}
		}
	}
	if len(pages) < 200 || ways < 600 {
		t.Errorf("only %d pages and %d ways were tried", len(pages), ways)
	}
}

// kindOf is an address without what it names, so that one way of each kind is tried.
func kindOf(to string) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	var names []string
	for name := range u.Query() {
		names = append(names, name)
	}
	return which.ReplaceAllString(u.Path, "N") + "?" + strings.Join(names, "&")
}
