package e2e

import (
	"encoding/base64"
	"strings"
	"testing"

	"cunfen/internal/paper/papertest"
	"cunfen/internal/web/kit/kittest"
)

// TestShelfAndScanner gives a thing a photo, prints its tag and a household's card, plate and passbook, and types
// at the desk what a scanner reads off each: it arrives at the home, the line or the thing; and buys with papers.
func TestShelfAndScanner(t *testing.T) {
	s := up(t, "2026-12-05T09:00:00+08:00")
	tab := kittest.Browser(t)
	one := func(sql string, a ...any) (v string) {
		t.Helper()
		if err := s.owner.QueryRow(t.Context(), sql, a...).Scan(&v); err != nil {
			t.Fatal(sql, err)
		}
		return v
	}
	home := one(`select id::text from household where village_id = 320601 and head = '张桂兰'`)
	goods := firstGoods(s)
	name := one(`select name from goods where village_id = 320601 and id::text = $1`, goods)

	xu := s.enter(tab, "徐海波", lead, true)
	xu.open("/goods/" + goods)
	xu.photograph()
	xu.look("goods-edit")
	xu.press("保存物资")
	xu.says("已保存")
	if one(`select (photo is not null)::text from goods where village_id = 320601 and id::text = $1`, goods) != "true" {
		t.Fatal("the photo was not kept")
	}
	xu.look("goods")
	xu.open("/goods/tags?picked=1") // as without scripts
	xu.says("请先勾选要印的")
	xu.open("/goods/" + goods)
	xu.look("goods-photo")
	xu.press("撤下这张照片")
	xu.says("照片已撤下")
	xu.look("goods-bare")
	xu.press("放回原来的照片")
	xu.says("照片已放回")
	xu.press("撤下这张照片")
	xu.mark()
	xu.js(`(() => { document.querySelector('#toasts [data-act=undo]').click(); return true; })()`)
	xu.settle()
	xu.says("照片已放回")
	xu.open("/goods?q=" + name)
	xu.says(name)
	xu.choose("goods", goods)
	xu.look("goods-ticked")
	chosen := kittest.Eval[string](tab, `(() => { const f = document.querySelector('main form[action="/goods/tags"]'); return f.getAttribute('action') + '?' + new URLSearchParams(new FormData(f)); })()`)
	if tags := xu.codes("shelf-chosen", chosen, 2, 5); len(tags) != 1 || len(tags[0]) != 1 {
		t.Errorf("one thing is ticked and %q printed", tags)
	}
	xu.open("/stock")
	xu.look("stock")
	xu.open("/stock?q=没有的东西")
	xu.says("没有符合的出入库")
	xu.open("/purchases")
	xu.look("purchases")
	xu.fill("goods", goods)
	xu.fill("quantity", "10")
	xu.fill("supplier", "供销社")
	xu.fill("fen", "5000")
	xu.fill("bought_on", "2026-12-04")
	xu.fill("receipt", "NO.77")
	xu.press("记下这笔采购")
	xu.says("三家不同的报价")
	for i, shop := range []string{"供销社", "粮油店", "镇超市"} {
		n := string(rune('0' + i))
		xu.fill("supplier-"+n, shop)
		xu.fill("yuan-"+n, []string{"5000", "5100", "5200"}[i])
	}
	xu.photograph()
	xu.press("记下这笔采购")
	xu.says("报价：供销社")
	xu.look("purchase")
	xu.photograph()
	xu.press("补上照片")
	xu.says("照片已补上")
	xu.open("/households/" + home + "/paper")
	xu.press("印整本")
	book := kittest.Eval[string](tab, `document.querySelector('main a[href$="/pdf"]').getAttribute('href')`)
	cover := xu.codes("book", book, 1, 1)[0][0]
	tag := xu.codes("shelf", "/goods/tags?goods="+goods, 2, 5)[0][0]
	card := xu.codes("card", "/passbooks/cards?household="+home, 2, 5)[0][0]
	xu.open("/passbooks")
	xu.mark()
	xu.js(`(() => { const f = document.querySelector('main form[action="/passbooks/print"]:not(#batch)'); f.requestSubmit(f.querySelector('[formaction="/passbooks/cards"]')); return true; })()`)
	xu.settle()
	xu.says("没有选到住户")
	xu.open("/passbooks?q=" + one(`select passbook_no from household where id::text = $1`, home))
	xu.choose("home", home)
	xu.look("papers-ticked")
	xu.press("印选中的整本")
	xu.says("1 户")
	plate := xu.codes("plate", "/passbooks/plates?household="+home, 2, 2)[0][0]
	line := one(`select code from passbook_line where village_id = 320601 and household_id::text = $1 order by line desc limit 1`, home)
	xu.phone("/goods", "goods")
	xu.phone("/purchases", "purchases")
	xu.phone("/stock", "stock")
	xu.leave()

	bian := s.enter(tab, "卞丽娟", deskClerk, true)
	for what, text := range map[string]string{"cover": cover, "card": card, "plate": plate, "line code": line} {
		bian.open("/redeem")
		bian.fill("q", text)
		bian.submit(`main [name="q"]`)
		if !strings.HasPrefix(bian.path(), "/redeem/"+home) {
			t.Errorf("%s %q leads to %s", what, text, bian.path())
		}
		if what == "line code" {
			bian.says("扫到的查验码")
		}
	}
	bian.open("/redeem/" + home)
	bian.look("redeem-goods")
	bian.fill("q", tag)
	bian.submit(`main [name="q"]`)
	if !strings.Contains(bian.path(), "goods="+goods) {
		t.Errorf("the tag %q leads to %s", tag, bian.path())
	}
	bian.look("redeem-scanned")
	bian.leave()

	zhang := s.enter(tab, "张桂兰", household, false)
	zhang.open("/goods/list")
	zhang.wait(`Array.from(document.querySelectorAll('.goods img')).some(i => i.complete && i.naturalWidth > 0)`)
	zhang.look("goods-offered-photo")
	zhang.open(strings.TrimPrefix(tag, s.url))
	zhang.says("看全部能换的")
	zhang.leave()
}

// codes fetches a document and reads the codes on it.
func (p *person) codes(name, path string, across, down int) [][]string {
	p.t.Helper()
	text := kittest.Eval[string](p.tab, `fetch('`+path+`').then(r => r.arrayBuffer()).then(b => { let s = ''; const u = new Uint8Array(b); for (let i = 0; i < u.length; i += 8192) s += String.fromCharCode.apply(null, u.subarray(i, i + 8192)); return btoa(s); })`)
	pdf, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		p.t.Fatal(err)
	}
	pages := papertest.Codes(p.t, name, pdf, across, down)
	if len(pages) == 0 || len(pages[0]) == 0 {
		p.t.Fatalf("%s: no code on %s", name, path)
	}
	return pages
}
