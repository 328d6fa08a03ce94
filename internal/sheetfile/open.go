package sheetfile

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// line is one line of a sheet.
type line struct {
	number int
	cells  []string
}

// liner gives a sheet's lines one by one, io.EOF after the last.
type liner func() (line, error)

var (
	zipMark = []byte("PK\x03\x04")
	oleMark = []byte{0xd0, 0xcf, 0x11, 0xe0}
	utf16LE = []byte{0xff, 0xfe}
	utf16BE = []byte{0xfe, 0xff}
	bom     = []byte{0xef, 0xbb, 0xbf}
)

// workbook opens an .xlsx within bounds. What the reader cannot bear (it may panic) is unreadable.
func workbook(data []byte) (f *excelize.File, err error) {
	defer rescue(&err)
	f, err = excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: mostUnzip, UnzipXMLSizeLimit: 32 << 20})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return f, nil
}

// rescue turns a panic of the spreadsheet library into a fault of the file.
func rescue(err *error) {
	if p := recover(); p != nil {
		slog.Warn("sheetfile: reader panicked", "panic", fmt.Sprint(p))
		*err = ErrUnreadable
	}
}

// xlsxLines reads one sheet of a workbook.
func xlsxLines(ctx context.Context, f *excelize.File, name string) (next liner, done func(), err error) {
	rows, err := f.Rows(name)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	n := 0
	next = func() (line, error) {
		if err := ctx.Err(); err != nil {
			return line{}, err
		}
		if !rows.Next() {
			return line{}, io.EOF
		}
		n++
		cells, err := rows.Columns()
		switch {
		case err != nil:
			return line{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
		case n > mostScanned, len(cells) > mostWidth:
			return line{}, ErrBlank
		}
		return line{n, cells}, nil
	}
	return next, func() { _ = rows.Close() }, nil
}

// csvLines reads a text table in UTF-8, UTF-16 or GB18030, between commas, semicolons or tabs.
func csvLines(ctx context.Context, data []byte) (liner, error) {
	text, err := decode(data)
	if err != nil || bytes.ContainsAny(text, "\x00\ufffd") {
		return nil, ErrUnreadable
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma(text), -1, true
	return func() (line, error) {
		if err := ctx.Err(); err != nil {
			return line{}, err
		}
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return line{}, io.EOF
		}
		if err != nil {
			return line{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
		n, _ := r.FieldPos(0)
		if len(cells) > mostWidth || n > mostScanned {
			return line{}, ErrBlank
		}
		return line{n, cells}, nil
	}, nil
}

func decode(data []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(data, bom):
		return data[len(bom):], nil
	case bytes.HasPrefix(data, utf16LE), bytes.HasPrefix(data, utf16BE):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
	case utf8.Valid(data):
		return data, nil
	}
	return simplifiedchinese.GB18030.NewDecoder().Bytes(data)
}

// comma is the separator that the first line has most of.
func comma(text []byte) rune {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	best, most := ',', 0
	for _, c := range ",;\t" {
		if n := bytes.Count(first, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}
