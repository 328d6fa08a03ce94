package paper

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The fonts are what their publisher made, and their licence is with them.
func TestFontSums(t *testing.T) {
	list, err := files.ReadFile("font/vendor.sums")
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(list)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		sums["font/"+name+".gz"] = sum
	}
	for name, path := range weights {
		data, err := typeface(name)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha512.Sum512(data)
		if got := hex.EncodeToString(sum[:]); got != sums[path] {
			t.Errorf("%s: SHA-512 is %s, not %s", path, got, sums[path])
		}
	}
	if licence, _ := files.ReadFile("font/OFL.txt"); !bytes.Contains(licence, []byte("SIL OPEN FONT LICENSE")) {
		t.Error("font/OFL.txt is not the font's licence")
	}
}

func TestRareNamesPrint(t *testing.T) {
	t.Parallel()
	if lacks, err := Lacks("𬭎𫖮𬸪䶮〇", "丛仇单查曾，。（）「」*—¥①", "ABCabc0123456789"); err != nil || len(lacks) > 0 {
		t.Errorf("the font lacks %q (%v)", lacks, err)
	}
}

// What the bold weight has not, the regular one prints: a heading loses its weight and not its character.
func TestRareHeadingIsSetInRegular(t *testing.T) {
	t.Parallel()
	d, err := New(A4, "", "")
	if err != nil {
		t.Fatal(err)
	}
	d.AddPage()
	if !d.allBold("海沿村积分公示（更正）①—2026") || d.allBold("李𬭎") {
		t.Error("the bold weight has other characters than GB 2312")
	}
	s := sample(3)
	s.Title = "䶮𬭎村积分公示"
	if out := strings.ReplaceAll(text(t, s, A4), " ", ""); !strings.Contains(out, s.Title) {
		t.Errorf("the heading is not in %q", out)
	}
	if d.Text(0, 0, 100, 20, "\U000212fe", Left, Style{Bold: true}); string(d.Missing()) != "\U000212fe" {
		t.Errorf("missing %q", d.Missing())
	}
}

func TestLacksReportsAndNeverPanics(t *testing.T) {
	t.Parallel()
	lacks, err := Lacks("张\U000212fe\x00", "王\U000212fe\U000e0100", "\u202e")
	if err != nil || string(lacks) != "\U000212fe\x00\u202e" {
		t.Errorf("lacks %q (%v)", lacks, err)
	}
	var all strings.Builder
	for r := rune(1); r < 0x31000; r += 7 {
		all.WriteRune(r)
	}
	if _, err := Lacks(all.String(), "\xff\xfe"); err != nil {
		t.Error(err)
	}
}

func TestWrapKeepsEveryRune(t *testing.T) {
	t.Parallel()
	d, err := New(A4, "", "")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("对分数有意见，请在公示期内到村委会提出。", 9)
	lines := d.Wrap(text, 300, Style{})
	if got := strings.Join(lines, ""); got != text || len(lines) < 5 {
		t.Errorf("%d lines: %q", len(lines), got)
	}
	if lines := d.Wrap("咨询：村委会0513-84500000。", 120, Style{}); len(lines) != 2 || lines[1] != "0513-84500000。" {
		t.Errorf("a number is broken: %q", lines)
	}
	if lines := d.Wrap(strings.Repeat("8", 99), 100, Style{}); len(lines) < 3 || strings.Join(lines, "") != strings.Repeat("8", 99) {
		t.Errorf("a long number: %q", lines)
	}
	for _, l := range lines {
		if strings.HasPrefix(l, "，") || strings.HasPrefix(l, "。") {
			t.Errorf("a line begins with a closing mark: %q", l)
		}
	}
}

func sample(n int) Sheet {
	s := Sheet{
		Title: "海沿村积分公示", PerPage: 35,
		Lines:   []string{"2026 年 10 月（第 10 期）　共 500 户", "公示时间：11 月 1 日至 11 月 8 日。对分数有意见，请在公示期内到村委会提出。"},
		Remarks: []string{"说明一。"}, Signers: []string{"组长", "党员代表", "群众代表"}, Maker: "海沿村积分管理工作小组（盖章）",
		Date: "2026年11月1日", Code: "查验码 ABCD-EFGH", Link: "https://example.cn/b/haiyan/2026-10/1", Foot: "海沿村",
		Table: Table{Height: 18, Columns: []Column{{"序号", 38, Centre}, {"门牌", 82, Left}, {"户主", 82, Left}, {"上月结余", 64, Right},
			{"本月加分", 64, Right}, {"本月减分", 64, Right}, {"本月兑换", 64, Right}, {"现有积分", 66, Right}}},
	}
	names := []string{"张桂*", "王建*", "李𬭎*", "陈𫖮*", "季𬸪*", "䶮树*", "欧阳娜*"}
	for i := range n {
		s.Table.Rows = append(s.Table.Rows, []string{fmt.Sprint(i + 1), fmt.Sprintf("%d组%d号", i/60+1, i%60+1), names[i%7], fmt.Sprint(60 + i%97),
			fmt.Sprint(i % 31), "0", "0", fmt.Sprint(90 + i)})
	}
	return s
}

func TestPageCount(t *testing.T) {
	t.Parallel()
	for rows, pages := range map[int]int{0: 1, 1: 1, 20: 1, 35: 2, 36: 2, 500: 15} {
		if got := strings.Count(text(t, sample(rows), A4), "\f"); got != pages {
			t.Errorf("%d rows on A4: %d pages, want %d", rows, got, pages)
		}
	}
}

// What stands on the paper can be read from the file, rare characters included.
func TestTextIsThere(t *testing.T) {
	t.Parallel()
	out := strings.ReplaceAll(text(t, sample(36), A4), " ", "")
	for _, want := range []string{"海沿村积分公示", "李𬭎*", "陈𫖮*", "季𬸪*", "䶮树*", "欧阳娜*", "第2页/共2页", "组长（签字）", "ABCD-EFGH"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in the text", want)
		}
	}
	if n := strings.Count(out, "现有积分"); n != 2 {
		t.Errorf("the table's head stands on %d pages of 2", n)
	}
}

func text(t *testing.T, s Sheet, size Size) string {
	t.Helper()
	pdf, missing, err := s.Print(size)
	if err != nil || len(missing) > 0 {
		t.Fatal(err, missing)
	}
	path := filepath.Join(t.TempDir(), "s.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", path, "-").Output()
	if err != nil {
		t.Fatal("pdftotext (poppler-utils): ", err)
	}
	return string(out)
}

// A document is drawn while others are; the parsed fonts are shared.
func TestPrintsTogether(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, _, err := sample(100).Print(A3); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func BenchmarkFiveHundredRows(b *testing.B) {
	s := sample(500)
	for b.Loop() {
		if _, _, err := s.Print(A4); err != nil {
			b.Fatal(err)
		}
	}
}
