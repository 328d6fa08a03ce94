package notice

import (
	"fmt"
	"strconv"
	"strings"

	"cunfen/internal/month"
	"cunfen/internal/paper"
)

// rowsPerPage is how many households stand on a page.
const rowsPerPage = 35

// Remarks are the sentences below the table, the same on page and paper.
func (v View) Remarks() []string {
	r := []string{fmt.Sprintf("全村合计：%d 户，本月加分 %d 分，减分 %d 分，兑换 %d 分。", v.Households, v.Plus, v.Minus, v.Spent)}
	if v.Corrected() {
		r = append(r, v.corrections(), "分类合计见更正前的公示，那一张已经换下，要看请到村委会查存档。")
	}
	if len(v.Classes.Minus) > 0 {
		var parts []string
		for _, c := range v.Classes.Minus {
			parts = append(parts, fmt.Sprintf("%s %d 次", c.Name, c.Times))
		}
		r = append(r, "全村减分事项："+strings.Join(parts, "、")+"。减分只公布每户合计，不公布到户的事由；不足 5 户的事项不单列。")
	}
	r = append(r, "现有积分＝上月结余＋本月加分－本月减分－本月兑换，含基础积分；新登记住户的基础积分列在上月结余里。")
	if v.Classes.Held > 0 {
		r = append(r, fmt.Sprintf("有 %d 笔记分正在处理异议，决定以前不计入。", v.Classes.Held))
	}
	if v.Classes.Late != "" {
		r = append(r, v.late())
	}
	if v.Classes.Missing != "" {
		r = append(r, "有的字本系统字库里没有，印作〓，请手写补上："+v.Classes.Missing+"。")
	}
	object := "对分数有意见：" + v.Window() + "到村委会、找网格员或扫码提出，由没有参与评定的成员处理。"
	if v.Contact != "" {
		object += "咨询：" + v.Contact + "。"
	}
	return append(r, object, "查验真伪：打开公示网页点“查验”，输入查验码；只查一行时再输序号和行码。")
}

// late says that the notice did not go out on its day.
func (v View) late() string {
	day, err := month.ParseDay(v.Classes.Late)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("本期原定%s公示，推迟到%s，异议期从公示之日起算。", month.ChineseDay(day), month.ChineseDay(v.PublishedAt.In(month.Zone)))
}

// corrections names what is otherwise than before.
func (v View) corrections() string {
	var parts []string
	for _, c := range v.Classes.Changes {
		parts = append(parts, fmt.Sprintf("%s（%s）由 %d 分更正为 %d 分", c.Door, c.Head, c.Was, c.Is))
	}
	if len(parts) == 0 {
		return "本期按处理结果更正。"
	}
	return "经复核更正现有积分：" + strings.Join(parts, "；") + "。"
}

// Cells are the line's table cells.
func (l Line) Cells() []string {
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	return []string{strconv.Itoa(l.Position), l.Door, l.Head, n(l.Carried), n(l.Plus), n(l.Minus), n(l.Spent), n(l.Total)}
}

// Cells are a line's table cells with its mark.
func (v View) Cells(l Line) []string { return append(l.Cells(), Mark(v.Root, l)) }

// columns are the table's, with their share of the width.
var columns = []paper.Column{
	{Title: "序号", Width: 36, Align: paper.Centre}, {Title: "门牌", Width: 82, Align: paper.Left}, {Title: "户主", Width: 66, Align: paper.Left},
	{Title: "上月结余", Width: 60, Align: paper.Right}, {Title: "本月加分", Width: 60, Align: paper.Right},
	{Title: "本月减分", Width: 60, Align: paper.Right}, {Title: "本月兑换", Width: 60, Align: paper.Right},
	{Title: "现有积分", Width: 60, Align: paper.Right}, {Title: "行码", Width: 42, Align: paper.Centre},
}

// sheet lays the notice out for the board.
func (v View) sheet() paper.Sheet {
	s := paper.Sheet{
		Title:   v.Title,
		Lines:   []string{fmt.Sprintf("%s（%s）　公示时间：%s　共 %d 户", v.Month.Chinese(), v.Issue(), v.Window(), v.Households)},
		Table:   paper.Table{Columns: columns, Height: 18},
		PerPage: rowsPerPage,
		Remarks: v.Remarks(),
		Signers: []string{"工作小组组长", "党员代表", "群众代表"},
		Maker:   v.Village + "积分管理工作小组（盖章）",
		Date:    v.Day(),
		Code:    "查验码 " + v.Code,
		Link:    v.Link,
		Foot:    fmt.Sprintf("%s %s　%s撤下　查验码 %s", v.Village, v.Issue(), month.ChineseDay(v.DownOn), v.Code),
	}
	if v.Corrected() {
		s.Lines = append(s.Lines, fmt.Sprintf("本期更正 %d 户，更正内容见末页。", len(v.Classes.Changes)))
	}
	for _, l := range v.Lines {
		s.Table.Rows = append(s.Table.Rows, v.Cells(l))
	}
	if len(v.Classes.Plus) > 0 {
		s.Sums = []paper.Section{{Heading: "本月加分分类合计（不足 5 户的类别并入“其他”）", Table: v.classes()}}
	}
	return s
}

func (v View) classes() paper.Table {
	t := paper.Table{Height: 18, Columns: []paper.Column{{Title: "类别", Width: 240, Align: paper.Left},
		{Title: "次数", Width: 120, Align: paper.Right}, {Title: "分数", Width: 120, Align: paper.Right}}}
	for _, c := range v.Classes.Plus {
		t.Rows = append(t.Rows, []string{c.Name, strconv.FormatInt(c.Times, 10), strconv.FormatInt(c.Points, 10)})
	}
	return t
}

// lacks lists what the paper cannot print of the notice: 「第12行 U+212FE」.
func (v View) lacks() (string, error) {
	var out []string
	all, err := paper.Lacks(v.texts()...)
	if err != nil || len(all) == 0 {
		return "", err
	}
	for _, r := range all {
		where := "标题"
		for _, l := range v.Lines {
			if strings.ContainsRune(l.Door+l.Head, r) {
				where = fmt.Sprintf("第 %d 行", l.Position)
				break
			}
		}
		out = append(out, fmt.Sprintf("%s U+%04X", where, r))
	}
	return strings.Join(out, "、"), nil
}

func (v View) texts() []string {
	texts := []string{v.Title, v.Contact}
	for _, l := range v.Lines {
		texts = append(texts, l.Door, l.Head)
	}
	for _, c := range append(v.Classes.Plus, v.Classes.Minus...) {
		texts = append(texts, c.Name)
	}
	return texts
}
