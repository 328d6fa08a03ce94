package monthly

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// RenderNotice is the public page of a notice, for keeping as it went out.
func RenderNotice(v notice.View) ([]byte, error) {
	var b bytes.Buffer
	err := publicNotice(v).Render(context.Background(), &b)
	return b.Bytes(), err
}

func publicPath(village string, m month.Month) string { return "/v/" + village + "/" + m.String() }

// boardPage is the village's board: the notices that hang now.
type boardPage struct {
	kit.PublicPage
	village.Village
	Notices []notice.Notice // the latest first
}

// PublicBoard shows the notices of a village to everybody. No search engine keeps them (INV-32).
func (s *Room) PublicBoard(c echo.Context) error {
	v, err := s.PublicVillage(c)
	if err != nil {
		return err
	}
	p := boardPage{PublicPage: shell.Board(c, v, v.Name+"公示栏"), Village: v}
	if p.Notices, err = s.Notices.Board(c.Request().Context(), v.ID); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, publicBoard(p))
}

func (s *Room) publicMonth(c echo.Context) (v village.Village, m month.Month, edition int, err error) {
	if m, err = visit.Month(c, "month"); err != nil {
		return v, m, 0, err
	}
	edition, bad := visit.Int(c, "edition", 0)
	if bad != nil {
		return v, m, 0, fault.ErrNotFound
	}
	v, err = s.PublicVillage(c)
	return v, m, edition, err
}

// PublicNotice answers the bytes of the notice as they went out, or, for a door, the lines of that door.
func (s *Room) PublicNotice(c echo.Context) error {
	v, m, edition, err := s.publicMonth(c)
	if err != nil {
		return err
	}
	if door := strings.TrimSpace(c.QueryParam("door") + c.QueryParam("q")); door != "" {
		return s.publicDoor(c, v, m, door)
	}
	p, err := s.Notices.Page(c.Request().Context(), v.ID, m, edition)
	if err != nil {
		return err
	}
	large := visit.Large(c)
	if large {
		p.Etag = strings.TrimSuffix(p.Etag, `"`) + `-l"`
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", p.Etag)
	h.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if strings.Contains(c.Request().Header.Get("If-None-Match"), p.Etag) {
		return c.NoContent(http.StatusNotModified)
	}
	if !large && strings.Contains(c.Request().Header.Get(echo.HeaderAcceptEncoding), "gzip") {
		h.Set(echo.HeaderContentEncoding, "gzip")
		return c.HTMLBlob(http.StatusOK, p.Body)
	}
	return sendUnpacked(c, p.Body, large)
}

// larger turns a page as it is kept into 长辈版.
var larger = strings.NewReplacer(`data-size="normal"`, `data-size="large"`, `/size?to=large`, `/size?to=normal`, `>大字</a>`, `>标准版</a>`)

func sendUnpacked(c echo.Context, body []byte, large bool) error {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return err
	}
	html, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	if large {
		html = []byte(larger.Replace(string(html)))
	}
	return c.HTMLBlob(http.StatusOK, html)
}

// doorPage is what a notice says of one door.
type doorPage struct {
	kit.PublicPage
	Path  string
	Month month.Month
	Door  string
	Lines []notice.Line
}

func (s *Room) publicDoor(c echo.Context, v village.Village, m month.Month, door string) (err error) {
	p := doorPage{PublicPage: shell.Board(c, v, "找自家"), Path: publicPath(v.Code, m), Month: m, Door: door}
	if p.Lines, err = s.Notices.FindDoor(c.Request().Context(), v.ID, m, door); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, publicDoor(p))
}

// PublicNoticePDF is the paper of a notice, A4 or A3.
func (s *Room) PublicNoticePDF(c echo.Context) error {
	v, m, edition, err := s.publicMonth(c)
	if err != nil {
		return err
	}
	pdf, name, err := s.Notices.PDF(c.Request().Context(), v.ID, m, edition, c.Param("size"))
	if err != nil {
		return err
	}
	shell.SaveAs(c, "inline", name)
	return c.Blob(http.StatusOK, "application/pdf", pdf)
}
