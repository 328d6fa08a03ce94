package picture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// read takes the whole file into memory, at most MaxBytes of it.
func read(r io.Reader) ([]byte, error) {
	buf := make([]byte, 0, 512<<10)
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case len(buf) > MaxBytes:
			return nil, ErrTooLarge
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return nil, cut(err)
		case len(buf) == cap(buf):
			buf = append(make([]byte, 0, min(2*cap(buf), MaxBytes+1)), buf...)
		}
	}
}

func cut(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return ErrTooLarge
	}
	return fmt.Errorf("%w: %w", ErrCut, err)
}

// leash gives a decoder its bytes in small bites and none after the time is up: the only way to stop one.
type leash struct {
	ctx  context.Context
	from io.Reader
}

func (l leash) Read(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	return l.from.Read(p[:min(len(p), 512)])
}
