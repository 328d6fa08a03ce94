package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
)

// picture draws a house by the road, a different one each time, as a photo would show it.
func picture(rng *rand.Rand) []byte {
	const w, h = 960, 720
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	tint := func(r, g, b int) color.RGBA {
		j := func(v int) uint8 { return uint8(min(255, max(0, v+rng.IntN(30)-15))) }
		return color.RGBA{j(r), j(g), j(b), 255}
	}
	fill := func(x0, y0, x1, y1 int, c color.RGBA) {
		draw.Draw(img, image.Rect(x0, y0, x1, y1), image.NewUniform(c), image.Point{}, draw.Src)
	}
	horizon := 430 + rng.IntN(60)
	fill(0, 0, w, horizon, tint(205, 225, 240))
	fill(0, horizon, w, h, tint(140, 185, 135))
	x, top, wide := 180+rng.IntN(160), 260+rng.IntN(40), 380+rng.IntN(120)
	fill(x, top, x+wide, horizon+60, tint(240, 232, 220))
	roof := tint(160, 80, 45)
	for i := range 120 {
		fill(x-40+i*(wide+80)/240, top-i, x+wide+40-i*(wide+80)/240, top-i+1, roof)
	}
	fill(x+wide/2-35, horizon-60, x+wide/2+35, horizon+60, tint(120, 75, 45))
	for n := range 2 {
		fill(x+40+n*(wide-140), top+50, x+100+n*(wide-140), top+110, tint(150, 190, 215))
	}
	for range 30 { // grass and leaves
		gx, gy := rng.IntN(w), horizon+70+rng.IntN(h-horizon-80)
		fill(gx, gy, gx+8+rng.IntN(20), gy+4, tint(95, 150, 90))
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, &jpeg.Options{Quality: 82})
	return b.Bytes()
}
