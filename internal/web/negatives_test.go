package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cunfen/internal/pg/pgtest"
	"cunfen/internal/web"
)

// columns are those who try, in the order of the table.
var columns = []struct{ key, says string }{
	{"", "signed out"},
	{"household a", "household"}, {"neighbour a", "another household"}, {"grid a", "grid worker"}, {"desk a", "desk clerk"}, {"committee a", "member"}, {"lead a", "lead"},
	{"household b", "household of B"}, {"lead b", "lead of B"}, {"lead c", "lead of C"},
	{"bureau 1", "bureau"}, {"bureau 2", "bureau of town 2"}, {"department", "department"}, {"platform", "platform"},
	{"ended", "lead, ended"}, {"disqualified", "lead, disqualified"}, {"lapsed", "lead, term over"}, {"disabled", "lead, disabled"},
	{"epoch", "lead, password changed since"}, {"owes", "lead, owes 2nd factor"},
}

// What a cell must answer.
const (
	toSignIn = "→"   // led to the sign-in page
	nobody   = "401" // told to sign in
	refused  = "403"
	absent   = "404" // exactly as what is not there
	notTheir = "own" // the domain keeps another household's from them
	open     = "open"
	allowed  = "✓"
)

// villages are the routes by whose id a household reaches what is the whole village's.
var villages = map[string]bool{"GET /goods/:id/photo": true, "GET /check-in/:id": true}

// due is what a person must get from a route on village A's things.
func (s *stand) due(r web.Route, p *person, tied bool) string {
	switch {
	case r.Public:
		return open
	case p == nil || p.out:
		if r.Method == http.MethodGet && !isAPI(r) {
			return toSignIn
		}
		return nobody
	case !s.may(p, r.Action):
		return refused
	case tied && !s.sees(p):
		return absent
	case tied && p.key == "neighbour a" && !villages[line(r)]: // whatever a household may reach by an id is a household's own
		return notTheir
	}
	return allowed
}

// sees reports whether the person has to do with village A.
func (s *stand) sees(p *person) bool {
	return p.who.Village == pgtest.A || p.who.Village == 0 && p.who.Township == pgtest.Town1
}

// TestNegatives tries every route as everybody on what village A has: who must not get in does not, what is
// another village's looks like nothing at all, and none of it changes a row of A (INV-4, 12, 16; ATK-1, 2, 14, 22).
func TestNegatives(t *testing.T) {
	s := up(t)
	table := map[string][]string{}
	routes, before := s.server.Routes(), s.rows(pgtest.A)
	for _, r := range routes {
		path, lost, tied := address(t, r, s.a)
		for _, c := range columns {
			p := s.people[c.key]
			want := s.due(r, p, tied)
			table[line(r)] = append(table[line(r)], want)
			if want == allowed && (p.who.Village == pgtest.A || s.sees(p) && r.Method != http.MethodGet) {
				continue // what the office decides about A, it may
			}
			s.try(t, r, p, path, lost, want)
		}
		after := s.rows(pgtest.A)
		if diff := moved(before, after); len(diff) > 0 {
			t.Errorf("%s changed village A by somebody who must not: %s", line(r), strings.Join(diff, "; "))
		}
		before = after
	}
	s.noted(t, routes, table)
	s.controls(t)
	cells := 0
	for _, row := range table {
		cells += len(row)
	}
	if cells < 2000 {
		t.Errorf("only %d cells", cells)
	}
	golden(t, routes, table)
}

// noted checks that each change that somebody of A was refused for their role stands in A's log, once.
func (s *stand) noted(t *testing.T, routes []web.Route, table map[string][]string) {
	t.Helper()
	want, have := 0, 0
	for _, r := range routes {
		for i, c := range columns {
			if p := s.people[c.key]; p != nil && p.who.Village == pgtest.A && r.Method != http.MethodGet && table[line(r)][i] == refused {
				want++
			}
		}
	}
	err := s.db.Owner.QueryRow(t.Context(), `select count(*) from audit where village_id = 11 and verb = 'denied'`).Scan(&have)
	if err != nil || have != want {
		t.Errorf("%d refusals in A's log, not %d (%v)", have, want, err)
	}
}

func line(r web.Route) string { return r.Method + " " + r.Path }

// try runs one cell.
func (s *stand) try(t *testing.T, r web.Route, p *person, path, lost, want string) {
	t.Helper()
	s.begin(p) // one that was refused or signed out is gone
	c := s.ask(r, path, s.a)
	a := s.send(p, c)
	who := "signed out"
	if p != nil {
		who = p.key
	}
	if bad := wrong(a, want, path); bad != "" {
		t.Errorf("%s as %s: %s", line(r), who, bad)
	}
	if bad := unguarded(r, a); bad != "" {
		t.Errorf("%s as %s: %s", line(r), who, bad)
	}
	if want != open && (p == nil || want != allowed || !s.sees(p)) && strings.Contains(a.body, s.a.mark) {
		t.Errorf("%s as %s: the answer tells of village A", line(r), who)
	}
	if want == absent {
		b := s.send(p, s.ask(r, lost, s.a))
		if x, y := plain(a, path), plain(b, lost); x != y {
			t.Errorf("%s as %s: a foreign id answers otherwise than a missing one: %s", line(r), who, apart(x, y))
		}
	}
}

func wrong(a answer, want, path string) string {
	ok := false
	switch want {
	case toSignIn:
		ok = a.status == http.StatusSeeOther && strings.HasPrefix(a.to(), "/sign-in?next=")
	case nobody:
		ok = a.status == http.StatusUnauthorized
	case refused:
		ok = a.status == http.StatusForbidden
	case absent:
		ok = a.status == http.StatusNotFound
	case notTheir:
		ok = a.status == http.StatusNotFound || a.status == http.StatusForbidden
	case open:
		ok = a.status < 500
	case allowed:
		ok = a.status < 500 && a.status != http.StatusUnauthorized && !strings.Contains(a.body, "您的身份不能办理这件事")
	}
	if ok {
		return ""
	}
	return fmt.Sprintf("want %s, got %d %s %s", want, a.status, a.to(), excerpt(a.body))
}

var tags = regexp.MustCompile(`(?s)<(style|script).*?</(style|script)>|<[^>]*>`)

// excerpt is the beginning of what an answer says.
func excerpt(body string) string {
	text := strings.Join(strings.Fields(tags.ReplaceAllString(body, " ")), " ")
	if r := []rune(text); len(r) > 160 {
		text = string(r[:160])
	}
	return text
}

var requestID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// plain is an answer without what may differ between two requests: the request's number, the path asked for,
// the clock, a fresh cookie or key.
func plain(a answer, path string) string {
	var heads []string
	id := a.header.Get("X-Request-Id")
	for k, v := range a.header {
		if k != "Date" && k != "X-Request-Id" {
			heads = append(heads, k+": "+strings.Join(v, ", "))
		}
	}
	slices.Sort(heads)
	body := strings.NewReplacer(path, "PATH", url.QueryEscape(path), "PATH").Replace(a.body)
	if len(id) > 8 {
		body = strings.ReplaceAll(strings.ReplaceAll(body, id, "ID"), id[:8], "ID")
	}
	return fmt.Sprint(a.status, "\n", strings.Join(heads, "\n"), "\n", requestID.ReplaceAllString(body, "UUID"))
}

// apart is where two texts part.
func apart(x, y string) string {
	i := 0
	for i < min(len(x), len(y)) && x[i] == y[i] {
		i++
	}
	return fmt.Sprintf("%q, %q", x[max(0, i-30):min(len(x), i+80)], y[max(0, i-30):min(len(y), i+80)])
}

// controls shows that the tries on A's things failed for the right reason: whoever may, gets something there.
// Reading comes before changing, and what ends things comes last.
func (s *stand) controls(t *testing.T) {
	t.Helper()
	routes := slices.Clone(s.server.Routes())
	slices.SortStableFunc(routes, func(a, b web.Route) int { return rank(a) - rank(b) })
	before, reading := s.rows(pgtest.A), true
	for _, r := range routes {
		if r.Public {
			continue
		}
		if reading && r.Method != http.MethodGet {
			reading = false
			for _, diff := range moved(before, s.rows(pgtest.A)) {
				if !strings.HasPrefix(diff, "audit ") { // who took the register out is noted
					t.Errorf("reading changed village A: %s", diff)
				}
			}
		}
		path, _, tied := address(t, r, s.a)
		reached, got := !tied, ""
		for _, c := range columns {
			p := s.people[c.key]
			if s.due(r, p, tied) != allowed || p.who.Village != pgtest.A && p.who.Village != 0 {
				continue
			}
			s.begin(p)
			a := s.send(p, s.own(r, path, s.a))
			if bad := wrong(a, allowed, path); bad != "" {
				t.Errorf("%s as %s: %s", line(r), p.key, bad)
			}
			got += fmt.Sprintf("; %s: %d %s", p.key, a.status, excerpt(a.body))
			if bad := unguarded(r, a); bad != "" {
				t.Errorf("%s as %s: %s", line(r), p.key, bad)
			}
			reached = reached || a.status != http.StatusNotFound && (r.Method != http.MethodGet || a.status == http.StatusOK || a.status == http.StatusSeeOther && !strings.HasPrefix(a.to(), "/sign-in"))
		}
		if !reached {
			t.Errorf("%s: nobody of village A reaches it either, so its 404 shows nothing%s", line(r), got)
		}
	}
}

func rank(r web.Route) int {
	switch {
	case r.Method == http.MethodGet:
		return 0
	case strings.HasSuffix(r.Path, "/end"), strings.HasSuffix(r.Path, "/leave"), strings.HasSuffix(r.Path, "/disqualify"), strings.HasSuffix(r.Path, "/password"):
		return 2
	}
	return 1
}
