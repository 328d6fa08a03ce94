package web_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cunfen/internal/pg/pgtest"
	"cunfen/internal/web"
)

// TestGuards tries what stands before every use-case, on one stand; what ends sessions comes last.
func TestGuards(t *testing.T) {
	s := up(t)
	for _, c := range []struct {
		name string
		try  func(*testing.T)
	}{{"cross-site", s.crossSite}, {"next", s.next}, {"path tricks", s.pathTricks}, {"host", s.otherHost}, {"too large", s.tooLarge}, {"unknown fields", s.unknownFields},
		{"bombs", s.bombs}, {"numbers", s.numbers}, {"town", s.town}, {"bureau reads only", s.bureauReadsOnly}, {"revoked", s.revoked}} {
		s.run(t, c.name, c.try)
	}
}

// unguarded is what an answer lacks of the headers that each must have (INV-49, 51).
func unguarded(r web.Route, a answer) string {
	csp := a.header.Get("Content-Security-Policy")
	switch {
	case !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe-") || strings.Contains(csp, "*"):
		return "Content-Security-Policy: " + csp
	case a.header.Get("X-Content-Type-Options") != "nosniff":
		return "X-Content-Type-Options is missing"
	case a.header.Get("X-Request-Id") == "":
		return "X-Request-Id is missing"
	case !r.Public && !strings.Contains(a.header.Get("Cache-Control"), "no-store"):
		return "Cache-Control: " + a.header.Get("Cache-Control")
	}
	return ""
}

// able is somebody of village A who may use the route; whoever comes first in the table.
func (s *stand) able(r web.Route) *person {
	for _, c := range columns {
		if p := s.people[c.key]; p != nil && p.who.Village == pgtest.A && !p.out && (r.Public || s.may(p, r.Action)) {
			return p
		}
	}
	return nil
}

// crossings are the ways in which a page of another site can send something with the person's cookie.
var crossings = map[string]map[string]string{
	"cross-site":       {"Sec-Fetch-Site": "cross-site"},
	"sibling site":     {"Sec-Fetch-Site": "same-site"},
	"foreign origin":   {"Origin": "https://evil.example"},
	"origin null":      {"Origin": "null"},
	"no header at all": {},
	"plain text":       {"Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"},
}

// crossSite sends every change from elsewhere: it is refused and has no effect (INV-45; ATK-54).
func (s *stand) crossSite(t *testing.T) {
	before := s.rows(pgtest.A)
	for _, r := range s.server.Routes() {
		p := s.able(r)
		if r.Method == http.MethodGet || p == nil {
			continue
		}
		path, _, _ := address(t, r, s.a)
		for name, header := range crossings {
			c := s.own(r, path, s.a)
			c.bare = true
			for k, v := range header {
				c.header[k] = v
			}
			if a := s.send(p, c); a.status != http.StatusForbidden || !strings.Contains(a.body, "不是从本站页面发出的") {
				t.Errorf("%s, %s: %d %s", line(r), name, a.status, excerpt(a.body))
			}
		}
	}
	if diff := moved(before, s.rows(pgtest.A)); len(diff) > 0 {
		t.Errorf("changed: %s", strings.Join(diff, "; "))
	}
	if a := s.get(s.people["lead a"], "/desk"); a.status != http.StatusOK {
		t.Errorf("the lead was signed out from elsewhere: %d", a.status)
	}
}

var elsewhere = []string{"//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "javascript:alert(1)", "https://evil.example", "evil.example",
	"/\tevil", "/\n/evil.example", " //evil.example", "data:text/html,x", "/%5cevil.example/../\\x"}

// next leads nobody off the site, whatever the address says (ATK-62).
func (s *stand) next(t *testing.T) {
	at := func(a answer) string {
		u, err := url.Parse(a.to())
		if err != nil || u.Host != "" || u.Scheme != "" {
			return "off the site: " + a.to()
		}
		return u.Path
	}
	form := func(next string) string {
		return url.Values{"phone": {s.people["household a"].phone}, "password": {password}, "next": {next}, "back": {next}, "id": {}, "reason": {"x"}}.Encode()
	}
	const kind = "application/x-www-form-urlencoded"
	signIn := func(next string) answer {
		return s.send(nil, call{method: http.MethodPost, path: "/sign-in", kind: kind, body: form(next)})
	}
	if a := signIn("/claims?state=returned"); a.to() != "/claims?state=returned" {
		t.Fatalf("a page of ours: %d %s %s", a.status, a.to(), excerpt(a.body))
	}
	for _, next := range elsewhere {
		if a := signIn(next); at(a) != "/home" {
			t.Errorf("sign in, next=%q leads to %d %s", next, a.status, a.to())
		}
		q := url.QueryEscape(next)
		if a := s.get(nil, "/size?to=large&back="+q); at(a) != "/" {
			t.Errorf("size, back=%q leads to %s", next, a.to())
		}
		if a := s.get(s.people["household a"], "/sign-in?next="+q); at(a) != "/home" {
			t.Errorf("signed in already, next=%q leads to %s", next, a.to())
		}
		if _, main, _ := strings.Cut(s.get(nil, "/sign-in?next="+q).body, "<main"); main == "" || strings.Contains(main, "evil") {
			t.Errorf("the sign-in page keeps next=%q", next)
		}
		if a := s.send(s.people["lead a"], call{method: http.MethodPost, path: "/review/approve", kind: kind, body: form(next)}); at(a) != "/review" {
			t.Errorf("back=%q leads to %d %s", next, a.status, a.to())
		}
	}
}

// tricks are other ways to write a path.
func tricks(path string) map[string]string {
	last := strings.LastIndex(path, "/")
	return map[string]string{
		"double slash": "/" + path, "inner double slash": path[:last] + "/" + path[last:], "dot": "/." + path, "inner dot": path[:last] + "/." + path[last:],
		"up": "/static/.." + path, "up from a public page": "/v/a/../.." + path, "encoded up": "/static/%2e%2e" + path, "encoded up and slash": "/static/..%2f" + path[1:],
		"encoded slash": path[:last] + "%2F" + path[last+1:], "encoded first letter": "/%" + fmt.Sprintf("%02x", path[1]) + path[2:], "parameter": path + ";x", "inner parameter": path[:last] + ";x" + path[last:],
		"slash at the end": path + "/", "upper case": strings.ToUpper(path), "null": path + "%00", "space": path + "%20", "back slash": "/" + strings.ReplaceAll(path[1:], "/", "%5c"),
		"question": path + "%3f", "extension": path + ".json", "twice encoded": path[:last] + "%252F" + path[last+1:],
	}
}

// pathTricks writes the paths of village A's things in other ways, and asks with other methods: nobody else
// gets to see anything of A, and nothing breaks (ATK-29).
func (s *stand) pathTricks(t *testing.T) {
	before, tries := s.rows(pgtest.A), 0
	as := []*person{nil, s.people["household b"], s.people["lead b"]}
	look := func(what string, p *person, c call) {
		tries++
		a := s.send(p, c)
		if a.status >= 500 || strings.Contains(a.body, s.a.mark) {
			t.Errorf("%s: %s %s: %d %s", what, c.method, c.path, a.status, excerpt(a.body))
		}
	}
	for _, r := range s.server.Routes() {
		path, _, tied := address(t, r, s.a)
		if r.Public || r.Method != http.MethodGet || !tied {
			continue
		}
		for n, p := range as {
			for name, trick := range tricks(path) {
				look(name, p, call{method: http.MethodGet, path: trick})
			}
			if n == 0 {
				continue
			}
			for _, method := range []string{"HEAD", "OPTIONS", "TRACE", "PATCH", "PUT", "DELETE", "PROPFIND"} {
				look("method", p, call{method: method, path: path})
			}
			for _, h := range []string{"X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix"} {
				v := path
				if h == "X-HTTP-Method-Override" {
					v = "DELETE"
				}
				look(h, p, call{method: http.MethodPost, path: path, header: map[string]string{h: v}})
				look(h, p, call{method: http.MethodGet, path: "/feedback", header: map[string]string{h: v}})
			}
		}
	}
	if diff := moved(before, s.rows(pgtest.A)); len(diff) > 0 {
		t.Errorf("changed: %s", strings.Join(diff, "; "))
	}
	if a := s.get(s.people["lead b"], "/desk"); a.status != http.StatusOK {
		t.Errorf("the lead of B was not signed in: %d", a.status)
	}
	t.Logf("%d tries", tries)
}

// otherHost answers to no other name, and not to a request line that names another host (INV-50; ATK-29).
func (s *stand) otherHost(t *testing.T) {
	lead := s.people["lead a"]
	for _, text := range []string{
		"GET /desk HTTP/1.1\r\nHost: evil.example\r\n", "GET http://evil.example/desk HTTP/1.1\r\nHost: 127.0.0.1\r\n",
		"GET /desk HTTP/1.0\r\nHost: evil.example\r\n", "GET /desk HTTP/1.0\r\n", "GET /desk HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n",
		"GET /desk HTTP/1.1\r\nHost: 127.0.0.1@evil.example\r\n", "GET /desk HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: 127.0.0.1\r\n",
	} {
		if status, body := s.raw(t, text+"Cookie: cunfen="+lead.cookie.Value+"\r\nConnection: close\r\n\r\n"); status < 400 || status >= 500 || strings.Contains(body, "工作台") {
			t.Errorf("%q: %d", text, status)
		}
	}
	for _, text := range []string{"GET /desk HTTP/1.1\r\nHost: 127.0.0.1\r\n", "GET /desk HTTP/1.0\r\nHost: 127.0.0.1\r\nX-Forwarded-Host: evil.example\r\n"} {
		status, body := s.raw(t, text+"Cookie: cunfen="+lead.cookie.Value+"\r\nConnection: close\r\n\r\n")
		if status != http.StatusOK || strings.Contains(body, "evil") {
			t.Errorf("%q: %d", text, status)
		}
	}
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/vars", "/healthz", "/readyz", "/admin", "/.env", "/.git/config", "/static/../server.go"} {
		if a := s.get(s.people["household a"], path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func (s *stand) raw(t *testing.T, text string) (status int, body string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(s.url, "http://"), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// revoked ends a seat while its holder is at work: a second later they are nobody (INV-18).
func (s *stand) revoked(t *testing.T) {
	for key, sql := range map[string]string{
		"committee a": `update membership set ended_at = now() where id = $1`,
		"desk a":      `update membership set disqualified = true where id = $1`,
		"grid a":      `update account set state = 'disabled' where id = (select account_id from membership where id = $1)`,
		"household a": `update account set epoch = 2 where id = (select account_id from membership where id = $1)`,
		"bureau 1":    `update officer set ended_at = now() where id = $1`,
	} {
		p := s.people[key]
		if a := s.get(p, "/me"); a.status != http.StatusOK {
			t.Fatalf("%s at work: %d", key, a.status)
		}
		s.exec(sql, p.who.Membership)
	}
	time.Sleep(time.Second)
	for _, key := range []string{"committee a", "desk a", "grid a", "household a", "bureau 1"} {
		if a := s.get(s.people[key], "/me"); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to(), "/sign-in") {
			t.Errorf("%s a second later: %d %s", key, a.status, a.to())
		}
		if a := s.get(s.people[key], "/api/v1/rules"); a.status != http.StatusUnauthorized {
			t.Errorf("%s a second later, API: %d", key, a.status)
		}
	}
}

// town shows the bureau the villages of its township and no other, whatever it asks for (ATK-17).
func (s *stand) town(t *testing.T) {
	many := strings.Repeat("&village_id=21&village=21&villages=21", 300)
	for _, path := range []string{"/town", "/town?village_id=21", "/town?x=1" + many, "/api/v1/town/villages", "/api/v1/town/villages?village_id=21"} {
		one, two := s.get(s.people["bureau 1"], path), s.get(s.people["bureau 2"], path)
		if strings.Contains(path, "?") && strings.HasPrefix(path, "/api") {
			if one.status != http.StatusBadRequest {
				t.Errorf("%s: %d", path, one.status)
			}
			continue
		}
		if one.status != http.StatusOK || !strings.Contains(one.body, "东村") || strings.Contains(one.body, "南场") {
			t.Errorf("%.60s as the bureau of town 1: %d %s", path, one.status, excerpt(one.body))
		}
		if two.status != http.StatusOK || !strings.Contains(two.body, "南场") || strings.Contains(two.body, "东村") {
			t.Errorf("%.60s as the bureau of town 2: %d %s", path, two.status, excerpt(two.body))
		}
	}
}
