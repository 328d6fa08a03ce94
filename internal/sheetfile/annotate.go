package sheetfile

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Annotate gives the person's own file back with a red column that says row by row what is wrong, and in
// the rows where nothing is what good says of them. A text file comes back as .xlsx.
func (s *Sheet) Annotate(problems []Problem, good func(row int) string) (data []byte, err error) {
	defer rescue(&err)
	b, err := s.reopen()
	if err != nil {
		return nil, err
	}
	column := s.result + 1
	if s.result < 0 {
		column = s.width + 1
	}
	reasons := map[int][]string{}
	for _, p := range problems {
		reasons[p.Row] = append(reasons[p.Row], p.reason())
		b.mark(s, p)
	}
	bad := b.style(&excelize.Style{Font: &excelize.Font{Color: red, Bold: true}, Fill: filled(pink), Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}})
	fine := b.style(&excelize.Style{Font: &excelize.Font{Color: grey}, Alignment: &excelize.Alignment{Vertical: "center"}})
	head := b.style(&excelize.Style{Font: &excelize.Font{Color: "FFFFFF", Bold: true}, Fill: filled(red), Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center"}})
	b.write(s.name, column, s.header, Result, head)
	for _, r := range s.Rows {
		if why := reasons[r.Number]; len(why) > 0 {
			b.write(s.name, column, r.Number, strings.Join(why, "；"), bad)
		} else {
			b.write(s.name, column, r.Number, good(r.Number), fine)
		}
	}
	b.do(b.SetColWidth(s.name, letter(column), letter(column), widest(slices.Collect(maps.Values(reasons)))))
	if i, err := b.GetSheetIndex(s.name); err == nil && i >= 0 {
		b.SetActiveSheet(i)
	}
	return b.bytes()
}

func (p Problem) reason() string {
	if p.Column == "" {
		return p.Text
	}
	return p.Column + "：" + p.Text
}

// reopen is the person's workbook, or a new one with the lines of the text file.
func (s *Sheet) reopen() (*book, error) {
	if s.lines == nil {
		f, err := workbook(s.data)
		return &book{File: f}, err
	}
	s.name = "名单"
	b := newBook(s.name)
	text := b.style(textStyle())
	for _, l := range s.lines {
		for i, v := range l.cells {
			b.write(s.name, i+1, l.number, clean(v), text)
		}
	}
	return b, nil
}

func (b *book) write(sheet string, column, row int, text string, style int) {
	at := cell(column, row)
	b.do(b.SetCellStr(sheet, at, text))
	b.do(b.SetCellStyle(sheet, at, at, style))
}

// mark colours the cell of a problem and keeps the rest of its look.
func (b *book) mark(s *Sheet, p Problem) {
	i := slices.IndexFunc(s.columns, func(c Column) bool { return c.Title == p.Column })
	if i < 0 || s.at[i] < 0 {
		return
	}
	at := cell(s.at[i]+1, p.Row)
	id, err := b.GetCellStyle(s.name, at)
	if err != nil {
		return
	}
	look, err := b.GetStyle(id)
	if err != nil || look == nil {
		look = &excelize.Style{}
	}
	look.Fill = filled(pink)
	b.do(b.SetCellStyle(s.name, at, at, b.style(look)))
}

func widest(all [][]string) float64 {
	most := 12
	for _, why := range all {
		most = max(most, 2*utf8.RuneCountInString(strings.Join(why, "；")))
	}
	return float64(min(most, 60))
}
