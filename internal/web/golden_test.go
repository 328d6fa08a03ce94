package web_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"cunfen/internal/web"
)

var update = flag.Bool("update", false, "write doc/negatives.md anew")

const goldenFile = "../../doc/negatives.md"

// golden compares what was tried with the table that stands in doc/.
func golden(t *testing.T, routes []web.Route, table map[string][]string) {
	t.Helper()
	now := printed(routes, table)
	if *update {
		if err := os.WriteFile(goldenFile, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	stands, err := os.ReadFile(goldenFile)
	if err != nil || string(stands) != now {
		t.Errorf("doc/negatives.md is not what was tried (%v); look at the difference and run: go test ./internal/web -run TestNegatives -update", err)
	}
}

func printed(routes []web.Route, table map[string][]string) string {
	counts, cells := map[string]int{}, 0
	for _, row := range table {
		for _, c := range row {
			counts[c]++
			cells++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# What was tried and must fail

Written by `+"`go test ./internal/web -run TestNegatives -update`"+`, which reads the route table of the server, so that no route is left out.
Each of the %d routes was asked for by each of %d people over HTTP, with the ids of village A in path, form, JSON and headers:
%d cells. People without a village in their heading are of village A, those above the villages of township 1. Villages A and B lie in township 1, C in township 2.

| answer | cells | what is checked |
|---|---:|---|
| → | %d | led to the sign-in page |
| 401 | %d | told to sign in |
| 403 | %d | the role may not; the answer holds nothing of village A |
| 404 | %d | another village's, and byte for byte the answer to an id that nobody has, but for the request's number (an edit of goods by its version: 409 for both) |
| own | %d | another household of the same village: refused by the domain (403, 404 or 409) |
| ✓ | %d | may: gets an answer; of another village, what they do leaves A untouched |
| open | %d | public: never a fault of the server |

After every route all rows of village A, in every table that has a `+"`village_id`"+`, are the same as before; what is recorded of somebody turned away is the exception.

`, len(routes), len(columns), cells, counts[toSignIn], counts[nobody], counts[refused], counts[absent], counts[notTheir], counts[allowed], counts[open])
	head, rule := "| route | permission |", "|---|---|"
	for _, c := range columns {
		head, rule = head+" "+c.says+" |", rule+":-:|"
	}
	b.WriteString(head + "\n" + rule + "\n")
	for _, r := range inOrder(routes) {
		action := "—"
		if !r.Public {
			action = "`" + string(r.Action) + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", line(r), action, strings.Join(table[line(r)], " | "))
	}
	return b.String()
}

// inOrder is the table's own order, with the files at its end by name: they come in any order.
func inOrder(routes []web.Route) []web.Route {
	all := slices.Clone(routes)
	slices.SortStableFunc(all, func(a, b web.Route) int {
		switch {
		case a.Static && b.Static:
			return strings.Compare(a.Path, b.Path)
		case a.Static:
			return 1
		case b.Static:
			return -1
		}
		return 0
	})
	return all
}
