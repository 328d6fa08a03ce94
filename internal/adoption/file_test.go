package adoption

import (
	"slices"
	"strings"
	"testing"

	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

// TestScreenAndFileAgree does on screen all that can be done to a draft, writes it as its file, begins anew and
// puts the file in: it is the very same text, so that even the steps recorded for the first would stand for it.
// Then the villages' own files go the other way round.
func TestScreenAndFileAgree(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := t.Context()
	s.prepared() // revalued and reworded
	s.ok(s.Review(ctx, s.officer, pgtest.A, "N18", "生效的法院判决", "只能凭生效的判决认定，不收公安材料"))
	edit := func(code string, change func(*Edit)) {
		t.Helper()
		i, err := s.draft().Body.Item(code)
		s.ok(i, err)
		e := Edit{Title: i.Title, Text: i.Text, ValueText: i.ValueText, On: i.On, Why: "村民代表提的"}
		change(&e)
		s.ok(s.Edit(ctx, s.lead, 0, code, e))
	}
	edit("P24", func(e *Edit) { e.On = false })
	edit("N18", func(e *Edit) { e.On = true })
	edit("P19", func(e *Edit) {
		e.Points, e.ValueText, e.Text = map[string]int{"t1": 12, "t2": 20, "t3": 30, "t4": 40}, "12/20/30/40", "镇级好人积12分，县级道德典型积20分，省级积30分，国家级积40分；"
	})
	edit("P20", func(e *Edit) { e.Title, e.Text = "孝老爱亲", "家庭和睦，孝敬老人，积5分；" })
	for _, n := range []NewItem{
		{Sign: rulebook.Plus, Class: "网格治理", Title: "夜间巡堤", Text: "台风天参加夜间巡堤的，每人次积4分；", Unit: rulebook.PersonTime, Points: 4, Notice: rulebook.Named, Proofs: []rulebook.Evidence{rulebook.AttendanceList}, Focus: []rulebook.Focus{rulebook.Volunteering}, Why: "台风天最缺人手"},
		{Sign: rulebook.Plus, Class: "农村人居环境整治", Title: "门前三包", Text: "门前三包做到的，每月次积3分；", Unit: rulebook.Month, Points: 3, Monthly: true, Notice: rulebook.ByClass, Proofs: []rulebook.Evidence{rulebook.Photo, rulebook.Feedback}, Why: "路边要干净"},
		{Sign: rulebook.Minus, Class: "农村人居环境整治", Title: "海堤堆渔具", Text: "在海堤上堆放渔具，告知后仍不清理的，每处减2分；", Unit: rulebook.Spot, Points: 2, Notice: rulebook.ByClass, Proofs: []rulebook.Evidence{rulebook.Photo}, Why: "影响防汛"},
		{Sign: rulebook.Plus, Class: "其他项目", Title: "村里再定的好事", Text: "其他由村民代表会议议定的好事，写明理由；", Unit: rulebook.Open, Points: 6, Notice: rulebook.Named, Proofs: []rulebook.Evidence{rulebook.Photo}, Why: "留一点余地"},
	} {
		d, _, err := s.Add(ctx, s.lead, 0, n)
		s.ok(d, err)
	}
	s.ok(s.Drop(ctx, s.lead, 0, "P21", "水电费已经自动扣缴"))
	s.ok(s.Drop(ctx, s.lead, 0, "N09", "和 N08 重复"))
	w := s.draft()
	in := Settled{"2027-01-01", "2027 年度细则，重点说清", 80, w.Body.Settings}
	in.Settings.ContestEntry, in.Settings.OpenCeiling, in.Settings.ObjectionDays, in.Settings.Mirrors = rulebook.Added, 8, 10, rulebook.Both
	s.ok(s.Settle(ctx, s.lead, 0, in))
	if w = s.draft(); len(Refused(w.Findings)) > 0 {
		t.Fatalf("%+v", w.Findings)
	}
	file, err := tenants.WriteRules(w.Body)
	s.ok(file, err)
	for _, do := range []string{"do: revalue", "do: reword", "do: switch", "do: add", "do: drop", "objection_days: 10", "reason: 台风天最缺人手"} {
		if !strings.Contains(string(file), do) {
			t.Errorf("the file does not say %q:\n%s", do, file)
		}
	}
	s.ok(s.Discard(ctx, s.lead, "换个办法再起草"))
	s.ok(s.Start(ctx, s.lead, true))
	_, found, err := s.Upload(ctx, s.lead, 0, "rules.yaml", file)
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	again := s.draft()
	if diff := Compare(w.Body, again.Body); len(diff) > 0 || again.Digest != w.Digest {
		t.Errorf("the file is another text (%v): %v", again.Digest != w.Digest, diff)
	}
	if a, b := Compare(document(), w.Body), Compare(document(), again.Body); !slices.Equal(a, b) || len(a) < 12 {
		t.Errorf("the differences from the document:\n%v\n%v", a, b)
	}
	towns, found := tenants.Check(tenants.FS)
	if len(found) > 0 {
		t.Fatal(found)
	}
	for _, v := range towns[0].Villages {
		file, err := tenants.WriteRules(v.Rules)
		s.ok(file, err)
		if _, found, err := s.Upload(ctx, s.lead, 0, "rules.yaml", file); err != nil || len(found) > 0 {
			t.Fatal(v.Name, found, err)
		}
		on := s.draft().Body
		back, err := tenants.WriteRules(on)
		s.ok(back, err)
		if string(back) != string(file) || len(Compare(v.Rules, on)) > 0 {
			t.Errorf("%s comes back otherwise:\n%s\n%s", v.Name, file, back)
		}
	}
}
