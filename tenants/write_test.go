package tenants

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cunfen/internal/rulebook"
)

// TestRoundTrip writes every village's rules out and reads them in again: they are the same.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	towns, found := Check(FS)
	if len(found) > 0 {
		t.Fatal(found)
	}
	doc := Document()
	sets := map[string]rulebook.RuleSet{"the document": doc}
	for _, v := range towns[0].Villages {
		sets[v.Name] = v.Rules
	}
	both := doc
	both.Items = slices.Clone(doc.Items)
	both.Settings.ContestEntry, both.Settings.OpenCeiling, both.Settings.RedemptionNeeds = rulebook.Added, 8, []rulebook.Need{rulebook.NeedNotice}
	for n, i := range both.Items {
		if i.Code == "P15" {
			parts := slices.Clone(i.Parts)
			parts[0].Points, parts[5].Points = 3, 6
			both.Items[n].Parts, both.Items[n].Title, both.Items[n].ValueText, both.Items[n].Text = parts, "文化活动", "3/1/1/2/3/6/5", "管护设施的，积3分。"
		}
		if i.Code == "P17" {
			both.Items[n].Parts = append(slices.Clone(i.Parts), rulebook.Part{Code: "t4", Label: "全国表彰", Unit: rulebook.Award, Points: 20, Cap: i.Parts[0].Cap, Ladder: i.Parts[0].Ladder})
			both.Items[n].ValueText, both.Items[n].Text = "5/10/15/20", "受到全国表彰的，积20分。"
		}
	}
	both.Changes = []rulebook.Change{{Do: rulebook.Revalue, Code: "P15", Reason: "鼓励管护"}, {Do: rulebook.Reword, Code: "P15", Reason: "说得短"}, {Do: rulebook.Rung, Code: "P17", Reason: "文件没有写到"}}
	both, found = Rebuild(both)
	if len(found) > 0 {
		t.Fatal(found)
	}
	if i, _ := both.Item("P15"); i.Parts[0].Points != 3 || i.Parts[5].Points != 6 || i.Title != "文化活动" || i.Parts[2].ReplacedBy != "" {
		t.Errorf("P15 came back as %+v", i)
	}
	if i, _ := both.Item("P17"); len(i.Parts) != 4 {
		t.Errorf("P17 came back as %+v", i)
	}
	if i, _ := both.Item("P25"); i.Ceiling != 8 {
		t.Errorf("the ceiling of P25 is %d", i.Ceiling)
	}
	sets["everything changed"] = both
	for name, set := range sets {
		data, err := WriteRules(set)
		if err != nil {
			t.Fatal(err)
		}
		again, found := ParseRules("上传的文件", data)
		if len(found) > 0 {
			t.Errorf("%s: %s\n%s", name, found, data)
		}
		order := func(set rulebook.RuleSet) rulebook.RuleSet {
			set.Changes = slices.SortedFunc(slices.Values(set.Changes), func(a, b rulebook.Change) int {
				return strings.Compare(a.Code+string(a.Do)+a.Reason, b.Code+string(b.Do)+b.Reason)
			})
			return set
		}
		if d := cmp.Diff(order(set), order(again)); d != "" {
			t.Errorf("%s is not what it was:\n%s\n%s", name, d, data)
		}
	}
	back := both
	back.Settings.ContestEntry, back.Settings.OpenCeiling = rulebook.Replaced, 10
	back, _ = Rebuild(back)
	if i, _ := back.Item("P15"); i.Parts[2].ReplacedBy == "" {
		t.Error("settled back, the contest's entry is still added to its prize")
	}
	if i, _ := back.Item("P25"); i.Ceiling != 10 {
		t.Errorf("settled back, the ceiling of P25 is %d", i.Ceiling)
	}
}

func TestParseRulesTellsTheLine(t *testing.T) {
	t.Parallel()
	_, found := ParseRules("上传的文件", []byte("extends: _template\nyear: 2027\nin_force_from: 2027-01-01\nreason: 新的一年\nchanges:\n  - do: revalue\n    code: P07\n    value: 800\n    value_text: 8分/月次\n    text: 分类好的，每月次积8分；\n    reason: 加大力度\n"))
	if len(found) == 0 || found[0].Line != 8 || found[0].File != "上传的文件" || !strings.Contains(found[0].Text, "-100 到 100") {
		t.Errorf("%v", found)
	}
	if _, found := ParseRules("上传的文件", []byte("a: [")); len(found) != 1 || found[0].Line == 0 {
		t.Errorf("%v", found)
	}
}
