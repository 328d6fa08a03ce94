package story

import (
	"fmt"
	"strconv"
	"strings"

	"cunfen/internal/month"
	"cunfen/internal/paper"
)

// The measures of a page, in points.
const (
	edge    = 62.0
	leading = 22.0
	bottom  = 770.0
	number  = 40.0 // of a page, in the contents
)

// Booklet is the published cases as one paper: a title page with the contents, then a case after the other.
func Booklet(town string, all []Story) (pdf []byte, missing []rune, err error) {
	d, err := paper.New(paper.A4, town+"积分治理典型案例", town)
	if err != nil {
		return nil, nil, err
	}
	w := paper.A4.W - 2*edge
	d.AddPage()
	d.Text(edge, 200, w, 44, town+"乡村治理积分制", paper.Centre, paper.Style{Size: 28, Bold: true, Colour: paper.Red})
	d.Text(edge, 250, w, 44, "典型案例选编", paper.Centre, paper.Style{Size: 28, Bold: true, Colour: paper.Red})
	d.Line(edge, 310, edge+w, 310, 2, paper.Red)
	y := 350.0
	type line struct {
		page int
		y    float64
	}
	contents := make([]line, len(all))
	for n, s := range all {
		if y > bottom {
			d.AddPage()
			y = edge
		}
		contents[n] = line{d.Pages(), y}
		d.Text(edge, y, w-number, leading, fmt.Sprintf("%d　%s（%s）", n+1, s.Title, s.Village), paper.Left, paper.Style{Size: 13})
		y += 26
	}
	begins := make([]int, len(all))
	for n, s := range all {
		d.AddPage()
		begins[n] = d.Pages()
		y = edge
		for _, l := range d.Wrap(s.Title, w, paper.Style{Size: 20, Bold: true}) {
			d.Text(edge, y, w, 30, l, paper.Centre, paper.Style{Size: 20, Bold: true})
			y += 32
		}
		d.Text(edge, y, w, leading, s.Village+"　"+s.PublishedAt.In(month.Zone).Format("2006年1月"), paper.Centre, paper.Style{Size: 11, Colour: paper.Grey})
		y += 36
		for _, p := range strings.Split(s.Body, "\n") {
			if p = strings.TrimSpace(p); p == "" {
				continue
			}
			for _, l := range d.Wrap("　　"+p, w, paper.Style{Size: 13}) {
				if y > bottom {
					d.AddPage()
					y = edge
				}
				d.Text(edge, y, w, leading, l, paper.Left, paper.Style{Size: 13})
				y += leading
			}
			y += 4
		}
	}
	for n, at := range contents {
		d.Turn(at.page)
		d.Text(edge+w-number, at.y, number, leading, strconv.Itoa(begins[n]), paper.Right, paper.Style{Size: 13})
	}
	d.Foot(edge, "", 1)
	pdf, err = d.Bytes()
	return pdf, d.Missing(), err
}
