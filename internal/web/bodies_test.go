package web_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"cunfen/internal/pg/pgtest"
	"cunfen/internal/web"
)

// tooLarge sends more than each kind of route takes: declared, and without saying how much (INV-48).
func (s *stand) tooLarge(t *testing.T) {
	const form, jpeg = "application/x-www-form-urlencoded", "image/jpeg"
	for _, c := range []struct {
		path, kind string
		size       int
	}{{"/sign-in", form, 2 << 20}, {"/me/password", form, 2 << 20}, {"/claims", form, 10 << 20}, {"/api/v1/session", "application/json", 2 << 20},
		{"/api/v1/claims", "application/json", 2 << 20}, {"/api/v1/evidence", jpeg, 10 << 20}} {
		for _, declared := range []bool{true, false} {
			var body io.Reader = bytes.NewReader(bytes.Repeat([]byte("a"), c.size))
			if !declared {
				body = struct{ io.Reader }{body}
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+c.path, body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", c.kind)
			req.Header.Set("Sec-Fetch-Site", "same-origin")
			req.Header.Set("Idempotency-Key", freshKey())
			req.Header.Set("Expect", "100-continue")
			req.AddCookie(s.people["household a"].cookie)
			resp, err := client.Do(req)
			if err != nil {
				t.Errorf("%s, declared %v: %v", c.path, declared, err)
				continue
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("%s, declared %v: %d", c.path, declared, resp.StatusCode)
			}
		}
	}
}

// programs are the operations of the API that take JSON.
func (s *stand) programs(fn func(r web.Route, path string, p *person, shape *schema)) {
	for _, r := range s.server.Routes() {
		if !isAPI(r) || r.Upload || r.Static {
			continue
		}
		shape, p := s.shape(r), s.able(r)
		if shape == nil || p == nil {
			continue
		}
		path, _, _ := address(s.t, r, s.a)
		fn(r, path, p, shape)
	}
}

// unknownFields adds to each operation what would raise the sender if it were believed: the request is wrong,
// and nothing happens (INV-53; ATK-2, 24).
func (s *stand) unknownFields(t *testing.T) {
	before, tries := s.rows(pgtest.A), 0
	s.programs(func(r web.Route, path string, p *person, shape *schema) {
		for name, value := range map[string]any{"village_id": 12, "township_id": 2, "account_id": pgtest.B, "is_admin": true, "roles": []string{"lead"}, "status": "approved", "__proto__": map[string]any{"role": "lead"}} {
			if _, known := shape.Properties[name]; known {
				continue
			}
			var body map[string]any
			if err := json.Unmarshal([]byte(s.text(r, s.a, "evidence")), &body); err != nil {
				t.Fatal(err)
			}
			body[name] = value
			b, _ := json.Marshal(body)
			tries++
			if a := s.send(p, s.json(r, path, string(b))); a.status != http.StatusBadRequest || !strings.Contains(a.body, `"code":"request.unknown"`) {
				t.Errorf("%s with %s as %s: %d %s", line(r), name, p.key, a.status, a.body)
			}
		}
		for _, query := range []string{"?village_id=12", "?village=b"} {
			if a := s.send(p, s.json(r, path+query, s.text(r, s.a, "evidence"))); a.status != http.StatusBadRequest {
				t.Errorf("%s%s as %s: %d %s", line(r), query, p.key, a.status, a.body)
			}
		}
	})
	if diff := moved(before, s.rows(pgtest.A)); len(diff) > 0 {
		t.Errorf("changed: %s", strings.Join(diff, "; "))
	}
	if tries < 150 {
		t.Errorf("only %d tries", tries)
	}
}

// bombs sends JSON that is more than it seems, or read differently by different readers (ATK-58).
func (s *stand) bombs(t *testing.T) {
	r := web.Route{Method: http.MethodPost, Path: "/api/v1/claims"}
	sound := s.text(r, s.a, "evidence", "member_id")
	open := sound[:len(sound)-1]
	wide := utf16.Encode([]rune(sound))
	both := make([]byte, 0, 2*len(wide)+2)
	both = append(both, 0xff, 0xfe)
	for _, u := range wide {
		both = append(both, byte(u), byte(u>>8))
	}
	before := s.rows(pgtest.A)
	for name, body := range map[string]string{
		"deep lists": strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), "deep objects": strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000),
		"deep inside": open + `,"note2":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}", "many keys": "{" + strings.Repeat(`"k":1,`, 100_000) + `"z":1}`,
		"huge number": open + `,"points":1e999}`, "two of a key": open + `,"item":"P18"}`, "prototype": open + `,"__proto__":{"role":"lead"}}`,
		"byte order mark": "\ufeff" + sound, "UTF-16": string(both), "two values": sound + sound, "cut short": open, "nothing": "", "null": "null", "a list": "[]", "text": `"x"`,
		"bad UTF-8": strings.Replace(sound, "清理河岸", "\xff\xfe", 1), "null character": strings.Replace(sound, "清理河岸", `\u0000`, 1), "lone surrogate": strings.Replace(sound, "清理河岸", `\ud800`, 1),
	} {
		start := time.Now()
		a := s.send(s.people["household a"], s.json(r, r.Path, body))
		if !slices.Contains([]int{http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}, a.status) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	if diff := moved(before, s.rows(pgtest.A)); len(diff) > 0 {
		t.Errorf("changed: %s", strings.Join(diff, "; "))
	}
	if a := s.send(s.people["household a"], s.json(r, r.Path, sound)); a.status >= 500 || a.status == http.StatusBadRequest {
		t.Errorf("the sound body: %d %s", a.status, a.body)
	}
}

// numbers sends numbers that are none, or too much (ATK-59).
func (s *stand) numbers(t *testing.T) {
	before := s.rows(pgtest.A)
	s.programs(func(r web.Route, path string, p *person, shape *schema) {
		for name, x := range shape.Properties {
			if kind(s.resolve(x)) != "integer" {
				continue
			}
			for _, n := range []string{"-1", "2147483648", "9223372036854775808", "1.5", `"5"`, `"٥"`, "1e999", "true", "[5]"} {
				var body map[string]any
				if err := json.Unmarshal([]byte(s.text(r, s.a, "evidence")), &body); err != nil {
					t.Fatal(err)
				}
				body[name] = json.RawMessage(n)
				b, _ := json.Marshal(body)
				if a := s.send(p, s.json(r, path, string(b))); !slices.Contains([]int{http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusConflict}, a.status) {
					t.Errorf("%s with %s %s: %d %s", line(r), name, n, a.status, a.body)
				}
			}
		}
	})
	if diff := moved(before, s.rows(pgtest.A)); len(diff) > 0 {
		t.Errorf("changed: %s", strings.Join(diff, "; "))
	}
}
