package api

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/pg/pgtest"
)

func items(a answer) []any { all, _ := a.body["items"].([]any); return all }

// TestMonth drives a village's month as programs do: register, prove, declare, decide, sign, publish, object,
// redeem.
func TestMonth(t *testing.T) {
	s := up(t)
	staff := s.db.Household(t, pgtest.A, "9组9号", "干部家")
	lead, second, third := s.person(actor.Lead, staff), s.person(actor.Committee, staff), s.person(actor.Committee, staff)
	desk := s.person(actor.Desk, staff)

	reg := s.as(lead).post("/households", object{"door": "1组1号", "head": "张桂兰", "residence": "local", "phone": "13912345678",
		"members": []object{{"name": "李四", "relation": "夫"}}}).is(201, "")
	home := reg.str("id")
	shown := s.get("/households/"+home).is(200, "")
	if shown.str("phone") == "13912345678" || shown.str("head") != "张桂兰" {
		t.Errorf("shown = %s", shown.text)
	}
	version := shown.body["version"]
	s.send("PUT", "/households/"+home, object{"door": "1组1号", "head": "张桂兰", "residence": "local", "version": version, "note": "改过"}).is(200, "")
	s.send("PUT", "/households/"+home, object{"door": "1组1号", "head": "张桂兰", "residence": "local", "version": version}).is(409, "household.stale")

	family := s.person(actor.Household, uuid.MustParse(home))
	photo := s.as(family).post("/evidence", snapshot()).is(201, "").str("id")
	claim := object{"item": "P18", "parts": object{"": 1}, "occurred_on": "2026-11-08", "note": "清理河岸", "evidence": []string{photo}}
	key := map[string]string{keyName: "the-same-key"}
	first := s.sendAs("POST", "/claims", claim, key).is(201, "")
	if again := s.sendAs("POST", "/claims", claim, key).is(201, ""); again.str("id") != first.str("id") {
		t.Errorf("a repeat made another claim: %s", again.text)
	}
	s.sendAs("POST", "/claims", object{"item": "P18", "parts": object{"": 1}, "occurred_on": "2026-11-07"}, key).is(422, "idempotency.reused")
	id := first.str("id")
	if n := len(items(s.get("/passbook/claims?state=pending").is(200, ""))); n != 1 {
		t.Errorf("%d claims of one's own", n)
	}
	s.post("/claims/"+id+"/approve", nil).is(403, "")

	spoken := s.as(second).post("/households/"+home+"/claims", object{"item": "P16", "parts": object{"": 1}, "occurred_on": "2026-11-07", "proofs": []string{"feedback"}, "identity": "neighbour", "through": "李四的电话，听得出是本人"}).is(201, "")
	if spoken.str("through") != "李四的电话，听得出是本人" || spoken.str("brought") != "代办：邻居的电话里说的（李四的电话，听得出是本人）" {
		t.Errorf("recorded for the household: %s", spoken.text)
	}
	s.post("/claims/"+spoken.str("id")+"/withdraw", nil).is(200, "")

	s.as(second).post("/claims/"+id+"/return", object{"reason": "照片看不清"}).is(200, "")
	s.as(family).post("/claims/"+id+"/resubmit", object{"note": "补充说明"}).is(200, "")
	s.as(second).post("/claims/"+id+"/approve", nil).is(200, "")
	s.post("/claims/"+id+"/undo", nil).is(200, "")
	s.post("/claims/approve", object{"ids": []string{id}}).is(200, "")
	s.post("/claims/"+id+"/approve", nil).is(409, "claim.decided")
	if whole := s.get("/claims/"+id).is(200, ""); whole.str("state") != "approved" || whole.str("occurred_on") != "2026-11-08" {
		t.Errorf("claim = %s", whole.text)
	}

	s.as(lead).post("/months/2026-11/freeze", nil).is(409, "signoff.running")
	once := object{"item": "P20", "parts": object{"": 1}, "occurred_on": "2026-11-09", "note": "照顾老人", "evidence": []string{s.as(family).post("/evidence", scene(7)).is(201, "").str("id")}}
	yearly := s.post("/claims", once).is(201, "").str("id")
	s.as(second).post("/claims/"+yearly+"/approve", nil).is(200, "")

	s.as(lead).db.At("2026-12-01T09:00:00+08:00")
	s.post("/months/2026-11/freeze", nil).is(200, "")
	s.post("/months/2026-11/reopen", object{"reason": "再核一遍"}).is(200, "")
	sheet := s.post("/months/2026-11/freeze", nil).is(200, "").str("hash")
	s.post("/months/2026-11/sign", object{"sheet": sheet, "password": "不是这个"}).is(422, "month.password")
	for _, who := range []actor.Actor{lead, second, third} {
		s.as(who).post("/months/2026-11/sign", object{"sheet": sheet, "password": password}).is(200, "")
	}
	if m := s.get("/months/2026-11").is(200, ""); m.str("state") != "posted" {
		t.Fatalf("month = %s", m.text)
	}
	s.as(lead).post("/months/2026-11/publish", nil).is(200, "")
	n := s.get("/months/2026-11/notice").is(200, "")
	if n.body["holds"] != true {
		t.Errorf("notice = %s", n.text)
	}
	s.as(actor.Actor{}).get("/villages/a/checks/"+n.str("code")).is(200, "")
	if all := items(s.get("/villages/a/notices").is(200, "")); len(all) != 1 {
		t.Errorf("board: %v", all)
	}
	if all := items(s.get("/villages/a/notices/2026-11/lines?door=1组1号").is(200, "")); len(all) != 1 {
		t.Errorf("door: %v", all)
	}

	lines := map[any]object{}
	for _, l := range items(s.as(family).get("/passbook/lines").is(200, "")) {
		lines[l.(object)["item"]] = l.(object)
	}
	if by := lines["P18"]; by["brought"] != "本户申报" || by["recorder_name"] == "" {
		t.Errorf("line = %v", by)
	}
	line := lines["P18"]["id"].(string)
	why := s.get("/lines/"+line).is(200, "")
	said := map[string]any{}
	for _, f := range why.body["facts"].([]any) {
		said[f.(object)["label"].(string)] = f.(object)["text"]
	}
	if signed, _ := why.body["signatures"].([]any); why.str("claim_id") != id || why.str("rung") == "" || said["依据"] == nil || said["谁定的"] == nil || len(signed) != 3 || why.body["objectable"] != true || why.str("object_until") == "" {
		t.Errorf("explained: %s", why.text)
	}
	s.as(s.person(actor.Household, s.db.Household(t, pgtest.A, "1组9号", "单建国"))).get("/lines/"+line).is(404, "not_found")
	s.as(family)
	objection := s.post("/lines/"+line+"/objections", object{"grounds": "那天是两个人"}).is(200, "").str("id")
	s.as(third).post("/objections/"+objection+"/decide", object{"uphold": false, "reason": "核对过签到表"}).is(200, "")

	// An objection that is right takes the line back, and what the line had used of the item is free for what is right.
	again := func(n int) answer {
		once["evidence"] = []string{s.as(family).post("/evidence", scene(n)).is(201, "").str("id")}
		return s.post("/claims", once)
	}
	again(8).is(409, "rulebook.taken")
	wrong := s.post("/lines/"+lines["P20"]["id"].(string)+"/objections", object{"grounds": "日子记错了"}).is(200, "").str("id")
	s.as(third).post("/objections/"+wrong+"/decide", object{"uphold": true, "reason": "日子记错了，请重报"}).is(200, "")
	again(8).is(201, "")
	again(9).is(409, "rulebook.taken")

	thing := s.as(lead).post("/goods", object{"code": "Y1", "name": "洗衣粉", "unit": "袋", "price": 1, "stock": 5, "active": true}).is(201, "").str("id")
	changed := object{"code": "Y1", "name": "洗衣粉", "unit": "袋", "price": 1, "stock": 6, "active": true, "version": 1}
	s.send("PUT", "/goods/"+thing, changed).is(200, "")
	s.send("PUT", "/goods/"+thing, changed).is(409, "shop.stale")
	s.send("PUT", "/goods/"+uuid.NewString(), changed).is(404, "not_found")
	balance := s.get("/households/"+home+"/balance").is(200, "").body["usable"]
	order := object{"goods_id": thing, "quantity": 1, "price": 1, "passbook": balance, "receiver": "张桂兰", "on_paper": true}
	redeemed := s.as(desk).post("/households/"+home+"/redemptions", order).is(201, "").str("id")
	s.post("/households/"+home+"/redemptions", order).is(409, "shop.passbook")
	s.post("/redemptions/"+redeemed+"/cancel", object{"reason": "拿错了"}).is(200, "")
	if v := s.as(lead).get("/ledger/verify").is(200, ""); len(v.body["findings"].([]any)) != 0 {
		t.Errorf("verify = %s", v.text)
	}
	for _, path := range []string{"/households?limit=1", "/households/" + home + "/lines", "/claims", "/months", "/objections", "/objections/" + objection, "/goods", "/stock", "/redemptions?day=2026-12-01",
		"/redemptions/" + redeemed, "/group?past=true", "/rules", "/audit?verb=claim.approve", "/passbook", "/passbook/objections"} {
		s.get(path).is(200, "")
	}
}

func TestGroup(t *testing.T) {
	s := up(t)
	s.as(s.person(actor.Lead, uuid.Nil))
	seat := s.post("/group", object{"name": "王五", "phone": "13700000001", "role": "committee", "kind": "群众代表"}).is(201, "")
	if seat.str("start_password") == "" || seat.str("ends_on") != "2026-12-31" {
		t.Errorf("appointed = %s", seat.text)
	}
	s.post("/group", object{"name": "王五", "phone": "13700000001", "role": "platform"}).is(422, "request.field")
	s.post("/group/"+seat.str("id")+"/end", object{"reason": "换届"}).is(204, "")
	s.post("/group/"+seat.str("id")+"/disqualify", object{"reason": "优亲厚友"})
	s.post("/households/"+uuid.NewString()+"/leave", object{"reason": "搬走了", "version": 1}).is(404, "not_found")
}

// TestSession signs in as a program does: password, second factor, out.
func TestSession(t *testing.T) {
	s := up(t)
	lead := s.person(actor.Lead, uuid.Nil)
	phone := s.phone(s.n)
	s.db.Now = time.Now
	ask := func(method, path string, body any) answer { return s.sendAs(method, path, body, nil) }
	if a := ask("GET", "/session", nil).is(200, ""); a.str("owes") != "sign_in" {
		t.Errorf("nobody = %s", a.text)
	}
	ask("POST", "/session/second-factor", object{"code": "000000"}).is(401, "account.over")
	ask("POST", "/session", object{"phone": phone, "password": "不是这个"}).is(401, "account.wrong")
	if a := ask("POST", "/session", object{"phone": phone, "password": password}).is(200, ""); a.str("owes") != "second" {
		t.Fatalf("signed in = %s", a.text)
	}
	ask("POST", "/session/second-factor", object{"code": "12345x"}).is(422, "request.field")
	code, err := account.Code("JBSWY3DPEHPK3PXP", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if a := ask("POST", "/session/second-factor", object{"code": code}).is(200, ""); a.str("owes") != "" || a.str("name") != lead.Name || a.str("village") != "a" {
		t.Errorf("second = %s", a.text)
	}
	ask("POST", "/session/seat", object{"place_id": lead.Membership}).is(200, "")
	ask("POST", "/session/seat", object{"place_id": uuid.New()}).is(404, "not_found")
	ask("DELETE", "/session", nil).is(http.StatusNoContent, "")
	if a := ask("GET", "/session", nil); a.str("owes") != "sign_in" {
		t.Errorf("signed out = %s", a.text)
	}
}

func TestOutside(t *testing.T) {
	s := up(t)
	s.as(actor.Actor{Account: uuid.New(), Role: actor.Bureau, Township: pgtest.Town1})
	s.seat.Account = uuid.Nil
	if all := items(s.get("/town/villages").is(200, "")); len(all) != 2 {
		t.Errorf("villages of the town: %v", all)
	}
	if v := s.get("/town/villages/11").is(200, ""); v.str("code") != "a" {
		t.Errorf("village = %s", v.text)
	}
	s.get("/town/villages/21").is(404, "not_found")
	s.get("/town/villages/0").is(404, "not_found")
	s.get("/town/villages/x").is(404, "not_found")
	for _, name := range []string{"/openapi.yaml", "/openapi.json"} {
		if a := s.get(name).is(200, ""); len(a.text) < 10000 {
			t.Errorf("%s: %d bytes", name, len(a.text))
		}
	}
}
