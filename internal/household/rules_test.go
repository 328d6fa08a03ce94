package household

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheckIDNumber(t *testing.T) {
	for number, ok := range map[string]bool{"": true, "110105194912310021": false, "11010519491231002X": true, "110105194912310054": true, "110105194912310022": false,
		"11010519491331002X": false, "11010518491231002X": false, "1101051949123100": false, "abc": false} {
		if (checkIDNumber(number) == nil) != ok {
			t.Errorf("%q: want %v", number, ok)
		}
	}
}

func TestPassbookNoFindsSlips(t *testing.T) {
	no := PassbookNo("hai-yan", 123)
	if !strings.HasPrefix(no, "HAI-YAN-000123-") || !ValidPassbookNo(strings.ToLower(no)) {
		t.Fatal(no)
	}
	for i := range len(no) - 2 {
		for _, c := range "0123456789" {
			if slip := no[:i] + string(c) + no[i+1:]; no[i] >= '0' && no[i] <= '9' && slip != no && ValidPassbookNo(slip) {
				t.Errorf("%s passes for %s", slip, no)
			}
		}
	}
}

func TestPlace(t *testing.T) {
	p := place{Groups: []group{{1, "上坳"}, {2, "中坳"}, {12, "下坳"}}, Grids: []grid{{1, "上坳网格", []int{1}}, {2, "下坳网格", []int{2, 12}}}}
	for team, want := range map[string]string{"上坳": "上坳 1", "2": "中坳 2", "2组": "中坳 2", "第二村民小组": "中坳 2", "十二组": "下坳 2"} {
		grid := 0
		faults := p.settle(&team, &grid, "")
		if got := team + " " + []string{"0", "1", "2"}[grid]; got != want || faults[0] != nil {
			t.Errorf("got %q %v, want %q", got, faults, want)
		}
	}
	team, grid := "9组", 0
	if f := p.settle(&team, &grid, ""); f[0] == nil || !strings.Contains(f[0].Text, "上坳、中坳、下坳") {
		t.Errorf("an unknown team: %v", f)
	}
	team = ""
	if f := p.settle(&team, &grid, "2组3号"); f[0] != nil || team != "中坳" {
		t.Errorf("the team of the door: %q %v", team, f)
	}
	if n, f := p.gridNamed("下坳网格"); n != 2 || f != nil {
		t.Errorf("grid by name: %d %v", n, f)
	}
	if _, f := p.gridNamed("7"); f == nil {
		t.Error("an unknown grid passes")
	}
}

func TestWalkOf(t *testing.T) {
	doors := []string{"3组101号", "幸福路", "3组12号", "12号", "10组1号"}
	slices.SortFunc(doors, func(a, b string) int { return walkOf(a) - walkOf(b) })
	if d := cmp.Diff([]string{"幸福路", "12号", "3组12号", "3组101号", "10组1号"}, doors); d != "" {
		t.Error(d)
	}
}

func TestSplitMembers(t *testing.T) {
	got := splitMembers(" 王建国/丈夫；王小兰／女儿; 赵六（子）、孙八 ")
	want := []Person{{Name: "王建国", Relation: "丈夫"}, {Name: "王小兰", Relation: "女儿"}, {Name: "赵六", Relation: "子"}, {Name: "孙八"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
