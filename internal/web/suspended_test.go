package web_test

import (
	"slices"
	"strings"
	"testing"
)

// TestSuspendedVillage: the township reads on its board and on the village's page that it is suspended and why, and a
// passer-by is told so without a word of a form that nobody filled in.
func TestSuspendedVillage(t *testing.T) {
	s := up(t)
	officer := s.people["bureau 1"]
	if a := s.get(officer, "/town"); strings.Contains(a.body, "已暂停") {
		t.Error("a village is suspended before anybody did")
	}
	if err := s.app.Site.Tenure.Suspend(t.Context(), s.people["platform"].who, s.b.id, "换届停用一周"); err != nil {
		t.Fatal(err)
	}
	if a := s.get(officer, "/town"); strings.Count(a.body, "已暂停") != 1 {
		t.Errorf("the board says it %d times", strings.Count(a.body, "已暂停"))
	}
	rows := sheet(t, s.get(officer, "/town.xlsx").body)
	for name, state := range map[string]string{"东村": "运行中", "西村": "已暂停"} {
		if !slices.ContainsFunc(rows, func(row []string) bool { return len(row) > 1 && row[0] == name && row[1] == state }) {
			t.Errorf("%s is not %s in %q", name, state, rows)
		}
	}
	if a := s.get(officer, "/town/villages/12"); !strings.Contains(a.body, "换届停用一周") {
		t.Errorf("its page: %d %s", a.status, excerpt(a.body))
	}
	if a := s.get(nil, "/v/b"); !strings.Contains(a.body, "暂停了") || strings.Contains(a.body, "没有丢失") {
		t.Errorf("a passer-by: %d %s", a.status, excerpt(a.body))
	}
}
