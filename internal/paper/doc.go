package paper

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg" // so that a photo's size can be read
	"slices"
	"strings"
	"unicode"

	"github.com/signintech/gopdf"
	"github.com/skip2/go-qrcode"
)

// Size is a sheet's size in points. Scale is how much larger than on A4 its letters are.
type Size struct{ W, H, Scale float64 }

// The sizes that villages print on.
var (
	A3 = Size{841.89, 1190.55, 1.4142}
	A4 = Size{595.28, 841.89, 1}
	A6 = Size{297.64, 419.53, 1}
)

// Colour is red, green and blue.
type Colour [3]uint8

// Red is the official red of a public notice's heading; nothing else is printed in it.
var (
	Red   = Colour{0xB3, 0x00, 0x0C}
	Black = Colour{0x1B, 0x24, 0x20}
	Grey  = Colour{0x55, 0x63, 0x5C}
)

// Align says where in its box a text stands.
type Align int

// The alignments.
const (
	Left   Align = gopdf.Left
	Centre Align = gopdf.Center
	Right  Align = gopdf.Right
)

// Style is how a text looks; the zero Style is 10.5 points, regular, black.
type Style struct {
	Size   float64
	Bold   bool
	Colour Colour
}

// Doc is a document being drawn, from the top left corner, in points. The first thing that goes wrong is
// kept and comes out of Bytes.
type Doc struct {
	Size
	pdf     *gopdf.GoPdf
	missing []rune
	err     error
}

// New starts a document without pages.
func New(size Size, title, author string) (*Doc, error) {
	all, err := fonts()
	if err != nil {
		return nil, err
	}
	d := &Doc{Size: size, pdf: &gopdf.GoPdf{}}
	d.pdf.Start(gopdf.Config{PageSize: gopdf.Rect{W: size.W, H: size.H}})
	d.pdf.SetInfo(gopdf.PdfInfo{Title: title, Author: author, Producer: "cunfen"})
	for _, name := range []string{bold, regular} {
		d.keep(d.pdf.AddTTFFontFromFontContainer(name, all))
		d.keep(d.pdf.SetFont(name, "", 10.5))
	}
	return d, d.err
}

func (d *Doc) keep(err error) {
	if d.err == nil {
		d.err = err
	}
}

// AddPage begins a new page.
func (d *Doc) AddPage() { d.pdf.AddPage() }

// Pages is how many pages there are.
func (d *Doc) Pages() int { return d.pdf.GetNumberOfPages() }

// Turn goes back to a page, counted from 1, to draw on it again.
func (d *Doc) Turn(page int) { d.keep(d.pdf.SetPage(page)) }

// Foot goes back over all pages once their number is known, from the one that counts as the first: the text at the
// left, which page of how many at the right. x is the margin at either side.
func (d *Doc) Foot(x float64, text string, first int) {
	n, w, grey := d.Pages(), d.W-2*x, Style{Size: 9 * d.Scale, Colour: Grey}
	for i := first; i <= n; i++ {
		d.Turn(i)
		d.Text(x, d.H-30*d.Scale, w*0.7, 14*d.Scale, text, Left, grey)
		d.Text(x, d.H-30*d.Scale, w, 14*d.Scale, fmt.Sprintf("第 %d 页 / 共 %d 页", i-first+1, n-first+1), Right, grey)
	}
}

// Bytes is the finished document.
func (d *Doc) Bytes() ([]byte, error) {
	if d.err != nil {
		return nil, d.err
	}
	var b bytes.Buffer
	_, err := d.pdf.WriteTo(&b)
	copyable(b.Bytes())
	return b.Bytes(), err
}

// Missing lists the runes that were printed as 〓 because the font lacks them.
func (d *Doc) Missing() []rune { return d.missing }

// printable puts 〓 for what the font lacks. Variation selectors choose between shapes of one character and
// are none themselves.
func (d *Doc) printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Variation_Selector, r):
			return -1
		case d.has(regular, r):
			return r
		}
		if !slices.Contains(d.missing, r) {
			d.missing = append(d.missing, r)
		}
		return geta
	}, s)
}

// pick makes the style the current one for a text that is printable, and answers its size.
func (d *Doc) pick(s Style, text string) float64 {
	if s.Size == 0 {
		s.Size = 10.5 * d.Scale
	}
	if s.Colour == (Colour{}) {
		s.Colour = Black
	}
	name := regular
	if s.Bold && d.allBold(text) {
		name = bold
	}
	d.keep(d.pdf.SetFont(name, "", s.Size))
	d.pdf.SetTextColor(s.Colour[0], s.Colour[1], s.Colour[2])
	return s.Size
}

// allBold reports whether the bold weight has every rune of the text.
func (d *Doc) allBold(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !d.has(bold, r) }) < 0
}

// Width is how wide the text would be.
func (d *Doc) Width(text string, s Style) float64 {
	text = d.printable(text)
	d.pick(s, text)
	w, err := d.pdf.MeasureTextWidth(text)
	d.keep(err)
	return w
}

// Text draws one line in the box, in the middle of its height, smaller where it is too long for the width.
func (d *Doc) Text(x, y, w, h float64, text string, align Align, s Style) {
	text = d.printable(text)
	size := d.pick(s, text)
	if float64(len(text))*size > w { // every rune is at most as wide as high: shorter texts surely fit
		wide, err := d.pdf.MeasureTextWidth(text)
		d.keep(err)
		if wide > w {
			s.Size = size * w / wide
			d.pick(s, text)
		}
	}
	d.pdf.SetXY(x, y)
	d.keep(d.pdf.CellWithOption(&gopdf.Rect{W: w, H: h}, text, gopdf.CellOption{Align: int(align) | gopdf.Middle}))
}

// Wrap breaks a text into lines of the width. A line never begins with a closing mark, and a number or a
// word in Latin letters is not broken.
func (d *Doc) Wrap(text string, w float64, s Style) (lines []string) {
	text = d.printable(text)
	d.pick(s, text)
	var line []rune
	wide := 0.0
	for _, r := range text {
		one, err := d.pdf.MeasureTextWidth(string(r))
		d.keep(err)
		if wide+one > w && len(line) > 0 && !strings.ContainsRune("，。；：、！？）」』”’%", r) {
			cut := len(line)
			for r < unicode.MaxASCII && cut > 0 && line[cut-1] < unicode.MaxASCII && line[cut-1] != ' ' {
				cut--
			}
			if cut == 0 { // one word as long as the line
				cut = len(line)
			}
			lines = append(lines, string(line[:cut]))
			line = append([]rune{}, line[cut:]...)
			wide, err = d.pdf.MeasureTextWidth(string(line))
			d.keep(err)
		}
		line, wide = append(line, r), wide+one
	}
	return append(lines, string(line))
}

// Line draws a line of the thickness.
func (d *Doc) Line(x1, y1, x2, y2, thick float64, c Colour) {
	d.pdf.SetLineWidth(thick)
	d.pdf.SetStrokeColor(c[0], c[1], c[2])
	d.pdf.Line(x1, y1, x2, y2)
}

// Box fills a rectangle.
func (d *Doc) Box(x, y, w, h float64, c Colour) {
	d.pdf.SetFillColor(c[0], c[1], c[2])
	d.pdf.RectFromUpperLeftWithStyle(x, y, w, h, "F")
}

// Image draws a JPEG as large as it fits into the box, in the middle of it, and answers whether it is one.
func (d *Doc) Image(x, y, w, h float64, jpeg []byte) bool {
	size, kind, err := image.DecodeConfig(bytes.NewReader(jpeg))
	if err != nil || kind != "jpeg" || size.Width == 0 || size.Height == 0 {
		return false
	}
	scale := min(w/float64(size.Width), h/float64(size.Height))
	wide, high := float64(size.Width)*scale, float64(size.Height)*scale
	holder, err := gopdf.ImageHolderByBytes(jpeg)
	d.keep(err)
	if err != nil {
		return false
	}
	d.keep(d.pdf.ImageByHolder(holder, x+(w-wide)/2, y+(h-high)/2, &gopdf.Rect{W: wide, H: high}))
	return true
}

// QR draws the text as a QR code, quiet zone included, as vectors: sharp at any size.
func (d *Doc) QR(x, y, side float64, text string) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		d.keep(err)
		return
	}
	bits := code.Bitmap()
	step := side / float64(len(bits))
	d.pdf.SetFillColor(0, 0, 0)
	for row, line := range bits {
		for from := 0; from < len(line); from++ {
			to := from
			for to < len(line) && line[to] {
				to++
			}
			if to > from {
				d.pdf.RectFromUpperLeftWithStyle(x+float64(from)*step, y+float64(row)*step, float64(to-from)*step, step, "F")
				from = to
			}
		}
	}
}
