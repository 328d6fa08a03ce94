package rulebook_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

type q = map[string]int

func one(n int) q { return q{"": n} }

// scores has every item of the document by its code: quantities and what they are worth.
var scores = map[string][]struct {
	parts q
	want  int
}{
	"P01": {{one(1), 5}, {one(4), 20}}, "P02": {{one(2), 10}}, "P03": {{one(1), 5}},
	"P04": {{one(1), 10}}, "P05": {{one(1), 8}}, "P06": {{one(1), 5}}, "P07": {{one(1), 5}}, "P08": {{one(1), 5}},
	"P09": {{one(1), 5}}, "P10": {{one(1), 5}}, "P11": {{one(1), 5}}, "P12": {{one(1), 5}}, "P13": {{one(1), 5}},
	"P14": {{q{"a": 1}, 5}, {q{"b": 1}, 5}, {q{"a": 1, "b": 1}, 10}},
	"P15": {{q{"a": 1}, 2}, {q{"b": 1}, 1}, {q{"c": 1}, 1}, {q{"d1": 1}, 2}, {q{"d2": 1}, 3}, {q{"d3": 1}, 4}, {q{"d4": 1}, 5},
		{q{"c": 1, "d2": 1}, 3}, {q{"a": 1, "b": 1, "c": 1}, 4}, {q{"a": 1, "b": 1, "c": 1, "d4": 1}, 8}},
	"P16": {{one(1), 5}}, "P17": {{q{"t1": 1}, 5}, {q{"t2": 1}, 10}, {q{"t3": 1}, 15}}, "P18": {{one(1), 5}},
	"P19": {{q{"t1": 1}, 10}, {q{"t2": 1}, 20}, {q{"t3": 1}, 30}, {q{"t4": 1}, 40}},
	"P20": {{one(1), 5}}, "P21": {{one(1), 5}}, "P22": {{q{"t1": 1}, 5}, {q{"t2": 1}, 10}},
	"P23": {{one(1), 5}}, "P24": {{one(1), 5}}, "P25": {{one(1), 1}, {one(10), 10}},
	"N01": {{one(1), -10}}, "N02": {{one(1), -10}},
	"N03": {{q{"t1": 1}, -10}, {q{"t2": 1}, -15}, {q{"t3": 1}, -20}},
	"N04": {{one(1), -10}}, "N05": {{one(1), -10}}, "N06": {{one(1), -20}}, "N07": {{one(1), -10}},
	"N08": {{one(1), -5}, {one(3), -15}}, "N09": {{one(2), -10}},
	"N10": {{one(1), -5}}, "N11": {{one(1), -5}}, "N12": {{one(1), -5}}, "N13": {{one(1), -5}}, "N14": {{one(1), -5}},
	"N15": {{one(1), -5}}, "N16": {{one(1), -5}}, "N17": {{one(1), -10}},
	"N18": {{q{"a": 3}, -15}, {q{"b": 1}, -10}, {q{"a": 2, "b": 1}, -20}},
	"N19": {{one(1), -10}}, "N20": {{q{"a": 1}, -5}, {q{"b": 1}, -5}, {q{"a": 1, "b": 1}, -10}},
	"N21": {{q{"t1": 1}, -5}, {q{"t2": 1}, -10}}, "N22": {{one(1), -10}}, "N23": {{one(1), -10}}, "N24": {{one(1), -10}},
	"N25": {{one(1), -1}, {one(10), -10}},
}

func TestScoreOfEveryItem(t *testing.T) {
	set := tenants.Document()
	if len(scores) != 50 || len(set.Items) != 50 {
		t.Fatalf("%d items scored, %d in the document", len(scores), len(set.Items))
	}
	for _, i := range set.Items {
		covered := q{}
		for _, c := range scores[i.Code] {
			maps.Copy(covered, c.parts)
			i.On = true
			if got, err := i.Score(c.parts); err != nil || got != c.want {
				t.Errorf("%s %v: %d, %v; want %d", i.Code, c.parts, got, err, c.want)
			}
		}
		if len(covered) != len(i.Parts) {
			t.Errorf("%s: %d of %d parts scored", i.Code, len(covered), len(i.Parts))
		}
	}
}

func TestScoreRefuses(t *testing.T) {
	set := tenants.Document()
	for _, c := range []struct {
		code  string
		parts q
		want  *fault.Error
		field string
		text  string
	}{
		{"N03", q{"t1": 1}, rulebook.ErrOff, "item", "非法上访"},
		{"P01", nil, rulebook.ErrNoPart, "part", "爱党爱国宣教活动"},
		{"P01", one(0), rulebook.ErrQuantity, "quantity", "1 到 100"},
		{"P01", one(-1), rulebook.ErrQuantity, "quantity", ""},
		{"P01", one(101), rulebook.ErrQuantity, "quantity", ""},
		{"P07", one(2), rulebook.ErrOnce, "quantity", "垃圾分类"},
		{"P14", q{"a": 2}, rulebook.ErrOnce, "quantity", "绿色殡葬与文明祭扫：骨灰盒进公墓"},
		{"P14", one(1), rulebook.ErrPart, "part", ""},
		{"P04", q{"t1": 1}, rulebook.ErrPart, "part", ""},
		{"P19", q{"t1": 1, "t2": 1}, rulebook.ErrOneRung, "part", "好人与道德典型"},
		{"P15", q{"d1": 1, "d4": 1}, rulebook.ErrOneRung, "part", ""},
		{"P25", one(11), rulebook.ErrPoints, "points", "1 到 10 分"},
		{"N25", one(-3), rulebook.ErrPoints, "points", ""},
	} {
		i, err := set.Item(c.code)
		if err != nil {
			t.Fatal(err)
		}
		_, err = i.Score(c.parts)
		if f := fault.Of(err); !errors.Is(err, c.want) || f.Field != c.field || !strings.Contains(f.Text, c.text) {
			t.Errorf("%s %v: %v at %q %q", c.code, c.parts, err, fault.Of(err).Field, fault.Of(err).Text)
		}
	}
}

func TestScoreOpenWantsAReason(t *testing.T) {
	open, _ := tenants.Document().Item("N25")
	if _, err := open.ScoreOpen(3, "太吵"); !errors.Is(err, rulebook.ErrReason) {
		t.Errorf("short reason: %v", err)
	}
	if got, err := open.ScoreOpen(3, "夜里多次在广场高声放音响，劝后不改"); err != nil || got != -3 {
		t.Errorf("%d, %v", got, err)
	}
}

func TestContestEntryAdded(t *testing.T) {
	set := tenants.Document()
	set.Settings.ContestEntry = rulebook.Added
	set.Settle()
	i, _ := set.Item("P15")
	if got, _ := i.Score(q{"c": 1, "d2": 1}); got != 4 {
		t.Errorf("%d, want 4", got)
	}
	if i, _ = tenants.Document().Item("P15"); i.Parts[2].ReplacedBy == "" {
		t.Error("settling one set changed another")
	}
}

func TestPeriodOfEveryPart(t *testing.T) {
	on := time.Date(2026, 11, 30, 17, 30, 0, 0, time.UTC) // December in the village
	want := map[rulebook.Per]string{rulebook.PerMonth: "2026-12", rulebook.PerQuarter: "2026-Q4", rulebook.PerYear: "2026"}
	yearly := "P03 P04 P06 P13 P14a P14b P15a P20 P21 P22t1 P22t2 N04 N05 N06 N07 N17 N19 N20a N22 N23"
	var got []string
	for _, i := range tenants.Document().Items {
		for _, p := range i.Parts {
			if p.Period(on) != want[p.Cap.Per] {
				t.Errorf("%s%s: %q for a cap per %s", i.Code, p.Code, p.Period(on), p.Cap.Per)
			}
			if p.Cap.Per == rulebook.PerYear {
				got = append(got, i.Code+p.Code)
			}
		}
	}
	if strings.Join(got, " ") != yearly {
		t.Errorf("once a year: %v", got)
	}
}

func TestPeriodsUsed(t *testing.T) {
	on := time.Date(2026, 11, 23, 0, 0, 0, 0, month.Zone)
	for _, c := range []struct {
		code  string
		parts q
		want  []string
	}{
		{"P07", one(1), []string{"2026-11"}},
		{"P15", q{"a": 1, "b": 1, "c": 1}, []string{"a:2026", "b:2026-Q4"}},
		{"P22", q{"t2": 1}, []string{"family_title:2026"}},
		{"P16", one(1), nil},
	} {
		i, _ := tenants.Document().Item(c.code)
		var got []string
		for _, p := range i.Parts {
			if key := p.Key(rulebook.Event{OccurredOn: on}); c.parts[p.Code] > 0 && key != "" {
				got = append(got, key)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.code, got, c.want)
		}
	}
}

func TestOpposites(t *testing.T) {
	set := tenants.Document()
	for _, c := range []struct{ code, part, want string }{
		{"P08", "", "N08 N09"}, {"N09", "", "P08"}, {"N20", "a", "P15"}, {"N20", "b", ""}, {"P15", "c", "N20a"}, {"P16", "", ""},
	} {
		if got := strings.Join(set.Opposites(c.code, c.part), " "); got != c.want {
			t.Errorf("%s%s: %q, want %q", c.code, c.part, got, c.want)
		}
	}
	set.Settings.Mirrors = rulebook.Both
	if got := set.Opposites("P08", ""); got != nil {
		t.Errorf("both: %v", got)
	}
}

func TestEvidence(t *testing.T) {
	set := tenants.Document()
	for _, c := range []struct {
		code  string
		kinds []rulebook.Evidence
		want  error
	}{
		{"P01", nil, rulebook.ErrNoEvidence},
		{"P01", []rulebook.Evidence{rulebook.Photo}, rulebook.ErrEvidenceMissing},
		{"P01", []rulebook.Evidence{rulebook.Photo, rulebook.AttendanceList}, nil},
		{"P23", []rulebook.Evidence{rulebook.MedicalRecord}, rulebook.ErrEvidenceForbidden},
		{"P16", []rulebook.Evidence{rulebook.Feedback, rulebook.News}, rulebook.ErrEvidenceForbidden},
	} {
		i, _ := set.Item(c.code)
		if err := i.CheckEvidence(c.kinds); !errors.Is(err, c.want) {
			t.Errorf("%s %v: %v", c.code, c.kinds, err)
		}
	}
	for _, i := range set.Items {
		for _, k := range rulebook.NeverKept {
			if slices.Contains(i.Accepts(), k) {
				t.Errorf("%s takes %s", i.Code, k)
			}
		}
		if i.Sign == rulebook.Minus && !slices.Contains(i.Forbidden, rulebook.PoliceRecord) {
			t.Errorf("%s does not forbid police records", i.Code)
		}
	}
}

func TestEveryWordHasItsChinese(t *testing.T) {
	for _, k := range rulebook.Kinds {
		if k.Chinese() == "" {
			t.Errorf("evidence %s", k)
		}
	}
	for _, f := range rulebook.Focuses {
		if f.Chinese() == "" {
			t.Errorf("focus %s", f)
		}
	}
	for _, d := range rulebook.Dos {
		if d.Chinese() == "" {
			t.Errorf("change %s", d)
		}
	}
	for _, u := range rulebook.Units {
		if u.Each() == "" && u != rulebook.Open {
			t.Errorf("unit %s", u)
		}
	}
}

func TestWorth(t *testing.T) {
	set := tenants.Document()
	for code, want := range map[string]string{
		"P07": "每月加 5 分", "N08": "每处减 5 分", "N25": "由工作小组议定，最多减 10 分",
		"N18": "参加赌博，每人次减 5 分；提供场所，每次减 10 分",
		"P14": "骨灰盒进公墓、绿色生态殡葬，每年加 5 分；文明低碳祭扫，每年加 5 分",
	} {
		i, _ := set.Item(code)
		if got := i.Worth(); got != want {
			t.Errorf("%s: %s", code, got)
		}
	}
}
