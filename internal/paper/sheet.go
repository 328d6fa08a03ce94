package paper

// Sheet is a paper for the village's board: a red heading, a long table whose head stands on every page,
// and at the end small tables, remarks, lines to sign on and a code to verify it by.
type Sheet struct {
	Title   string
	Lines   []string // below the heading, on every page
	Table   Table
	PerPage int       // rows a page
	Sums    []Section // small tables after the long one
	Remarks []string
	Signers []string // 「工作小组组长」, each with a line
	Maker   string   // 「海沿村积分管理工作小组（盖章）」
	Date    string
	Code    string // to verify the sheet by
	Link    string // where to; printed as QR
	Foot    string // at the bottom of every page, beside the page number
}

// Section is a small table with its heading.
type Section struct {
	Heading string
	Table   Table
}

// Print draws the sheet and lists what the font lacked.
func (s Sheet) Print(size Size) (pdf []byte, missing []rune, err error) {
	d, err := New(size, s.Title, s.Maker)
	if err != nil {
		return nil, nil, err
	}
	p := press{Doc: d, s: s, x: 36 * size.Scale}
	p.w = size.W - 2*p.x
	p.rows()
	p.end()
	d.Foot(p.x, s.Foot, 1)
	pdf, err = d.Bytes()
	return pdf, d.Missing(), err
}

// press is a sheet on its way through the printer; y is how far down the page it has come.
type press struct {
	*Doc
	s       Sheet
	x, y, w float64
}

func (p *press) pt(points float64) float64 { return points * p.Scale }

// page begins a page with its heading.
func (p *press) page() {
	p.AddPage()
	p.y = p.pt(30)
	p.Text(p.x, p.y, p.w, p.pt(34), p.s.Title, Centre, Style{Size: p.pt(25), Bold: true, Colour: Red})
	p.y += p.pt(40)
	p.Line(p.x, p.y, p.x+p.w, p.y, p.pt(2), Red)
	p.y += p.pt(6)
	for _, l := range p.s.Lines {
		p.paragraph(l, Style{Size: p.pt(10.5)}, 15)
	}
	p.y += p.pt(4)
}

func (p *press) paragraph(text string, s Style, leading float64) {
	for _, l := range p.Wrap(text, p.w, s) {
		p.Text(p.x, p.y, p.w, p.pt(leading), l, Left, s)
		p.y += p.pt(leading)
	}
}

func (p *press) rows() {
	for from := 0; from == 0 || from < len(p.s.Table.Rows); from += p.s.PerPage {
		p.page()
		to := min(from+p.s.PerPage, len(p.s.Table.Rows))
		p.y = p.s.Table.Draw(p.Doc, p.x, p.y, p.w, p.s.Table.Rows[from:to])
	}
}

// room begins a page where fewer than the points asked are left above the foot.
func (p *press) room(points float64) {
	if p.y+p.pt(points) > p.H-p.pt(36) {
		p.page()
	}
}

// end draws what follows the long table. Its parts are never cut in two.
func (p *press) end() {
	for _, sec := range p.s.Sums {
		p.room(30 + sec.Table.Height*float64(len(sec.Table.Rows)+1))
		p.y += p.pt(8)
		p.Text(p.x, p.y, p.w, p.pt(18), sec.Heading, Left, Style{Size: p.pt(11.5), Bold: true})
		p.y = sec.Table.Draw(p.Doc, p.x, p.y+p.pt(20), p.w, sec.Table.Rows)
	}
	p.room(20)
	p.y += p.pt(8)
	for _, r := range p.s.Remarks {
		p.room(16 * float64(len(p.Wrap(r, p.w, Style{Size: p.pt(10)}))))
		p.paragraph(r, Style{Size: p.pt(10)}, 15)
	}
	p.room(108)
	p.signatures()
}

// signatures draws the lines to sign on at the left, the maker and the code at the right.
func (p *press) signatures() {
	top, half := p.y+p.pt(16), p.w*0.52
	for i, name := range p.s.Signers {
		y := top + p.pt(26)*float64(i)
		label := name + "（签字）："
		wide := p.Width(label, Style{})
		p.Text(p.x, y, wide+1, p.pt(20), label, Left, Style{})
		p.Line(p.x+wide, y+p.pt(18), p.x+half-p.pt(20), y+p.pt(18), hair*p.Scale, Black)
	}
	right, side := p.x+half, p.pt(84)
	if p.s.Link != "" {
		p.QR(p.x+p.w-side, top-p.pt(4), side, p.s.Link)
		right -= p.pt(6)
	}
	w := p.x + p.w - side - right
	for i, l := range []string{p.s.Maker, p.s.Date, p.s.Code} {
		p.Text(right, top+p.pt(24)*float64(i), w, p.pt(20), l, Left, Style{})
	}
}
