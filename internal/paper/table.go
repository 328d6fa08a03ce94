package paper

// Column is one column of a table; Width is its share of the table's width.
type Column struct {
	Title string
	Width float64
	Align Align
}

// Table is a ruled table of plain texts.
type Table struct {
	Columns []Column
	Rows    [][]string
	Height  float64 // of a row, on A4
}

const (
	padding = 4.0
	hair    = 0.5
)

// widths gives each column its part of w.
func (t Table) widths(w float64) []float64 {
	sum := 0.0
	for _, c := range t.Columns {
		sum += c.Width
	}
	out := make([]float64, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = c.Width / sum * w
	}
	return out
}

// Draw draws the head and the rows given at (x, y) and answers where they end. It does not break pages.
func (t Table) Draw(d *Doc, x, y, w float64, rows [][]string) float64 {
	h := t.Height * d.Scale
	widths := t.widths(w)
	top := y
	head := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = c.Title
	}
	d.Box(x, y, w, h, Colour{0xF1, 0xF3, 0xF2})
	d.Line(x, y, x+w, y, hair*d.Scale, Black)
	y = t.row(d, x, y, w, widths, head, Style{Bold: true})
	for _, r := range rows {
		y = t.row(d, x, y, w, widths, r, Style{})
	}
	for at, i := x, 0; i <= len(widths); i++ {
		d.Line(at, top, at, y, hair*d.Scale, Black)
		if i < len(widths) {
			at += widths[i]
		}
	}
	return y
}

func (t Table) row(d *Doc, x, y, w float64, widths []float64, cells []string, s Style) float64 {
	h, pad := t.Height*d.Scale, padding*d.Scale
	at := x
	for i, c := range cells {
		d.Text(at+pad, y, widths[i]-2*pad, h, c, t.Columns[i].Align, s)
		at += widths[i]
	}
	d.Line(x, y+h, x+w, y+h, hair*d.Scale, Black)
	return y + h
}
