package ui

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/web/visit"
)

// EvidencePicture shows a photo to somebody who may see it. Whatever the bytes were, nothing in them runs.
func (s *Site) EvidencePicture(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	var jpeg []byte
	if c.QueryParam("thumb") == "1" {
		jpeg, err = s.Evidence.Thumb(ctx, who, id)
	} else {
		p, readErr := s.Evidence.Read(ctx, who, id)
		jpeg, err = p.Data, readErr
	}
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Disposition", `inline; filename="evidence.jpg"`)
	return c.Blob(http.StatusOK, "image/jpeg", jpeg)
}
