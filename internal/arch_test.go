package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// ring says how far out a package stands: words, machines, the village's nouns, doors. A package imports only
// what stands further in; among machines and among doors freely; among nouns as beside says.
var ring = map[string]int{
	"fault": 0, "actor": 0, "month": 0, "page": 0, "chars": 0,

	"pg": 1, "audit": 1, "idem": 1, "crypt": 1, "queue": 1, "blob": 1, "picture": 1, "paper": 1, "sheetfile": 1, "initials": 1,
	"inform": 1, "session": 1, "limit": 1, "sms": 1, "authz": 1, "config": 1, "observe": 1, "stack": 1, "backup": 1,

	"figure": 2, "watch": 2, "assess": 2, "story": 2, "rescore": 2, "rulebook": 2, "ledger": 2, "evidence": 2, "village": 2, "tenant": 2, "account": 2, "group": 2, "household": 2, "claim": 2,
	"opinion": 2, "slot": 2, "inspect": 2, "exempt": 2, "signoff": 2, "notice": 2, "appeal": 2, "shop": 2, "bureau": 2, "activity": 2,
	"adoption": 2, "rehearse": 2, "evaluation": 2, "budget": 2, "supervise": 2, "archive": 2, "retention": 2, "passbook": 2, "yearend": 2, "finding": 2,
	"onboard": 2, "tenure": 2, "gift": 2, "opening": 2, "sso": 2,

	"web": 3, "work": 3, "app": 3, "demo": 3, "e2e": 3,
}

// beside lists which of the village's nouns may lean on which. The ledger leans on none.
var beside = map[string][]string{
	"tenant":     {"rulebook"},
	"tenure":     {"village", "ledger", "household", "bureau", "rulebook"},
	"onboard":    {"budget", "village", "group", "household", "shop", "rulebook", "account", "tenant", "bureau"},
	"group":      {"account", "ledger", "notice"},
	"household":  {"ledger", "rulebook"},
	"exempt":     {"rulebook", "group"},
	"slot":       {"rulebook", "exempt"},
	"rehearse":   {"rulebook", "exempt"},
	"claim":      {"rulebook", "evidence", "group", "slot", "ledger", "signoff"},
	"inspect":    {"exempt", "rulebook", "evidence", "group", "slot", "ledger", "signoff"},
	"activity":   {"rulebook", "evidence", "claim"},
	"signoff":    {"rulebook", "ledger", "evidence"},
	"notice":     {"rulebook", "ledger"},
	"finding":    {"rulebook", "evidence", "group", "slot", "ledger", "signoff"},
	"appeal":     {"rulebook", "ledger", "group", "notice"},
	"shop":       {"ledger", "evidence"},
	"sso":        {"account"},
	"gift":       {"ledger", "group"},
	"opening":    {"ledger", "group"},
	"adoption":   {"rulebook", "evidence"},
	"passbook":   {"ledger", "household", "evidence"},
	"yearend":    {"ledger", "exempt", "group"},
	"bureau":     {},
	"rescore":    {"rulebook", "evidence"},
	"assess":     {"figure"},
	"evaluation": {"rulebook", "bureau"},
	"budget":     {"shop", "evidence"},
	"retention":  {"evidence"},
	"archive":    {"ledger", "notice", "signoff"},
}

// only names the packages that may import a foreign machine: each machine has one way in.
var only = map[string][]string{
	"github.com/coreos/go-oidc/v3":     {"sso"},
	"golang.org/x/oauth2":              {"sso"},
	"github.com/jackc/pgx/v5/pgxpool":  {"pg"},
	"github.com/labstack/echo/v4":      {"web", "app"},
	"github.com/hibiken/asynq":         {"queue"},
	"github.com/casbin/casbin/v2":      {"authz"},
	"github.com/minio/minio-go/v7":     {"blob"},
	"github.com/redis/go-redis/v9":     {"session", "queue", "limit", "work", "app", "stack", "web/visit"},
	"github.com/xuri/excelize/v2":      {"sheetfile"},
	"github.com/signintech/gopdf":      {"paper"},
	"github.com/danielgtaylor/huma/v2": {"web/api"},
}

// TestImports reads the source itself rather than asking "go list", so that the test cache notices when an
// import changes.
func TestImports(t *testing.T) {
	const mod = "cunfen/internal/"
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		name := path.Dir(filepath.ToSlash(file))
		if strings.HasSuffix(name, "test") {
			return nil
		}
		from, ok := ringOf(name)
		if !ok {
			t.Errorf("%s: package %s stands in no ring", file, name)
			return nil
		}
		seen[name] = true
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			if who := foreign(imp); who != nil && !slices.ContainsFunc(who, func(p string) bool { return name == p || strings.HasPrefix(name, p+"/") }) {
				t.Errorf("%s imports %s; only %s may", file, imp, who)
			}
			dep, ok := strings.CutPrefix(imp, mod)
			if !ok {
				continue
			}
			to, known := ringOf(dep)
			switch {
			case !known:
				t.Errorf("%s imports %s, which stands in no ring", file, dep)
			case to > from, to == from && from == 0, to == from && from == 2 && !slices.Contains(beside[name], dep):
				t.Errorf("%s (ring %d) imports %s (ring %d)", file, from, dep, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range ring {
		if !seen[name] && name != "e2e" {
			t.Errorf("ring names package %s, which is not there", name)
		}
	}
}

// ringOf is a package's ring; every room of the pages stands where the web stands.
func ringOf(name string) (int, bool) {
	if strings.HasPrefix(name, "web/") {
		name = "web"
	}
	n, ok := ring[name]
	return n, ok
}

// foreign is who may import a library, or nil where anybody may; subpackages count as the library.
func foreign(imp string) []string {
	for lib, who := range only {
		if imp == lib || strings.HasPrefix(imp, lib+"/") {
			return who
		}
	}
	return nil
}
