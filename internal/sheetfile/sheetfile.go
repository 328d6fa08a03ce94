// Package sheetfile is the village's spreadsheets: the template that is filled in, the sheet that comes back
// with its faults written beside the rows, and every list that is taken away as a file. Sheets come from
// strangers' computers, so all of what is read has bounds, and nothing written can become a formula.
package sheetfile

import (
	"fmt"
	"io"
	"strings"

	"cunfen/internal/fault"
)

// The bounds of a sheet that is brought in.
const (
	MostBytes   = 8 << 20
	MostRows    = 20_000
	mostScanned = 200_000   // lines looked at, empty ones included
	mostWidth   = 200       // columns
	mostSheets  = 20        // sheets searched for the heading
	mostHeading = 10        // lines searched for the heading
	mostUnzip   = 160 << 20 // bytes that the file may unfold to
	mostCell    = 500       // characters, where a column says nothing
)

// Result is the column in which a sheet is given back with what is wrong.
const Result = "导入结果"

// Kind is what a column holds.
type Kind uint8

// The kinds of column. Digits are phone and identity numbers: text that a spreadsheet would take for a number.
const (
	Text Kind = iota
	Digits
	Number // a whole number
	Choice
	Flag // 是 or 否
	Day  // read as 2006-01-02
)

// Column is one column of a sheet that is brought in. Titles are matched whatever their order, with spaces,
// stars and what stands in brackets left out.
type Column struct {
	Title    string
	Also     []string // other titles that people write
	Required bool
	Kind     Kind
	Choices  []string
	Max      int // most characters, or the largest number
	Help     string
	Example  string
	Width    float64
}

// Problem is one thing wrong in a sheet. Row is the line's number as the spreadsheet shows it.
type Problem struct {
	Row    int    `json:"row"`
	Column string `json:"column"`
	Text   string `json:"text"`
}

// String is the problem as a line of a list: 第 3 行「联系电话」：…
func (p Problem) String() string {
	if p.Column == "" {
		return fmt.Sprintf("第 %d 行：%s", p.Row, p.Text)
	}
	return fmt.Sprintf("第 %d 行「%s」：%s", p.Row, p.Column, p.Text)
}

// Sheet is a sheet as it was read.
type Sheet struct {
	Rows     []Row
	Problems []Problem // what is wrong with single cells
	Unused   []string  // titles that no column has
	columns  []Column
	at       []int // where each column stands in the sheet, -1 where it does not
	data     []byte
	name     string
	header   int // the heading's line
	width    int // columns in use
	result   int // where an earlier result column stands, -1 if nowhere
	lines    []line
}

// Row is one line below the heading that is not empty.
type Row struct {
	Number int
	sheet  *Sheet
	values []string
}

// Get is the row's value in the column with that title, "" where there is none.
func (r Row) Get(title string) string {
	for i, c := range r.sheet.columns {
		if c.Title == title {
			return r.values[i]
		}
	}
	return ""
}

// Int is Get of a Number column, 0 where it is empty.
func (r Row) Int(title string) (n int) {
	_, _ = fmt.Sscanf(r.Get(title), "%d", &n)
	return n
}

// Problem is something wrong with the row's cell under that title.
func (r Row) Problem(title, text string) Problem { return Problem{r.Number, title, text} }

// Faults of a file that cannot be read at all.
var (
	ErrTooLarge   = fault.New(fault.TooLarge, "sheet.too_large", "文件超过 8 MB；请删去图片和多余的工作表后再传")
	ErrTooMany    = fault.New(fault.TooLarge, "sheet.too_many", "表格超过 20000 行；请分成几份再传")
	ErrBlank      = fault.New(fault.TooLarge, "sheet.blank", "表格里空行或空列太多；请把内容复制到新下载的模板里再传")
	ErrUnreadable = fault.New(fault.Invalid, "sheet.unreadable", "这个文件打不开：它不是 .xlsx 或 .csv 表格，或者已经损坏；请另存为 .xlsx 后再传")
	ErrLocked     = fault.New(fault.Invalid, "sheet.locked", "这是旧版 .xls 文件，或者设了打开密码；请去掉密码，另存为 .xlsx 后再传")
	ErrEmpty      = fault.New(fault.Invalid, "sheet.empty", "表格里没有内容：表头下面一行也没有填")
	ErrColumns    = fault.New(fault.Invalid, "sheet.columns", "表头里缺少这几列：%s；请用下载的模板填写，不要改动表头")
	ErrTwice      = fault.New(fault.Invalid, "sheet.twice", "表头里「%s」出现了两次；请删去一列")
)

// Take reads an uploaded file to its end, and no further than it may be long.
func Take(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MostBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MostBytes {
		return nil, ErrTooLarge
	}
	return data, nil
}

// titles joins the titles of columns for a sentence.
func titles(columns []Column) string {
	var s []string
	for _, c := range columns {
		s = append(s, "「"+c.Title+"」")
	}
	return strings.Join(s, "")
}
