package web_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cunfen/internal/pg/pgtest"
	"cunfen/internal/web"
)

// hostile is text that something might take for more than text: a statement, a page, a formula, a path, a
// pattern, or no text at all.
var hostile = []string{
	`'; drop table household; --`, `' or '1'='1`, `$$; select pg_sleep(5); $$`, `$1`, `%s%n%d`, `\'; delete from ledger_entry; --`, `1); rollback; --`, `{"$gt":""}`,
	`%`, `_`, `\`, `%%%%%%%%`, `(a+)+$`, `[[:alpha:]]{9999}`, `.*`,
	`<script>alert(7)</script>`, `"><img src=x onerror=alert(7)>`, `'><svg/onload=alert(7)>`, `</textarea><script>alert(7)</script>`, `javascript:alert(7)`, `{{7*7}}${7*7}<%= 7*7 %>`,
	`=1+1`, `+1+1`, `-1+1`, `@SUM(1)`, `=HYPERLINK("http://evil.example","x")`, "\t=1+1", "\r=1+1",
	`../../etc/passwd`, `..\..\x`, `v12/x`, "line\nline\r\nHeader: x", "\u202e倒过来", "\u200b\u200b", "𠮷𬭎𫖮䶮", "\U0010ffff", strings.Repeat("长", 10_000),
	"nul\x00nul", "\xff\xfe", "\xed\xa0\x80",
}

// raw is hostile text that came out as it went in where a browser would run it; inner is what an answer says
// of the inside of the program.
var (
	raw   = regexp.MustCompile(`<script>alert|<img src=x|<svg/onload|href="javascript:`)
	inner = regexp.MustCompile(`SQLSTATE|violates|_pkey|_fkey|_check"|relation "|syntax error|pgx|goroutine |\.go:\d`)
)

// TestHostileTexts puts hostile text into every text of the API, every field of every form and every filter of
// every list: nothing breaks, no answer tells of the inside, no page runs it, and no sheet takes it for a formula
// (ATK-11, 20, 21, 55, 60).
func TestHostileTexts(t *testing.T) {
	s := up(t)
	before, tries, turn := s.rows(pgtest.B), 0, 0
	next := func(n int) (some []string) {
		for range n {
			some = append(some, hostile[turn%len(hostile)])
			turn++
		}
		return some
	}
	check := func(r web.Route, p *person, name, text string, a answer) {
		tries++
		page := strings.HasPrefix(a.header.Get("Content-Type"), "text/html")
		if a.status >= http.StatusInternalServerError || inner.MatchString(a.body) || page && raw.MatchString(a.body) {
			t.Errorf("%s with %s = %.60q as %s: %d %.300s", line(r), name, text, p.key, a.status, a.body)
		}
	}
	s.programs(func(r web.Route, path string, p *person, shape *schema) {
		for name, x := range shape.Properties {
			if x = s.resolve(x); kind(x) != "string" {
				continue
			}
			for _, text := range next(6) {
				var body map[string]any
				if err := json.Unmarshal([]byte(s.text(r, s.a, "evidence")), &body); err != nil {
					t.Fatal(err)
				}
				body[name] = text
				b, _ := json.Marshal(body)
				check(r, p, name, text, s.send(p, s.json(r, path, string(b))))
			}
		}
	})
	form := fields(s.a)
	for _, r := range s.server.Routes() {
		p := s.able(r)
		if isAPI(r) || r.Static || p == nil || strings.HasPrefix(r.Path, "/sign-") {
			continue
		}
		path, _, _ := address(t, r, s.a)
		if r.Method == http.MethodGet {
			for _, text := range next(4) {
				q := url.Values{}
				for _, name := range []string{"q", "after", "month", "state", "grid", "item", "kind", "year", "household", "from", "to", "sort"} {
					q.Set(name, text)
				}
				check(r, p, "the query", text, s.get(p, path+"?"+q.Encode()))
			}
			continue
		}
		for i, name := range slices.Sorted(maps.Keys(form)) {
			if len(form.Get(name)) == 36 || (i+len(path))%5 != 0 { // an id; of the rest each form is tried with some
				continue
			}
			sent := maps.Clone(form)
			text := next(1)[0]
			sent["evidence"], sent[name] = nil, []string{text}
			c := call{method: r.Method, path: path, kind: "application/x-www-form-urlencoded", body: sent.Encode()}
			if r.Upload {
				c.kind, c.body = parcel(sent)
			}
			check(r, p, name, text, s.send(p, c))
		}
	}
	if diff := moved(before, s.rows(pgtest.B)); len(diff) > 0 {
		t.Errorf("the neighbour changed: %s", strings.Join(diff, "; "))
	}
	if tries < 2000 {
		t.Errorf("only %d tries", tries)
	}
	s.shown(t)
}

// shown reads every page and file that anybody of village A can see, with the hostile text in it.
func (s *stand) shown(t *testing.T) {
	hostileSeen, sheets := 0, 0
	for _, r := range s.server.Routes() {
		if r.Method != http.MethodGet || r.Static {
			continue
		}
		path, _, _ := address(t, r, s.a)
		for _, c := range columns {
			p := s.people[c.key]
			if p == nil || p.who.Village != pgtest.A || p.out || !r.Public && !s.may(p, r.Action) {
				continue
			}
			a := s.get(p, path)
			if a.status >= http.StatusInternalServerError || inner.MatchString(a.body) {
				t.Errorf("%s as %s: %d %.300s", line(r), p.key, a.status, a.body)
			}
			switch kind := a.header.Get("Content-Type"); {
			case strings.HasPrefix(kind, "text/html"):
				if at := raw.FindStringIndex(a.body); at != nil {
					t.Errorf("%s as %s runs what was typed: …%s", line(r), p.key, a.body[max(0, at[0]-80):at[1]+40])
				}
				if strings.Contains(a.body, "&lt;script&gt;alert") || strings.Contains(a.body, "onerror=alert") {
					hostileSeen++
				}
			case strings.Contains(kind, "spreadsheetml"):
				sheets++
				if f := formulas(t, a.body); f != "" {
					t.Errorf("%s as %s has a formula: %s", line(r), p.key, f)
				}
			case strings.HasPrefix(kind, "text/csv"):
				t.Errorf("%s is CSV, whose cells have no kinds", line(r))
			}
		}
	}
	if hostileSeen < 4 || sheets < 5 {
		t.Errorf("the hostile text shows on %d pages, %d sheets were read: too few to prove anything", hostileSeen, sheets)
	}
}

// formulas is the first cell of a workbook that holds a formula.
func formulas(t *testing.T, book string) string {
	z, err := zip.NewReader(bytes.NewReader([]byte(book)), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, "xl/worksheets/") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		_ = r.Close()
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.Index(b, []byte("<f>")); i >= 0 {
			return string(b[max(0, i-60):min(len(b), i+60)])
		}
	}
	return ""
}
