package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg/pgtest"
)

// TestWrong sends what no program should send; nothing of it is the server's fault.
func TestWrong(t *testing.T) {
	s := up(t)
	home := s.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	s.as(s.person(actor.Lead, home))
	const good = `"code":"Y1","name":"油","unit":"桶","stock":1,"active":true`
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	for _, c := range []struct {
		body   string
		status int
		code   string
	}{
		{`{` + good + `,"price":-1}`, 422, "request.field"},
		{`{` + good + `,"price":0}`, 422, "request.field"},
		{`{` + good + `,"price":2147483648}`, 422, "request.field"},
		{`{` + good + `,"price":1.5}`, 422, "request.field"},
		{`{` + good + `,"price":"5"}`, 422, "request.field"},
		{`{` + good + `,"price":null}`, 422, "request.field"},
		{`{` + good + `,"price":1e999}`, 400, "request.syntax"},
		{`{` + good + `,"price":[1]}`, 422, "request.field"},
		{`{` + good + `}`, 422, "request.missing"},
		{`{}`, 422, "request.invalid"},
		{`{` + good + `,"price":1,"village_id":12}`, 400, "request.unknown"},
		{`{` + good + `,"price":1,"__proto__":{}}`, 400, "request.unknown"},
		{`{` + good + `,"Price":1}`, 400, "request.unknown"},
		{`{` + good + `,"price":1,"price":2}`, 400, "request.syntax"},
		{`{` + good + `,"price":1} {}`, 400, "request.syntax"},
		{"\xef\xbb\xbf{" + good + `,"price":1}`, 400, "request.syntax"},
		{`{"code":"\u0000","name":"油","unit":"桶","stock":1,"active":true,"price":1}`, 400, "request.text"},
		{`{"code":"` + "\xff" + `","name":"油","unit":"桶","stock":1,"active":true,"price":1}`, 400, "request.syntax"},
		{deep, 400, "request.syntax"},
		{strings.Repeat("[", 10000), 400, "request.syntax"},
		{`[]`, 422, "request.field"},
		{`null`, 422, "request.field"},
		{``, 400, "request.syntax"},
		{`{`, 400, "request.syntax"},
	} {
		s.post("/goods", c.body).is(c.status, c.code)
	}
	s.sendAs("POST", "/goods", `{}`, nil).is(400, "idempotency.key")
	s.sendAs("POST", "/goods", `{}`, map[string]string{keyName: "short"}).is(400, "idempotency.key")
	s.sendAs("POST", "/goods", `{}`, map[string]string{keyName: "long-enough-key", "Content-Type": "text/plain"}).is(http.StatusUnsupportedMediaType, "request.content_type")
	s.get("/goods?page=2").is(400, "request.unknown")
	s.get("/households?q=%00").is(400, "request.text")
	s.get("/households?q=%ff").is(400, "request.text")
	s.get("/households?limit=201").is(422, "request.field")
	s.get("/households?limit=x").is(422, "request.field")
	s.get("/households?after=x").is(404, "not_found")
	s.get("/months/2026-13").is(404, "not_found")
	s.get("/months/202611").is(404, "not_found")
	s.get("/claims/5").is(404, "not_found")
	s.get("/claims/urn:uuid:"+uuid.NewString()).is(404, "not_found")
	s.get("/villages/%00/notices").is(404, "not_found")
	s.get("/villages/nowhere/notices").is(404, "not_found")
	s.post("/evidence", []byte("GIF89a")).is(422, "")
	body := fmt.Sprintf(`{"item":"P18","parts":{"":1},"occurred_on":"2026-11-08","member_id":%q}`, uuid.New())
	s.post("/claims", body).is(422, "claim.member")
	for _, on := range []string{"2026-02-30", "08.11.2026", "9999-12-31", "0000-01-01", ""} {
		if a := s.post("/claims", object{"item": "P18", "parts": object{"": 1}, "occurred_on": on}); a.status != 422 {
			t.Errorf("on %q: %d %s", on, a.status, a.text)
		}
	}
	for _, parts := range []object{{"": -1}, {"": 0}, {"": 2147483648}, {"": 1.5}, {"": "5"}, {"x": 1}, {}} {
		if a := s.post("/claims", object{"item": "P18", "parts": parts, "occurred_on": "2026-11-08"}); a.status != 422 {
			t.Errorf("parts %v: %d %s", parts, a.status, a.text)
		}
	}
}

// TestEdges puts every wrong value into every field and parameter of every operation, one at a time.
func TestEdges(t *testing.T) {
	s := up(t)
	home := s.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	table := build(s.site)
	people := map[actor.Role]actor.Actor{}
	for _, role := range []actor.Role{actor.Lead, actor.Desk, actor.Grid} {
		people[role] = s.person(role, home)
	}
	wrong := []any{-1, 0, int64(1) << 31, int64(1) << 53, 1.5, "5", "", "\x00", strings.Repeat("长", 3000), true, nil, []any{}, object{}, "2026-02-31", "00000000-0000-0000-0000-000000000000"}
	tried := 0
	for _, op := range operations(table.huma.OpenAPI()) {
		if op.Tags[0] == session {
			continue
		}
		for role, who := range people {
			s.as(who)
			if role != actor.Lead && s.reaches(table, op, people[actor.Lead]) || !s.reaches(table, op, who) {
				continue
			}
			path := strings.NewReplacer("{id}", uuid.NewString(), "{month}", "2026-11", "{village}", "a", "{code}", "ABCD-EFGH").Replace(strings.TrimPrefix(op.Path, prefix))
			if op.Method == http.MethodGet {
				for _, p := range op.Parameters {
					for _, v := range []string{"-1", "2147483648", "9223372036854775808", "1.5", "x", "%00", "%27%22%25", strings.Repeat("a", 300), uuid.Nil.String()} {
						s.get(path + "?" + p.Name + "=" + v)
						tried++
					}
				}
				continue
			}
			media := op.RequestBody
			if media == nil || media.Content["application/json"] == nil {
				s.post(path, nil)
				continue
			}
			schema := media.Content["application/json"].Schema
			for name := range table.huma.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref).Properties {
				for _, v := range wrong {
					body := s.sample(table, schema)
					body[name] = v
					s.send(op.Method, path, body)
					tried++
				}
			}
		}
	}
	if tried < 800 {
		t.Errorf("only %d tries", tried)
	}
}

func (s *stand) reaches(table *table, op *huma.Operation, who actor.Actor) bool {
	path := strings.NewReplacer("{", ":", "}", "").Replace(op.Path)
	for _, r := range table.routes {
		if r.Method == op.Method && r.Path == path {
			return r.Public || s.site.Auth.May(who.Role, r.Action)
		}
	}
	return false
}

// sample is a body that the description lets through.
func (s *stand) sample(table *table, schema *huma.Schema) object {
	out := object{}
	for name, p := range table.huma.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref).Properties {
		switch {
		case len(p.Enum) > 0:
			out[name] = p.Enum[0]
		case p.Format == "uuid":
			out[name] = uuid.NewString()
		case p.Format == "date":
			out[name] = "2026-11-08"
		case strings.Contains(p.Pattern, "64"):
			out[name] = strings.Repeat("0", 64)
		case p.Type == huma.TypeString:
			out[name] = "一段文字"
		case p.Type == huma.TypeInteger:
			out[name] = 1
		case p.Type == huma.TypeBoolean:
			out[name] = true
		case p.Type == huma.TypeArray && p.Items.Format == "uuid":
			out[name] = []string{uuid.NewString()}
		case p.Type == huma.TypeArray:
			out[name] = []any{}
		case p.Type == huma.TypeObject:
			out[name] = object{"": 1}
		}
	}
	return out
}
