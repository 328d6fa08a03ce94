package deeds

import (
	"github.com/labstack/echo/v4"

	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// EvidencePicture shows a photo to somebody who may see it. Whatever the bytes were, nothing in them runs.
func (s *Room) EvidencePicture(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p, err := s.Evidence.Read(c.Request().Context(), visit.Who(c), id)
	if err != nil {
		return err
	}
	return shell.SendPhoto(c, p)
}
