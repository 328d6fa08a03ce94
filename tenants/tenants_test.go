package tenants

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/rulebook"
)

func TestEveryFolderIsSound(t *testing.T) {
	towns, problems := Check(FS)
	if len(problems) > 0 {
		t.Fatalf("tenants/ has problems:\n%s", problems)
	}
	for _, town := range towns {
		for _, v := range town.Villages {
			if town.Dir == "demo" {
				demoVillage(t, v)
			}
		}
	}
}

// The folder on disk holds no township that the binary leaves out.
func TestEmbedHoldsEveryFolder(t *testing.T) {
	onDisk := folders(os.DirFS("."), ".")
	embedded := append(folders(FS, "."), "testdata")
	slices.Sort(embedded)
	if !slices.Equal(onDisk, embedded) {
		t.Errorf("on disk %v, embedded %v: name the folder in embed.go", onDisk, embedded)
	}
}

func demoVillage(t *testing.T, v Village) {
	t.Helper()
	roles, kinds := map[actor.Role]int{}, map[string]bool{}
	for _, p := range v.People {
		roles[p.Role]++
		if p.Role == actor.Committee || p.Role == actor.Lead {
			kinds[p.Kind] = true
		}
	}
	if roles[actor.Lead] != 1 || roles[actor.Committee] < 3 || roles[actor.Grid] != 2 || roles[actor.Desk] != 1 || len(kinds) != 4 {
		t.Errorf("%s: roles %v, kinds %v", v.Name, roles, kinds)
	}
	if n := len(v.Goods); n < 6 || n > 10 {
		t.Errorf("%s: %d goods", v.Name, n)
	}
	if len(v.Rules.Changes) < 3 {
		t.Errorf("%s has no character of its own", v.Name)
	}
	for _, i := range v.Rules.Items {
		if i.Notice == rulebook.Sensitive && i.On {
			t.Errorf("%s: %s is on", v.Name, i.Code)
		}
	}
}

func TestTemplateIsTheDocument(t *testing.T) {
	set := Document()
	plus, minus := annexes(t)
	for _, c := range []struct {
		sign    rulebook.Sign
		rows    [][4]string
		classes []string
		counts  []int
	}{
		{rulebook.Plus, plus, []string{"爱党爱国", "农村人居环境整治", "移风易俗", "网格治理", "德善公益", "其他项目"}, []int{3, 8, 4, 3, 6, 1}},
		{rulebook.Minus, minus, []string{"爱党爱国", "遵纪守法", "农村人居环境整治", "移风易俗", "网格治理", "德善公益", "其他项目"}, []int{2, 5, 8, 5, 1, 3, 1}},
	} {
		if got := set.Classes(c.sign); !slices.Equal(got, c.classes) {
			t.Errorf("%s classes: %v", c.sign, got)
		}
		var items []rulebook.Item
		counts := map[string]int{}
		for _, i := range set.Items {
			if i.Sign == c.sign {
				items = append(items, i)
				counts[i.Class]++
			}
		}
		if len(items) != 25 || len(c.rows) != 25 {
			t.Fatalf("%s: %d items, %d rows in the document", c.sign, len(items), len(c.rows))
		}
		for n, class := range c.classes {
			if counts[class] != c.counts[n] {
				t.Errorf("%s %s: %d items, want %d", c.sign, class, counts[class], c.counts[n])
			}
		}
		for n, row := range c.rows {
			if i := items[n]; i.Class != row[1] || i.Text != row[2] || i.ValueText != row[3] {
				t.Errorf("%s\n got %s|%s|%s\nwant %s|%s|%s", i.Code, i.Class, i.Text, i.ValueText, row[1], row[2], row[3])
			}
		}
	}
}

func TestTemplateParts(t *testing.T) {
	set := Document()
	parts, off := 0, []string{}
	for _, i := range set.Items {
		parts += len(i.Parts)
		if !i.On {
			off = append(off, i.Code)
		}
		if (i.Notice == rulebook.Sensitive) == i.On {
			t.Errorf("%s: notice %s, on %v", i.Code, i.Notice, i.On)
		}
	}
	if parts != 68 {
		t.Errorf("%d parts, want 68", parts)
	}
	if want := []string{"N03", "N04", "N05", "N06", "N18", "N23", "N24"}; !slices.Equal(off, want) {
		t.Errorf("off: %v, want %v", off, want)
	}
	if pairs := pairs(set); pairs != "P06↔N14 P08↔N08/N09 P09↔N12 P10↔N13 P11↔N10 P12↔N19 P13↔N16 P14↔N17 P15↔N20a P20↔N22" {
		t.Errorf("mirror pairs: %s", pairs)
	}
	for _, word := range []string{"高粪废弃物", "秸杆焚烧", "不在公墓和农村公益性墓地以外的地方"} { // the document's own slips
		if !slices.ContainsFunc(set.Items, func(i rulebook.Item) bool { return strings.Contains(i.Text, word) }) {
			t.Errorf("the document's %q was changed", word)
		}
	}
}

// valuesOfParts is what the annexes ask of the engine, part by part: code where there are several, points, unit.
// What the document gives no unit counts once a year (D5).
const valuesOfParts = `
P01 qty: 5 person_time
P02 qty: 5 person_time
P03 single: 5 year
P04 single: 10 year
P05 single: 8 time
P06 single: 5 year
P07 single: 5 month
P08 single: 5 month
P09 single: 5 month
P10 single: 5 month
P11 single: 5 month
P12 single: 5 time
P13 single: 5 year
P14 independent: a 5 year; b 5 year
P15 mixed: a 2 year; b 1 quarter; c 1 time; d1 2 award; d2 3 award; d3 4 award; d4 5 award
P16 single: 5 time
P17 exclusive: t1 5 award; t2 10 award; t3 15 award
P18 single: 5 time
P19 exclusive: t1 10 time; t2 20 time; t3 30 time; t4 40 time
P20 single: 5 year
P21 single: 5 year
P22 exclusive: t1 5 year; t2 10 year
P23 single: 5 time
P24 single: 5 time
P25 open: 0 open
N01 single: -10 time
N02 single: -10 time
N03 exclusive: t1 -10 time; t2 -15 time; t3 -20 time
N04 single: -10 year
N05 single: -10 year
N06 single: -20 year
N07 single: -10 year
N08 qty: -5 spot
N09 qty: -5 spot
N10 single: -5 time
N11 single: -5 time
N12 single: -5 time
N13 single: -5 time
N14 single: -5 time
N15 single: -5 time
N16 single: -5 time
N17 single: -10 year
N18 independent: a -5 person_time; b -10 time
N19 single: -10 year
N20 independent: a -5 year; b -5 time
N21 exclusive: t1 -5 time; t2 -10 time
N22 single: -10 year
N23 single: -10 year
N24 single: -10 time
N25 open: 0 open`

// TestTemplateValues: every part's points stand in the document's value column in that order, and its points,
// unit and tier are those of the table above.
func TestTemplateValues(t *testing.T) {
	want := map[string]string{}
	for line := range strings.Lines(strings.TrimSpace(valuesOfParts)) {
		code, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		want[code] = rest
	}
	parts := 0
	for _, i := range Document().Items {
		var numbers, points, said []string
		numbers = append(numbers, digits.FindAllString(i.ValueText, -1)...)
		for _, p := range i.Parts {
			parts++
			if p.Points != 0 {
				points = append(points, strconv.Itoa(p.Points))
			}
			said = append(said, strings.TrimSpace(fmt.Sprintf("%s %d %s", p.Code, p.Points, p.Unit)))
			if unit := map[rulebook.Unit]string{rulebook.PersonTime: "人次", rulebook.Month: "月次", rulebook.Spot: "处"}[p.Unit]; len(i.Parts) == 1 && !strings.Contains(i.ValueText, unit) {
				t.Errorf("%s: the document says %q, the part counts %s", i.Code, i.ValueText, p.Unit)
			}
		}
		if !slices.Equal(numbers, points) {
			t.Errorf("%s: the document says %q, the parts give %v", i.Code, i.ValueText, points)
		}
		if got := string(i.Tier) + ": " + strings.Join(said, "; "); got != want[i.Code] {
			t.Errorf("%s is %q, want %q", i.Code, got, want[i.Code])
		}
	}
	if len(want) != 50 || parts != 68 {
		t.Errorf("%d items, %d parts", len(want), parts)
	}
}

var digits = regexp.MustCompile(`-?[0-9]+`)

func pairs(set rulebook.RuleSet) string {
	var all []string
	for _, i := range set.Items {
		if len(i.Mirror) > 0 {
			all = append(all, i.Code+"↔"+strings.Join(i.Mirror, "/"))
		}
	}
	return strings.Join(all, " ")
}

func TestOverlapGroups(t *testing.T) {
	set := Document()
	groups := map[string][]string{}
	for _, i := range set.Items {
		for _, p := range i.Parts {
			if g := set.Overlapping(i.Code, p.Code); g != "" {
				groups[g] = append(groups[g], i.Code+p.Code)
			}
		}
	}
	want := map[string][]string{"dishonesty": {"N06", "N23"}, "courtyard": {"N08", "N09"}, "home_incident": {"N21t2", "N24"}}
	if !maps.EqualFunc(groups, want, slices.Equal[[]string]) {
		t.Errorf("overlap groups %v", groups)
	}
}

// annexes reads both tables out of the township's own document: number, class, text, value.
func annexes(t *testing.T) (plus, minus [][4]string) {
	t.Helper()
	b, err := os.ReadFile("testdata/yangkou-2023-18.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "\n附件1\n")
	first, second, _ := strings.Cut(rest, "\n附件2\n")
	return table(first), table(second)
}

var number = regexp.MustCompile(`^[0-9]+$`)

func table(annex string) (rows [][4]string) {
	class := ""
	for _, block := range strings.Split(annex, "\n\n") {
		cells := strings.Split("\n"+strings.Trim(block, "\n"), "\n\t")
		if len(cells) != 5 || !number.MatchString(cells[1]) {
			continue
		}
		if c := strings.NewReplacer("\n", "", " ", "").Replace(cells[2]); c != "" {
			class = c
		}
		rows = append(rows, [4]string{cells[1], class, strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4])})
	}
	return rows
}
