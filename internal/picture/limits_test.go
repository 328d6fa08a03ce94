package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

func TestAPanicIsAFault(t *testing.T) {
	formats["text/plain; charset=utf-8"] = format{
		config: func(io.Reader) (image.Config, error) { return image.Config{Width: 1, Height: 1}, nil },
		decode: func(io.Reader) (image.Image, error) { panic("boom") },
		bytes:  memoryPNG,
	}
	defer delete(formats, "text/plain; charset=utf-8")
	if _, err := clean(t, []byte("hello")); !errors.Is(err, ErrBroken) {
		t.Error(err)
	}
}

func TestReading(t *testing.T) {
	t.Parallel()
	jpg := asJPEG(t, scene(60, 40, 1))
	for name, c := range map[string]struct {
		r    io.Reader
		want error
	}{
		"byte by byte":        {iotest.OneByteReader(bytes.NewReader(jpg)), nil},
		"8 MB exactly":        {bytes.NewReader(append(bytes.Clone(jpg), make([]byte, MaxBytes-len(jpg))...)), nil},
		"one byte more":       {bytes.NewReader(append(bytes.Clone(jpg), make([]byte, MaxBytes-len(jpg)+1)...)), ErrTooLarge},
		"without end":         {forever{}, ErrTooLarge},
		"cut off":             {io.MultiReader(bytes.NewReader(jpg[:100]), iotest.ErrReader(io.ErrUnexpectedEOF)), ErrCut},
		"the server's limit":  {http.MaxBytesReader(nil, io.NopCloser(bytes.NewReader(jpg)), 50), ErrTooLarge},
		"data with the error": {iotest.DataErrReader(bytes.NewReader(jpg)), nil},
	} {
		if _, err := Clean(context.Background(), c.r); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	gone, leave := context.WithCancel(context.Background())
	leave()
	if _, err := Clean(gone, bytes.NewReader(jpg)); !errors.Is(err, context.Canceled) {
		t.Errorf("someone who left: %v", err)
	}
}

type forever struct{}

func (forever) Read(p []byte) (int, error) { return len(p), nil }

// TestTimeIsUp gives a decoder a picture whose time is over before it has read it.
func TestTimeIsUp(t *testing.T) {
	t.Parallel()
	raw := asJPEG(t, scene(4000, 4000, 1))
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer stop()
	if _, err := upright(ctx, raw, longSide); err == nil || ctx.Err() == nil {
		t.Error(err)
	}
}

// TestScanBomb is a small file that makes a decoder go over 16 megapixels tens of thousands of times.
func TestScanBomb(t *testing.T) {
	t.Parallel()
	raw := []byte{0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0}
	raw = append(raw, segment(0xC2, []byte{8, 15, 160, 15, 160, 1, 1, 0x11, 0})...)                 // 4000 × 4000, grey
	raw = append(raw, segment(0xC4, append(append([]byte{0x10, 1}, make([]byte, 15)...), 0xE0))...) // one code: a run of 16384 and more empty blocks
	scan := append(segment(0xDA, []byte{1, 1, 0, 1, 63, 0}), 0x55, 0x54, 0xAA, 0xA9, 0x55, 0x52, 0xAA, 0xA5, 0x55, 0x4A, 0xAA, 0x95, 0x55, 0x2A, 0xAA, 0x55, 0x54, 0xAA, 0xAB)
	raw = append(raw, bytes.Repeat(scan, 60_000)...)
	ctx, stop := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer stop()
	if _, err := Clean(ctx, bytes.NewReader(raw)); err == nil || ctx.Err() == nil {
		t.Errorf("it was read to its end: %v", err)
	}
}

func TestFiftyAtOnce(t *testing.T) {
	raw := asJPEG(t, scene(800, 600, 8))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := clean(t, raw); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	runtime.ReadMemStats(&after)
	if grown := int64(after.Sys) - int64(before.Sys); grown > 256<<20 {
		t.Errorf("fifty at once took %d MB", grown>>20)
	} else {
		t.Logf("fifty at once took %d MB more", grown>>20)
	}
}

func BenchmarkClean(b *testing.B) {
	for _, side := range []int{1280, 4000} {
		raw := asJPEG(b, scene(side, side*3/4, 9))
		b.Run(strconv.Itoa(side), func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, err := clean(b, raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// FuzzClean holds that whatever comes in, a picture or a fault of this package goes out.
func FuzzClean(f *testing.F) {
	for _, name := range []string{"cmyk.jpg", "progressive.jpg", "grey.jpg", "rgb.jpg", "lossy.webp", "alpha.webp"} {
		f.Add(file(f, name))
	}
	f.Add(asJPEG(f, scene(20, 10, 1)))
	f.Add(within(asJPEG(f, scene(20, 10, 1)), segment(0xE1, append([]byte("Exif\x00\x00"), tiffBlock(6, binary.BigEndian, "x")...))))
	f.Add(asPNG(f, scene(20, 10, 1)))
	f.Add(header(3, 3, 8, 6))
	f.Add([]byte("\xFF\xD8\xFF<html>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := clean(t, raw)
		if err == nil {
			check(t, p)
			return
		}
		for _, known := range []error{ErrTooLarge, ErrKind, ErrPixels, ErrBroken, ErrSlow} {
			if errors.Is(err, known) {
				return
			}
		}
		t.Errorf("not a fault: %v", err)
	})
}
