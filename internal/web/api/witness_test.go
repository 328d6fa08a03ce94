package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/activity"
	"cunfen/internal/actor"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// TestWitness does as a program what lays the village's doings open: packs, drawings by lot, times of keeping, the
// settings of the month. A repeat under the same key changes nothing.
func TestWitness(t *testing.T) {
	s := up(t)
	home := s.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	s.db.Household(t, pgtest.A, "1组2号", "李四")
	lead, member := s.person(actor.Lead, home), s.person(actor.Committee, uuid.Nil)
	key := func(k string) map[string]string { return map[string]string{keyName: k} }

	s.as(member).post("/archive", object{"period": "去年"}).is(422, "archive.which")
	s.post("/archive", object{"period": "2026-10"}).is(422, "archive.period")
	s.db.Exec(t, `insert into sheet (village_id, month, state, lines, points, hash, frozen_by, frozen_at, posted_at) values (11, 202610, 'posted', 0, 0, '\x00', $1, now(), now())`, lead.Account)
	pack := s.sendAs("POST", "/archive", object{"period": "2026-10"}, key("pack-one-1")).is(201, "").str("id")
	if again := s.sendAs("POST", "/archive", object{"period": "2026-10"}, key("pack-one-1")).is(201, ""); again.str("id") != pack {
		t.Errorf("a repeat asked for another pack: %s", again.text)
	}
	s.post("/archive", object{"period": "2026-10"}).is(409, "archive.busy")
	if p := s.get("/archive/"+pack).is(200, ""); p.str("state") != "waiting" || p.str("period") != "2026-10" {
		t.Errorf("pack = %s", p.text)
	}
	if n := len(items(s.get("/archive?period=2026").is(200, ""))); n != 1 {
		t.Errorf("%d packs of the year", n)
	}
	if n := len(items(s.get("/archive?period=2025").is(200, ""))); n != 0 {
		t.Errorf("%d packs of another year", n)
	}

	announced := object{"seats": 1, "starts_on": "2027-01-01", "draws_on": "2026-11-11", "source": "三名代表各报一个数"}
	s.post("/draws", announced).is(403, "")
	draw := s.as(lead).sendAs("POST", "/draws", announced, key("draw-one-1")).is(201, "").str("id")
	if again := s.sendAs("POST", "/draws", announced, key("draw-one-1")).is(201, ""); again.str("id") != draw {
		t.Errorf("a repeat announced another draw: %s", again.text)
	}
	numbers := object{"numbers": []object{{"name": "甲", "number": 1}, {"name": "乙", "number": 22}, {"name": "丙", "number": 333}}}
	s.post("/draws/"+draw+"/draw", object{"numbers": []object{{"name": "甲", "number": 1}}}).is(422, "draw.numbers")
	s.post("/draws/"+draw+"/draw", numbers).is(409, "draw.early")
	s.db.At("2026-11-11T10:00:00+08:00")
	s.post("/draws/"+draw+"/draw", numbers).is(204, "")
	open := s.as(actor.Actor{}).get("/villages/a/draws/"+draw).is(200, "")
	tickets, _ := open.body["tickets"].([]any)
	if len(tickets) != 2 || open.str("seed") == "" || len(items(s.get("/villages/a/draws").is(200, ""))) != 1 {
		t.Fatalf("the public reads %s", open.text)
	}
	if strings.Contains(open.text, "household_id") || strings.Contains(open.text, "李四") {
		t.Errorf("the public reads who lives there: %s", open.text)
	}
	s.get("/villages/b/draws/"+draw).is(404, "not_found")
	first, later := fmt.Sprint(tickets[0].(object)["number"]), fmt.Sprint(tickets[1].(object)["number"])
	s.as(lead).post("/draws/"+draw+"/tickets/"+later+"/decline", object{"reason": "外出打工"}).is(422, "draw.not_drawn")
	s.post("/draws/"+draw+"/tickets/"+first+"/decline", object{"reason": "外出打工"}).is(204, "")
	s.post("/draws/"+draw+"/cancel", object{"reason": "不抽了"}).is(409, "draw.drawn")

	if all := items(s.get("/keeping").is(200, "")); len(all) != 4 {
		t.Errorf("%d kinds", len(all))
	}
	s.post("/keeping", object{"kind": "photo", "days": 30}).is(422, "retention.days")
	s.post("/keeping", object{"kind": "photo", "days": 500}).is(204, "")
	s.as(member).post("/keeping", object{"kind": "photo", "days": 600}).is(403, "")

	set := s.as(lead).get("/settings").is(200, "").body
	set["notice_day"], set["take_down_days"] = 5, 5
	s.post("/settings", set).is(422, "village.take_down_days")
	set["take_down_days"] = 20
	s.post("/settings", set).is(204, "")
	if now := s.get("/settings").is(200, ""); now.body["notice_day"] != 5.0 || now.body["take_down_days"] != 20.0 {
		t.Errorf("settings = %s", now.text)
	}
}

// TestRechecks looks again, as a program does, at what a disqualified member let through.
func TestRechecks(t *testing.T) {
	s := up(t)
	home := s.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	family := s.person(actor.Household, home)
	lead, bad, second := s.person(actor.Lead, uuid.Nil), s.person(actor.Committee, uuid.Nil), s.person(actor.Committee, uuid.Nil)
	var claims []string
	for _, day := range []string{"2026-11-07", "2026-11-08"} {
		claims = append(claims, s.as(family).post("/claims", object{"item": "P24", "parts": object{"": 1}, "occurred_on": day, "note": "捡到钱包交还", "proofs": []string{"feedback"}}).is(201, "").str("id"))
		s.as(bad).post("/claims/"+claims[len(claims)-1]+"/approve", nil).is(200, "")
	}
	s.as(lead).post("/group/"+bad.Membership.String()+"/disqualify", object{"reason": "给亲戚放水"}).is(204, "")
	recheck := items(s.get("/rechecks").is(200, ""))[0].(object)
	if recheck["open"] != 2.0 {
		t.Fatalf("%v", recheck)
	}
	at := "/rechecks/" + recheck["id"].(string)
	all, _ := s.get(at+"?state=open").is(200, "").body["all"].([]any)
	if len(all) != 2 || all[0].(object)["subject"] != "claim" || all[0].(object)["door"] != "1组1号" {
		t.Fatalf("%v", all)
	}
	first, other := all[0].(object)["line"].(string), all[1].(object)["line"].(string)
	s.as(family).get(at).is(403, "")
	s.as(lead).post(at+"/confirm", object{"lines": []string{"9:" + uuid.NewString()}}).is(404, "not_found")
	s.post(at+"/confirm", object{"lines": []string{first}}).is(204, "")
	s.post(at+"/confirm", object{"lines": []string{first}}).is(409, "recheck.looked")
	s.post(at+"/doubt", object{"line": other, "reason": "没有失主的话"}).is(204, "")
	s.post(at+"/settle", object{"line": other, "correct": true, "reason": "重新审一遍"}).is(403, "recheck.second")
	s.as(second).post(at+"/settle", object{"line": other, "correct": true, "reason": "重新审一遍"}).is(204, "")
	waiting := 0
	for _, id := range claims {
		if s.get("/claims/"+id).is(200, "").str("state") == "pending" {
			waiting++
		}
	}
	if r := items(s.get("/rechecks").is(200, ""))[0].(object); r["corrected"] != 1.0 || r["open"] != 0.0 || waiting != 1 {
		t.Errorf("%v, %d claims wait again", r, waiting)
	}
}

// TestFadedLines: after the months that the rules set a home reads its deduction no more; the staff does.
func TestFadedLines(t *testing.T) {
	s := up(t)
	home := s.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	family, lead := s.person(actor.Household, home), s.person(actor.Lead, uuid.Nil)
	done := s.db.Cleared(t, pgtest.A, home, "N11", 1, -5)
	err := s.db.InVillage(t.Context(), actor.System(pgtest.A), func(tx pg.Tx) error {
		_, err := ledger.Post(t.Context(), tx, ledger.Entry{HouseholdID: home, SourceKind: ledger.FromFinding, SourceID: done, Points: -5, Month: 202611, OccurredOn: tx.Now, RuleVersion: 1,
			Kind: ledger.Deduction, Bucket: ledger.YearBucket, Scores: true, Item: "N11"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	count := func(who actor.Actor, path string) int { return len(items(s.as(who).get(path).is(200, ""))) }
	before := count(family, "/passbook/lines")
	if before != count(lead, "/households/"+home.String()+"/lines") {
		t.Errorf("%d lines of one's own", before)
	}
	s.db.At("2027-11-12T10:00:00+08:00")
	if n := count(family, "/passbook/lines"); n != before-1 {
		t.Errorf("%d lines a year later, want %d", n, before-1)
	}
	if n := count(lead, "/households/"+home.String()+"/lines"); n != before {
		t.Errorf("the staff reads %d lines, want %d", n, before)
	}
}

// TestFormerLines: what a home had before it moved here fades for it as its own book does, and not for the staff.
func TestFormerLines(t *testing.T) {
	s := up(t)
	home, stayed := s.db.Household(t, pgtest.A, "1组1号", "张桂兰"), s.db.Household(t, pgtest.A, "1组2号", "李有田")
	s.db.Exec(t, `insert into move_in (village_id, id, from_village, from_household, household_id, from_name, from_passbook, base, year, score, honour, at) values (11, $1, 12, $2, $3, '西村', '0042', 50, 7, 9, 9, '2026-11-01T00:00:00Z')`, uuid.New(), uuid.New(), home)
	for i, kind := range []ledger.Kind{ledger.Award, ledger.Deduction} {
		s.db.Exec(t, `insert into former_line (village_id, household_id, entry_id, at, month, occurred_on, kind, bucket, points, item, title) values (11, $1, $2, '2026-10-05T00:00:00Z', 202610, '2026-10-03', $3, 2, $4, 'X1', '从前的事')`,
			home, pg.NewID(), int(kind), 5-10*i)
	}
	family, lead := s.person(actor.Household, home), s.person(actor.Lead, uuid.Nil)
	own := s.as(family).get("/passbook/former").is(200, "")
	if len(items(own)) != 2 || own.str("from") != "西村" || own.str("passbook") != "0042" || own.body["year"] != 7.0 || items(own)[0].(object)["kind"] != "deduction" {
		t.Errorf("%s", own.text)
	}
	one := s.get("/passbook/former?limit=1").is(200, "")
	if rest := s.get("/passbook/former?limit=1&after="+one.str("next")).is(200, ""); len(items(rest)) != 1 || items(rest)[0].(object)["kind"] != "award" {
		t.Errorf("%s, then %s", one.text, rest.text)
	}
	s.db.At("2027-11-12T10:00:00+08:00")
	if a := s.get("/passbook/former").is(200, ""); len(items(a)) != 1 || items(a)[0].(object)["kind"] != "award" {
		t.Errorf("a year later the home reads %s", a.text)
	}
	if a := s.as(lead).get("/households/"+home.String()+"/former").is(200, ""); len(items(a)) != 2 {
		t.Errorf("the staff reads %s", a.text)
	}
	s.get("/households/"+stayed.String()+"/former").is(404, "")
	s.as(s.person(actor.Household, stayed)).get("/passbook/former").is(404, "")
}

// TestUnsent: the sheet of what is to be said in person, as data.
func TestUnsent(t *testing.T) {
	s := up(t)
	home := s.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	for _, state := range []string{"over", "sent"} {
		s.db.Exec(t, `insert into message (village_id, id, household_id, kind, told_at, sms) values (11, $1, $2, 'claim.approved', '2026-11-09T00:00:00Z', $3)`, pg.NewID(), home, state)
	}
	a := s.as(s.person(actor.Lead, uuid.Nil)).get("/messages/unsent").is(200, "")
	if len(items(a)) != 1 || items(a)[0].(object)["head"] != "张桂兰" || items(a)[0].(object)["kind"] != "claim.approved" {
		t.Errorf("%s", a.text)
	}
}

// TestMatchPeople pastes a list of participants, and again under the same key.
func TestMatchPeople(t *testing.T) {
	s := up(t)
	home := s.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	s.db.Exec(t, `insert into member (village_id, id, household_id, name, relation, created_at) values (11, $1, $2, '李小明', '长子', now())`, uuid.New(), home)
	lead := s.person(actor.Lead, uuid.Nil)
	id := s.as(lead).post("/activities", object{"name": "净滩行动", "place": "渔港", "host": "村委会", "item": "P18", "begins_at": "2026-11-10T08:00:00+08:00", "ends_at": "2026-11-10T09:00:00+08:00"}).is(201, "").str("id")
	list := object{"people": "李小明 1组1号\n赵无名 3组3号"}
	tried := items(s.post("/activities/"+id+"/match", list).is(200, ""))
	if len(tried) != 2 || tried[0].(object)["member_id"] == nil || tried[1].(object)["doubt"] == nil {
		t.Fatalf("%v", tried)
	}
	for range 2 {
		took := s.sendAs("POST", "/activities/"+id+"/take", list, map[string]string{keyName: "take-once-1"}).is(200, "")
		if left, _ := took.body["left"].([]any); took.body["new"] != 1.0 || len(left) != 1 {
			t.Errorf("took = %s", took.text)
		}
	}
	s.post("/activities/"+id+"/take", object{"people": "赵无名"}).is(422, activity.ErrNobody.Code)
	member := tried[0].(object)["member_id"].(string)
	s.post("/activities/"+id+"/people/"+member+"/remove", nil).is(204, "")
	if a := s.get("/activities/"+id).is(200, ""); len(a.body["people"].([]any)) != 0 {
		t.Errorf("activity = %s", a.text)
	}
}
