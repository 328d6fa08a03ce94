package picture

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// shrink makes m at most side pixels long and opaque; what is small enough keeps its samples as they are.
func shrink(m image.Image, side int) image.Image {
	b := m.Bounds()
	if long := max(b.Dx(), b.Dy()); long > side {
		m = scale(m, fit(b.Dx(), side, long), fit(b.Dy(), side, long))
	}
	switch m.(type) {
	case *image.YCbCr, *image.Gray:
		return m
	}
	return flat(m)
}

func fit(n, side, long int) int { return max(1, (n*side+long/2)/long) }

// scale goes by way of twice the size: far cheaper for a large picture, and no worse to the eye.
func scale(m image.Image, w, h int) image.Image {
	if b := m.Bounds(); b.Dx() > 2*w && b.Dy() > 2*h {
		m = to(m, 2*w, 2*h, draw.ApproxBiLinear)
	}
	return to(m, w, h, draw.ApproxBiLinear)
}

func to(m image.Image, w, h int, how draw.Interpolator) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	op := draw.Src
	if o, ok := m.(interface{ Opaque() bool }); !ok || !o.Opaque() {
		draw.Draw(out, out.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
		op = draw.Over
	}
	how.Scale(out, out.Rect, m, m.Bounds(), op, nil)
	return out
}

// look is the difference hash: for each of 8 × 8 places, whether it is brighter than the one to its right.
func look(m image.Image) int64 {
	var bits uint64
	for y := range 8 {
		left := shade(m, 0, y)
		for x := range 8 {
			right := shade(m, x+1, y)
			bits <<= 1
			if left > right {
				bits |= 1
			}
			left = right
		}
	}
	return int64(bits)
}

// shade is the mean brightness of the cell x, y of a grid of 9 × 8, from some 16 × 16 samples of it.
func shade(m image.Image, x, y int) int {
	b := m.Bounds()
	x0, x1 := b.Min.X+x*b.Dx()/9, b.Min.X+(x+1)*b.Dx()/9
	y0, y1 := b.Min.Y+y*b.Dy()/8, b.Min.Y+(y+1)*b.Dy()/8
	sum, n := 0, 0
	for py := y0; py < max(y1, y0+1); py += max(1, (y1-y0)/16) {
		for px := x0; px < max(x1, x0+1); px += max(1, (x1-x0)/16) {
			sum += grey(m, px, py)
			n++
		}
	}
	return sum / n
}

func grey(m image.Image, x, y int) int {
	switch m := m.(type) {
	case *image.YCbCr:
		return int(m.Y[m.YOffset(x, y)])
	case *image.Gray:
		return int(m.GrayAt(x, y).Y)
	case *image.RGBA:
		p := m.Pix[m.PixOffset(x, y):]
		return (299*int(p[0]) + 587*int(p[1]) + 114*int(p[2])) / 1000
	}
	return int(color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y)
}
