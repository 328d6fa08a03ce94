package e2e

import (
	"strconv"
	"strings"
	"testing"

	"cunfen/internal/web/kit/kittest"
)

// TestDeskDay is the redemption desk's normal day: a household sets something aside on its phone, the desk calls
// numbers, hands over what was set aside and several things at once, finds a passbook that differs, brings goods
// to a door and counts what is left.
func TestDeskDay(t *testing.T) {
	s := up(t, "2026-12-05T09:00:00+08:00")
	tab := kittest.Browser(t)
	balance := func(head string) string {
		var n int64
		err := s.owner.QueryRow(t.Context(), `select b.year from balance b join household h on h.village_id = b.village_id and h.id = b.household_id where h.village_id = 320601 and h.head = $1`, head).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return strconv.FormatInt(n, 10)
	}

	zhang := s.enter(tab, "张桂兰", household, false)
	zhang.open("/goods/list")
	zhang.look("goods-offered")
	zhang.press("预留")
	zhang.look("reserve")
	zhang.fill("quantity", "9000")
	zhang.press("预留，先留住")
	zhang.says("数量")
	zhang.fill("quantity", "1")
	zhang.press("预留，先留住")
	zhang.says("取货码")
	zhang.look("reserved")
	zhang.open("/my/orders")
	zhang.look("my-orders")
	zhang.leave()
	var code string
	if err := s.owner.QueryRow(t.Context(), `select code from shop_order where village_id = 320601 and state = 'held'`).Scan(&code); err != nil {
		t.Fatal(err)
	}

	bian := s.enter(tab, "卞丽娟", deskClerk, true)
	bian.open("/redeem")
	bian.press("取一个号")
	bian.says("1 号")
	bian.look("line")
	bian.press("叫下一号")
	bian.says("请 1 号来办理")
	bian.look("desk-home")
	bian.open("/orders?state=held")
	bian.look("orders")
	bian.open("/redeem?q=" + code)
	bian.look("order")
	bian.fill("passbook", balance("张桂兰"))
	bian.fill("receiver", "张小军")
	bian.choose("on_paper", "1")
	bian.fill("relation", "儿子")
	bian.press("交给住户，扣分")
	bian.says("凭什么代领")
	bian.look("order-refused")
	bian.fill("authority", "户口簿")
	bian.press("交给住户，扣分")
	bian.says("补登")
	bian.look("order-receipt")

	// several things for one household, then its passbook differs
	var home, other string
	rows, err := s.owner.Query(t.Context(), `select h.id::text from household h join balance b on b.village_id = h.village_id and b.household_id = h.id
		where h.village_id = 320601 and h.head <> '张桂兰' and h.state = 'active' and b.year - b.held - b.disputed >= 10
		and not exists (select from relative r join account a on a.id = r.account_id where r.village_id = h.village_id and r.household_id = h.id and a.name in ('卞丽娟', '徐海波'))
		order by b.year desc limit 2`)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []*string{&home, &other} {
		if !rows.Next() {
			t.Fatal("no two households with points")
		}
		if err := rows.Scan(to); err != nil {
			t.Fatal(err)
		}
	}
	rows.Close()
	year := func(id string) string {
		var n int64
		if err := s.owner.QueryRow(t.Context(), `select year from balance where village_id = 320601 and household_id::text = $1`, id).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return strconv.FormatInt(n, 10)
	}
	bian.open("/redeem/" + home)
	bian.press("换这个")
	bian.press("换这个")
	bian.look("basket")
	bian.fill("passbook", year(home)+"7")
	bian.choose("on_paper", "1")
	bian.press("发放，扣分")
	bian.says("登记对账")
	bian.look("differs")
	bian.press("确实不一样")
	bian.says("待对账")
	bian.look("mismatch")
	at := strings.SplitN(bian.path(), "?", 2)[0]
	bian.choose("outcome", "paper")
	bian.fill("reason", "存折多写了一位，已更正")
	bian.press("我签字确认")
	bian.says("还要另一个人签字")
	bian.open("/redeem/" + home + "?goods=" + firstGoods(s))
	bian.fill("passbook", year(home))
	bian.choose("on_paper", "1")
	bian.press("发放，扣分")
	bian.says("正在对账")
	bian.leave()
	xu := s.enter(tab, "徐海波", lead, true)
	xu.open(at)
	xu.choose("outcome", "paper")
	xu.fill("reason", "看过存折，同意")
	xu.press("我签字确认")
	xu.says("可以兑换了")
	xu.open("/mismatches")
	xu.look("mismatches")
	xu.leave()

	bian = s.enter(tab, "卞丽娟", deskClerk, true)
	bian.open("/redeem/" + home)
	bian.press("换这个")
	bian.press("换这个")
	bian.fill("passbook", year(home))
	bian.choose("on_paper", "1")
	bian.press("发放，扣分")
	bian.says("补登这 2 行")
	bian.look("slip")
	bian.press("打印凭证")
	bian.tab.Shot("slip-paper")

	bian.open("/doorsteps")
	var door string
	if err := s.owner.QueryRow(t.Context(), `select passbook_no from household where village_id = 320601 and id::text = $1`, other).Scan(&door); err != nil {
		t.Fatal(err)
	}
	bian.fill("home", door)
	bian.fill("reason", "高龄独居")
	bian.press("加进名单")
	bian.press("代为预留")
	bian.press("换这个")
	bian.press("先预留，以后来领")
	bian.says("取货码")
	bian.open("/doorsteps")
	bian.look("doorsteps")
	bian.open("/doorsteps?print=1")
	bian.tab.Shot("doorsteps-paper")
	bian.open("/doorsteps")
	bian.press("送到了，签收")
	bian.fill("passbook", year(other))
	bian.choose("on_paper", "1")
	bian.choose("delivered", "1")
	bian.press("交给住户，扣分")
	bian.says("送上门")

	bian.open("/windows")
	bian.fill("day", "2026-12-20")
	bian.fill("hours", "8:30—11:30")
	bian.fill("place", "3 组文化广场")
	bian.press("加这一天")
	bian.look("windows")

	bian.open("/counts/new?kind=day")
	bian.js(`(() => { for (const b of document.querySelectorAll('main input[name^="book-"]')) document.querySelector('main [name="counted-' + b.name.slice(5) + '"]').value = b.value; return true; })()`)
	bian.js(`(() => { const e = document.querySelector('main [name^="counted-"]'); e.value = String(Number(e.value) - 1); return true; })()`)
	bian.fill("witness", "吴桂芳")
	bian.press("记下清点结果")
	bian.says("请写明原因")
	bian.look("count-refused")
	bian.js(`(() => { document.querySelector('main [name^="reason-"]').value = '包装破损，已另放'; return true; })()`)
	bian.press("记下清点结果")
	bian.says("1 样有出入")
	bian.look("count")
	bian.tab.Size(390, 844)
	bian.wide = false
	for _, path := range []string{"/redeem", "/redeem/" + home + "?goods=" + firstGoods(s), "/line", "/counts", "/counts/new?kind=day", "/doorsteps", "/windows", "/orders", at} {
		bian.open(path)
		bian.look("desk" + strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(path)[:min(len(path), 9)])
	}
	bian.leave()
	s.verify()
}

func firstGoods(s *stand) (id string) {
	s.t.Helper()
	if err := s.owner.QueryRow(s.t.Context(), `select id::text from goods where village_id = 320601 and active and stock > 0 order by price, code limit 1`).Scan(&id); err != nil {
		s.t.Fatal(err)
	}
	return id
}
