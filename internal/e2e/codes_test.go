package e2e

import (
	"strings"
	"testing"

	"cunfen/internal/demo"
	"cunfen/internal/web/kit/kittest"
)

// TestPrintedCodes scans what hangs on a wall and on a door: an activity's printed code checks a household in, and
// a door plate opens its house for whoever may be there; who is not signed in signs in first and then arrives.
func TestPrintedCodes(t *testing.T) {
	s := up(t, "2026-11-20T08:00:00+08:00")
	tab := kittest.Browser(t)
	home := s.word(`select id::text from household where village_id = 320601 and head = '张桂兰'`)
	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/activities/new")
	xu.fill("name", "宪法宣讲")
	xu.fill("place", "村文化礼堂")
	xu.fill("item", "P01/")
	xu.js(`(() => { document.querySelector('[name=rotating]').checked = false; return true; })()`)
	xu.press("登记，去加参加的人")
	xu.says("打印签到码 A4")
	at := strings.SplitN(xu.path(), "?", 2)[0]
	poster := xu.codes("poster", at+"/poster", 1, 1)[0][0]
	plate := xu.codes("door-plate", "/passbooks/plates?household="+home, 2, 2)[0][0]
	xu.open(strings.TrimPrefix(plate, s.url))
	if xu.path() != "/households/"+home {
		t.Errorf("the plate leads the lead to %s", xu.path())
	}
	xu.leave()

	s.clock("2026-11-20T09:10:00+08:00")
	zhang := s.scanned(tab, poster, "张桂兰", household)
	if !strings.HasPrefix(zhang.path(), "/check-in/"+strings.TrimPrefix(at, "/activities/")) {
		t.Fatalf("the printed code leads to %s", zhang.path())
	}
	zhang.look("check-in-printed")
	zhang.js(`(() => { document.querySelector('main [name=member]').checked = true; return true; })()`)
	zhang.press("签到")
	zhang.says("签到好了")
	if n := s.number(`select count(*) from activity_person p join member m on m.village_id = p.village_id and m.id = p.member_id where m.household_id = $1 and p.activity_id = $2`, home, strings.TrimPrefix(at, "/activities/")); n != 1 {
		t.Errorf("%d of the family are checked in", n)
	}
	zhang.open(strings.TrimPrefix(poster, s.url))
	zhang.js(`(() => { const b = document.querySelector('main [name=member]:not(:disabled)'); if (b) b.checked = true; return true; })()`)
	zhang.open(strings.TrimPrefix(plate, s.url))
	if zhang.path() != "/home" {
		t.Errorf("the own plate leads the household to %s", zhang.path())
	}
	zhang.leave()

	shan := s.scanned(tab, plate, "单小军", gridMan)
	if shan.path() != "/record/"+home {
		t.Errorf("the plate leads the grid worker to %s", shan.path())
	}
	shan.says("替 张桂兰家 申报")
	shan.look("door-record")
	shan.open("/rounds")
	shan.press("开始2026年11月巡查")
	round := strings.SplitN(shan.path(), "?", 2)[0]
	shan.open(strings.TrimPrefix(plate, s.url))
	if shan.path() != round+"/homes/"+home {
		t.Errorf("on the round the plate leads to %s", shan.path())
	}
	shan.says("张桂兰家")
	shan.look("door-round")
	shan.leave()
}

// scanned opens what a code says on a phone where nobody is signed in, signs in where it leads to, and goes on.
func (s *stand) scanned(tab *kittest.Tab, code, who, phone string) *person {
	s.t.Helper()
	if !strings.HasPrefix(code, s.url+"/") {
		s.t.Fatalf("the code says %q", code)
	}
	p := &person{stand: s, tab: tab, who: who}
	tab.Size(390, 844)
	p.open(strings.TrimPrefix(code, s.url))
	if !strings.HasPrefix(p.path(), "/sign-in?next=") {
		s.t.Fatalf("who is not signed in comes to %s", p.path())
	}
	p.fill("phone", phone)
	p.fill("password", demo.Password)
	p.press("登录")
	p.second(phone)
	return p
}
