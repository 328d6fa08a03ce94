package sheetfile

import (
	"io"
	"iter"
	"time"

	"github.com/xuri/excelize/v2"

	"cunfen/internal/month"
)

// Head is one column of an exported list.
type Head struct {
	Title string
	Width float64 // 0 for one that fits the title
}

// Fen is money in an exported list: a number of yuan with two places, which a sheet can add up. It is a decimal
// in the file and a float nowhere else.
type Fen int64

// Export writes a list as .xlsx and answers how many rows it had. Whole numbers become numbers, times days
// and minutes of the village's zone, true and false 是 and 否; every string becomes text, whatever it begins
// with, so that none is ever a formula (INV-53).
func Export(w io.Writer, name string, heads []Head, rows iter.Seq[[]any]) (n int, err error) {
	b := newBook(name)
	defer b.Close()
	head, text, money := b.style(headStyle()), b.style(textStyle()), b.style(moneyStyle())
	if b.err != nil {
		return 0, b.err
	}
	out, err := b.NewStreamWriter(name)
	if err != nil {
		return 0, err
	}
	if err := exportHead(out, heads, head); err != nil {
		return 0, err
	}
	for row := range rows {
		n++
		if err := out.SetRow(cell(1, n+1), exportRow(row, text, money)); err != nil {
			return n, err
		}
	}
	if err := out.Flush(); err != nil {
		return n, err
	}
	return n, b.Write(w)
}

func exportHead(out *excelize.StreamWriter, heads []Head, style int) error {
	titles := make([]any, len(heads))
	for i, h := range heads {
		width := h.Width
		if width == 0 {
			width = float64(max(10, 2*len([]rune(h.Title))+4))
		}
		if err := out.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
		titles[i] = excelize.Cell{StyleID: style, Value: h.Title}
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	return out.SetRow("A1", titles, excelize.RowOpts{Height: 24})
}

func exportRow(row []any, text, money int) []any {
	cells := make([]any, len(row))
	for i, v := range row {
		switch v := v.(type) {
		case string:
			if v = clean(v); v != "" {
				cells[i] = excelize.Cell{StyleID: text, Value: v}
			}
		case bool:
			cells[i] = map[bool]string{true: "是", false: "否"}[v]
		case *time.Time:
			if v != nil {
				cells[i] = instant(*v, text)
			}
		case time.Time:
			cells[i] = instant(v, text)
		case Fen:
			cells[i] = excelize.Cell{StyleID: money, Value: float64(v) / 100}
		default:
			cells[i] = v
		}
	}
	return cells
}

// instant is a cell that says when; empty where there is no time.
func instant(t time.Time, style int) any {
	if t.IsZero() {
		return nil
	}
	return excelize.Cell{StyleID: style, Value: t.In(month.Zone).Format("2006-01-02 15:04")}
}
