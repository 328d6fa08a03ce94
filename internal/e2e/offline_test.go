package e2e

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/shop"
	"cunfen/internal/web/kit/kittest"
)

// TestDeskWithoutNetwork is the desk where the network goes away in the middle of the line: what was set aside
// before is handed over and kept on the device, all else is only taken down; when the server is back every record
// arrives once, though an answer was lost after it was applied, and what another desk had handed over meanwhile
// comes back as a card.
func TestDeskWithoutNetwork(t *testing.T) {
	s := up(t, "2026-12-05T09:00:00+08:00")
	ctx := t.Context()
	clerk, xu := s.actor("卞丽娟"), s.actor("徐海波")
	var goods shop.Item
	if err := s.owner.QueryRow(ctx, `select id, price from goods where village_id = 320601 and active and stock > 9 order by price limit 1`).Scan(&goods.Goods, &goods.Price); err != nil {
		t.Fatal(err)
	}
	goods.Quantity = 1
	orders := make([]shop.Reservation, 3)
	years := make([]string, 3)
	rows, err := s.owner.Query(ctx, `select h.id, b.year::text from household h join balance b on b.village_id = h.village_id and b.household_id = h.id
		where h.village_id = 320601 and h.state = 'active' and b.year - b.held - b.disputed >= $1 and b.held = 0
		and not exists (select from relative r where r.village_id = h.village_id and r.household_id = h.id)
		and not exists (select from membership m where m.village_id = h.village_id and m.household_id = h.id and m.role <> 'household') order by h.id limit 3`, goods.Price)
	if err != nil {
		t.Fatal(err)
	}
	homes := make([]uuid.UUID, 3)
	for i := range homes {
		if !rows.Next() {
			t.Fatal("no three households with points")
		}
		if err := rows.Scan(&homes[i], &years[i]); err != nil {
			t.Fatal(err)
		}
	}
	rows.Close()
	for i, h := range homes {
		who := clerk
		who.Key = uuid.NewString()
		if orders[i], err = s.app.Site.Shop.Reserve(ctx, who, h, []shop.Item{goods}); err != nil {
			t.Fatal(err)
		}
	}

	g := s.through()
	tab := kittest.Browser(t)
	bian := s.enter(tab, "卞丽娟", deskClerk, true)
	bian.open("/redeem/offline")
	bian.wait(`!document.querySelector('[data-keep]').hidden && !!navigator.serviceWorker.controller`)
	bian.look("desk-offline")
	bian.js(`(() => { document.querySelector('[data-keep]').click(); return true; })()`)
	bian.wait(`document.querySelector('[data-keep]').textContent.includes('已下载')`)

	tab.Cut(true)
	g.down()
	bian.take(orders[0].ID)
	bian.fill("passbook", years[0]+"1")
	if bian.js(`document.getElementById('hand-form').checkValidity()`) {
		t.Error("a passbook that differs was taken")
	}
	bian.fill("passbook", years[0])
	bian.look("desk-offline-hand")
	bian.hand(orders[0].ID)
	bian.fill("who", "3组12号")
	bian.fill("wants", "食用油 1 桶，存折 86 分")
	bian.js(`(() => { document.querySelector('main form[data-label=断网记录]').requestSubmit(); return true; })()`)
	bian.wait(`document.querySelector('[data-net-count]').textContent === '2' && document.getElementById('net').textContent.includes('没有信号')`)
	bian.open("/redeem") // the desk's first page is not there: what was kept comes instead
	bian.wait(`document.getElementById('o-%s').dataset.state === 'pass'`, orders[0].ID)
	bian.says("已交给住户，等上传")
	bian.take(orders[1].ID)
	bian.fill("passbook", years[1])
	bian.hand(orders[1].ID)
	bian.look("desk-offline-kept")
	if n := g.sent.Load(); n != 0 {
		t.Fatalf("%d records reached a server that is down", n)
	}

	// another desk, which has network, hands the second order over meanwhile
	xu.Key = uuid.NewString()
	year, _ := strconv.ParseInt(years[1], 10, 64)
	if _, err := s.app.Site.Shop.Fulfil(ctx, xu, orders[1].ID, shop.Signing{Passbook: year, Receiver: "本人", OnPaper: true}); err != nil {
		t.Fatal(err)
	}
	g.lose.Store(1)
	g.back()
	bian.js(`(() => { dispatchEvent(new Event('online')); return true; })()`)
	bian.wait(`document.getElementById('net').textContent.includes('有 1 条要您处理')`)
	tab.Cut(false)
	if n := g.sent.Load(); n != 4 {
		t.Errorf("%d records were sent, want 3 and the one whose answer was lost", n)
	}
	for i, want := range []struct {
		redeemed int
		state    string
	}{{1, "fulfilled"}, {1, "fulfilled"}, {0, "held"}} {
		var n int
		var state string
		if err := s.owner.QueryRow(ctx, `select (select count(*) from redemption where village_id = 320601 and order_id = $1), state from shop_order where village_id = 320601 and id = $1`, orders[i].ID).Scan(&n, &state); err != nil || n != want.redeemed || state != want.state {
			t.Errorf("order %d: %d redemptions, %s, %v; want %d, %s", i, n, state, err, want.redeemed, want.state)
		}
	}
	var notes int
	if err := s.owner.QueryRow(ctx, `select count(*) from desk_note where village_id = 320601 and done_at is null`).Scan(&notes); err != nil || notes != 1 {
		t.Errorf("%d notes, %v; want 1", notes, err)
	}
	bian.open("/queue")
	bian.wait(`document.querySelector('.queue-card')`)
	bian.says("已经领取")
	bian.says("打开来处理")
	bian.look("desk-offline-conflict")
	bian.press("已另外办好，去掉")
	bian.wait(`document.querySelector('.queue-card[data-ask]')`)
	bian.press("确定去掉")
	bian.wait(`document.getElementById('net').dataset.state === 'on'`)
	bian.open("/redeem")
	bian.says("断网时记下的，等着办")
	bian.look("desk-home-notes")
	bian.open("/redeem/notes")
	bian.look("desk-notes")
	bian.press("办结")
	bian.says("已办结")
	tab.Size(390, 844)
	bian.wide = false
	bian.open("/redeem/offline")
	bian.look("desk-offline")
	bian.open("/redeem/notes")
	bian.look("desk-notes")
}

// TestDeskOfflineTimes: the network is cut at the desk; two orders are handed over at their own moments and a new
// wish is taken down. An hour later all of it arrives: register, receipt, slip, sheet and the household's own line
// say when it was handed over and when it arrived, and nothing was granted that the ledger had not held.
func TestDeskOfflineTimes(t *testing.T) {
	s := up(t, "2026-12-05T09:00:00+08:00")
	ctx := t.Context()
	one := func(sql string, a ...any) (v string) {
		t.Helper()
		if err := s.owner.QueryRow(ctx, sql, a...).Scan(&v); err != nil {
			t.Fatal(sql, err)
		}
		return v
	}
	clerk := s.actor("卞丽娟")
	var goods shop.Item
	if err := s.owner.QueryRow(ctx, `select id, price from goods where village_id = 320601 and active and stock > 9 order by price limit 1`).Scan(&goods.Goods, &goods.Price); err != nil {
		t.Fatal(err)
	}
	goods.Quantity = 1
	homes := strings.Split(one(`select string_agg(h.id::text, ',') from (select h.id from household h join balance b on b.village_id = h.village_id and b.household_id = h.id
		where h.village_id = 320601 and h.state = 'active' and b.year - b.held - b.disputed >= $1 and b.held = 0 and not exists (select from relative r where r.village_id = h.village_id and r.household_id = h.id)
		and not exists (select from membership m where m.village_id = h.village_id and m.household_id = h.id and m.role <> 'household') order by h.head <> '张桂兰', h.id limit 3) h`, goods.Price), ",")
	if len(homes) != 3 || one(`select head from household where id::text = $1`, homes[0]) != "张桂兰" {
		t.Fatal("no three households with points, 张桂兰 the first")
	}
	var orders []shop.Reservation
	var years []string
	for _, h := range homes[:2] {
		clerk.Key = uuid.NewString()
		r, err := s.app.Site.Shop.Reserve(ctx, clerk, uuid.MustParse(h), []shop.Item{goods})
		if err != nil {
			t.Fatal(err)
		}
		orders, years = append(orders, r), append(years, one(`select year::text from balance where household_id::text = $1`, h))
	}
	granted := `select (select count(*) from redemption where village_id = 320601) || ' ' || (select sum(year) from balance where village_id = 320601) || ' ' || (select sum(stock) from goods where village_id = 320601)`
	held := `select coalesce(sum(held), 0)::text from balance where village_id = 320601`
	before, third := one(granted), one(`select year || ' ' || held from balance where household_id::text = $1`, homes[2])

	g := s.through()
	tab := kittest.Browser(t)
	bian := s.enter(tab, "卞丽娟", deskClerk, true)
	bian.open("/redeem/offline")
	bian.wait(`!document.querySelector('[data-keep]').hidden && !!navigator.serviceWorker.controller`)
	bian.js(`(() => { document.querySelector('[data-keep]').click(); return true; })()`)
	bian.wait(`document.querySelector('[data-keep]').textContent.includes('已下载')`)
	tab.Cut(true)
	g.down()
	clock := func(at string) {
		bian.js(`(() => { Date.now = () => Date.parse('2026-12-05T%s:00+08:00'); return true; })()`, at)
	}
	for i, at := range []string{"09:20", "09:26"} {
		clock(at)
		bian.take(orders[i].ID)
		bian.fill("passbook", years[i])
		bian.hand(orders[i].ID)
	}
	clock("09:31")
	bian.fill("who", one(`select passbook_no from household where id::text = $1`, homes[2]))
	bian.fill("wants", "食用油 1 桶")
	bian.js(`(() => { document.querySelector('main form[data-label=断网记录]').requestSubmit(); return true; })()`)
	bian.wait(`document.querySelector('[data-net-count]').textContent === '3'`)
	if now := one(granted); now != before {
		t.Errorf("without network %s became %s", before, now)
	}

	s.clock("2026-12-05T10:15:00+08:00")
	heldBefore := one(held)
	g.back()
	tab.Cut(false)
	bian.js(`(() => { dispatchEvent(new Event('online')); return true; })()`)
	bian.wait(`document.getElementById('net').dataset.state === 'on'`)
	if n := g.sent.Load(); n != 3 {
		t.Errorf("%d records were sent, want 3", n)
	}
	if got := one(`select count(*) || ' ' || count(order_id) || ' ' || sum(points) || ' ' || string_agg(to_char(handed_at at time zone 'Asia/Shanghai', 'HH24:MI'), ',' order by handed_at) || ' ' || string_agg(distinct to_char(at at time zone 'Asia/Shanghai', 'HH24:MI'), ',')
		from redemption where village_id = 320601 and at >= '2026-12-05T09:05:00+08:00'`); got != "2 2 "+strconv.Itoa(2*goods.Price)+" 09:20,09:26 10:15" {
		t.Errorf("granted: %s", got)
	}
	if now := one(`select year || ' ' || held from balance where household_id::text = $1`, homes[2]); now != third {
		t.Errorf("the home that was only taken down had %s and has %s", third, now)
	}
	if was, now := heldBefore, one(held); was == now {
		t.Errorf("%s is held still", now)
	}
	if got := one(`select to_char(taken_at at time zone 'Asia/Shanghai', 'HH24:MI') || ' ' || to_char(at at time zone 'Asia/Shanghai', 'HH24:MI') from desk_note where village_id = 320601 and done_at is null`); got != "09:31 10:15" {
		t.Errorf("the note says %s", got)
	}
	first := one(`select id::text from redemption where order_id::text = $1`, orders[0].ID.String())
	both := func(handed string) {
		t.Helper()
		bian.says(handed + "断网时交给住户")
		bian.says("10:15上传入账")
	}
	bian.open("/redemptions")
	both("09:20")
	both("09:26")
	bian.look("offline-times")
	bian.open("/redemptions/" + first)
	both("09:20")
	bian.look("offline-receipt")
	bian.open("/redemptions/" + first + "?print=1")
	both("09:20")
	tab.Shot("offline-slip")
	bian.open("/redeem/notes")
	bian.says("09:31断网时记下")
	bian.look("offline-note")
	bian.phone("/redemptions/"+first, "offline-receipt")
	bian.phone("/redemptions", "offline-times")
	bian.phone("/redeem/notes", "offline-note")
	bian.leave()

	zhang := s.enter(tab, "张桂兰", household, false)
	zhang.open("/lines/" + one(`select entry_id::text from redemption where id::text = $1`, first))
	zhang.says("09:20")
	zhang.says("10:15上传入账")
	zhang.look("offline-line")
	zhang.leave()
	s.verify()
}

// take opens the form to hand an order over.
func (p *person) take(order uuid.UUID) {
	p.t.Helper()
	p.wait(`document.querySelector('[data-desk]').dataset.ready`)
	p.js(`(() => { document.querySelector('#o-%s a.btn[data-hand]').click(); return true; })()`, order)
	p.wait(`document.getElementById('hand-over').open`)
}

// hand hands it over.
func (p *person) hand(order uuid.UUID) {
	p.t.Helper()
	p.js(`(() => { document.getElementById('hand-form').requestSubmit(); return true; })()`)
	p.wait(`document.getElementById('o-%s').dataset.state === 'pass'`, order)
}
