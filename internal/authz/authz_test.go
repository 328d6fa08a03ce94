package authz

import (
	"strings"
	"testing"

	"cunfen/internal/actor"
	"cunfen/policies"
)

func compiled(t testing.TB) *Table {
	t.Helper()
	table, err := Compile(policies.Model, policies.Policy)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestMay(t *testing.T) {
	t.Parallel()
	table := compiled(t)
	for _, c := range []struct {
		role actor.Role
		a    Action
		want bool
	}{
		{actor.Lead, ClaimReview, true}, {actor.Lead, GroupManage, true}, {actor.Lead, PassbookView, true},
		{actor.Committee, ClaimReview, true}, {actor.Committee, GroupManage, false}, {actor.Committee, SheetPublish, false},
		{actor.Grid, ClaimRecord, true}, {actor.Grid, ClaimReview, false}, {actor.Grid, ClaimSubmit, true},
		{actor.Desk, RedemptionMake, true}, {actor.Desk, GoodsManage, false},
		{actor.Household, ClaimSubmit, true}, {actor.Household, HouseholdView, false}, {actor.Household, ClaimView, false},
		{actor.Bureau, TownAudit, true}, {actor.Bureau, HouseholdView, false}, {actor.Bureau, ClaimReview, false},
		{actor.Bureau, RulesCheck, true}, {actor.Bureau, RulesLegal, true}, {actor.Bureau, RulesDraft, false}, {actor.Lead, RulesCheck, false},
		{actor.Department, RulesCheck, false}, {actor.Department, RulesLegal, false}, {actor.Department, TownView, true}, {actor.Department, TownAudit, false},
		{actor.Platform, PlatformManage, true}, {actor.Platform, HouseholdView, false},
		{actor.Worker, SessionOwn, false}, {"", SessionOwn, false}, {"r:lead", ClaimReview, false}, {"admin", ClaimReview, false},
		{actor.Lead, "", false}, {actor.Lead, "claim.*", false}, {actor.Lead, "claim.delete", false},
	} {
		if got := table.May(c.role, c.a); got != c.want {
			t.Errorf("May(%q, %q) = %v", c.role, c.a, got)
		}
	}
	for _, a := range Actions {
		if table.May(actor.Committee, a) && !table.May(actor.Lead, a) {
			t.Errorf("a committee member may %s, the lead may not", a)
		}
		if a.Chinese() == "" || a.Chinese() == string(a) {
			t.Errorf("%s has no Chinese name", a)
		}
	}
}

// Somebody whose name is that of a role gains nothing by it (INV-17).
func TestNamedLikeARole(t *testing.T) {
	t.Parallel()
	e, err := enforcer(policies.Model, policies.Policy)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"r:lead", "lead", "u:r:lead", "u:lead", "admin", "r:platform", "*", ""} {
		for _, a := range Actions {
			if ok, err := e.Enforce(name, "v:1", string(a)); ok || err != nil {
				t.Errorf("%q may %s (%v)", name, a, err)
			}
		}
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	good := string(policies.Policy)
	for name, policy := range map[string]string{
		"empty":          "",
		"comments only":  "# nothing\n",
		"unknown role":   good + "\np, r:mayor, claim.review\n",
		"role unmarked":  good + "\np, lead, claim.review\n",
		"unknown action": good + "\np, r:lead, claim.burn\n",
		"a person":       good + "\ng, u:1, r:lead, v:1\n",
		"one village":    good + "\ng, r:grid, r:lead, v:1\n",
		"unknown type":   good + "\nq, r:lead, claim.review\n",
		"twice":          good + "\np, r:lead, group.manage\n",
		"bad quoting":    good + "\np, \"r:lead, group.manage\n",
		"undecided":      strings.ReplaceAll(good, "p, r:lead, group.manage\n", ""),
	} {
		if _, err := Compile(policies.Model, []byte(policy)); err == nil {
			t.Errorf("%s: compiled", name)
		}
	}
	for name, model := range map[string]string{
		"empty":       "",
		"no village":  strings.ReplaceAll(string(policies.Model), "_, _, _", "_, _"),
		"every place": strings.ReplaceAll(string(policies.Model), "g(r.sub, p.sub, r.dom)", `g(r.sub, p.sub, "v:1")`),
	} {
		if _, err := Compile([]byte(model), policies.Policy); err == nil {
			t.Errorf("model %s: compiled", name)
		}
	}
}

func BenchmarkMay(b *testing.B) {
	table := compiled(b)
	b.ReportAllocs()
	for b.Loop() {
		if !table.May(actor.Lead, PlatformManage) && table.May(actor.Household, ClaimReview) {
			b.Fatal("wrong")
		}
	}
}
