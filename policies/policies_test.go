package policies_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/policies"
)

var update = flag.Bool("update", false, "write matrix.md anew")

// TestMatrix compares the compiled policy with matrix.md. An action without any line, or a line with an unknown
// action or role, fails in Compile.
func TestMatrix(t *testing.T) {
	t.Parallel()
	table, err := authz.Compile(policies.Model, policies.Policy)
	if err != nil {
		t.Fatal(err)
	}
	got := matrix(table)
	if *update {
		if err := os.WriteFile("matrix.md", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("matrix.md")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("matrix.md is not what the policy says; look at the difference, then: go test ./policies -update\n%s", d)
	}
}

func matrix(table *authz.Table) string {
	var b strings.Builder
	b.WriteString("# 谁可以做什么\n\n由 `go test ./policies -update` 生成。角色能做的事；对哪一户、哪一笔，另由业务规则判断。\n\n| 操作 | 说明 |")
	for _, r := range actor.Roles {
		fmt.Fprintf(&b, " %s<br>%s |", r.Chinese(), r)
	}
	b.WriteString("\n|---|---|" + strings.Repeat(":-:|", len(actor.Roles)) + "\n")
	for _, a := range authz.Actions {
		fmt.Fprintf(&b, "| `%s` | %s |", a, a.Chinese())
		for _, r := range actor.Roles {
			b.WriteString(map[bool]string{true: " ✓ |", false: "   |"}[table.May(r, a)])
		}
		b.WriteString("\n")
	}
	return b.String()
}
