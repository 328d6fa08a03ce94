package api

import (
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg/pgtest"
)

// TestWhatToCompare: a program that decides is told what its person would be: what looks the same, what is the
// person's own. The home follows its matter and reads the decisions once all are there.
func TestWhatToCompare(t *testing.T) {
	s := up(t)
	home, away := s.db.Household(t, pgtest.A, "1组1号", "张桂兰"), s.db.Household(t, pgtest.A, "1组2号", "单建国")
	family, neighbour := s.person(actor.Household, home), s.person(actor.Household, away)
	lead, first, second := s.person(actor.Lead, uuid.Nil), s.person(actor.Committee, uuid.Nil), s.person(actor.Committee, uuid.Nil)

	deed := object{"item": "P24", "parts": object{"": 1}, "occurred_on": "2026-11-07", "note": "捡到钱包交还", "proofs": []string{"feedback"}}
	one, two := s.as(family).post("/claims", deed).is(201, "").str("id"), s.post("/claims", deed).is(201, "").str("id")
	for _, row := range items(s.as(lead).get("/claims?state=pending").is(200, "")) {
		if said, _ := row.(object)["caution"].(string); said == "" {
			t.Errorf("the queue does not say that %v may be there twice", row.(object)["id"])
		}
	}
	if twins, _ := s.get("/claims/"+one).is(200, "").body["twins"].([]any); len(twins) != 1 || twins[0].(object)["id"] != two {
		t.Errorf("twins %v", twins)
	}
	if twins, _ := s.as(family).get("/claims/"+one).is(200, "").body["twins"].([]any); len(twins) != 0 {
		t.Errorf("the home sees %v", twins)
	}

	matter := object{"item": "N11", "parts": object{"": 1}, "occurred_on": "2026-11-07", "matter": "狗没拴绳，追咬了过路的孩子", "proofs": []string{"feedback"}}
	found := s.as(first).post("/households/"+home.String()+"/findings", matter).is(201, "").str("id")
	again := s.as(second).post("/households/"+home.String()+"/findings", matter).is(201, "").str("id")
	w := s.as(first).get("/findings/"+found).is(200, "")
	if beside, _ := w.body["beside"].([]any); len(beside) != 1 || beside[0].(object)["id"] != again || w.str("recused") == "" {
		t.Errorf("%s", w.text)
	}
	s.as(family).get("/passbook/findings/"+found).is(404, "not_found") // nobody has told it yet
	s.as(lead).post("/findings/"+found+"/issue", object{"demand": "狗拴好，打疫苗", "help": []string{"law"}, "due_on": "2026-12-10"}).is(200, "")
	own := s.as(family).get("/passbook/findings/"+found).is(200, "")
	if beside, _ := own.body["beside"].([]any); own.str("state") != "noticed" || len(beside) != 0 {
		t.Errorf("%s", own.text)
	}
	s.as(neighbour).get("/passbook/findings/"+found).is(404, "not_found")
}
