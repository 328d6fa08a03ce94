package picture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/bits"
	"strings"
	"testing"
	"time"
)

func init() { patience, queueing = 5*time.Minute, 5*time.Minute }

func clean(t testing.TB, raw []byte) (Picture, error) {
	t.Helper()
	return Clean(context.Background(), bytes.NewReader(raw))
}

// check says what every picture that was taken must be.
func check(t testing.TB, p Picture) image.Image {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(p.Bytes))
	if err != nil {
		t.Fatalf("what is kept does not decode: %v", err)
	}
	if b := m.Bounds(); b.Dx() != p.Width || b.Dy() != p.Height || max(p.Width, p.Height) > longSide {
		t.Errorf("bounds %v, said to be %d × %d", b, p.Width, p.Height)
	}
	if p.SHA256 != sha256.Sum256(p.Bytes) {
		t.Error("the hash is not that of the bytes")
	}
	segments(p.Bytes, func(marker byte, _ []byte) bool {
		if marker >= 0xE1 && marker <= 0xEF || marker == 0xFE {
			t.Errorf("segment %x is kept", marker)
		}
		return true
	})
	if !bytes.HasSuffix(p.Bytes, []byte{0xFF, 0xD9}) {
		t.Error("something follows the picture")
	}
	return m
}

func TestTakes(t *testing.T) {
	t.Parallel()
	grey16 := image.NewGray16(image.Rect(0, 0, 30, 20))
	deep := image.NewNRGBA64(image.Rect(0, 0, 30, 20))
	plain := image.NewPaletted(image.Rect(0, 0, 30, 20), color.Palette{color.Transparent, color.Black})
	for name, raw := range map[string][]byte{
		"JPEG": asJPEG(t, scene(300, 200, 1)), "PNG": asPNG(t, scene(300, 200, 1)), "1×1": asPNG(t, scene(1, 1, 1)), "1×1 JPEG": asJPEG(t, scene(1, 1, 1)),
		"16-bit grey": asPNG(t, grey16), "16-bit": asPNG(t, deep), "palette": asPNG(t, plain),
		"CMYK": file(t, "cmyk.jpg"), "progressive": file(t, "progressive.jpg"), "grey JPEG": file(t, "grey.jpg"), "RGB JPEG": file(t, "rgb.jpg"),
		"WebP": file(t, "lossy.webp"), "transparent WebP": file(t, "alpha.webp"),
		"a thread": asPNG(t, image.NewGray(image.Rect(0, 0, 12000, 1))),
		"APNG":     append(append(asPNG(t, scene(9, 9, 1))[:33], chunk("acTL", make([]byte, 8))...), asPNG(t, scene(9, 9, 1))[33:]...),
	} {
		t.Run(name, func(t *testing.T) {
			p, err := clean(t, raw)
			if err != nil {
				t.Fatal(err)
			}
			check(t, p)
			small, err := Thumb(context.Background(), p.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			if c, err := jpeg.DecodeConfig(bytes.NewReader(small)); err != nil || max(c.Width, c.Height) > thumbSide {
				t.Errorf("thumb: %v %v", c, err)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	jpg, pix := asJPEG(t, scene(300, 200, 1)), asPNG(t, scene(300, 200, 1))
	crc := bytes.Clone(pix)
	crc[len(crc)-20] ^= 1
	wide := bytes.Clone(jpg)
	segments(wide, func(marker byte, body []byte) bool {
		if marker == 0xC0 {
			copy(body[1:], []byte{0xFF, 0xFF, 0xFF, 0xFF})
		}
		return true
	})
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing":                   {nil, ErrKind},
		"text":                      {[]byte("你好"), ErrKind},
		"SVG":                       {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), ErrKind},
		"GIF with script":           {[]byte("GIF89a/*\x00\x01\x00*/=alert(1)"), ErrKind},
		"PDF as .jpg":               {[]byte("%PDF-1.7\n1 0 obj"), ErrKind},
		"BMP":                       {append([]byte("BM"), make([]byte, 80)...), ErrKind},
		"TIFF":                      {append([]byte("II*\x00\x08\x00\x00\x00"), make([]byte, 80)...), ErrKind},
		"HEIC":                      {append([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), make([]byte, 80)...), ErrKind},
		"HTML behind FFD8FF":        {[]byte("\xFF\xD8\xFF<html><script>alert(1)</script></html>"), ErrBroken},
		"HTML behind FFD8FFE0":      {append([]byte("\xFF\xD8\xFF\xE0\x00\x10JFIF\x00"), strings.Repeat("<html>", 99)...), ErrBroken},
		"truncated JPEG":            {jpg[:len(jpg)/2], ErrBroken},
		"truncated PNG":             {pix[:len(pix)/2], ErrBroken},
		"truncated WebP":            {file(t, "lossy.webp")[:900], ErrBroken},
		"header alone":              {jpg[:3], ErrBroken},
		"CRC wrong":                 {crc, ErrBroken},
		"0×0":                       {header(0, 0, 8, 2), ErrBroken},
		"bomb 20000×20000":          {header(20000, 20000, 8, 6), ErrPixels},
		"bomb 65535×65535":          {header(65535, 65535, 1, 0), ErrPixels},
		"bomb of negative size":     {header(1<<31+5, 1<<31+5, 8, 2), ErrBroken},
		"12001 wide":                {header(12001, 2, 8, 2), ErrPixels},
		"41 megapixels":             {header(8200, 5000, 8, 2), ErrPixels},
		"40 megapixels of 16 bits":  {header(8000, 5000, 16, 6), ErrPixels},
		"39 megapixels, empty":      {header(7800, 5000, 8, 2), ErrBroken},
		"JPEG header 65535×65535":   {wide, ErrPixels},
		"progressive 24 megapixels": {progressive(t, 6000, 4000), nil},
		"9 MB":                      {make([]byte, 9<<20), ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := clean(t, c.raw)
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// progressive is the small progressive picture with a header that claims another size.
func progressive(t testing.TB, w, h uint16) []byte {
	raw := bytes.Clone(file(t, "progressive.jpg"))
	segments(raw, func(marker byte, body []byte) bool {
		if marker == 0xC2 {
			binary.BigEndian.PutUint16(body[1:], h)
			binary.BigEndian.PutUint16(body[3:], w)
		}
		return true
	})
	return raw
}

func TestMemoryOfAJPEG(t *testing.T) {
	t.Parallel()
	if got := memoryJPEG(file(t, "progressive.jpg"), image.Config{}); got != 7.5 {
		t.Errorf("progressive 4:2:0: %v bytes a pixel", got)
	}
	if got := memoryJPEG(asJPEG(t, scene(9, 9, 1)), image.Config{}); got != 1.5 {
		t.Errorf("baseline 4:2:0: %v bytes a pixel", got)
	}
	if _, err := clean(t, progressive(t, 7800, 5000)); !errors.Is(err, ErrPixels) {
		t.Errorf("a progressive picture of 39 megapixels: %v", err)
	}
}

func TestLeavesNoTrace(t *testing.T) {
	t.Parallel()
	const secret = "N31.2304 E121.4737 <script>HUAWEI Mate 60</script>"
	jpg := asJPEG(t, scene(400, 300, 2))
	exif := segment(0xE1, append([]byte("Exif\x00\x00"), tiffBlock(1, binary.LittleEndian, secret+string(asJPEG(t, scene(80, 60, 3))))...))
	xmp := segment(0xE1, []byte("http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+secret))
	icc := segment(0xE2, []byte("ICC_PROFILE\x00\x01\x01"+secret))
	note := segment(0xFE, []byte(secret))
	raw := append(within(jpg, exif, xmp, icc, note), "<html>"+secret...)
	pix := asPNG(t, scene(400, 300, 2))
	for name, raw := range map[string][]byte{
		"JPEG": raw,
		"PNG":  append(append(bytes.Clone(pix[:33]), append(chunk("tEXt", []byte("Comment\x00"+secret)), chunk("eXIf", tiffBlock(1, binary.BigEndian, secret))...)...), append(pix[33:len(pix):len(pix)], secret...)...),
	} {
		p, err := clean(t, raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		check(t, p)
		for _, trace := range []string{secret, "Exif", "GPS", "xmp", "ICC", "HUAWEI", "script", "html"} {
			if bytes.Contains(p.Bytes, []byte(trace)) {
				t.Errorf("%s: %q is left", name, trace)
			}
		}
	}
}

// TestOrientation holds the scene each of the eight ways: the red corner comes back to the top left.
func TestOrientation(t *testing.T) {
	t.Parallel()
	m := scene(200, 100, 4)
	for o := 1; o <= 8; o++ {
		held := turn8(m, [9]int{0, 1, 2, 3, 4, 5, 8, 7, 6}[o])
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			block := tiffBlock(o, order, "")
			pix := asPNG(t, held)
			for name, raw := range map[string][]byte{
				"JPEG": within(asJPEG(t, held), segment(0xE0, []byte("JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00")), segment(0xE1, append([]byte("Exif\x00\x00"), block...))),
				"PNG":  append(append(bytes.Clone(pix[:33]), chunk("eXIf", block)...), pix[33:]...),
			} {
				p, err := clean(t, raw)
				if err != nil {
					t.Fatalf("%s %d: %v", name, o, err)
				}
				got := check(t, p)
				if p.Width != 200 || p.Height != 100 {
					t.Errorf("%s %d: %d × %d", name, o, p.Width, p.Height)
				}
				if r, g, _, _ := got.At(10, 5).RGBA(); r>>8 < 180 || g>>8 > 80 {
					t.Errorf("%s %d: the red corner is elsewhere", name, o)
				}
			}
		}
	}
	webp := append(file(t, "lossy.webp"), append(binary.LittleEndian.AppendUint32([]byte("EXIF"), 26+12), tiffBlock(6, binary.LittleEndian, "")...)...)
	if got := orientationWebP(webp); got != 6 {
		t.Errorf("WebP: %d", got)
	}
}

func TestScalesDown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ w, h, wantW, wantH int }{{4000, 3000, 1600, 1200}, {3000, 4000, 1200, 1600}, {2000, 100, 1600, 80}, {1600, 1600, 1600, 1600}, {5000, 2, 1600, 1}} {
		p, err := clean(t, asJPEG(t, scene(c.w, c.h, 5)))
		if err != nil {
			t.Fatal(err)
		}
		if check(t, p); p.Width != c.wantW || p.Height != c.wantH {
			t.Errorf("%v became %d × %d", c, p.Width, p.Height)
		}
	}
}

func TestTransparentBecomesWhite(t *testing.T) {
	t.Parallel()
	for _, w := range []int{100, 3300} {
		p, err := clean(t, asPNG(t, image.NewNRGBA(image.Rect(0, 0, w, 50))))
		if err != nil {
			t.Fatal(err)
		}
		if r, _, _, _ := check(t, p).At(3, 3).RGBA(); r>>8 < 250 {
			t.Errorf("%d: %d", w, r>>8)
		}
	}
}

func TestLookalikes(t *testing.T) {
	t.Parallel()
	m := scene(1200, 900, 6)
	first, err := clean(t, asJPEG(t, m))
	if err != nil {
		t.Fatal(err)
	}
	paler := image.NewRGBA(m.Rect)
	draw.Draw(paler, m.Rect, m, image.Point{}, draw.Src)
	for i := range paler.Pix {
		paler.Pix[i] = paler.Pix[i]/10*9 + 20
	}
	for name, like := range map[string]image.Image{"smaller": scale(m, 400, 300), "paler": paler} {
		p, err := clean(t, asJPEG(t, like))
		if err != nil {
			t.Fatal(err)
		}
		if d := bits.OnesCount64(uint64(p.Hash ^ first.Hash)); d > 4 {
			t.Errorf("%s: %d bits away", name, d)
		}
	}
	other, _ := clean(t, asJPEG(t, scene(1200, 900, 7)))
	if d := bits.OnesCount64(uint64(other.Hash ^ first.Hash)); d < 10 {
		t.Errorf("another picture is only %d bits away", d)
	}
}
