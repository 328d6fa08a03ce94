package kit

import (
	"fmt"
	"slices"
	"strings"
)

// Datum is one value of a chart, with the words that stand for it.
type Datum struct {
	Label string
	Value float64
	Text  string // 「61.2%」; the value itself unless set
}

func (d Datum) text() string { return or(d.Text, fmt.Sprintf("%g", d.Value)) }

// share is a value as a width, where the greatest is the whole.
func share(d Datum, data []Datum) string {
	most := 0.0
	for _, x := range data {
		most = max(most, x.Value)
	}
	if most <= 0 {
		return "0%"
	}
	return fmt.Sprintf("%.1f%%", max(d.Value, 0)/most*100)
}

// points lays values over a field of w by h, with a little room above and below.
func points(values []float64, w, h float64) string {
	if len(values) == 0 {
		return ""
	}
	low, high := slices.Min(values), slices.Max(values)
	if high == low {
		low, high = low-1, high+1
	}
	var b strings.Builder
	for i, v := range values {
		x := w * float64(i) / float64(max(len(values)-1, 1))
		fmt.Fprintf(&b, "%.1f,%.1f ", x, h*(0.1+0.8*(high-v)/(high-low)))
	}
	return strings.TrimSpace(b.String())
}

func values(data []Datum) []float64 {
	vs := make([]float64, len(data))
	for i, d := range data {
		vs[i] = d.Value
	}
	return vs
}

// inWords is a line chart for those who cannot see it.
func inWords(title string, data []Datum) string {
	if len(data) == 0 {
		return title + "：没有数据"
	}
	first, last := data[0], data[len(data)-1]
	return fmt.Sprintf("%s：从%s的 %s 到%s的 %s", title, first.Label, first.text(), last.Label, last.text())
}
