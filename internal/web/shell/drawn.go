package shell

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/picture"
	"cunfen/internal/signoff"
)

// mostDrawing bounds a drawn signature.
const mostDrawing = 400 << 10

// Drawn reads what was written on the pad, or the photo of it where the browser cannot draw; nil for nothing.
func Drawn(c echo.Context, name string) ([]byte, error) {
	if text, ok := strings.CutPrefix(c.FormValue(name), "data:image/png;base64,"); ok {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(data) > mostDrawing {
			return nil, signoff.ErrDrawing
		}
		if size, err := png.DecodeConfig(bytes.NewReader(data)); err != nil || size.Width > 4096 || size.Height > 4096 {
			return nil, signoff.ErrDrawing
		}
		return data, nil
	}
	file, err := c.FormFile(name + "_photo")
	if err != nil || file.Size == 0 {
		return nil, nil
	}
	f, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := picture.Clean(c.Request().Context(), f)
	return p.Bytes, err
}
