package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// TestRulesByJSON takes a village's rules from the draft to force, a quarter through its evaluation, and a household
// through an exemption, all by JSON.
func TestRulesByJSON(t *testing.T) {
	s := up(t)
	home := s.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	lead, member, grid, family := s.person(actor.Lead, uuid.Nil), s.person(actor.Committee, uuid.Nil), s.person(actor.Grid, uuid.Nil), s.person(actor.Household, home)
	bureau := actor.Actor{Account: pg.NewID(), Name: "局里老周", Role: actor.Bureau, Township: pgtest.Town1}

	s.as(member).get("/rules/draft").is(409, "adoption.none")
	s.post("/rules/draft", object{"from": "force"}).is(201, "")
	s.post("/rules/draft/settings", object{"in_force_from": "2027-01-01", "reason": "2027 年度细则", "base_points": 50}).is(200, "")
	s.post("/rules/draft/items/P07", object{"title": "垃圾分类", "text": "按规定实施垃圾分类的，优先安排宅基地，每月次积8分；", "value_text": "8分/月次", "points": object{"": 8}, "on": true, "reason": "垃圾分类是今年的重点"}).is(200, "")
	w := s.get("/rules/draft").is(200, "")
	settings, _ := w.body["settings"].(map[string]any)
	if settings["objection_days"] != float64(7) || settings["mirrors"] != "either_or" || len(settings) != 23 {
		t.Errorf("the settings are %v", settings)
	}
	settings["objection_days"], settings["mirrors"], settings["redemption_needs"] = 10, "both", []string{"notice"}
	s.post("/rules/draft/settings", object{"in_force_from": "2027-01-01", "reason": "2027 年度细则", "base_points": 50, "settings": settings}).is(200, "")
	settings["objection_days"] = 4
	s.post("/rules/draft/settings", object{"in_force_from": "2027-01-01", "reason": "2027 年度细则", "base_points": 50, "settings": settings}).is(422, "request.field")
	delete(settings, "objection_days")
	s.post("/rules/draft/settings", object{"in_force_from": "2027-01-01", "reason": "2027 年度细则", "base_points": 50, "settings": settings}).is(422, "request.missing")
	w = s.get("/rules/draft").is(200, "")
	if c := fmt.Sprint(w.body["changes"]); !strings.Contains(c, "异议期：由“公示后 7 天内”改为“公示后 10 天内”") || !strings.Contains(c, "正反对应的项目：由“同一期只得其一”改为“两边都计”") || !strings.Contains(c, "兑换前要做到") {
		t.Errorf("the difference of the settings: %s", c)
	}
	settings["objection_days"], settings["mirrors"], settings["redemption_needs"] = 7, "either_or", []string{"notice", "passbook", "signature"}
	s.post("/rules/draft/settings", object{"in_force_from": "2027-01-01", "reason": "2027 年度细则", "base_points": 50, "settings": settings}).is(200, "")
	w = s.get("/rules/draft").is(200, "")
	if f, _ := w.body["findings"].([]any); len(f) != 1 || f[0].(map[string]any)["field"] != "text" {
		t.Errorf("the lint says %v", w.body["findings"])
	}
	s.post("/rules/draft/items/P07", object{"title": "垃圾分类", "text": "按规定实施垃圾分类的，每月次积8分；", "value_text": "8分/月次", "points": object{"": 8}, "on": true, "reason": "垃圾分类是今年的重点", "version": 1}).is(409, "adoption.stale")
	s.post("/rules/draft/items/P07", object{"title": "垃圾分类", "text": "按规定实施垃圾分类的，每月次积8分；", "value_text": "8分/月次", "points": object{"": 8}, "on": true, "reason": "垃圾分类是今年的重点", "version": w.body["version"]}).is(200, "")
	s.post("/rules/draft/items", object{"sign": "plus", "class": "网格治理", "title": "夜间巡堤", "text": "台风天参加夜间巡堤的，每人次积4分；", "unit": "person_time", "points": 4, "proofs": []string{"attendance_list"}, "reason": "台风天最缺人手"}).is(200, "")
	s.post("/rules/draft/items/P21/drop", object{"reason": "水电费已经自动扣缴"}).is(200, "")
	s.post("/rules/draft/items/P21/restore", nil).is(200, "")
	s.post("/rules/draft/steps/1", object{"held_on": "2026-11-20", "place": "村部", "minutes": "x"}).is(403, "")
	w = s.get("/rules/draft").is(200, "")
	id := w.str("id")
	if c, _ := w.body["changes"].([]any); len(c) != 3 || c[0] != "P07 垃圾分类由每月加 5 分改为每月加 8 分；因为垃圾分类是今年的重点" {
		t.Errorf("the difference: %v", w.body["changes"])
	}
	// The draft goes out as its file and comes back as the same draft; a wrong file is told by its lines.
	file := s.get("/rules/draft/file").is(200, "").str("text")
	s.send("PUT", "/rules/draft/file", object{"text": strings.Replace(file, "reason: 2027 年度细则", "reason: 2027 年度细则，改在文件里", 1)}).is(200, "")
	if again := s.get("/rules/draft").is(200, ""); again.str("reason") != "2027 年度细则，改在文件里" || strings.ReplaceAll(fmt.Sprint(again.body["changes"]), "，改在文件里", "") != fmt.Sprint(w.body["changes"]) {
		t.Errorf("the file came back as %v", again.body["changes"])
	}
	s.send("PUT", "/rules/draft/file", object{"text": "extends: _template\nyear: 2027\nfoo: 1\n"}).is(422, "")
	s.send("PUT", "/rules/draft/file", object{"text": file}).is(200, "")
	if all := items(s.get("/rules/drafts?state=drafting&q=年度细则").is(200, "")); len(all) != 1 {
		t.Errorf("drafts found: %v", all)
	}
	if all := items(s.get("/rules/drafts?state=accepted").is(200, "")); len(all) != 0 {
		t.Errorf("drafts found: %v", all)
	}
	r := s.get("/rules/drafts/"+id+"/rehearsal").is(200, "")
	if g, _ := r.body["groups"].([]any); len(g) == 0 || r.body["made"] != true || r.str("verdict") != "never" || len(r.body["gainers"].([]any)) != 1 {
		t.Errorf("rehearsed: %s", r.text)
	}

	s.db.At("2026-12-20T10:00:00+08:00")
	photo := s.as(lead).post("/evidence", snapshot()).is(201, "").str("id")
	for n, day := range []string{"2026-12-01", "2026-12-02", "2026-12-05", "2026-12-08", "2026-12-09", "2026-12-18"} {
		body := object{"held_on": day, "place": "村部会议室", "eligible": 30, "present": 25, "agreed": 24, "minutes": "逐条讨论了细则草案，意见已经记下。"}
		if n == 0 {
			body["evidence"] = []string{photo}
		}
		s.post(fmt.Sprintf("/rules/draft/steps/%d", n+1), body).is(200, "")
	}
	s.post("/rules/draft/submit", nil).is(200, "")

	s.as(bureau)
	if all := items(s.get("/town/rules?state=submitted").is(200, "")); len(all) != 1 {
		t.Errorf("the bureau's list: %v", all)
	}
	at := "/town/rules/11/" + id
	w = s.get(at).is(200, "")
	if steps, _ := w.body["steps"].([]any); len(steps) != 6 || len(steps[0].(map[string]any)["evidence"].([]any)) != 1 {
		t.Errorf("the steps: %v", w.body["steps"])
	}
	s.post(at+"/advise", object{"advice": "请再核对一遍"}).is(200, "")
	s.post(at+"/return", object{"advice": "短"}).is(422, "adoption.advice")
	s.post("/town/rules/12/"+id+"/accept", object{}).is(404, "")
	s.post(at+"/accept", object{"advice": "同意备案"}).is(200, "")
	s.post("/town/villages/11/legal", object{"item": "N18", "document": "生效的法院判决", "opinion": "只能凭生效的判决认定，不收公安材料"}).is(201, "")
	s.post("/town/villages/11/legal/withdraw", object{"item": "N18", "reason": "判决文书很难取得"}).is(200, "")
	if all := items(s.get("/town/villages/11/legal").is(200, "")); len(all) != 1 {
		t.Errorf("legal reviews: %v", all)
	}

	s.db.At("2027-01-05T09:00:00+08:00")
	if r := s.as(family).get("/rules").is(200, ""); r.body["version"] != float64(2) {
		t.Errorf("in force: %v", r.body["version"])
	}
	if all := items(s.get("/rules/versions").is(200, "")); len(all) != 2 || all[0].(map[string]any)["now"] != true || !strings.Contains(fmt.Sprint(all[0].(map[string]any)["changes"]), "因为垃圾分类是今年的重点") {
		t.Errorf("the versions: %v", all)
	}
	// What would count before it is sent: the village's new points, a cap reached, and the household's own view.
	trial := s.post("/claims/try", object{"item": "P16", "parts": object{"": 1}, "occurred_on": "2027-01-04"}).is(200, "")
	if trial.body["points"] != float64(5) || trial.body["counts"] != true || len(trial.body["reasons"].([]any)) == 0 {
		t.Errorf("tried: %s", trial.text)
	}
	if none := s.post("/claims/try", object{"item": "P15", "parts": object{}, "occurred_on": "2027-01-04"}).is(200, ""); len(none.body["parts"].([]any)) != 7 {
		t.Errorf("part by part: %s", none.text)
	}
	if late := s.post("/claims/try", object{"item": "P16", "parts": object{"": 1}, "occurred_on": "2027-02-04"}).is(200, ""); late.body["counts"] != false || len(late.body["against"].([]any)) != 1 {
		t.Errorf("a day to come: %s", late.text)
	}
	s.as(grid).post("/claims/try", object{"item": "P16", "parts": object{"": 1}, "occurred_on": "2027-01-04"}).is(404, "") // who lives nowhere here
	s.as(member).post("/households/"+home.String()+"/claims/try", object{"item": "P04", "parts": object{"": 1}, "occurred_on": "2027-01-04"}).is(200, "")
	s.post("/households/"+uuid.NewString()+"/claims/try", object{"item": "P04", "parts": object{"": 1}, "occurred_on": "2027-01-04"}).is(404, "")
	s.as(family).get("/passbook/evaluation").is(404, "")
	if err := s.site.Evaluation.Gather(t.Context(), actor.System(pgtest.A), 20264); err != nil {
		t.Fatal(err)
	}
	s.post("/passbook/evaluations/2026-4/opinions", object{"opinions": []object{{"item": "P07", "stance": "keep"}}}).is(200, "")
	got := s.as(grid).post("/evaluations/2026-4/opinions", object{"household_id": home, "channel": "paper", "opinions": []object{{"item": "P07", "stance": "raise"}, {"stance": "add", "text": "加一条帮邻居收割"}}}).is(200, "")
	if got.body["new"] != float64(1) || got.body["before"] != float64(1) {
		t.Errorf("taken: %s", got.text)
	}
	s.get("/evaluations/2026-4/opinions").is(403, "")
	if open := s.get("/evaluations/open").is(200, ""); open.str("quarter") != "2026-4" {
		t.Errorf("open: %s", open.text)
	}
	if own := s.as(family).get("/passbook/evaluation").is(200, ""); own.body["taking"] != true || len(own.body["said"].([]any)) != 2 {
		t.Errorf("one's own round: %s", own.text)
	}
	s.as(member)
	if all := items(s.get("/evaluations/2026-4/opinions?channel=paper").is(200, "")); len(all) != 1 {
		t.Errorf("voices: %v", all)
	}
	s.post("/evaluations/2026-4/propose", object{"proposal": "照现在的执行，明年再看"}).is(200, "")
	s.as(lead).post("/evaluations/2026-4/decide", object{"outcome": "keep", "decision": "意见不多，照旧执行一年"}).is(200, "")

	if all := items(s.get("/evaluations?state=decided&q=2026年").is(200, "")); len(all) != 1 {
		t.Errorf("evaluations found: %v", all)
	}
	if all := items(s.get("/evaluations?state=open").is(200, "")); len(all) != 0 {
		t.Errorf("evaluations found: %v", all)
	}
	e := s.as(member).post("/households/"+home.String()+"/exemptions", object{"item": "P10", "reason": "家里不种地也不养殖"}).is(201, "").str("id")
	s.post("/households/"+home.String()+"/exemptions", object{"item": "P10", "reason": "家里不种地也不养殖"}).is(409, "exempt.has")
	if all := items(s.as(family).get("/passbook/exemptions").is(200, "")); len(all) != 1 {
		t.Errorf("one's own: %v", all)
	}
	s.as(grid).post("/exemptions/"+e+"/end", object{"reason": "今年开始养羊了"}).is(403, "")
	s.as(member).post("/exemptions/"+e+"/end", object{"reason": "今年开始养羊了"}).is(200, "")
	if all := items(s.get("/exemptions?state=standing").is(200, "")); len(all) != 0 {
		t.Errorf("standing: %v", all)
	}
}
