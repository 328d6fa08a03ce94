package api

import (
	"flag"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"cunfen/internal/web/ui"
)

var update = flag.Bool("update", false, "write openapi.yaml anew")

// TestDocument compares the description with the one that callers have; a change of it is a change for them.
func TestDocument(t *testing.T) {
	now, err := build(&ui.Site{}).huma.OpenAPI().YAML()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("openapi.yaml", now, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stands, err := os.ReadFile("openapi.yaml")
	if err != nil || string(stands) != string(now) {
		t.Errorf("openapi.yaml is not what the code says (%v); look at the difference and run: go test ./internal/web/api -run TestDocument -update", err)
	}
	if !strings.Contains(string(now), "openapi: 3.1.0") {
		t.Error("not OpenAPI 3.1")
	}
}

func operations(doc *huma.OpenAPI) (all []*huma.Operation) {
	for _, p := range doc.Paths {
		for _, op := range []*huma.Operation{p.Get, p.Post, p.Put, p.Delete, p.Patch} {
			if op != nil {
				all = append(all, op)
			}
		}
	}
	return all
}

func TestOperations(t *testing.T) {
	table := build(&ui.Site{})
	doc := table.huma.OpenAPI()
	seen := map[string]bool{}
	for _, op := range operations(doc) {
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(op.OperationID) || seen[op.OperationID] {
			t.Errorf("%s %s: operationId %q is malformed or not the only one", op.Method, op.Path, op.OperationID)
		}
		seen[op.OperationID] = true
		if !strings.ContainsFunc(op.Summary, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || len(op.Tags) != 1 {
			t.Errorf("%s: wants a summary in Chinese and one group", op.OperationID)
		}
		for _, name := range regexp.MustCompile(`{(.*?)}`).FindAllStringSubmatch(op.Path, -1) {
			if !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "path" && p.Name == name[1] }) {
				t.Errorf("%s does not read {%s}", op.OperationID, name[1])
			}
		}
		keyed := slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == keyName && p.Required })
		if want := op.Method != http.MethodGet && op.Tags[0] != session; keyed != want {
			t.Errorf("%s: declares %s: %v", op.OperationID, keyName, keyed)
		}
	}
	if len(seen)+2 != len(table.routes) {
		t.Errorf("%d operations are described, %d routes laid", len(seen), len(table.routes))
	}
	for _, r := range table.routes {
		if r.Public != (r.Action == "") || strings.Contains(r.Path, "{") {
			t.Errorf("%s %s is laid wrong: %+v", r.Method, r.Path, r)
		}
	}
}

// TestBounds asks of everything that a caller can send that it is bounded: texts in length, numbers in size,
// lists in number; and that nothing that is not described is taken.
func TestBounds(t *testing.T) {
	doc := build(&ui.Site{}).huma.OpenAPI()
	for _, op := range operations(doc) {
		for _, p := range op.Parameters {
			bounded(t, doc, op.OperationID+" "+p.Name, p.Schema)
		}
		if op.RequestBody == nil {
			continue
		}
		for kind, body := range op.RequestBody.Content {
			if kind == "application/json" {
				bounded(t, doc, op.OperationID, body.Schema)
			}
		}
	}
}

func bounded(t *testing.T, doc *huma.OpenAPI, where string, s *huma.Schema) {
	t.Helper()
	if s.Ref != "" {
		s = doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	switch s.Type {
	case huma.TypeString:
		if s.MaxLength == nil && len(s.Enum) == 0 {
			t.Errorf("%s: a text without bound", where)
		}
	case huma.TypeInteger, huma.TypeNumber:
		if s.Minimum == nil || s.Maximum == nil {
			t.Errorf("%s: a number without bounds", where)
		}
	case huma.TypeArray:
		if s.MaxItems == nil {
			t.Errorf("%s: a list without bound", where)
		}
		bounded(t, doc, where+"[]", s.Items)
	case huma.TypeObject:
		more, _ := s.AdditionalProperties.(*huma.Schema)
		if more == nil && s.AdditionalProperties != false || more != nil && s.MaxProperties == nil {
			t.Errorf("%s: takes what is not described", where)
		}
		if more != nil {
			bounded(t, doc, where+".*", more)
		}
		for name, p := range s.Properties {
			bounded(t, doc, where+"."+name, p)
		}
	case huma.TypeBoolean:
	default:
		t.Errorf("%s: anything goes", where)
	}
}
