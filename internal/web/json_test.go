package web_test

import (
	"encoding/json"
	"net/http"
	"strings"

	"cunfen/internal/web"
)

// schema is what the API's description says of a value.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"`
	Format     string             `json:"format"`
	Enum       []any              `json:"enum"`
	Minimum    *float64           `json:"minimum"`
	Maximum    *float64           `json:"maximum"`
	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Items      *schema            `json:"items"`
	Also       any                `json:"additionalProperties"`
}

// description is the API's OpenAPI document, as far as the tests read it.
type description struct {
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Body        *struct {
			Content map[string]struct{ Schema *schema }
		} `json:"requestBody"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

// describe reads the description from the server itself.
func (s *stand) describe() *description {
	s.t.Helper()
	if s.api != nil {
		return s.api
	}
	s.api = &description{}
	a := s.get(nil, "/api/v1/openapi.json")
	if err := json.Unmarshal([]byte(a.body), s.api); err != nil || len(s.api.Paths) < 40 {
		s.t.Fatalf("openapi.json: %d %v", a.status, err)
	}
	return s.api
}

// shape is the schema of what an operation takes as JSON; nil for none.
func (s *stand) shape(r web.Route) *schema {
	s.t.Helper()
	segments := strings.Split(r.Path, "/")
	for i, seg := range segments {
		if strings.HasPrefix(seg, ":") {
			segments[i] = "{" + seg[1:] + "}"
		}
	}
	op, ok := s.describe().Paths[strings.Join(segments, "/")][strings.ToLower(r.Method)]
	if !ok {
		if !strings.Contains(r.Path, "/openapi.") {
			s.t.Errorf("%s is not in the description", line(r))
		}
		return nil
	}
	if op.OperationID == "" {
		s.t.Errorf("%s has no operationId", line(r))
	}
	if op.Body == nil {
		return nil
	}
	return s.resolve(op.Body.Content["application/json"].Schema)
}

func (s *stand) resolve(x *schema) *schema {
	if x != nil && x.Ref != "" {
		return s.resolve(s.describe().Components.Schemas[x.Ref[strings.LastIndex(x.Ref, "/")+1:]])
	}
	return x
}

// text is a sound body for an operation, naming what village v has; taking leaves fields out.
func (s *stand) text(r web.Route, v *place, without ...string) string {
	shape := s.shape(r)
	if shape == nil {
		return ""
	}
	body, _ := s.sample(shape, "", v).(map[string]any)
	for _, name := range without {
		delete(body, name)
	}
	b, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// words are values of texts by their names in the API.
func words(v *place) map[string]any {
	return map[string]any{
		"household_id": v.home, "member_id": v.member, "goods_id": v.goods, "place_id": v.spare, "claim_id": v.claim, "line_id": v.entry,
		"ids": v.claim, "evidence": v.evidence, "occurred_on": "2026-11-09", "starts_on": "2026-11-10", "ends_on": "2026-12-31", "left_on": "2026-11-09",
		"line": "4:" + v.checked.String(), "lines": "4:" + v.checked.String(), "reason": "核对后不符合本村要求", "demand": "三天内清理门前杂物", "how": "counter", "answer": "已经去看过，下周修好", "grounds": "那天是两个人参加的，只记了一个人", "phone": "13700000000", "password": "不是这个密码啊", "new": "不是这个密码啊", "old": "不是这个",
		"item": "P24", "code": "G9", "unit": "桶", "name": "张三丰", "head": "李四光", "door": "9-9", "team": "1组", "relation": "兄弟", "receiver": "张三",
		"role": "committee", "kind": "群众代表", "residence": "local", "note": "清理河岸", "source": "", "id_number": "", "proofs": "photo", "hash": "00",
	}
}

func (s *stand) sample(x *schema, name string, v *place) any {
	x = s.resolve(x)
	switch kind(x) {
	case "object":
		out := map[string]any{}
		for key, p := range x.Properties {
			out[key] = s.sample(p, key, v)
		}
		if len(x.Properties) == 0 {
			out[""] = 1
		}
		return out
	case "array":
		return []any{s.sample(x.Items, name, v)}
	case "integer", "number":
		if x.Minimum != nil && *x.Minimum > 2 {
			return *x.Minimum
		}
		return 2
	case "boolean":
		return name != "dry_run"
	}
	if w, ok := words(v)[name]; ok && (len(x.Enum) == 0 || contains(x.Enum, w)) {
		return w
	}
	switch {
	case len(x.Enum) > 0:
		return x.Enum[0]
	case x.Format == "uuid":
		return v.home
	case x.Format == "date":
		return "2026-11-09"
	case x.Format == "date-time":
		return "2026-11-09T09:00:00+08:00"
	}
	return "测试"
}

func contains(all []any, one any) bool {
	for _, v := range all {
		if v == one {
			return true
		}
	}
	return false
}

// kind is the type of a schema; one that may also be null is of the other type.
func kind(x *schema) string {
	switch t := x.Type.(type) {
	case string:
		return t
	case []any:
		for _, one := range t {
			if one != "null" {
				return one.(string)
			}
		}
	}
	return "string"
}

// json is the request of a program.
func (s *stand) json(r web.Route, path, body string) call {
	c := call{method: r.Method, path: path, header: map[string]string{"X-Village": "11", "X-Tenant-ID": "11", "X-Village-ID": "11"}}
	if r.Method != http.MethodGet {
		c.header["Idempotency-Key"] = freshKey()
		c.kind, c.body = "application/json", body
		if body == "" {
			c.kind = ""
		}
	}
	return c
}
