package api

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// TestAmendedInMidYear: a village amends its rules within the year, by the whole way of adoption. What happened
// before the day is scored as before, also where it is claimed, signed and posted after it; what stood in the
// book stays as it was.
func TestAmendedInMidYear(t *testing.T) {
	s := up(t)
	home := s.db.Household(t, pgtest.A, "1组1号", "张桂兰")
	staff := s.db.Household(t, pgtest.A, "9组9号", "干部家")
	lead, second, third, family := s.person(actor.Lead, staff), s.person(actor.Committee, staff), s.person(actor.Committee, staff), s.person(actor.Household, home)
	bureau := actor.Actor{Account: pg.NewID(), Name: "局里老周", Role: actor.Bureau, Township: pgtest.Town1}
	n := 0
	deed := func(item, day string) object { // each with a photo of its own: two alike would take two members
		n++
		return object{"item": item, "parts": object{"": 1}, "occurred_on": day, "note": "清理河岸", "evidence": []string{s.as(family).post("/evidence", scene(n)).is(201, "").str("id")}}
	}
	claimed := func(item, day string) string {
		return s.as(family).post("/claims", deed(item, day)).is(201, "").str("id")
	}
	first := claimed("P18", "2026-11-08")

	s.as(second).post("/rules/draft", object{"from": "force"}).is(201, "")
	s.post("/rules/draft/settings", object{"in_force_from": "2026-12-01", "reason": "四季度修订", "base_points": 100}).is(200, "")
	s.post("/rules/draft/items/P18", object{"title": "志愿服务", "text": "注册志愿者参加志愿活动的，每次积8分；", "value_text": "8分/次", "points": object{"": 8}, "on": true, "reason": "鼓励志愿服务"}).is(200, "")
	s.post("/rules/draft/items/P24/drop", object{"reason": "和 P18 常常说的是一件事"}).is(200, "")
	s.db.At("2026-11-25T10:00:00+08:00")
	s.as(lead)
	for n, day := range []string{"2026-11-11", "2026-11-12", "2026-11-13", "2026-11-14", "2026-11-15", "2026-11-24"} {
		s.post(fmt.Sprintf("/rules/draft/steps/%d", n+1), object{"held_on": day, "place": "村部会议室", "eligible": 30, "present": 25, "agreed": 24, "minutes": "逐条讨论了细则草案，意见已经记下。"}).is(200, "")
	}
	at := "/town/rules/11/" + s.post("/rules/draft/submit", nil).is(200, "").str("id")
	s.as(bureau).post(at+"/accept", object{"advice": "同意备案"}).is(200, "")

	s.db.At("2026-12-03T09:00:00+08:00")
	for _, c := range []struct {
		item, day string
		points    float64
		counts    bool
	}{{"P18", "2026-11-30", 5, true}, {"P18", "2026-12-01", 8, true}, {"P24", "2026-11-30", 5, true}, {"P24", "2026-12-01", 0, false}} {
		s.as(family)
		path := s.post("/claims/try", object{"item": c.item, "parts": object{"": 1}, "occurred_on": c.day})
		if !c.counts {
			path.is(422, "rulebook.no_item")
		} else if path.is(200, ""); path.body["points"] != c.points || path.body["counts"] != true {
			t.Errorf("%s on %s: %s", c.item, c.day, path.text)
		}
	}
	ids := []string{first, claimed("P18", "2026-11-30"), claimed("P24", "2026-11-29"), claimed("P18", "2026-12-02")}
	for _, id := range ids {
		s.as(second).post("/claims/"+id+"/approve", nil).is(200, "")
	}
	s.exec(`update membership set ends_on = '2027-12-31'`)
	for _, of := range []struct {
		month string
		lines float64
	}{{"2026-11", 3}, {"2026-12", 1}} {
		s.db.At("2027-01-02T09:00:00+08:00")
		sheet := s.as(lead).post("/months/"+of.month+"/freeze", nil).is(200, "").str("hash")
		for _, who := range []actor.Actor{lead, second, third} {
			s.as(who).post("/months/"+of.month+"/sign", object{"sheet": sheet, "password": password})
		}
		if m := s.get("/months/"+of.month).is(200, ""); m.str("state") != "posted" || m.body["lines"] != of.lines {
			t.Fatalf("%s = %s", of.month, m.text)
		}
	}
	got := map[string]string{}
	book := s.as(family).get("/passbook/lines").is(200, "")
	for _, l := range items(book) {
		line := l.(object)
		got[fmt.Sprint(line["item"], " ", line["occurred_on"])] = fmt.Sprint(line["points"], " by ", line["rule_version"])
	}
	for what, want := range map[string]string{"P18 2026-11-08": "5 by 1", "P18 2026-11-30": "5 by 1", "P24 2026-11-29": "5 by 1", "P18 2026-12-02": "8 by 2"} {
		if got[what] != want {
			t.Errorf("%s stands in the book as %q, want %q: %s", what, got[what], want, book.text)
		}
	}
	s.as(family).post("/households/"+uuid.NewString()+"/claims/try", deed("P18", "2026-12-02")).is(403, "")
}

// scene is a photo that looks like no other: blocks of light and dark drawn from its number.
func scene(n int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 96, 96))
	d := rand.New(rand.NewPCG(uint64(n), 7))
	for by := range 12 {
		for bx := range 12 {
			c := uint8(d.IntN(256))
			for y := range 8 {
				for x := range 8 {
					img.Set(bx*8+x, by*8+y, color.RGBA{c, c / 2, 255 - c, 255})
				}
			}
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil)
	return b.Bytes()
}
