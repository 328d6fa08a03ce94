package shell

import (
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// TakePhotos takes in the photos of a form, each on its own under a key that follows from the form's: sent
// again, they are the same photos. It answers those too that an earlier try had brought in.
func (s *Shell) TakePhotos(c echo.Context) (ids []uuid.UUID, err error) {
	return s.TakePhotosOf(c, "photo", "evidence")
}

// TakePhotosOf is TakePhotos for a form with several such fields: the one of files, and the one of ids that an
// earlier try had brought in.
func (s *Shell) TakePhotosOf(c echo.Context, field, kept string) (ids []uuid.UUID, err error) {
	if ids, err = visit.FormIDs(c, kept); err != nil {
		return nil, err
	}
	form := c.Request().MultipartForm
	if form == nil { // no photo came with it
		return ids, nil
	}
	key := visit.Who(c).Key
	for n, file := range form.File[field] {
		if file.Size == 0 {
			continue
		}
		if len(ids) >= evidence.PerClaim {
			return ids, evidence.ErrMany.On(kept)
		}
		who := visit.Who(c)
		if key != "" {
			who.Key = key + ":" + strings.TrimPrefix(field, "photo") + strconv.Itoa(n+1)
		}
		e, err := s.takePhoto(c, who, file)
		if visit.Correctable(err) {
			return ids, fault.Of(err).On(kept)
		}
		if err != nil {
			return ids, err
		}
		ids = append(ids, e.ID)
	}
	return ids, nil
}

func (s *Shell) takePhoto(c echo.Context, who actor.Actor, file *multipart.FileHeader) (e evidence.Evidence, err error) {
	r, err := file.Open()
	if err != nil {
		return e, err
	}
	defer r.Close()
	return s.Evidence.Upload(c.Request().Context(), who, r)
}

// Photos is the pictures of a record as the kit shows them.
func Photos(all []evidence.Evidence) []kit.Photo { return PhotosUnder("/evidence/", all) }

// PhotosUnder is Photos for those who read them under a path of their own.
func PhotosUnder(path string, all []evidence.Evidence) (photos []kit.Photo) {
	for i, e := range all {
		src := path + e.ID.String()
		photos = append(photos, kit.Photo{Src: src, Thumb: src + "?thumb=1", Alt: "证明照片 " + strconv.Itoa(i+1)})
	}
	return photos
}

// SendPhoto sends a photo, or with thumb=1 a small copy of it. Whatever the bytes were, nothing in them runs.
func SendPhoto(c echo.Context, p evidence.Photo) (err error) {
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
