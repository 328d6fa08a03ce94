package e2e

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"cunfen/internal/actor"
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

	// one home, with nothing under way
	s.quiet(guao)
	var no, door, team string
	if err := s.owner.QueryRow(t.Context(), `select settings->'groups'->0->>'name' from village where id = $1`, jinpu).Scan(&team); err != nil {
		t.Fatal(err)
	}
	err := s.owner.QueryRow(t.Context(), `select h.passbook_no, h.door from household h join balance b on b.village_id = h.village_id and b.household_id = h.id where h.village_id = $1 and h.state = 'active' and b.held = 0 and b.disputed = 0 and b.year > 0 order by h.id limit 1`, guao).Scan(&no, &door)
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

// TestMergeByThePlatformsPages merges a village into another by its page, from the plan that says what hinders it to
// the result: every home has what it had, both books' chains hold, and an old village's printed notice still verifies.
func TestMergeByThePlatformsPages(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	guao, name := s.village("guao")
	jinpu, to := s.village("jinpu")
	genuine := s.paper(tab, guao)
	genuine()

	admin := s.enter(tab, "平台管理员", demo.PlatformPhone, true)
	ask := func() {
		t.Helper()
		admin.open(fmt.Sprintf("/platform/sites/%d/works/merge", guao))
		admin.fill("to", fmt.Sprint(jinpu))
		admin.fill("reason", "市政府批复〔2026〕12 号")
		admin.press("看会怎样")
	}
	ask()
	admin.says("还不能办")
	admin.says("还有 1 个月没有公示，公示以后再并")
	s.quiet(guao)
	before := s.books(`where b.village_id = $1 and h.state = 'active'`, guao)
	if len(before) == 0 {
		t.Fatal("nobody lives in the village")
	}

	// confirmed by mistake and taken back in time, then confirmed again
	for _, again := range []bool{false, true} {
		ask()
		admin.says(fmt.Sprintf("%d 户", len(before)))
		admin.fill("typed", to)
		admin.press("并村")
		admin.says("写的和村名不一样")
		admin.fill("typed", name)
		admin.press("并村")
		admin.says("以前可以撤回")
		admin.both("work-merge-waiting")
		if !again {
			admin.press("撤回")
			admin.says("撤回了")
		}
	}
	s.shift.Add(int64(11 * time.Minute))
	admin.settled("done")
	admin.says(fmt.Sprintf("%d 户迁到%s", len(before), to))
	admin.says("没有半路的户")
	admin.both("work-merge-done")
	var step string
	if err := s.owner.QueryRow(t.Context(), `select step || ' ' || done || '/' || total from undertaking where state = 'done' and kind = 'merge'`).Scan(&step); err != nil || step != fmt.Sprintf("迁住户 %d/%d", len(before), len(before)) {
		t.Errorf("its progress stands at %q, %v", step, err)
	}

	if came := s.arrived(jinpu); !maps.Equal(came, before) {
		t.Errorf("the homes had %+v and have %+v", before, came)
	}
	if left := s.books(`where b.village_id = $1 and (b.base <> 0 or b.year <> 0)`, guao); len(left) > 0 {
		t.Errorf("%+v can still be spent in the old village", left)
	}
	admin.open(fmt.Sprintf("/platform/sites/%d", guao))
	admin.says("已并入别村")
	admin.says("有岗位的账号 0 人")
	admin.both("site-merged")
	admin.leave()
	genuine()
	s.shift.Add(int64(10 * time.Minute)) // what was written last is sealed
	s.verify()
}

// book is what a home has.
type book struct{ Base, Year, Score, Honour int64 }

// books reads the homes' books, by home.
func (s *stand) books(where string, village int64) map[[16]byte]book {
	s.t.Helper()
	return s.balances(`select b.household_id, b.base, b.year, b.score, b.honour from balance b join household h on h.village_id = b.village_id and h.id = b.household_id `+where, village)
}

// arrived reads the books of the homes that came from another village, by what they were there.
func (s *stand) arrived(village int64) map[[16]byte]book {
	s.t.Helper()
	return s.balances(`select i.from_household, b.base, b.year, b.score, b.honour from move_in i join balance b on b.village_id = i.village_id and b.household_id = i.household_id where i.village_id = $1`, village)
}

func (s *stand) balances(sql string, village int64) map[[16]byte]book {
	s.t.Helper()
	rows, err := s.owner.Query(s.t.Context(), sql, village)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	all := map[[16]byte]book{}
	for rows.Next() {
		var id [16]byte
		var b book
		if err := rows.Scan(&id, &b.Base, &b.Year, &b.Score, &b.Honour); err != nil {
			s.t.Fatal(err)
		}
		all[id] = b
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return all
}

// quiet lets what is under way in a village come to its end.
func (s *stand) quiet(village int64) {
	s.t.Helper()
	for _, sql := range []string{`update claim set state = 'withdrawn' where village_id = $1 and state in ('pending', 'returned', 'approved')`,
		`update finding set state = 'closed', outcome = 'withdrawn', closed_at = now() where village_id = $1 and state in ('recorded', 'noticed', 'rechecked', 'heard', 'cleared')`,
		`update sheet set state = 'open' where village_id = $1 and state = 'signing'`,
		`delete from slot where village_id = $1 and holder_kind = 2 and not exists (select from inspection_confirm c where c.village_id = $1 and c.inspection_id = holder_id and c.posted)`} {
		if _, err := s.owner.Exec(s.t.Context(), sql, village); err != nil {
			s.t.Fatal(err)
		}
	}
}

// paper answers how a passer-by holds the village's September notice against the site.
func (s *stand) paper(tab *kittest.Tab, village int64) (genuine func()) {
	s.t.Helper()
	n, err := s.app.Site.Notices.Show(s.t.Context(), actor.System(actor.VillageID(village)), 202609)
	if err != nil || len(n.Lines) == 0 {
		s.t.Fatal(err)
	}
	p := &person{stand: s, tab: tab, wide: true, who: "路人"}
	return func() {
		s.t.Helper()
		p.open(fmt.Sprintf("/v/guao/verify?code=%s&line=1&mark=%s", n.Code, n.Cells(n.Lines[0])[8]))
		p.says("这一行和公布的一致")
	}
}

// TestSplitByThePlatformsPages lets one team of a village become a village of its own: the wizard makes the new
// village, the page of the old one moves the team, and every home, both chains and the old notice stand as before.
func TestSplitByThePlatformsPages(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	guao, name := s.village("guao")
	genuine := s.paper(tab, guao)
	genuine()
	var team, wide string
	if err := s.owner.QueryRow(t.Context(), `select min(h.team), (select string_agg(distinct o.team, E'\n') from household o where o.village_id = $1 and o.state = 'active') from household h where h.village_id = $1 and h.state = 'active'`, guao).Scan(&team, &wide); err != nil || team == wide {
		t.Fatalf("one team only: %q, %v", team, err)
	}

	admin := s.enter(tab, "平台管理员", demo.PlatformPhone, true)
	admin.open("/platform/drafts")
	var town string
	if err := s.owner.QueryRow(t.Context(), `select township_id::text from village where id = $1`, guao).Scan(&town); err != nil {
		t.Fatal(err)
	}
	admin.fill("township", town)
	admin.press("开始")
	for name, value := range map[string]string{"name": "新坳村", "code": "xinao", "households": "20", "contact": "村便民服务点", "phone": "0513-84880000", "address": "新坳村党群服务中心"} {
		admin.fill(name, value)
	}
	admin.press("保存，下一步")
	admin.fill("groups", "别的组")
	admin.fill("grids", "全村网格：1")
	admin.press("保存，下一步")
	admin.fill("emblem", "坳")
	admin.press("保存，下一步")
	admin.fill("lead", "顾海生")
	admin.fill("lead_phone", "13900002001")
	admin.press("建村，开通组长")
	admin.says("新坳村建好了")
	xinao, to := s.village("xinao")

	ask := func(teams string) {
		t.Helper()
		admin.open(fmt.Sprintf("/platform/sites/%d", guao))
		admin.press("划出几个组")
		admin.fill("to", fmt.Sprint(xinao))
		admin.fill("teams", teams)
		admin.fill("reason", "市政府批复〔2026〕13 号")
		admin.press("看会怎样")
	}
	admin.open(fmt.Sprintf("/platform/sites/%d/works/split", guao))
	admin.both("work-split-form")
	ask(team + "\n没有的组")
	admin.says("还不能办")
	admin.says("没有住户的组名是“没有的组”")
	admin.says("还没入账的巡查得分")
	admin.says(fmt.Sprintf("%s没有“%s”，先在那边设这个组", to, team))
	admin.both("work-split-blocked")
	ask(wide)
	admin.says("一户也不剩")

	// what is under way comes to its end, and the new village gets the team
	s.quiet(guao)
	if _, err := s.owner.Exec(t.Context(), `update village set settings = jsonb_set(settings, '{groups}', (settings->'groups') || jsonb_build_array(jsonb_build_object('number', 2, 'name', $2::text))) where id = $1`, xinao, team); err != nil {
		t.Fatal(err)
	}
	before, stay := s.books(`where b.village_id = $1 and h.state = 'active' and h.team = '`+team+`'`, guao), s.books(`where b.village_id = $1 and h.state = 'active' and h.team <> '`+team+`'`, guao)
	if len(before) == 0 || len(stay) == 0 {
		t.Fatalf("%d go, %d stay", len(before), len(stay))
	}
	ask(team + "\n没有的组")
	admin.press("重新看一次") // what was given before stands there
	admin.fill("teams", team)
	admin.press("看会怎样")
	admin.says(fmt.Sprintf("%d 户", len(before)))
	admin.both("work-split-plan")
	admin.fill("typed", name)
	admin.press("分村")
	admin.says("以前可以撤回")
	s.shift.Add(int64(11 * time.Minute))
	admin.settled("done")
	admin.says(fmt.Sprintf("%d 户迁到%s", len(before), to))
	admin.says("没有半路的户")
	admin.both("work-split-done")

	if came := s.arrived(xinao); !maps.Equal(came, before) {
		t.Errorf("the homes had %+v and have %+v", before, came)
	}
	if now := s.books(`where b.village_id = $1 and h.state = 'active'`, guao); !maps.Equal(now, stay) {
		t.Errorf("those who stayed had %+v and have %+v", stay, now)
	}
	if left := s.books(`where b.village_id = $1 and h.state <> 'active' and (b.base <> 0 or b.year <> 0)`, guao); len(left) > 0 {
		t.Errorf("%+v can still be spent in the old village", left)
	}
	for village, homes := range map[int64]int{guao: len(stay), xinao: len(before)} {
		admin.open(fmt.Sprintf("/platform/sites/%d", village))
		admin.says(fmt.Sprintf("住户 %d 户", homes))
	}
	admin.both("site-split-new")
	admin.leave()
	genuine()
	s.shift.Add(int64(10 * time.Minute)) // what was written last is sealed
	s.verify()
}
