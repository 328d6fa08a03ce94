package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/redis/go-redis/v9"
	"github.com/xuri/excelize/v2"

	"cunfen/internal/web/kit/kittest"
)

var sixDigits = regexp.MustCompile(`\d{6}`)

// code waits for the message that went to a phone and reads the code in it.
func (s *stand) code(phone string) string {
	s.t.Helper()
	for range 600 {
		if code := sixDigits.FindString(s.app.Console.Last(phone)); code != "" {
			return code
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("no code went to %s", phone)
	return ""
}

// pass lets time go by while nobody touches anything: for the product's clock, and for what Redis forgets by
// itself.
func (s *stand) pass(d time.Duration) {
	s.t.Helper()
	s.shift.Add(int64(d))
	ctx := s.t.Context()
	keys, err := s.app.Redis.Keys(ctx, "cunfen:session:*").Result()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, k := range keys {
		left, err := s.app.Redis.PTTL(ctx, k).Result()
		if err == nil && left > 0 {
			err = s.app.Redis.PExpire(ctx, k, max(left-d, 0)).Err() // at nothing left Redis drops it
		}
		if err != nil && err != redis.Nil {
			s.t.Fatal(err)
		}
	}
}

// TestSignInBySMSAndIdle signs a household in by a code on its phone, and a member of the group by password and
// authenticator; after half an hour without a touch the member is asked again, at the page where they were,
// and the household is not.
func TestSignInBySMSAndIdle(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	tab.Size(390, 844)
	zhang := &person{stand: s, tab: tab, who: "张桂兰"}
	zhang.open("/sign-in")
	zhang.look("sign-in")
	zhang.press("用短信验证码登录")
	zhang.look("sign-in-sms")
	zhang.fill("phone", "1380000")
	zhang.press("发验证码给我")
	zhang.says("手机号")
	zhang.fill("phone", household)
	zhang.press("发验证码给我")
	zhang.look("sign-in-code")
	code := s.code(household)
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	zhang.fill("code", wrong)
	zhang.press("登录")
	zhang.says("验证码不对")
	zhang.look("sign-in-code-wrong")
	zhang.fill("code", code)
	zhang.press("登录")
	if at := zhang.path(); at != "/home" {
		t.Fatalf("signed in by SMS, and at %s: %s", at, zhang.text())
	}
	s.pass(31 * time.Minute)
	zhang.open("/home")
	if at := zhang.path(); at != "/home" {
		t.Errorf("a household is asked to sign in again after half an hour: at %s", at)
	}
	zhang.leave()

	wu := s.enter(tab, "吴桂芳", cadre, true)
	wu.open("/months")
	s.pass(25 * time.Minute)
	wu.open("/months") // a touch: from here it counts anew
	s.pass(25 * time.Minute)
	wu.open("/review")
	if at := wu.path(); at != "/review" {
		t.Fatalf("a member at work is signed out: at %s", at)
	}
	s.pass(31 * time.Minute)
	wu.open("/review")
	if at := wu.path(); at != "/sign-in?next=%2Freview" {
		t.Fatalf("after half an hour without a touch the member is at %s", at)
	}
	wu.look("sign-in-again")
}

// chooseFile puts a file into the form's field, as somebody picks it in a dialogue.
func (p *person) chooseFile(name string, data []byte) {
	p.t.Helper()
	if !p.js(`(() => { const i = document.querySelector('main input[type=file]'); if (!i) return false; const d = new DataTransfer();
		d.items.add(new File([Uint8Array.from(atob(%q), c => c.charCodeAt(0))], %q)); i.files = d.files; i.dispatchEvent(new Event('change', {bubbles: true})); return true; })()`,
		base64.StdEncoding.EncodeToString(data), name) {
		p.t.Fatalf("%s at %s: no place for a file: %s", p.who, p.path(), p.text())
	}
}

// download clicks what gives a file and answers the file.
func (p *person) download(click string) []byte {
	p.t.Helper()
	dir := p.t.TempDir()
	if _, err := chromedp.CallBrowser(p.tab.Ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: "allow", DownloadPath: dir}); err != nil {
		p.t.Fatal(err)
	}
	if !p.js(`(() => { const e = Array.from(document.querySelectorAll('main button, main a')).find(e => e.innerText.includes(%q)); if (!e) return false; e.click(); return true; })()`, click) {
		p.t.Fatalf("%s at %s: nothing says %q", p.who, p.path(), click)
	}
	for range 100 {
		time.Sleep(50 * time.Millisecond)
		names, _ := filepath.Glob(filepath.Join(dir, "*.*"))
		names = slices.DeleteFunc(names, func(n string) bool { return strings.HasSuffix(n, ".crdownload") })
		if len(names) == 1 {
			data, err := os.ReadFile(names[0])
			if err != nil {
				p.t.Fatal(err)
			}
			return data
		}
	}
	p.t.Fatalf("%s at %s: no file came for %q: %s", p.who, p.path(), click, p.text())
	return nil
}

// set writes a cell of a workbook's first sheet, as somebody who mends the file.
func set(t *testing.T, book []byte, cell, value string) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.SetCellStr(f.GetSheetName(0), cell, value); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestImportGivenBack brings a sheet with mistakes to the register: nothing comes in, the sheet comes back with
// what is wrong in red beside its rows, and the same file, mended, comes in as it stands, red column and all.
func TestImportGivenBack(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	xu := s.enter(tab, "徐海波", lead, true)
	count := func() (n int) {
		if err := s.owner.QueryRow(context.Background(), `select count(*) from household where village_id = 320601 and head in ('施小红', '施小军')`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	xu.open("/households/import")
	xu.look("import")
	sheet := xu.download("下载模板")
	heads := sheetHeads(t, sheet)
	for _, cell := range []struct{ column, first, second string }{{"门牌号", "1组901号", "1组902号"}, {"户主姓名", "施小红", "施小军"}, {"村民小组", "1组", "99组"}, {"联系电话", "1380000", "13800138001"}} {
		column := heads[cell.column]
		sheet = set(t, set(t, sheet, column+"2", cell.first), column+"3", cell.second)
	}
	xu.chooseFile("海沿村名册.xlsx", sheet)
	xu.press("上传核对")
	xu.look("import-wrong")
	xu.says("一行也不会导入")
	xu.says("电话不对")
	xu.says("本村没有")
	if n := count(); n != 0 {
		t.Fatalf("%d households came in with a sheet that has mistakes", n)
	}

	given := xu.download("下载标出问题的表格")
	red, said := redCells(t, given)
	if len(red) < 2 || !strings.Contains(said, "电话不对") || !strings.Contains(said, "99组") {
		t.Fatalf("the sheet given back marks %v and says %q", red, said)
	}
	given = set(t, set(t, given, heads["联系电话"]+"2", "13800138000"), heads["村民小组"]+"3", "1组")
	xu.open("/households/import")
	xu.chooseFile("海沿村名册（标出问题）.xlsx", given)
	xu.press("上传核对")
	xu.look("import-right")
	xu.says("没有问题")
	xu.press("导入：新增 2 户")
	xu.look("import-done")
	xu.says("已导入")
	if n := count(); n != 2 {
		t.Errorf("%d of 2 households came in", n)
	}
	tab.Size(390, 844)
	xu.wide = false
	xu.open("/households/import")
	xu.look("import-done")
}

// sheetHeads finds the column of each heading.
func sheetHeads(t *testing.T, book []byte) map[string]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil || len(rows) == 0 {
		t.Fatal(rows, err)
	}
	heads := map[string]string{}
	for i, h := range rows[0] {
		name, _ := excelize.ColumnNumberToName(i + 1)
		heads[strings.TrimSuffix(strings.TrimSpace(h), "*")] = name
		heads[strings.Trim(h, "* ")] = name
	}
	return heads
}

// redCells are the cells of the first sheet that are set in red, and all that they say.
func redCells(t *testing.T, book []byte) (cells []string, said string) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	name := f.GetSheetName(0)
	rows, err := f.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	for y := 1; y < len(rows); y++ {
		for x, text := range rows[y] {
			cell, _ := excelize.CoordinatesToCellName(x+1, y+1)
			id, err := f.GetCellStyle(name, cell)
			if err != nil {
				t.Fatal(err)
			}
			style, err := f.GetStyle(id)
			if err != nil {
				t.Fatal(err)
			}
			if style.Font != nil && strings.HasPrefix(strings.TrimPrefix(style.Font.Color, "FF"), "B") {
				cells, said = append(cells, cell), said+text+"；"
			}
		}
	}
	return cells, said
}
