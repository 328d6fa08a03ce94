// Package picture turns what a phone sends into the one kind of picture that the program keeps: upright, at
// most 1600 pixels long, a plain JPEG without any trace of where, when or with what it was taken. What cannot
// be decoded in full within the limits is refused, so nothing that a browser could take for something else
// is ever stored (INV-36, INV-37).
package picture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"

	"cunfen/internal/fault"
)

// The limits of a picture that is taken.
const (
	MaxBytes  = 8 << 20    // of the file sent
	MaxSide   = 12_000     // pixels
	MaxPixels = 40_000_000 // pixels in all
	maxMemory = 256 << 20  // bytes that its decoding may need
	longSide  = 1600       // of the picture kept
	thumbSide = 320
)

// How long one decoding may take, and how long a picture waits for its turn. Under the race detector both
// take many times longer, so tests wait.
var (
	patience = 10 * time.Second
	queueing = 30 * time.Second
)

// Faults of a picture.
var (
	ErrTooLarge = fault.New(fault.TooLarge, "picture.too_large", "照片超过 8 MB，请用手机相册压缩或调低拍照清晰度后再上传")
	ErrKind     = fault.New(fault.Invalid, "picture.kind", "这不是能用的照片，请上传 JPEG、PNG 或 WebP 格式的照片")
	ErrPixels   = fault.New(fault.Invalid, "picture.pixels", "照片尺寸太大（最多 4000 万像素、单边 12000 像素），请缩小后再上传")
	ErrBroken   = fault.New(fault.Invalid, "picture.broken", "照片已损坏，打不开；请重新拍一张或换一张再上传")
	ErrSlow     = fault.New(fault.Invalid, "picture.slow", "这张照片太复杂，处理不了；请重新拍一张或换一张再上传")
	ErrCut      = fault.New(fault.Invalid, "picture.cut", "照片没有传完，请检查网络后重新上传")
	ErrBusy     = fault.New(fault.Unavailable, "picture.busy", "上传照片的人太多，请过一会儿再试")
)

// Picture is a cleaned picture: the very bytes to be stored, and what is known of them.
type Picture struct {
	Bytes         []byte // JPEG
	SHA256        [sha256.Size]byte
	Hash          int64 // perceptual: pictures that look alike differ in few bits
	Width, Height int
}

// Type is the content type of every Picture.
const Type = "image/jpeg"

// intake bounds the files held in memory, slots the decodings at work.
var (
	intake = semaphore.NewWeighted(8 * int64(runtime.NumCPU()))
	slots  = semaphore.NewWeighted(int64(runtime.NumCPU()))
)

// Clean reads one file from r and makes a Picture of it, or says why it cannot.
func Clean(ctx context.Context, r io.Reader) (p Picture, err error) {
	defer fault.Wrap(&err, "picture.Clean")
	if err := turn(ctx, intake); err != nil {
		return p, err
	}
	defer intake.Release(1)
	raw, err := read(r)
	if err != nil {
		return p, err
	}
	err = work(ctx, func(ctx context.Context) error {
		m, err := upright(ctx, raw, longSide)
		if err != nil {
			return err
		}
		p, err = keep(ctx, m, 80)
		return err
	})
	return p, err
}

// Thumb makes a small JPEG of a Picture's bytes.
func Thumb(ctx context.Context, kept []byte) (small []byte, err error) {
	defer fault.Wrap(&err, "picture.Thumb")
	err = work(ctx, func(ctx context.Context) error {
		m, err := upright(ctx, kept, thumbSide)
		if err != nil {
			return err
		}
		p, err := keep(ctx, m, 70)
		small = p.Bytes
		return err
	})
	return small, err
}

// turn waits for a place in s, but not for ever.
func turn(ctx context.Context, s *semaphore.Weighted) error {
	wait, stop := context.WithTimeout(ctx, queueing)
	defer stop()
	if s.Acquire(wait, 1) == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return ErrBusy
}

// work runs fn in a decoding slot and within the time that one picture is given.
func work(ctx context.Context, fn func(context.Context) error) error {
	if err := turn(ctx, slots); err != nil {
		return err
	}
	defer slots.Release(1)
	timed, stop := context.WithTimeout(ctx, patience)
	defer stop()
	err := fn(timed)
	if err == nil || timed.Err() == nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(ErrSlow, err)
}

// keep encodes m and takes its measures.
func keep(ctx context.Context, m image.Image, quality int) (p Picture, err error) {
	if err := ctx.Err(); err != nil {
		return p, err
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: quality}); err != nil {
		return p, err
	}
	p.Bytes, p.SHA256, p.Hash = out.Bytes(), sha256.Sum256(out.Bytes()), look(m)
	p.Width, p.Height = m.Bounds().Dx(), m.Bounds().Dy()
	return p, nil
}
