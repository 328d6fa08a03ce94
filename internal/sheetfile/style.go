package sheetfile

import "github.com/xuri/excelize/v2"

// The colours of shared screens, for sheets.
const (
	green = "0B6E4F"
	red   = "B3261E"
	pink  = "FBE9E7"
	grey  = "55635C"
)

const (
	textFormat  = 49 // "@": what is typed stays as it is
	moneyFormat = 4  // "#,##0.00"
)

func filled(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

func headStyle() *excelize.Style {
	return &excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: filled(green), NumFmt: textFormat,
		Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}}
}

func textStyle() *excelize.Style {
	return &excelize.Style{NumFmt: textFormat, Alignment: &excelize.Alignment{Vertical: "center"}}
}

func moneyStyle() *excelize.Style {
	return &excelize.Style{NumFmt: moneyFormat, Alignment: &excelize.Alignment{Vertical: "center"}}
}

func wrapped() *excelize.Style {
	return &excelize.Style{NumFmt: textFormat, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}}
}

// book is a new workbook; the first error of building it is kept and the rest of the building skipped.
type book struct {
	*excelize.File
	err error
}

func newBook(first string) *book {
	b := &book{File: excelize.NewFile()}
	b.do(b.SetSheetName("Sheet1", first))
	return b
}

func (b *book) do(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *book) style(s *excelize.Style) int {
	id, err := b.NewStyle(s)
	b.do(err)
	return id
}

func (b *book) bytes() ([]byte, error) {
	defer b.Close()
	if b.err != nil {
		return nil, b.err
	}
	buf, err := b.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func cell(column, row int) string {
	name, _ := excelize.CoordinatesToCellName(column, row)
	return name
}

func letter(column int) string {
	name, _ := excelize.ColumnNumberToName(column)
	return name
}
