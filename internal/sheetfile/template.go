package sheetfile

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

const guideSheet = "填表说明"

// Template is an empty sheet to fill in: the columns with drop-downs and what to write, and a second sheet
// that explains them. Guide is what else to know, a sentence a line.
func Template(name string, columns []Column, guide ...string) ([]byte, error) {
	b := newBook(name)
	head, text := b.style(headStyle()), b.style(textStyle())
	for i, c := range columns {
		b.do(b.SetCellStr(name, cell(i+1, 1), c.heading()))
		b.do(b.SetColWidth(name, letter(i+1), letter(i+1), c.width()))
		if c.Kind != Number {
			b.do(b.SetColStyle(name, letter(i+1), text))
		}
		b.prompt(name, i+1, c)
	}
	b.do(b.SetCellStyle(name, cell(1, 1), cell(len(columns), 1), head))
	b.do(b.SetRowHeight(name, 1, 26))
	b.do(b.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	b.guide(columns, guide)
	return b.bytes()
}

func (c Column) heading() string {
	if c.Required {
		return c.Title + "*"
	}
	return c.Title
}

func (c Column) width() float64 {
	if c.Width > 0 {
		return c.Width
	}
	return float64(max(12, 2*len([]rune(c.Title))+4))
}

func (c Column) options() []string {
	if c.Kind == Flag {
		return []string{"是", "否"}
	}
	return c.Choices
}

// prompt shows a column's help when one of its cells is chosen, and its choices as a list.
func (b *book) prompt(sheet string, column int, c Column) {
	choices := c.options()
	if c.Help == "" && len(choices) == 0 {
		return
	}
	v := excelize.NewDataValidation(true)
	v.SetSqref(fmt.Sprintf("%s:%s", cell(column, 2), cell(column, MostRows+1)))
	if len(choices) > 0 {
		b.do(v.SetDropList(choices))
		v.SetError(excelize.DataValidationErrorStyleStop, c.Title, "请从列表里选："+strings.Join(choices, "、"))
	}
	if c.Help != "" {
		v.SetInput(c.Title, c.Help)
	}
	b.do(b.AddDataValidation(sheet, v))
}

func (b *book) guide(columns []Column, guide []string) {
	_, err := b.NewSheet(guideSheet)
	b.do(err)
	head, text := b.style(headStyle()), b.style(wrapped())
	for i, w := range []float64{18, 10, 60, 30} {
		b.do(b.SetColWidth(guideSheet, letter(i+1), letter(i+1), w))
	}
	row := 1
	for _, g := range guide {
		b.do(b.MergeCell(guideSheet, cell(1, row), cell(4, row)))
		b.do(b.SetCellStr(guideSheet, cell(1, row), g))
		b.do(b.SetCellStyle(guideSheet, cell(1, row), cell(4, row), text))
		row++
	}
	b.do(b.SetSheetRow(guideSheet, cell(1, row), &[]string{"列名", "必填", "怎么填", "例子"}))
	b.do(b.SetCellStyle(guideSheet, cell(1, row), cell(4, row), head))
	for _, c := range columns {
		row++
		must := "选填"
		if c.Required {
			must = "必填"
		}
		help := c.Help
		if o := c.options(); len(o) > 0 {
			help = strings.TrimPrefix(help+"；填："+strings.Join(o, "、"), "；")
		}
		b.do(b.SetSheetRow(guideSheet, cell(1, row), &[]string{c.Title, must, help, c.Example}))
		b.do(b.SetCellStyle(guideSheet, cell(1, row), cell(4, row), text))
	}
}
