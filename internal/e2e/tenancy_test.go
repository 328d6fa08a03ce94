package e2e

import (
	"fmt"
	"testing"
	"time"

	"cunfen/internal/demo"
	"cunfen/internal/web/kit/kittest"
)

// village is the id and name of a village of the demo.
func (s *stand) village(code string) (id int64, name string) {
	s.t.Helper()
	if err := s.owner.QueryRow(s.t.Context(), `select id, name from village where code = $1`, code).Scan(&id, &name); err != nil {
		s.t.Fatal(err)
	}
	return id, name
}

// settled waits until the undertaking that the page shows is where it should be, and shows it.
func (p *person) settled(state string) {
	p.t.Helper()
	id := p.path()[len("/platform/works/"):]
	var now, why string
	for range 480 {
		if err := p.owner.QueryRow(p.t.Context(), `select state, fault || result from undertaking where id = $1`, id).Scan(&now, &why); err != nil {
			p.t.Fatal(err)
		}
		if now == state {
			p.open(p.path())
			return
		}
		time.Sleep(250 * time.Millisecond)
	}
	p.t.Fatalf("%s, not %s: %s", now, state, why)
}

// TestVillageByThePlatformsPages moves a home, carries a village out, deletes it and brings it in again, all by the
// platform's pages and the worker; afterwards everything verifies and its old notice hangs as before.
func TestVillageByThePlatformsPages(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	guao, name := s.village("guao")
	jinpu, to := s.village("jinpu")
	site := func(v int64) string { return fmt.Sprintf("/platform/sites/%d", v) }
	const phrase = "古坳搬家时用的口令"

	admin := s.enter(tab, "平台管理员", demo.PlatformPhone, true)
	admin.open("/platform/works")
	admin.both("works-empty")
	admin.open(site(guao))
	admin.both("site")
	admin.press("并入别村")
	admin.both("work-merge-form")
	admin.fill("to", fmt.Sprint(jinpu))
	admin.fill("reason", "市政府批复〔2026〕12 号")
	admin.press("看会怎样")
	admin.says("会怎样")
	admin.both("work-merge-plan")

	// one home: the first with nothing under way
	var no, door, team string
	if err := s.owner.QueryRow(t.Context(), `select settings->'groups'->0->>'name' from village where id = $1`, jinpu).Scan(&team); err != nil {
		t.Fatal(err)
	}
	err := s.owner.QueryRow(t.Context(), `select h.passbook_no, h.door from household h join balance b on b.village_id = h.village_id and b.household_id = h.id where h.village_id = $1 and h.state = 'active' and b.held = 0 and b.disputed = 0 and b.year > 0
		and not exists (select from claim c where c.village_id = h.village_id and c.household_id = h.id and c.state in ('pending', 'returned', 'approved'))
		and not exists (select from finding f where f.village_id = h.village_id and f.household_id = h.id and f.state in ('recorded', 'noticed', 'rechecked', 'heard', 'cleared')) order by h.id limit 1`, guao).Scan(&no, &door)
	if err != nil {
		t.Fatal(err)
	}
	admin.open(site(guao) + "/works/move")
	admin.fill("to", fmt.Sprint(jinpu))
	admin.fill("passbook", no)
	admin.fill("door", "9组999号")
	admin.fill("team", team)
	admin.fill("reason", "搬到女儿家住")
	admin.press("看会怎样")
	admin.both("work-move-plan")
	admin.fill("typed", to)
	admin.press("迁户")
	admin.says("写的和村名不一样")
	admin.fill("typed", name)
	admin.press("迁户")
	admin.says("以前可以撤回")
	admin.both("work-waiting")
	work := admin.path()
	s.shift.Add(int64(11 * time.Minute))
	admin.settled("done")
	admin.says("这一户迁到了" + to)
	admin.both("work-move-done")

	// out
	admin.open(site(guao))
	admin.js(`(() => { document.querySelector('#suspend-reason').value = '换平台，搬走'; document.querySelector('#suspend-typed').value = %q; return true; })()`, name)
	admin.submit("#suspend-reason")
	admin.says("已暂停")
	admin.open(site(guao) + "/works/export")
	admin.fill("passphrase", "short")
	admin.fill("reason", "换平台，搬走")
	admin.press("看会怎样")
	admin.says("口令至少要 12 个字符")
	admin.fill("passphrase", phrase)
	admin.press("看会怎样")
	admin.both("work-export-plan")
	admin.fill("typed", name)
	admin.press("导出全村")
	out := admin.path()
	admin.settled("done")
	admin.both("work-export-done")
	file := admin.download("下载")
	admin.open(out)
	admin.press("按这份文件删除全村")
	admin.fill("passphrase", phrase)
	admin.fill("reason", "换平台，搬走")
	admin.both("work-delete-form")
	admin.press("看会怎样")
	admin.both("work-delete-plan")
	admin.fill("typed", name)
	admin.press("删除全村")
	admin.says("以前可以撤回")
	erase := admin.path()
	s.shift.Add(int64(24*time.Hour + time.Minute))
	admin.leave()
	admin = s.enter(tab, "平台管理员", demo.PlatformPhone, true)
	admin.open(erase)
	admin.settled("done")
	admin.both("work-delete-done")
	var left int
	if err := s.owner.QueryRow(t.Context(), `select (select count(*) from village where id = $1) + (select count(*) from household where village_id = $1)`, guao).Scan(&left); err != nil || left != 0 {
		t.Fatalf("%d rows stay, %v", left, err)
	}

	// and in again; a file that was touched is refused
	bad := append([]byte{}, file...)
	bad[len(bad)/2] ^= 1
	for _, try := range []struct {
		data []byte
		end  string
	}{{bad, "failed"}, {file, "planned"}} {
		admin.open("/platform/works/import")
		admin.both("work-bring")
		admin.chooseFile("guao.age", try.data)
		admin.fill("passphrase", phrase)
		admin.fill("reason", "搬回来了")
		admin.press("上传并核对")
		admin.settled(try.end)
		admin.both("work-bring-" + try.end)
	}
	admin.fill("typed", name)
	admin.press("装入全村")
	admin.settled("done")
	admin.both("work-bring-done")
	admin.open(site(guao))
	admin.js(`(() => { document.querySelector('#resume-reason').value = '装入核对无误'; return true; })()`)
	admin.submit("#resume-reason")
	admin.says("已恢复")
	admin.open("/platform/works")
	admin.both("works")
	admin.open(work)
	admin.says("这一户迁到了" + to)
	admin.leave()
	anybody := &person{stand: s, tab: tab, wide: true, who: "路人"}
	anybody.open("/v/guao")
	anybody.says(name)
	s.verify()
}
