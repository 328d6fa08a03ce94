package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
)

// segments gives each marker segment of a JPEG before its first scan, until fn says stop.
func segments(raw []byte, fn func(marker byte, body []byte) (more bool)) {
	for at := 2; at+4 <= len(raw) && raw[at] == 0xFF; {
		marker := raw[at+1]
		if marker == 0xFF { // fill
			at++
			continue
		}
		if marker == 0x01 || marker >= 0xD0 && marker <= 0xD8 {
			at += 2
			continue
		}
		end := at + 2 + int(binary.BigEndian.Uint16(raw[at+2:]))
		if marker == 0xDA || marker == 0xD9 || end < at+4 || end > len(raw) || !fn(marker, raw[at+4:end]) {
			return
		}
		at = end
	}
}

func orientationJPEG(raw []byte) int {
	found := 1
	segments(raw, func(marker byte, body []byte) bool {
		exif, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00"))
		if marker != 0xE1 || !ok {
			return true
		}
		found = orientation(exif)
		return false
	})
	return found
}

func orientationPNG(raw []byte) int {
	for at := 8; at+12 <= len(raw); {
		n := int(binary.BigEndian.Uint32(raw[at:]))
		if n > len(raw)-at-12 {
			return 1
		}
		if string(raw[at+4:at+8]) == "eXIf" {
			return orientation(raw[at+8 : at+8+n])
		}
		at += 12 + n
	}
	return 1
}

func orientationWebP(raw []byte) int {
	for at := 12; at+8 <= len(raw); {
		n := int(binary.LittleEndian.Uint32(raw[at+4:]))
		if n > len(raw)-at-8 {
			return 1
		}
		if string(raw[at:at+4]) == "EXIF" {
			return orientation(bytes.TrimPrefix(raw[at+8:at+8+n], []byte("Exif\x00\x00")))
		}
		at += 8 + n + n&1
	}
	return 1
}

// orientation reads tag 0x0112 from the first directory of an EXIF block; 1 where there is none.
func orientation(exif []byte) int {
	if len(exif) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if exif[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(exif[4:]))
	if at+2 > int64(len(exif)) {
		return 1
	}
	fields := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(fields) < 12 {
			return 1
		}
		if order.Uint16(fields) == 0x0112 {
			if v := int(order.Uint16(fields[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		fields = fields[12:]
	}
	return 1
}

// turn8 undoes one of EXIF's eight orientations.
func turn8(m image.Image, orientation int) image.Image {
	if orientation == 1 {
		return m
	}
	from := flat(m)
	w, h := from.Rect.Dx(), from.Rect.Dy()
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		to = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := place(orientation, x, y, w, h)
			copy(to.Pix[to.PixOffset(tx, ty):][:4], from.Pix[from.PixOffset(x, y):][:4])
		}
	}
	return to
}

// place is where the pixel at x, y of a w × h picture goes.
func place(orientation, x, y, w, h int) (int, int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	}
	return y, w - 1 - x
}

// flat copies m onto white, at the origin.
func flat(m image.Image) *image.RGBA {
	if rgba, ok := m.(*image.RGBA); ok && rgba.Rect.Min == (image.Point{}) && rgba.Opaque() {
		return rgba
	}
	b := m.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, m, b.Min, draw.Over)
	return out
}
