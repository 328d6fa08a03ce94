package ui

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
func (s *Site) PublicBoard(c echo.Context) error {
	v, err := s.publicVillage(c)
	if err != nil {
		return err
	}
	p := boardPage{PublicPage: boardShell(c, v, v.Name+"公示栏"), Village: v}
	if p.Notices, err = s.Notices.Board(c.Request().Context(), v.ID); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, publicBoard(p))
}

func (s *Site) publicVillage(c echo.Context) (village.Village, error) {
	c.Response().Header().Set("X-Robots-Tag", "noindex, noarchive")
	v, err := s.Villages.ByCode(c.Request().Context(), c.Param("village"))
	switch {
	case err == nil && v.State == village.Suspended:
		return v, errSuspended.With(v.Name)
	case err == nil && v.Flags.Paper:
		return v, errPaper.With(v.Name)
	}
	return v, err
}

var (
	errSuspended = fault.New(fault.Unavailable, "village.suspended", "%s的积分服务暂停了，恢复后这里照常公示；有事请到村党群服务中心")
	errPaper     = fault.New(fault.NotFound, "village.paper", "%s只用纸质公示，请到村里的公示栏看")
)

func boardShell(c echo.Context, v village.Village, title string) kit.PublicPage {
	p := shell.Public(c, title, v.Where())
	p.Links = []kit.NavLink{{Text: "积分细则", Href: rulesPath(v)}, {Text: "登录", Href: "/sign-in"}}
	p.Feedback = "/feedback?v=" + v.Code
	return p
}

func (s *Site) publicMonth(c echo.Context) (v village.Village, m month.Month, edition int, err error) {
	if m, err = visit.Month(c, "month"); err != nil {
		return v, m, 0, err
	}
	edition, bad := visit.Int(c, "edition", 0)
	if bad != nil {
		return v, m, 0, fault.ErrNotFound
	}
	v, err = s.publicVillage(c)
	return v, m, edition, err
}

// PublicNotice answers the bytes of the notice as they went out, or, for a door, the lines of that door.
func (s *Site) PublicNotice(c echo.Context) error {
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

func (s *Site) publicDoor(c echo.Context, v village.Village, m month.Month, door string) (err error) {
	p := doorPage{PublicPage: boardShell(c, v, "找自家"), Path: publicPath(v.Code, m), Month: m, Door: door}
	if p.Lines, err = s.Notices.FindDoor(c.Request().Context(), v.ID, m, door); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, publicDoor(p))
}

// PublicNoticePDF is the paper of a notice, A4 or A3.
func (s *Site) PublicNoticePDF(c echo.Context) error {
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
