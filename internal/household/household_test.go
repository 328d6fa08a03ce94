package household_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/internal/sheetfile"
	"cunfen/tenants"
)

var ctx = context.Background()

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

type village struct {
	*household.Service
	t   *testing.T
	db  *pgtest.DB
	who actor.Actor
}

// open is village A with the document's rules in force, on 2026-11-23.
func open(t *testing.T) village {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-23T10:00:00+08:00")
	vault, err := crypt.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []actor.VillageID{pgtest.A, pgtest.B} {
		r := tenants.Document()
		r.Version = 1
		r.InForceFrom, _ = month.ParseDay("2026-01-01")
		if err := db.InVillage(ctx, actor.System(v), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) }); err != nil {
			t.Fatal(err)
		}
	}
	return village{&household.Service{DB: db.DB, Vault: vault}, t, db, pgtest.In(pgtest.A, actor.Lead)}
}

func draft(door, head string) household.Draft {
	return household.Draft{Door: door, Team: "1组", Head: head, Residence: household.Local}
}

func (v village) register(d household.Draft) household.Registered {
	v.t.Helper()
	out, err := v.Register(ctx, v.who, d)
	if err != nil {
		v.t.Fatal(err)
	}
	return out
}

func (v village) show(id uuid.UUID) household.Household {
	v.t.Helper()
	h, err := v.Show(ctx, v.who, id)
	if err != nil {
		v.t.Fatal(err)
	}
	return h
}

func (v village) balance(id uuid.UUID) (b ledger.Balance) {
	v.t.Helper()
	err := v.db.Look(ctx, v.who, func(tx pg.Tx) (err error) { b, err = ledger.BalanceOf(ctx, tx, id); return err })
	if err != nil {
		v.t.Fatal(err)
	}
	return b
}

func (v village) found(f household.Filter) (heads []string) {
	v.t.Helper()
	lines, _, err := v.List(ctx, v.who, f)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, l := range lines {
		heads = append(heads, l.Head)
	}
	return heads
}

const (
	phone    = "13800138000"
	identity = "11010519491231002X"
)

func full(door, head string) household.Draft {
	d := draft(door, head)
	d.Phone, d.IDNumber = " 138-0013-8000", "1101051949 1231002ｘ"
	d.Members = []household.Person{{Name: "王建国", Relation: "丈夫"}}
	return d
}

func TestRegister(t *testing.T) {
	v := open(t)
	out := v.register(full(" 1 组１号", "张桂兰"))
	if out.PassbookNo != household.PassbookNo("a", 1) || !household.ValidPassbookNo(out.PassbookNo) {
		t.Errorf("passbook %q", out.PassbookNo)
	}
	h := v.show(out.ID)
	if h.Door != "1组1号" || h.Phone != "138****8000" || len(h.Members) != 2 || h.Members[0].Name != "张桂兰" || h.Members[0].Relation != household.HeadRelation {
		t.Errorf("%+v", h)
	}
	if id := h.Members[0].IDNumber; strings.Contains(id, "1949") || !strings.HasSuffix(id, "002X") {
		t.Errorf("identity shown as %q", id)
	}
	if got := h.BaseUnlocksOn.Format("2006-01-02"); got != "2027-11-23" {
		t.Errorf("base points unlock on %s", got)
	}
	if b := v.balance(out.ID); b.Base != 100 || b.Usable() != 0 || b.Score != 0 {
		t.Errorf("balance %+v", b)
	}
}

func TestRegisterNamesEveryField(t *testing.T) {
	v := open(t)
	_, err := v.Register(ctx, v.who, household.Draft{Phone: "123", IDNumber: "110105194912310022", Members: []household.Person{{}}})
	var fields []string
	for _, f := range fault.Of(err).Fields {
		fields = append(fields, f.Field)
	}
	if got := strings.Join(fields, " "); got != "door head residence phone id_number name" {
		t.Errorf("fields at fault: %s", got)
	}
}

func TestOneDwellingOneHousehold(t *testing.T) {
	v := open(t)
	const n = 12
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { _, errs[i] = v.Register(ctx, v.who, draft("1组1号", fmt.Sprintf("人%d", i))) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, household.ErrDoorTaken) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d households at one door", won)
	}
	if next := v.register(draft("1组2号", "李四")); next.PassbookNo != household.PassbookNo("a", 2) {
		t.Errorf("a number was left out: %s", next.PassbookNo)
	}
}

func TestAnotherVillagesHouseholdIsNotFound(t *testing.T) {
	v := open(t)
	id := v.register(full("1组1号", "张桂兰")).ID
	b := pgtest.In(pgtest.B, actor.Lead)
	_, show := v.Show(ctx, b, id)
	_, unmask := v.Unmask(ctx, b, id, "核对身份")
	_, edit := v.Edit(ctx, b, id, household.Change{Version: 1, Door: "1", Head: "x", Residence: household.Local})
	_, add := v.AddMember(ctx, b, id, household.Person{Name: "x"})
	for name, err := range map[string]error{"show": show, "unmask": unmask, "edit": edit, "add": add, "move out": v.MoveOut(ctx, b, id, 1, "搬走了"),
		"leave": v.LeaveMember(ctx, b, v.show(id).Members[1].ID)} {
		if !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	home := v.who
	home.Role, home.Household = actor.Household, uuid.New()
	if _, err := v.Show(ctx, home, id); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a neighbour sees it: %v", err)
	}
	if lines, _, err := v.List(ctx, home, household.Filter{}); err != nil || len(lines) > 0 {
		t.Errorf("a neighbour lists %d, %v", len(lines), err)
	}
}

func TestEdit(t *testing.T) {
	v := open(t)
	id := v.register(full("1组1号", "张桂兰")).ID
	c := household.Change{Version: 1, Door: "1组9号", Team: "1组", Head: "王建国", Residence: household.Outside, Party: true, Note: "新房"}
	if n, err := v.Edit(ctx, v.who, id, c); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	h := v.show(id)
	if h.Door != "1组9号" || h.Walk != 10009 || h.Phone != "138****8000" || h.Members[0].Name != "王建国" || h.Members[1].Relation != "家人" {
		t.Errorf("%+v", h)
	}
	if _, err := v.Edit(ctx, v.who, id, c); !errors.Is(err, household.ErrStale) {
		t.Errorf("stale: %v", err)
	}
	v.register(draft("1组2号", "李四"))
	c.Version, c.Door = 2, "1组2号"
	if _, err := v.Edit(ctx, v.who, id, c); !errors.Is(err, household.ErrDoorTaken) {
		t.Errorf("taken door: %v", err)
	}
}

func TestMembers(t *testing.T) {
	v := open(t)
	id, other := v.register(full("1组1号", "张桂兰")).ID, v.register(draft("1组2号", "李四")).ID
	if _, err := v.AddMember(ctx, v.who, other, household.Person{Name: "张桂兰", IDNumber: identity}); !errors.Is(err, household.ErrIdentityTaken) {
		t.Errorf("same person in two households: %v", err)
	}
	m, err := v.AddMember(ctx, v.who, id, household.Person{Name: "王小兰", Relation: "女儿"})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.EditMember(ctx, v.who, m, household.PersonChange{Name: "王晓兰", Relation: "女儿"}); err != nil {
		t.Fatal(err)
	}
	if err := v.LeaveMember(ctx, v.who, m); err != nil {
		t.Fatal(err)
	}
	h := v.show(id)
	if got := h.Members[2]; got.Name != "王晓兰" || got.State != household.Left || h.Version != 4 {
		t.Errorf("%+v at version %d", got, h.Version)
	}
	if err := v.LeaveMember(ctx, v.who, h.Members[0].ID); !errors.Is(err, household.ErrHeadLeaves) {
		t.Errorf("the head left: %v", err)
	}
}

func TestMoveOutAndBack(t *testing.T) {
	v := open(t)
	id := v.register(full("1组1号", "张桂兰")).ID
	if err := v.MoveOut(ctx, v.who, id, 1, "搬去县城"); err != nil {
		t.Fatal(err)
	}
	if h := v.show(id); h.State != household.Left || v.balance(id).Base != 100 {
		t.Errorf("%+v", h)
	}
	next := v.register(full("1组1号", "张桂兰")).ID // the same person may register again, the door is free
	if err := v.MoveBack(ctx, v.who, id, "迁错了"); !errors.Is(err, household.ErrDoorTaken) {
		t.Errorf("back into a taken door: %v", err)
	}
	if err := v.MoveOut(ctx, v.who, next, 1, "登记错了"); err != nil {
		t.Fatal(err)
	}
	if err := v.MoveBack(ctx, v.who, id, "迁错了"); err != nil {
		t.Fatal(err)
	}
	if h := v.show(id); h.State != household.Active || len(h.Members) != 2 || h.Members[0].State != household.Active || v.balance(id).Base != 100 {
		t.Errorf("%+v", h)
	}
}

// Who left by themselves on the day of the move stays gone when the household comes back.
func TestMoveBackBringsOnlyWhoMoved(t *testing.T) {
	v := open(t)
	id := v.register(full("1组1号", "张桂兰")).ID
	if err := v.LeaveMember(ctx, v.who, v.show(id).Members[1].ID); err != nil {
		t.Fatal(err)
	}
	if err := v.MoveOut(ctx, v.who, id, v.show(id).Version, "搬去县城"); err != nil {
		t.Fatal(err)
	}
	if err := v.MoveBack(ctx, v.who, id, "又回来了"); err != nil {
		t.Fatal(err)
	}
	if m := v.show(id).Members; m[0].State != household.Active || m[1].State != household.Left {
		t.Errorf("%+v", m)
	}
}

func TestUnmaskIsAudited(t *testing.T) {
	v := open(t)
	id := v.register(full("1组1号", "张桂兰")).ID
	if _, err := v.Unmask(ctx, v.who, id, " "); !errors.Is(err, household.ErrReason) {
		t.Errorf("without a reason: %v", err)
	}
	p, err := v.Unmask(ctx, v.who, id, "核对领奖人身份")
	if err != nil || p.Phone != phone || p.Identity[v.show(id).Members[0].ID] != identity {
		t.Errorf("%+v, %v", p, err)
	}
	var n int
	if err := v.db.Owner.QueryRow(ctx, `select count(*) from audit where verb = 'household.unmask' and object_id = $1 and reason = '核对领奖人身份' and account_id = $2`,
		id.String(), v.who.Account).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d lines in the log, %v", n, err)
	}
}

func TestListFinds(t *testing.T) {
	v := open(t)
	rare := []string{"张𬭎", "陈𫖮", "林𬸪", "刘䶮"}
	for i, head := range append([]string{"张桂兰", "单小雪", "100%_王"}, rare...) {
		d := draft(fmt.Sprintf("2组%d号", 20-i), head)
		if i == 0 {
			d = full("2组20号", head)
		}
		v.register(d)
	}
	for search, want := range map[string]string{"桂": "张桂兰", "zgl": "张桂兰", "ZG": "张桂兰", "sxx": "单小雪", "dxx": "单小雪", "２组20号": "张桂兰",
		"建国": "张桂兰", "wjg": "张桂兰", phone: "张桂兰", identity: "张桂兰", "0%_": "100%_王", "_": "100%_王", "%%": "", "13800138001": "", "1380013": "",
		household.PassbookNo("a", 2): "单小雪", "𬭎": "张𬭎", "𫖮": "陈𫖮", "𬸪": "林𬸪", "䶮": "刘䶮", "lz": "林𬸪", strings.Repeat("长", 9000): "", "\x00\xff'": "·"} {
		if got := strings.Join(v.found(household.Filter{Search: search}), " "); got != want && want != "·" {
			t.Errorf("search %.20q finds %q, want %q", search, got, want)
		}
	}
	var walked []string
	for f := (household.Filter{Page: page.Page{Limit: 3}}); ; {
		lines, next, err := v.List(ctx, v.who, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			walked = append(walked, l.Door)
		}
		if f.After = next; next == "" {
			break
		}
	}
	if got := strings.Join(walked, " "); got != "2组14号 2组15号 2组16号 2组17号 2组18号 2组19号 2组20号" {
		t.Errorf("walking order %s", got)
	}
	if _, _, err := v.List(ctx, v.who, household.Filter{Page: page.Page{After: "1.x.y"}}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("broken cursor: %v", err)
	}
}

func TestExportIsMaskedAndAudited(t *testing.T) {
	v := open(t)
	v.register(full("1组1号", "张桂兰"))
	v.register(draft("1组2号", "=1+1"))
	var out bytes.Buffer
	if n, err := v.Export(ctx, v.who, household.Filter{}, &out); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	sheet, err := sheetfile.Read(ctx, out.Bytes(), []sheetfile.Column{{Title: "户主姓名", Required: true}, {Title: "联系电话"}, {Title: "基础积分", Kind: sheetfile.Number}})
	if err != nil || sheet.Rows[0].Get("联系电话") != "138****8000" || sheet.Rows[0].Int("基础积分") != 100 || sheet.Rows[1].Get("户主姓名") != "=1+1" {
		t.Errorf("%+v, %v", sheet, err)
	}
	var n int
	if err := v.db.Owner.QueryRow(ctx, `select count(*) from audit where verb = 'household.export' and reason = '导出 2 行'`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d lines in the log, %v", n, err)
	}
}

func TestDoorPlate(t *testing.T) {
	v := open(t)
	id := v.register(draft("1组1号", "张桂兰")).ID
	tokens, err := v.DoorTokens(ctx, v.who, []uuid.UUID{id})
	if err != nil {
		t.Fatal(err)
	}
	if h, err := v.Scan(ctx, v.who, tokens[id]); err != nil || h.ID != id {
		t.Errorf("%+v, %v", h, err)
	}
	forged := []byte(tokens[id])
	forged[0] ^= 1
	for _, bad := range []string{"", "x", string(forged)} {
		if _, err := v.Scan(ctx, v.who, bad); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := v.Scan(ctx, pgtest.In(pgtest.B, actor.Lead), tokens[id]); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another village: %v", err)
	}
}

// TestQuota refuses the home that a village may not have any more, whatever way it comes, and none before.
func TestQuota(t *testing.T) {
	v := open(t)
	if _, err := v.db.Owner.Exec(ctx, `update village set flags = '{"most": {"households": 2}}' where id = 11`); err != nil {
		t.Fatal(err)
	}
	v.register(draft("1组1号", "甲"))
	second := v.register(draft("1组2号", "乙"))
	_, err := v.Register(ctx, v.who, draft("1组3号", "丙"))
	if !errors.Is(err, household.ErrQuota) || fault.Of(err).Field != "door" || !strings.Contains(fault.Of(err).Text, "最多登记 2 户") {
		t.Errorf("a third home: %v", err)
	}
	if heads := v.found(household.Filter{}); len(heads) != 2 {
		t.Errorf("homes = %v", heads)
	}
	if _, err := v.db.Owner.Exec(ctx, `update household set state = 'moved' where village_id = 11 and id = $1`, second.ID); err == nil {
		v.register(draft("1组3号", "丙"))
	}
	v.who = pgtest.In(pgtest.B, actor.Lead)
	for i := range 3 {
		v.register(draft(fmt.Sprintf("1组%d号", i+1), "丁"))
	}
}
