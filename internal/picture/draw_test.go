package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"testing"
)

// scene is a picture with a red corner at its top left and smooth noise elsewhere.
func scene(w, h int, seed uint64) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 1))
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	var base [25]uint8
	for i := range base {
		base[i] = uint8(40 + r.IntN(160))
	}
	for y := range h {
		for x := range w {
			v := base[y*5/h*5+x*5/w] + uint8(r.IntN(12))
			m.SetRGBA(x, y, color.RGBA{v / 2, v, v, 255})
			if x < w/5 && y < h/5 {
				m.SetRGBA(x, y, color.RGBA{230, 10, 10, 255})
			}
		}
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tiffBlock is an EXIF block with an orientation and a text in place of a GPS directory and a thumbnail.
func tiffBlock(orientation int, order binary.AppendByteOrder, text string) []byte {
	b := []byte("MM")
	if order.AppendUint16(nil, 1)[0] == 1 {
		b = []byte("II")
	}
	b = order.AppendUint16(b, 42)
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x0112), 3), 1), uint16(orientation))
	b = order.AppendUint16(b, 0)
	b = order.AppendUint32(order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x8825), 4), 1), 0)
	return append(order.AppendUint32(b, 0), text...)
}

// within puts segments right behind a JPEG's first marker.
func within(jpg []byte, segments ...[]byte) []byte {
	out := bytes.Clone(jpg[:2])
	for _, s := range segments {
		out = append(out, s...)
	}
	return append(out, jpg[2:]...)
}

func segment(marker byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(len(body)+2)), body...)
}

func chunk(kind string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// header is a PNG that claims to be w × h and has hardly anything in it.
func header(w, h uint32, depth, kind byte) []byte {
	ihdr := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	ihdr = append(ihdr, depth, kind, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", ihdr)...)
	return append(append(out, chunk("IDAT", []byte{0x78, 0x9c, 0x03, 0, 0, 0, 0, 1})...), chunk("IEND", nil)...)
}
