package e2e

import (
	"net/url"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/web/kit/kittest"
)

// TestActivity is an activity from the first word to the claims of all: people ticked, a list pasted and matched
// with the register, a household that scans the code, one sheet for everybody, and the whole taken back.
func TestActivity(t *testing.T) {
	s := up(t, "2026-11-20T08:00:00+08:00")
	tab := kittest.Browser(t)
	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/activities")
	xu.look("activities-begun")
	xu.open("/activities/new")
	xu.look("activity-new")
	xu.fill("name", "宪")
	xu.fill("place", "村文化礼堂")
	xu.fill("item", "P01/")
	xu.press("登记，去加参加的人")
	xu.says("请写活动名称")
	xu.look("activity-new-wrong")
	xu.fill("name", "宪法宣讲")
	xu.press("登记，去加参加的人")
	xu.says("名单上还没有人")
	xu.look("activity-open")
	at := xu.path()
	id := uuid.MustParse(at[len("/activities/"):])

	// A list as somebody types it: two of them known, one who is not.
	xu.fill("people", "单小军\n张桂兰 1组3号\n没有这个人")
	xu.submit("#match-form [name=people]")
	xu.says("没有这个名字")
	xu.look("activity-matched")
	xu.press("把认出的")
	xu.look("activity-taken")
	if n := s.number(`select count(*) from activity_person where how = 'sheet' and activity_id = $1`, id); n < 1 {
		t.Errorf("%d of the list came onto it", n)
	}
	xu.open(at + "/people?q=1组")
	xu.js(`(() => { for (const b of Array.from(document.querySelectorAll('[name=member]')).slice(0, 3)) b.checked = true; return true; })()`)
	xu.look("activity-ticking")
	xu.press("把勾选的人登记上")
	xu.says("登记了 3 人")
	xu.open(at + "/code")
	xu.look("activity-code")

	// A household scans what the screen shows now; a minute's code of this morning is of no use.
	w, err := s.app.Site.Activities.Activities.Show(t.Context(), s.actor("徐海波"), id)
	if err != nil {
		t.Fatal(err)
	}
	xu.leave()
	zhang := s.enter(tab, "张桂兰", household, false)
	stale := "/check-in/" + id.String() + "?code=" + url.QueryEscape(w.Code(s.now()))
	s.clock("2026-11-20T09:10:00+08:00")
	zhang.open(stale)
	zhang.says("签到码已经过期")
	zhang.look("check-in-stale")
	zhang.open("/check-in/" + id.String() + "?code=" + url.QueryEscape(w.Code(s.now())))
	zhang.look("check-in")
	if zhang.has("[name=member]") {
		zhang.js(`(() => { document.querySelector('[name=member]').checked = true; return true; })()`)
		zhang.press("签到")
		zhang.says("签到好了")
		zhang.look("check-in-done")
	}
	zhang.leave()

	s.clock("2026-11-20T11:30:00+08:00")
	xu = s.enter(tab, "徐海波", lead, true)
	xu.open(at)
	xu.says("请先拍一张签到表")
	xu.js(`(() => { const f = document.querySelector('#match-form input[type=file]'); f.remove(); return true; })()`)
	xu.photograph()
	xu.submit("#photo-form button")
	xu.says("照片收好了")
	xu.look("activity-ready")
	xu.press("人申报")
	xu.says("已整批申报")
	xu.look("activity-claimed")
	claims := s.number(`select count(*) from claim where channel = 'batch' and state = 'pending' and item = 'P01'`)
	if people := s.number(`select count(*) from activity_person where claim_id is not null and activity_id = $1`, id); claims < 4 || claims != people {
		t.Errorf("%d claims for %d people", claims, people)
	}
	xu.fill("reason", "漏登了两个人")
	xu.press("整批撤回")
	xu.says("整批已撤回")
	if n := s.number(`select count(*) from claim where channel = 'batch' and state <> 'withdrawn' and item = 'P01'`); n != 0 {
		t.Errorf("%d claims are left", n)
	}
	xu.press("人申报")
	xu.open("/activities")
	xu.look("activities")
	xu.leave()
	shan := s.enter(tab, "单小军", gridMan, false)
	shan.open("/activities")
	shan.look("activities-phone")
	shan.open(at)
	shan.look("activity-phone")
	shan.leave()
}

// number reads a count that no page shows.
func (s *stand) number(sql string, args ...any) (n int) {
	s.t.Helper()
	if err := s.owner.QueryRow(s.t.Context(), sql, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}
