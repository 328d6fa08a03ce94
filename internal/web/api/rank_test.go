package api

import (
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/pg/pgtest"
)

// A household sees its place among the others unless the village settled that it does not; the working group does.
func TestRankIsShownWhereTheVillageSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		shown    bool
	}{"nothing said": {`{}`, true}, "hidden": {`{"hide_rank": true}`, false}} {
		s := up(t)
		home := s.db.Household(t, pgtest.A, "1组1号", "张桂兰")
		if _, err := s.db.Owner.Exec(t.Context(), `update village set settings = $1 where id = 11`, c.settings); err != nil {
			t.Fatal(err)
		}
		s.who = s.person(actor.Household, home)
		if _, shown := s.get("/passbook").is(200, "").body["place"]; shown != c.shown {
			t.Errorf("%s: place shown to the household: %t", name, shown)
		}
		s.who = s.person(actor.Committee, home)
		if _, shown := s.get("/households/"+home.String()+"/balance").is(200, "").body["place"]; !shown {
			t.Errorf("%s: place not shown to the group", name)
		}
	}
}
