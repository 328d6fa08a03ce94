package activity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"cunfen/internal/fault"
	"cunfen/internal/sheetfile"
)

// TestFromSheet: a list of participants as a village keeps it in a workbook is read row by row and matched like one
// that was pasted: spaces within a name, full-width figures in a door, columns in any order and others between them
// do no harm; a workbook without names says so.
func TestFromSheet(t *testing.T) {
	t.Parallel()
	book := func(heads []string, rows ...[]any) []byte {
		t.Helper()
		var columns []sheetfile.Head
		for _, h := range heads {
			columns = append(columns, sheetfile.Head{Title: h})
		}
		var b bytes.Buffer
		if _, err := sheetfile.Export(&b, "签到表", columns, slices.Values(rows)); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	text, err := FromSheet(context.Background(), book([]string{"序号", "门牌", "姓名", "备注"}, []any{1, "１组２号", "李 𬭎", "带工具"}, []any{2, "", "王䶮𫖮", ""}, []any{3, "1组9号", "张桂兰", ""}, []any{4, "1组3号", "丁一", ""}))
	if err != nil {
		t.Fatal(err)
	}
	register := []Candidate{{Name: "李𬭎", Door: "1组2号"}, {Name: "王䶮𫖮", Door: "1组5号"}, {Name: "张桂兰", Door: "1组1号"}, {Name: "丁二", Door: "1组3号"}}
	for i := range register {
		register[i].MemberID[0] = byte(i + 1)
	}
	var got []string
	for _, m := range match(Names(text), register, nil) {
		if m.Found != nil {
			got = append(got, m.Found.Name+m.Found.Door)
		} else {
			got = append(got, m.Doubt)
		}
	}
	if want := "[李𬭎1组2号 王䶮𫖮1组5号 名册里没有这个门牌，请核对 这个门牌登记的是丁二，没有这个名字]"; fmt.Sprint(got) != want {
		t.Errorf("%v\nwant %s", got, want)
	}
	_, err = FromSheet(context.Background(), book([]string{"门牌"}, []any{"1组1号"}))
	if f := fault.Of(err); f == nil || f.Kind != fault.Invalid {
		t.Errorf("no column of names: %v", err)
	}
	if _, err = FromSheet(context.Background(), []byte("PK not a workbook")); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("not a workbook: %v", err)
	}
}
