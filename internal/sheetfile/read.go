package sheetfile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"
)

// Read reads a filled-in sheet, .xlsx or .csv. It finds the heading that has the required columns, in
// whichever sheet it stands, and checks every cell by its column. What is wrong with single cells is in
// Problems; an error means that the file as a whole cannot be used.
func Read(ctx context.Context, data []byte, columns []Column) (s *Sheet, err error) {
	defer rescue(&err)
	switch {
	case len(data) > MostBytes:
		return nil, ErrTooLarge
	case len(bytes.TrimSpace(data)) == 0:
		return nil, ErrEmpty
	case bytes.HasPrefix(data, oleMark):
		return nil, ErrLocked
	case bytes.HasPrefix(data, zipMark):
		s, err = readWorkbook(ctx, data, columns)
	default:
		s, err = readText(ctx, data, columns)
	}
	if err != nil {
		return nil, err
	}
	if len(s.Rows) == 0 {
		return nil, ErrEmpty
	}
	s.data = data
	return s, nil
}

func readText(ctx context.Context, data []byte, columns []Column) (*Sheet, error) {
	next, err := csvLines(ctx, data)
	if err != nil {
		return nil, err
	}
	s := &Sheet{columns: columns, lines: []line{}}
	missing, err := s.scan(next)
	if err == nil && len(missing) > 0 {
		err = ErrColumns.With(titles(missing))
	}
	return s, err
}

func readWorkbook(ctx context.Context, data []byte, columns []Column) (*Sheet, error) {
	f, err := workbook(data)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lacking := required(columns)
	for i, name := range f.GetSheetList() {
		if i == mostSheets {
			break
		}
		next, done, err := xlsxLines(ctx, f, name)
		if err != nil {
			continue // a chart, or a sheet that is not there
		}
		s := &Sheet{columns: columns, name: name}
		missing, err := s.scan(next)
		done()
		if err != nil || len(missing) == 0 {
			return s, err
		}
		if len(missing) < len(lacking) {
			lacking = missing
		}
	}
	return nil, ErrColumns.With(titles(lacking))
}

// scan reads lines until the heading, then the rows. Without a heading it answers the required columns that
// the best line lacks.
func (s *Sheet) scan(next liner) (missing []Column, err error) {
	missing = required(s.columns)
	for seen := 0; ; {
		l, err := next()
		if errors.Is(err, io.EOF) {
			return missing, nil
		}
		if err != nil {
			return nil, err
		}
		if s.lines != nil {
			s.lines = append(s.lines, l)
		}
		if blank(l.cells) {
			continue
		}
		if s.header > 0 {
			s.width = max(s.width, len(l.cells))
			if err := s.row(l); err != nil {
				return nil, err
			}
			continue
		}
		if seen++; seen > mostHeading {
			return missing, nil
		}
		lacks, err := s.heading(l)
		if err != nil {
			return nil, err
		}
		if s.header > 0 || len(lacks) < len(missing) {
			missing = lacks
		}
	}
}

func required(columns []Column) (all []Column) {
	for _, c := range columns {
		if c.Required {
			all = append(all, c)
		}
	}
	return all
}

// heading takes l as the heading if it has every required column, and otherwise answers those it lacks.
func (s *Sheet) heading(l line) (lacks []Column, err error) {
	at, unused, result := make([]int, len(s.columns)), []string(nil), -1
	for i := range at {
		at[i] = -1
	}
	for i, cell := range l.cells {
		key := plain(cell)
		c := slices.IndexFunc(s.columns, func(c Column) bool { return c.named(key) })
		switch {
		case key == "":
		case key == Result:
			result = i
		case c < 0:
			unused = append(unused, clean(cell))
		case at[c] >= 0:
			err = ErrTwice.With(s.columns[c].Title)
		default:
			at[c] = i
		}
	}
	for i, c := range s.columns {
		if c.Required && at[i] < 0 {
			lacks = append(lacks, c)
		}
	}
	if len(lacks) > 0 {
		return lacks, nil
	}
	s.at, s.Unused, s.result, s.header, s.width = at, unused, result, l.number, len(l.cells)
	return nil, err
}

func (c Column) named(key string) bool {
	return key == plain(c.Title) || slices.ContainsFunc(c.Also, func(t string) bool { return key == plain(t) })
}

// plain is a title without spaces, stars, colons and what stands in brackets.
func plain(title string) string {
	var b strings.Builder
	depth := 0
	for _, r := range title {
		switch {
		case strings.ContainsRune("(（[【", r):
			depth++
		case strings.ContainsRune(")）]】", r):
			depth--
		case depth > 0, unicode.IsSpace(r), unicode.IsControl(r), unicode.Is(unicode.Cf, r), strings.ContainsRune("*＊:：", r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// row checks one line and keeps it. A line that says something only in the person's own columns is none.
func (s *Sheet) row(l line) error {
	raw := make([]string, len(s.columns))
	for i, at := range s.at {
		if at >= 0 && at < len(l.cells) {
			raw[i] = l.cells[at]
		}
	}
	if blank(raw) {
		return nil
	}
	if len(s.Rows) == MostRows {
		return ErrTooMany
	}
	r := Row{Number: l.number, sheet: s, values: make([]string, len(s.columns))}
	for i, c := range s.columns {
		v, wrong := c.value(raw[i])
		if wrong != "" {
			s.Problems = append(s.Problems, r.Problem(c.Title, wrong))
		}
		r.values[i] = v
	}
	s.Rows = append(s.Rows, r)
	return nil
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return clean(c) != "" })
}
