package household_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/xuri/excelize/v2"

	"cunfen/internal/household"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/sheetfile"
)

var titles = []string{"门牌号*", "户主姓名*", "村民小组*", "网格", "联系电话", "身份证号", "户籍类型(本村户籍/外来常住)", "是否党员户", "家庭成员(姓名/关系;…)", "备注"}

func sheet(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	heads := make([]sheetfile.Head, len(titles))
	for i, s := range titles {
		heads[i].Title = s
	}
	var out bytes.Buffer
	if _, err := sheetfile.Export(&out, "名册", heads, slices.Values(rows)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func many(n int) (rows [][]any) {
	for i := range n {
		rows = append(rows, []any{fmt.Sprintf("%d组%d号", i%9+1, i/9+1), fmt.Sprintf("户主%d", i), fmt.Sprintf("%d组", i%9+1), i%4 + 1,
			fmt.Sprintf("138%08d", i), nil, "外来常住", "否", "王五/妻;赵六（子）", "x"})
	}
	return rows
}

func (v village) count(sql string) (n int) {
	v.t.Helper()
	if err := v.db.Owner.QueryRow(ctx, sql).Scan(&n); err != nil {
		v.t.Fatal(err)
	}
	return n
}

func TestImportOfAVillage(t *testing.T) {
	v := open(t)
	data := sheet(t, many(2000)...)
	r, err := v.DryRun(ctx, v.who, data)
	if err != nil || len(r.Adds) != 2000 || len(r.Problems) > 0 {
		t.Fatalf("%d, %v, %v", len(r.Adds), r.Problems, err)
	}
	if n := v.count(`select count(*) from household`); n != 0 {
		t.Fatalf("the dry run wrote %d households", n)
	}
	out, err := v.CommitSeen(ctx, v.who, `C:\名册\住户.xlsx`, data, r.Digest)
	if err != nil || out.Added != 2000 {
		t.Fatalf("%+v, %v", out, err)
	}
	for sql, want := range map[string]int{
		`select count(*) from household where import_id is not null and base_unlocks_on = '2027-11-23'`: 2000,
		`select count(*) from member`:                                                    6000,
		`select count(*) from balance where base = 100 and entries = 1`:                  2000,
		`select count(*) from ledger_entry where kind = 1 and bucket = 1 and not scores`: 2000,
		`select last from passbook_counter`:                                              2000,
		`select count(distinct passbook_no) from household`:                              2000,
		`select count(*) from household_import where file_name = '住户.xlsx'`:              1,
		`select count(*) from audit where verb = 'household.import'`:                     1,
	} {
		if n := v.count(sql); n != want {
			t.Errorf("%s: %d, want %d", sql, n, want)
		}
	}
	again, err := v.DryRun(ctx, v.who, data)
	if err != nil || again.Same != 2000 || len(again.Adds)+len(again.Changes) > 0 {
		t.Errorf("the same sheet again: %d same, %d changes, %v", again.Same, len(again.Changes), err)
	}
	if _, err := v.CommitSeen(ctx, v.who, "x.xlsx", data, r.Digest); !errors.Is(err, household.ErrMoved) {
		t.Errorf("after the register moved: %v", err)
	}
	if err := v.Undo(ctx, v.who, out.ID, "传错了村"); err != nil {
		t.Fatal(err)
	}
	if n := v.count(`select count(*) from household where state = 'active'`) + v.count(`select count(*) from balance where base <> 0 or entries <> 2`) +
		v.count(`select count(*) from member where state = 'active'`); n != 0 {
		t.Errorf("%d things are left after the undo", n)
	}
	if err := v.Undo(ctx, v.who, out.ID, "传错了村"); !errors.Is(err, household.ErrUndone) {
		t.Errorf("twice: %v", err)
	}
}

func TestHalfBadSheetImportsNothing(t *testing.T) {
	v := open(t)
	v.register(full("9组9号", "钱七"))
	data := sheet(t, []any{"1组1号", "张三", "1组"}, []any{"", "李四", "1组"}, []any{"1组1号", "王五", "1组", "甲", "12345", "110105194912310022", "城里", "也许"},
		[]any{"1组3号", "赵六", "1组", nil, nil, identity, nil, nil, "/子"}, []any{"1组4号", "孙八", "1组", nil, nil, "1.1010519491231E+17"})
	r, err := v.DryRun(ctx, v.who, data)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range r.Problems {
		got = append(got, fmt.Sprint(p.Row, p.Column))
	}
	slices.Sort(got)
	want := []string{"3门牌号", "4户籍类型", "4是否党员户", "4网格", "4联系电话", "4身份证号", "4门牌号", "5家庭成员", "6身份证号"}
	if !slices.Equal(got, want) {
		t.Errorf("problems %v, want %v\n%v", got, want, r.Problems)
	}
	if _, err := v.Commit(ctx, v.who, "x.xlsx", data); !errors.Is(err, household.ErrProblems) {
		t.Errorf("committed: %v", err)
	}
	if n := v.count(`select count(*) from household`) + v.count(`select count(*) from household_import`); n != 1 {
		t.Errorf("%d rows written", n)
	}
	marked, err := v.Marked(ctx, v.who, data)
	if err != nil {
		t.Fatal(err)
	}
	back, err := sheetfile.Read(ctx, marked, []sheetfile.Column{{Title: "户主姓名", Required: true}})
	if err != nil || len(back.Rows) != 5 {
		t.Errorf("the marked sheet: %v", err)
	}
}

func TestIdentityOfAnotherHouseholdIsRefused(t *testing.T) {
	v := open(t)
	v.register(full("9组9号", "钱七"))
	r, err := v.DryRun(ctx, v.who, sheet(t, []any{"1组3号", "赵六", "1组", nil, nil, identity}, []any{"1组4号", "孙八", "1组", nil, nil, identity}))
	if err != nil || len(r.Problems) != 2 {
		t.Errorf("%v, %v", r.Problems, err)
	}
}

func TestImportChangesAndUndo(t *testing.T) {
	v := open(t)
	id := v.register(full("1组1号", "张桂兰")).ID
	before := v.show(id)
	data := sheet(t, []any{"1组1号", "张桂兰", "2组", nil, "13900139000", nil, "外来常住", "是", "王建国/儿子;王小兰/女儿"}, []any{"1组2号", "张𬭎", "1组"})
	r, err := v.DryRun(ctx, v.who, data)
	if err != nil || len(r.Changes) != 1 || len(r.Adds) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	want := []household.Diff{{"村民小组", "1组", "2组"}, {"户籍类型", "本村户籍", "外来常住"}, {"是否党员户", "否", "是"},
		{"联系电话", "138****8000", "139****9000"}, {"家庭成员", "王建国/丈夫", "王建国/儿子"}, {"家庭成员", "", "王小兰/女儿"}}
	if got := r.Changes[0].Diffs; !slices.Equal(got, want) {
		t.Errorf("differences %v", got)
	}
	marked, err := v.Marked(ctx, v.who, data)
	if err != nil {
		t.Fatal(err)
	}
	told, err := excelize.OpenReader(bytes.NewReader(marked))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := told.GetRows(told.GetSheetName(0))
	if err != nil || len(rows) != 3 {
		t.Fatalf("%q, %v", rows, err)
	}
	for n, want := range map[int]string{1: "更新：村民小组：1组 → 2组；户籍类型：本村户籍 → 外来常住；是否党员户：否 → 是；联系电话：138****8000 → 139****9000；家庭成员：王建国/丈夫 → 王建国/儿子；家庭成员：— → 王小兰/女儿", 2: "新增"} {
		if got := rows[n][len(rows[n])-1]; got != want {
			t.Errorf("row %d is said to be %q", n+1, got)
		}
	}
	out, err := v.Commit(ctx, v.who, "x.xlsx", data)
	if err != nil {
		t.Fatal(err)
	}
	if h := v.show(id); h.Team != "2组" || h.Phone != "139****9000" || len(h.Members) != 3 || h.Version != 2 {
		t.Errorf("%+v", h)
	}
	if err := v.Undo(ctx, v.who, out.ID, "表格是旧的"); err != nil {
		t.Fatal(err)
	}
	after := v.show(id)
	if after.Team != before.Team || after.Phone != before.Phone || after.Party || after.Members[1].Relation != "丈夫" || after.Members[2].State != household.Left {
		t.Errorf("%+v", after)
	}
	if got := v.found(household.Filter{}); !slices.Equal(got, []string{"张桂兰"}) {
		t.Errorf("in the register: %v", got)
	}
}

func TestUndoIsRefusedOnceUsed(t *testing.T) {
	v := open(t)
	id := v.register(draft("1组1号", "张桂兰")).ID
	out, err := v.Commit(ctx, v.who, "x.xlsx", sheet(t, []any{"1组1号", "张桂兰", "2组"}, []any{"1组2号", "李四", "1组"}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.AddMember(ctx, v.who, id, household.Person{Name: "王五"}); err != nil {
		t.Fatal(err)
	}
	if err := v.Undo(ctx, v.who, out.ID, "传错了"); !errors.Is(err, household.ErrEdited) {
		t.Errorf("edited since: %v", err)
	}
	if _, err := v.db.Owner.Exec(ctx, `insert into ledger_entry (village_id, id, household_id, source_kind, source_id, at, points, month, occurred_on, rule_version, kind, bucket, scores)
		select 11, gen_random_uuid(), id, 2, gen_random_uuid(), now(), 5, 202611, '2026-11-20', 1, 2, 2, true from household where door = '1组2号'`); err != nil {
		t.Fatal(err)
	}
	if err := v.Undo(ctx, v.who, out.ID, "传错了"); !errors.Is(err, household.ErrUsed) {
		t.Errorf("used since: %v", err)
	}
	if n := v.count(`select count(*) from household where state = 'active'`); n != 2 {
		t.Errorf("%d households after refused undos", n)
	}
}

func TestHeadOfAnotherFamilyIsWarnedOf(t *testing.T) {
	v := open(t)
	v.register(draft("1组1号", "张桂兰"))
	r, err := v.DryRun(ctx, v.who, sheet(t, []any{"1组1号", "李四", "1组"}))
	if err != nil || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0].Text, "先把原来的住户迁出") {
		t.Errorf("%v, %v", r.Warnings, err)
	}
}

// TestNoPlainNumberIsStored reads every column of every table, as text, for the numbers that were entered.
func TestNoPlainNumberIsStored(t *testing.T) {
	v := open(t)
	v.who.Key = "key-0123456789"
	id := v.register(full("1组1号", "张桂兰")).ID
	v.who.Key = ""
	if _, err := v.Unmask(ctx, v.who, id, "核对身份"); err != nil {
		t.Fatal(err)
	}
	data := sheet(t, []any{"1组1号", "张桂兰", "2组", nil, "13900139000"}, []any{"1组2号", "李四", "1组", nil, "13700137000", "110105194912310054"})
	if _, err := v.Commit(ctx, v.who, "x.xlsx", data); err != nil {
		t.Fatal(err)
	}
	tables, err := v.db.Owner.Query(ctx, `select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(tables, pgx.RowTo[string])
	if err != nil || len(names) < 20 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		for _, plain := range []string{phone, identity, "13900139000", "13700137000", "110105194912310054"} {
			hex := fmt.Sprintf("%x", plain)
			if n := v.count(fmt.Sprintf(`select count(*) from %s r where r::text ilike '%%%s%%' or r::text ilike '%%%s%%'`, name, plain, hex)); n > 0 {
				t.Errorf("%s holds %s", name, plain)
			}
		}
	}
}

func TestSheetsOfAnotherVillage(t *testing.T) {
	v := open(t)
	out, err := v.Commit(ctx, v.who, "x.xlsx", sheet(t, []any{"1组2号", "李四", "1组"}))
	if err != nil {
		t.Fatal(err)
	}
	b := pgtest.In(pgtest.B, "lead")
	if err := v.Undo(ctx, b, out.ID, "传错了"); err == nil {
		t.Error("another village took the import back")
	}
	if all, err := v.Imports(ctx, b); err != nil || len(all) != 0 {
		t.Errorf("another village sees %d imports, %v", len(all), err)
	}
	if all, err := v.Imports(ctx, v.who); err != nil || len(all) != 1 || all[0].State != "applied" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	data, err := household.Template()
	if err != nil || len(data) == 0 {
		t.Fatal(err)
	}
}
