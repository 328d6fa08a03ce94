package ui

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/evidence"
	"cunfen/internal/web/visit"
)

// EvidencePicture shows a photo to somebody who may see it. Whatever the bytes were, nothing in them runs.
func (s *Site) EvidencePicture(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p, err := s.Evidence.Read(c.Request().Context(), visit.Who(c), id)
	if err != nil {
		return err
	}
	return sendPhoto(c, p)
}

// sendPhoto sends a photo, or with thumb=1 a small copy of it.
func sendPhoto(c echo.Context, p evidence.Photo) (err error) {
	jpeg := p.Data
	if c.QueryParam("thumb") == "1" {
		if jpeg, err = p.Thumb(c.Request().Context()); err != nil {
			return err
		}
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Disposition", `inline; filename="evidence.jpg"`)
	return c.Blob(http.StatusOK, "image/jpeg", jpeg)
}
