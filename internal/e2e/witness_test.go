package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/archive"
	"cunfen/internal/web/kit/kittest"
)

// TestWitness: what was done is laid open. The notice's archive is made by itself and its pack verifies; anybody
// checks a printed line; representatives are drawn by lot and appointed from the drawing; what a disqualified
// member let through is looked at again by two others; what is over its time is named before it goes.
func TestWitness(t *testing.T) {
	s := up(t, "2026-11-08T09:00:00+08:00")
	tab := kittest.Browser(t)
	anybody := &person{stand: s, tab: tab, who: "路人"}
	both := func(p *person, path, name string) {
		t.Helper()
		for _, wide := range []bool{true, false} {
			if p.wide = wide; wide {
				tab.Size(1440, 900)
			} else {
				tab.Size(390, 844)
			}
			p.open(path)
			p.look(name)
		}
	}

	// Anybody checks a printed line.
	var code, mark string
	v, err := s.app.Site.Notices.Show(t.Context(), actor.System(320601), 202610)
	if err != nil {
		t.Fatal(err)
	}
	code, mark = v.Code, v.Cells(v.Lines[4])[8]
	both(anybody, "/v/haiyan", "board")
	both(anybody, "/v/haiyan/2026-10", "notice")
	anybody.open("/v/haiyan/2026-10?door=" + v.Lines[4].Door)
	anybody.look("door")
	anybody.open("/v/haiyan/verify")
	anybody.fill("code", code)
	anybody.fill("line", "5")
	anybody.fill("mark", mark)
	anybody.submit(`main input[name="mark"]`)
	anybody.says("这一行和公布的一致")
	both(anybody, anybody.path(), "verify-line")
	anybody.open("/v/haiyan/verify?code=" + code + "&line=6&mark=" + mark)
	anybody.says("这一行和公布的不一致")
	anybody.look("verify-wrong")
	anybody.open("/v/haiyan/verify?code=0000-0000")
	anybody.says("没有这个查验码")
	s.papers()

	// The archive.
	s.holds(`select exists (select from archive where village_id = 320601 and state = 'done')`)
	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/archive")
	xu.fill("period", "20266")
	xu.press("做一包")
	xu.says("请填 4 位年份")
	s.holds(`select exists (select from ledger_seal where village_id = 320601)`)
	xu.fill("period", "2026")
	xu.press("做一包")
	xu.says("正在制作")
	s.holds(`select count(*) = 1 from archive where village_id = 320601 and period = 2026 and state = 'done'`)
	both(xu, "/archive", "archive")
	for _, p := range s.packs(320601) {
		r := archive.Verify(bytes.NewReader(p), int64(len(p)))
		if len(r.Findings) > 0 || r.Entries == 0 || r.Notices == 0 {
			t.Errorf("%s: %v", r.Manifest.Period.Chinese(), r.Findings)
		}
	}

	// What is over its time.
	both(xu, "/keeping", "keeping")
	xu.open("/keeping")
	xu.submit(`#form-message input[name="days"]`)
	xu.says("改好了")

	// The drawing.
	xu.open("/draws")
	xu.fill("seats", "2")
	xu.fill("draws_on", "2026-11-22")
	xu.submit(`form[action="/draws"] input[name="seats"]`)
	xu.says("名单已固定")
	draw := xu.path()
	xu.says("到那天才能抽")
	xu.leave()
	s.clock("2026-11-22T09:00:00+08:00")
	xu = s.enter(tab, "徐海波", lead, true)
	xu.open(draw)
	for i, n := range []string{"108", "66", "930501"} {
		xu.fill(fmt.Sprintf("name%d", i+1), fmt.Sprintf("代表%d", i+1))
		xu.fill(fmt.Sprintf("number%d", i+1), n)
	}
	xu.look("draw-form")
	xu.press("抽签，公布结果")
	xu.says("抽出来了")
	both(xu, draw, "draw")
	xu.open(draw + "/paper")
	xu.look("draw-paper")
	tab.Size(1440, 900)
	xu.wide = true
	xu.open(draw)
	xu.open(xu.link("/group/new"))
	xu.fill("name", "周代表")
	xu.fill("phone", "13800004321")
	xu.press("任命")
	xu.open(draw)
	xu.says("已任命")

	// A member is disqualified, and what he let through is looked at again.
	var place, who string
	err = s.owner.QueryRow(t.Context(), `select m.id::text, m.name from membership m where m.village_id = 320601 and m.role = 'committee' and m.ended_at is null order by
		(select count(*) from claim c where c.village_id = m.village_id and c.reviewer = m.account_id) desc limit 1`).Scan(&place, &who)
	if err != nil {
		t.Fatal(err)
	}
	xu.open("/group/" + place + "/disqualify")
	xu.fill("reason", "给亲戚家多评了分，镇里查实")
	xu.look("disqualify")
	xu.submit(`main textarea[name="reason"]`)
	xu.says("已取消资格")
	xu.says(who)
	both(xu, "/rechecks", "rechecks")
	xu.open("/rechecks")
	xu.press("去复核")
	recheck := xu.path()
	both(xu, recheck, "recheck")
	tab.Size(1440, 900)
	xu.wide = true
	xu.open(recheck)
	xu.press("有问题")
	xu.fill("reason", "错")
	xu.press("提出问题")
	xu.look("recheck-form")
	xu.leave()

	both(anybody, "/v/haiyan"+draw, "draw-public")
	anybody.open("/v/haiyan/draws")
	anybody.look("draws-public")
}

// packs are the bytes of the packs of a village that are done.
func (s *stand) packs(village int64) (all [][]byte) {
	s.t.Helper()
	rows, err := s.app.Site.Archive.List(s.t.Context(), actor.System(actor.VillageID(village)), 0)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range rows {
		if p.State != archive.Done {
			continue
		}
		_, body, err := s.app.Site.Archive.Take(s.t.Context(), actor.System(actor.VillageID(village)), p.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(body); err != nil {
			s.t.Fatal(err)
		}
		_ = body.Close()
		all = append(all, b.Bytes())
	}
	return all
}

// papers draws the PDFs beside the pictures of the pages, where somebody wants to look at them.
func (s *stand) papers() {
	s.t.Helper()
	dir := os.Getenv("CUNFEN_SHOTS")
	if dir == "" {
		return
	}
	for i, size := range []string{"a4", "a3"} {
		pdf, _, err := s.app.Site.Notices.PDF(s.t.Context(), 320601, 202610, 1, size)
		if err != nil {
			s.t.Fatal(err)
		}
		name := filepath.Join(dir, fmt.Sprintf("notice-%s-%d.pdf", size, i))
		if err := os.WriteFile(name, pdf, 0o600); err != nil {
			s.t.Fatal(err)
		}
		_ = exec.Command("pdftoppm", "-r", "70", "-png", name, strings.TrimSuffix(name, ".pdf")).Run()
	}
}
