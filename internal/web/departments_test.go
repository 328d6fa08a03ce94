package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/internal/supervise"
)

// TestDepartments reads everything that a department may open, as each of the five: figures, drafts, cases and matters
// hold what its topic needs and no more, and what belongs to another topic is not there (R6.4a).
func TestDepartments(t *testing.T) {
	s := up(t)
	draft := fmt.Sprintf("/town/rules/11/%s", s.a.draft)
	var all struct {
		Items []struct{ Class string }
		Steps []struct{ Minutes string }
	}
	read := func(who *person, path string, into any) {
		t.Helper()
		a := s.get(who, "/api/v1"+path)
		if err := json.Unmarshal([]byte(a.body), into); a.status != http.StatusOK || err != nil {
			t.Fatalf("%s: %d %s", path, a.status, excerpt(a.body))
		}
	}
	read(s.people["bureau 1"], draft, &all)
	if len(all.Items) < 40 || !slices.ContainsFunc(all.Steps, func(st struct{ Minutes string }) bool { return st.Minutes != "" }) {
		t.Fatalf("the bureau reads %d items, %+v", len(all.Items), all.Steps)
	}
	for _, topic := range supervise.Topics {
		mine := string(topic)
		p := &person{key: mine, who: actor.Actor{Name: mine, Role: actor.Department, Township: 1, Membership: pg.NewID(), Account: s.account("of " + mine)}}
		s.exec(`insert into officer (id, account_id, township_id, role, starts_on, topic) values ($1, $2, 1, 'department', '2026-01-01', $3)`, p.who.Membership, p.who.Account, mine)
		s.put(p)
		s.begin(p)
		of := func(topics ...string) bool { return slices.Contains(topics, mine) }
		page := s.get(p, "/town")
		village := s.get(p, "/town/villages/11")
		for word, sees := range map[string]bool{"兑换": false, "预算": false, "党员户": of("organisation"), "没答复的异议": of("command"), "审核用时": of("command")} {
			for at, a := range map[string]answer{"the board": page, "the village": village} {
				if a.status != http.StatusOK || !sees && strings.Contains(a.body, word) {
					t.Errorf("%s reads %s on %s: %d", mine, word, at, a.status)
				}
			}
			if sees && !strings.Contains(page.body, word) {
				t.Errorf("%s does not read %s on the board", mine, word)
			}
		}
		for _, only := range []string{"late", "low", "waiting", "nobudget"} {
			for _, path := range []string{"/town?only=", "/town.xlsx?only=", "/town/wall?only="} {
				if a := s.get(p, path+only); a.status != http.StatusNotFound {
					t.Errorf("%s narrows by what it does not see: %s%s: %d", mine, path, only, a.status)
				}
			}
		}
		var villages struct {
			Items []struct{ Party, Pending, Objections, Redeemed int }
		}
		read(p, "/town/villages", &villages)
		for _, v := range villages.Items {
			if v.Party > 0 && !of("organisation") || v.Pending+v.Objections > 0 && !of("command") || v.Redeemed > 0 {
				t.Errorf("%s reads %+v", mine, v)
			}
		}
		var narrow struct {
			Items []struct{ Class string }
			Steps []struct {
				Minutes  string
				Evidence []string
			}
			Advice string
		}
		read(p, draft, &narrow)
		if len(narrow.Items) == 0 || len(narrow.Items) == len(all.Items) || len(narrow.Steps) != len(all.Steps) || narrow.Advice != "" {
			t.Errorf("%s reads %d items, %d steps of the draft", mine, len(narrow.Items), len(narrow.Steps))
		}
		for _, i := range narrow.Items {
			if !slices.Contains(actor.Classes(mine), i.Class) {
				t.Errorf("%s reads an item of %s", mine, i.Class)
			}
		}
		for _, st := range narrow.Steps {
			if st.Minutes != "" || len(st.Evidence) > 0 {
				t.Errorf("%s reads the minutes of a meeting", mine)
			}
		}
		if a := s.get(p, draft); a.status != http.StatusOK || strings.Contains(a.body, "办理经过") || !strings.Contains(a.body, "只列归口的项目") {
			t.Errorf("%s at the draft: %d", mine, a.status)
		}
		if a := s.get(p, draft+"/photos/"+s.a.minutes.String()); a.status != http.StatusNotFound {
			t.Errorf("%s sees who was at a meeting: %d", mine, a.status)
		}
		if a := s.get(p, "/town/rules"); a.status != http.StatusOK || strings.Contains(a.body, "季度评估") {
			t.Errorf("%s at the list of drafts: %d", mine, a.status)
		}
		for _, other := range supervise.Topics {
			s.exec(`update matter set topic = $1 where id = $2`, string(other), s.a.matter)
			want := http.StatusNotFound
			if other == topic {
				want = http.StatusOK
			}
			at := "/town/villages/11/matters/" + s.a.matter.String()
			if a, b := s.get(p, at), s.get(p, "/api/v1"+at); a.status != want || b.status != want {
				t.Errorf("%s opens a matter of %s: %d, %d", mine, other, a.status, b.status)
			}
			if a := s.get(p, "/town/matters"); strings.Contains(a.body, s.a.matter.String()) != (other == topic) {
				t.Errorf("%s finds a matter of %s in the list: %v", mine, other, other != topic)
			}
		}
		for _, path := range []string{"/town/stories", "/town/stories.xlsx", "/town/villages/11/stories/" + s.a.story.String(), "/api/v1/town/stories", "/api/v1/town/villages/11/stories/" + s.a.story.String()} {
			if a := s.get(p, path); (a.status == http.StatusOK) != of("publicity") || a.status != http.StatusOK && a.status != http.StatusNotFound {
				t.Errorf("%s: %s: %d", mine, path, a.status)
			}
		}
		for _, path := range []string{"/town/inbox", "/town/watch", "/town/rescores", "/town/assess", "/town/appeals", "/town/budgets", "/town/villages/11/rescores/" + s.a.rescore.String() + "/hand", "/town/villages/11/archive"} {
			if a := s.get(p, path); a.status != http.StatusForbidden {
				t.Errorf("%s: %s: %d", mine, path, a.status)
			}
		}
	}
}
