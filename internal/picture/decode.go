package picture

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"

	"github.com/gabriel-vasile/mimetype"
	"golang.org/x/image/webp"
)

// format is one of the three that are taken. Decoders are called by name: whatever else some library has
// registered with package image is never reached.
type format struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	turned func([]byte) int                              // the EXIF orientation
	bytes  func([]byte, image.Config) (perPixel float64) // memory that decoding takes
}

var formats = map[string]format{
	"image/jpeg": {jpeg.DecodeConfig, jpeg.Decode, orientationJPEG, memoryJPEG},
	"image/png":  {png.DecodeConfig, png.Decode, orientationPNG, memoryPNG},
	"image/webp": {webp.DecodeConfig, webp.Decode, orientationWebP, memoryWebP},
}

func sniff(raw []byte) (format, bool) {
	for m := mimetype.Detect(raw); m != nil; m = m.Parent() {
		if f, ok := formats[m.String()]; ok {
			return f, true
		}
	}
	return format{}, false
}

// upright decodes raw, makes it at most side pixels long and turns it the way it was held.
func upright(ctx context.Context, raw []byte, side int) (m image.Image, err error) {
	f, ok := sniff(raw)
	if !ok {
		return nil, ErrKind
	}
	defer func() {
		if r := recover(); r != nil {
			slog.ErrorContext(ctx, "picture decoder panicked", "panic", fmt.Sprint(r))
			m, err = nil, ErrBroken
		}
	}()
	if err := f.measure(raw); err != nil {
		return nil, err
	}
	m, err = f.decode(leash{ctx, bytes.NewReader(raw)})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if b := m.Bounds(); b.Empty() {
		return nil, ErrBroken
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return turn8(shrink(m, side), f.turned(raw)), nil
}

// measure refuses, by the header alone, what would take too much to decode.
func (f format) measure(raw []byte) error {
	c, err := f.config(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if c.Width < 1 || c.Height < 1 {
		return ErrBroken
	}
	pixels := int64(c.Width) * int64(c.Height)
	if c.Width > MaxSide || c.Height > MaxSide || pixels > MaxPixels || float64(pixels)*f.bytes(raw, c) > maxMemory {
		return ErrPixels
	}
	return nil
}

func memoryPNG(_ []byte, c image.Config) float64 {
	switch c.ColorModel {
	case color.NRGBA64Model, color.RGBA64Model:
		return 8
	case color.NRGBAModel, color.RGBAModel:
		return 4
	case color.Gray16Model:
		return 2
	}
	return 1
}

func memoryWebP(_ []byte, c image.Config) float64 {
	if c.ColorModel == color.NRGBAModel {
		return 8
	}
	return 3
}

// memoryJPEG counts the samples of the frame header; a progressive one keeps four bytes more for each.
func memoryJPEG(raw []byte, _ image.Config) float64 {
	perPixel := 15.0
	segments(raw, func(marker byte, body []byte) bool {
		if marker < 0xC0 || marker > 0xC2 || len(body) < 6 {
			return true
		}
		perPixel = samples(body[6:])
		if marker == 0xC2 {
			perPixel *= 5
		}
		return false
	})
	return perPixel
}

// samples is how many a pixel has, by the sampling factors of a frame header's components.
func samples(components []byte) float64 {
	sum, widest, highest := 0, 1, 1
	for ; len(components) >= 3; components = components[3:] {
		h, v := int(components[1]>>4), int(components[1]&15)
		sum, widest, highest = sum+h*v, max(widest, h), max(highest, v)
	}
	return float64(sum) / float64(widest*highest)
}
