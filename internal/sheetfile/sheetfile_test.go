package sheetfile

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

var columns = []Column{
	{Title: "门牌号", Required: true, Help: "一房一户", Example: "3组12号"},
	{Title: "户主姓名", Also: []string{"户主"}, Required: true, Max: 5},
	{Title: "联系电话", Kind: Digits},
	{Title: "人口", Kind: Number, Max: 30},
	{Title: "户籍类型", Kind: Choice, Choices: []string{"本村户籍", "外来常住"}},
	{Title: "党员户", Kind: Flag},
	{Title: "入住日期", Kind: Day},
}

func xlsx(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, r := range rows {
		if err := f.SetSheetRow("Sheet1", cell(1, i+1), &r); err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t *testing.T, data []byte) *Sheet {
	t.Helper()
	s, err := Read(context.Background(), data, columns)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReadFindsColumnsInAnyOrder(t *testing.T) {
	t.Parallel()
	s := read(t, xlsx(t, []any{"某村住户名册"}, nil,
		[]any{"备注", " 户 主 ", "门牌号＊", "联系电话", "人口", "户籍类型(本村户籍/外来常住)", "党员户", "入住日期"},
		[]any{"x", " 张桂兰　", "1组1号", 13800138000, 4, "外来常住", "√", 46027},
		nil,
		[]any{"", "李四", "1组2号", "１３８-0013 8001", "", "", "", "2026年1月5日"}))
	if len(s.Problems) > 0 {
		t.Fatal(s.Problems)
	}
	var got [][]string
	for _, r := range s.Rows {
		got = append(got, append([]string{fmt.Sprint(r.Number)}, r.values...))
	}
	want := [][]string{{"4", "1组1号", "张桂兰", "13800138000", "4", "外来常住", "是", "2026-01-05"},
		{"6", "1组2号", "李四", "13800138001", "", "", "", "2026-01-05"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if !slices.Equal(s.Unused, []string{"备注"}) || s.Rows[0].Int("人口") != 4 {
		t.Errorf("unused %v", s.Unused)
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := read(t, xlsx(t, []any{"门牌号", "户主姓名", "联系电话", "人口", "户籍类型", "党员户", "入住日期"},
		[]any{"", "名字太长了吧", "1.1010519491231E+17", "三", "户籍", "也许", "昨天"}))
	var got []string
	for _, p := range s.Problems {
		got = append(got, p.String())
	}
	want := []string{"第 2 行「门牌号」：没有填", "第 2 行「户主姓名」：写了 6 个字，最多 5 个",
		"第 2 行「联系电话」：号码被表格当成了数，末几位已经丢失；请把这一列设成文本格式，重新填写", "第 2 行「人口」：应当填整数",
		"第 2 行「户籍类型」：只能填本村户籍、外来常住", "第 2 行「党员户」：只能填是或否", "第 2 行「入住日期」：日期应写成 2026-01-05 这样"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestReadText(t *testing.T) {
	t.Parallel()
	text := "门牌号,户主姓名,联系电话\r\n1组1号,张䶮,13800138000\r\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"utf-8": []byte(text), "bom": append(bom, text...), "gb18030": gb,
		"tabs": []byte(strings.ReplaceAll(text, ",", "\t"))} {
		s := read(t, data)
		if len(s.Rows) != 1 || s.Rows[0].Get("户主姓名") != "张䶮" || s.Rows[0].Number != 2 {
			t.Errorf("%s: %+v", name, s.Rows)
		}
		back, err := s.Annotate([]Problem{{2, "联系电话", "不对"}}, func(int) string { return "" })
		if err != nil || !strings.Contains(fmt.Sprint(cells(t, back, "名单")), "联系电话：不对") {
			t.Errorf("%s: annotate: %v", name, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	many := [][]any{{"门牌号", "户主姓名"}}
	for i := range MostRows + 1 {
		many = append(many, []any{i, "甲"})
	}
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	w, _ := z.Create("xl/worksheets/sheet1.xml")
	for range mostUnzip>>20 + 1 {
		_, _ = w.Write(make([]byte, 1<<20))
	}
	z.Close()
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"large":    {make([]byte, MostBytes+1), ErrTooLarge},
		"many":     {xlsx(t, many...), ErrTooMany},
		"bomb":     {bomb.Bytes(), ErrUnreadable},
		"old":      {append(oleMark, 1, 2, 3), ErrLocked},
		"picture":  {[]byte("\x89PNG\r\n\x1a\n\x00\x00\x00"), ErrUnreadable},
		"cut zip":  {[]byte("PK\x03\x04rest"), ErrUnreadable},
		"empty":    {nil, ErrEmpty},
		"no rows":  {xlsx(t, []any{"门牌号", "户主姓名"}), ErrEmpty},
		"headless": {xlsx(t, []any{"门牌号", "姓名"}, []any{"1", "2"}), ErrColumns},
		"twice":    {xlsx(t, []any{"门牌号", "户主姓名", "户主"}, []any{"1", "2", "3"}), ErrTwice},
		"wide":     {xlsx(t, []any{"门牌号", "户主姓名"}, append(make([]any, mostWidth), "x")), ErrBlank},
	} {
		if _, err := Read(context.Background(), c.data, columns); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func cells(t *testing.T, data []byte, sheet string) [][]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func fine(int) string { return "没有问题" }

func TestAnnotateGivesTheFileBack(t *testing.T) {
	t.Parallel()
	s := read(t, xlsx(t, []any{"户主姓名", "门牌号", "自己的列"}, []any{"甲", "1号", "留着"}, []any{"乙", "2号", "留着", "边上的话"}))
	problems := []Problem{{3, "门牌号", "和第 2 行重复"}, {3, "户主姓名", "不对"}}
	back, err := s.Annotate(problems, fine)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"户主姓名", "门牌号", "自己的列", "", Result}, {"甲", "1号", "留着", "", "没有问题"},
		{"乙", "2号", "留着", "边上的话", "门牌号：和第 2 行重复；户主姓名：不对"}}
	if d := cmp.Diff(want, cells(t, back, "Sheet1")); d != "" {
		t.Error(d)
	}
	again, err := read(t, back).Annotate(nil, fine)
	if err != nil {
		t.Fatal(err)
	}
	if got := cells(t, again, "Sheet1"); len(got[0]) != 5 || got[2][4] != "没有问题" {
		t.Errorf("the result column was not used again: %v", got)
	}
}

func TestTemplateReadsBack(t *testing.T) {
	t.Parallel()
	data, err := Template("住户名册", columns, "带 * 的列必填。")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(context.Background(), data, columns); !errors.Is(err, ErrEmpty) {
		t.Errorf("an empty template: %v", err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if v, _ := f.GetDataValidations("住户名册"); len(v) != 3 {
		t.Errorf("%d validations", len(v))
	}
	id, _ := f.GetColStyle("住户名册", "C")
	if st, err := f.GetStyle(id); err != nil || st.NumFmt != textFormat {
		t.Errorf("the phone column is not text: %+v, %v", st, err)
	}
}

func TestExportMakesNoFormula(t *testing.T) {
	t.Parallel()
	risky := []string{"=1+1", "+86", "-5", "@x", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", "张\x00三", "𬭎𫖮"}
	var out bytes.Buffer
	n, err := Export(&out, "名单", []Head{{Title: "文字"}, {Title: "分"}, {Title: "时间"}, {Title: "党员"}}, func(yield func([]any) bool) {
		for i, s := range risky {
			if !yield([]any{s, -i, time.Date(2026, 1, 5, 16, 30, 0, 0, time.UTC), true}) {
				return
			}
		}
	})
	if err != nil || n != len(risky) {
		t.Fatal(n, err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range risky {
		kind, _ := f.GetCellType("名单", cell(1, i+2))
		formula, _ := f.GetCellFormula("名单", cell(1, i+2))
		if kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString || formula != "" {
			t.Errorf("%q: type %v, formula %q", risky[i], kind, formula)
		}
		if kind, _ := f.GetCellType("名单", cell(2, i+2)); kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
			t.Errorf("a number of type %v", kind)
		}
	}
	if got := cells(t, out.Bytes(), "名单")[12]; !slices.Equal(got, []string{"张三", "-11", "2026-01-06 00:30", "是"}) {
		t.Errorf("row %q", got)
	}
}
