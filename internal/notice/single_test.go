package notice

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// item is one of a generated village's rules.
type item struct {
	code, class, title, notice string
	kind                       int16
	points                     int64
}

var book = []item{
	{"P07", "农村人居环境整治", "垃圾分类", "A", award, 5}, {"P16", "网格治理", "参与网格工作", "A", award, 5}, {"P23", "德善公益", "义务献血", "C", award, 10}, {"P12", "移风易俗", "丧事简办", "B", award, 10},
	{"N12", "农村人居环境整治", "乱倒垃圾", "A", loss, -5}, {"N15", "农村人居环境整治", "秸秆焚烧", "A", loss, -5}, {"N04", "爱党爱国", "不履行兵役", "B", loss, -10}, {"N17", "移风易俗", "公墓外建坟", "B", loss, -10},
	{"N22", "德善公益", "不赡养老人", "C", loss, -10}, {"N24", "德善公益", "家暴", "X", loss, -10}, {"N18", "移风易俗", "赌博", "X", loss, -5},
}

// world is a generated village's month: who has what line.
type world struct {
	homes  []uuid.UUID
	causes []cause
}

func generate(rng *rand.Rand) world {
	w := world{}
	for range 3 + rng.IntN(60) {
		w.homes = append(w.homes, uuid.New())
	}
	for _, i := range book {
		share := []int{0, 1, 2, 5, 8, 20, 90}[rng.IntN(7)]
		if i.kind == loss {
			share = []int{0, 0, 1, 2, 5, 10, 25}[rng.IntN(7)]
		}
		for _, h := range w.homes {
			if rng.IntN(100) < share {
				w.causes = append(w.causes, cause{h, i.kind, i.class, i.title, i.notice, 1, i.points})
			}
		}
	}
	return w
}

// view is the notice of a world: everything that page, paper and loudspeaker have.
func (w world) view() View {
	v := View{Notice: Notice{Month: october, Number: 1, Title: "东村积分公示", Households: len(w.homes), Root: make([]byte, 32)}, Village: "东村"}
	sums := map[uuid.UUID][2]int64{}
	for _, c := range w.causes {
		s := sums[c.HouseholdID]
		if c.Kind == award {
			s[0] += c.Points
			v.Plus += c.Points
		} else {
			s[1] -= c.Points
			v.Minus -= c.Points
		}
		sums[c.HouseholdID] = s
	}
	for i, h := range w.homes {
		v.Lines = append(v.Lines, Line{Position: i + 1, Door: fmt.Sprint(i + 1), Head: "张*", Plus: sums[h][0], Minus: sums[h][1], Total: sums[h][0] - sums[h][1]})
	}
	v.Classes.Plus, v.Classes.Minus = gains(w.causes), losses(w.causes)
	return v
}

// told is every word that a reader or a listener gets of a view.
func told(v View) string {
	var b strings.Builder
	for _, s := range [][]string{v.texts(), v.Remarks(), v.Broadcast(v.Village).Sentences} {
		b.WriteString(strings.Join(s, "\n"))
	}
	sheet := v.sheet()
	for _, t := range sheet.Sums {
		fmt.Fprintln(&b, t.Heading, t.Table.Rows)
	}
	fmt.Fprintln(&b, sheet.Lines, sheet.Foot)
	for _, row := range sheet.Table.Rows {
		fmt.Fprintln(&b, row[:len(row)-1]) // but for the mark, whose letters mean nothing
	}
	return b.String()
}

// swapped is the world in which two homes with the same figures have each other's deductions.
func (w world) swapped(a, b uuid.UUID) world {
	out := world{homes: w.homes, causes: slices.Clone(w.causes)}
	for i, c := range out.causes {
		if c.Kind == loss && c.HouseholdID == a {
			out.causes[i].HouseholdID = b
		} else if c.Kind == loss && c.HouseholdID == b {
			out.causes[i].HouseholdID = a
		}
	}
	return out
}

// TestNobodyCanBeSingledOut generates villages, few lines in them as a rule, and asks of every deduction whose
// cause a notice counts: is there another home for which all that went out would be the very same? Only then does
// the reader not know whose it is, whatever sums and differences of the outputs are made. What may not be shown
// by cause is in no output by its name.
func TestNobodyCanBeSingledOut(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(20261126, 4))
	counted, folded := 0, 0
	for n := range 3000 {
		w := generate(rng)
		v := w.view()
		words := told(v)
		for _, i := range book {
			if i.notice != named && (strings.Contains(words, i.title) || strings.Contains(words, i.code)) || i.kind == award && i.notice == named && strings.Contains(words, i.title) {
				t.Fatalf("village %d: %s is named", n, i.title)
			}
		}
		shownBy := map[string]bool{}
		for _, c := range v.Classes.Minus {
			shownBy[c.Name] = true
		}
		lost, has := map[uuid.UUID]int64{}, map[uuid.UUID]map[string]bool{}
		for _, c := range w.causes {
			if c.Kind != loss {
				continue
			}
			lost[c.HouseholdID] += c.Points
			if has[c.HouseholdID] == nil {
				has[c.HouseholdID] = map[string]bool{}
			}
			has[c.HouseholdID][c.Title] = true
			if c.Notice == byClass || c.Notice == named && !shownBy[c.Title] {
				has[c.HouseholdID][c.Class+"类"] = true
			}
		}
		for _, shown := range v.Classes.Minus {
			if shown.Name == "其他事项" {
				folded++
				continue
			}
			counted++
			for home, own := range has {
				if !own[shown.Name] {
					continue
				}
				var other uuid.UUID
				for h, points := range lost {
					if points == lost[home] && !has[h][shown.Name] {
						other = h
					}
				}
				if other == uuid.Nil {
					t.Fatalf("village %d: whoever lost %d has %s", n, lost[home], shown.Name)
				}
				if diff := cmp.Diff(v, w.swapped(home, other).view()); diff != "" {
					t.Fatalf("village %d: the outputs tell two homes apart: %s", n, diff)
				}
			}
		}
		// The rest, as the totals less what is shown, is never fewer than five homes' (or nobody's).
		for sign, classes := range map[int16][]Class{award: v.Classes.Plus, loss: v.Classes.Minus} {
			inside := map[string]bool{}
			for _, c := range classes {
				inside[c.Name] = true
			}
			left := map[uuid.UUID]bool{}
			for _, c := range w.causes {
				apart := c.Kind == award && (c.Notice == named || c.Notice == byClass) && inside[c.Class] || c.Kind == loss && (c.Notice == named && inside[c.Title] || c.Notice != "C" && c.Notice != "X" && inside[c.Class+"类"] && !inside[c.Title])
				if c.Kind == sign && !apart {
					left[c.HouseholdID] = true
				}
			}
			if len(classes) > 0 && len(left) > 0 && len(left) < few {
				t.Fatalf("village %d: the totals less what is shown are %d homes' (%d: %v)", n, len(left), sign, classes)
			}
		}
	}
	if counted < 100 || folded < 100 {
		t.Errorf("the villages tried nothing: %d counts shown, %d folded", counted, folded)
	}
}

// A corrected notice says which home's total is otherwise, and not one word of why: two causes of the same
// points give the same correction.
func TestCorrectionTellsNoCause(t *testing.T) {
	t.Parallel()
	v := View{Notice: Notice{Month: october, Number: 2, Root: make([]byte, 32), Classes: Sums{Changes: []Change{{1, "1组1号", "张*", 90, 100}}}}, Village: "东村", Lines: []Line{{Position: 1, Door: "1组1号", Head: "张*", Carried: 100, Total: 100}}}
	words := told(v)
	for _, i := range book {
		if strings.Contains(words, i.title) || strings.Contains(words, i.class) {
			t.Errorf("the correction says %s", i.title)
		}
	}
}
