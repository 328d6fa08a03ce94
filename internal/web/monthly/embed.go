package monthly

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// EmbeddedBoard is a village's board for the pages of the county sites that the village lists, and for no others. It
// is the only page that a frame may show. Its route loads no session, so that it knows nobody, sets no cookie and has
// nothing to press but links, which open the whole window: there is nothing that a page around it could steal.
func (s *Room) EmbeddedBoard(c echo.Context) error {
	v, err := s.PublicVillage(c)
	if err == nil && len(v.Flags.Embed) == 0 {
		err = fault.ErrNotFound
	}
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "frame-ancestors 'none'", "frame-ancestors "+strings.Join(v.Flags.Embed, " "), 1))
	p := boardPage{Village: v}
	p.Page = kit.Page{Title: v.Name + "公示栏", Path: "/v/" + v.Code, Embedded: true, Feedback: "/feedback?v=" + v.Code}
	p.Place = v.Where()
	p.Links = []kit.NavLink{{Text: "积分细则", Href: shell.RulesPath(v)}}
	if p.Notices, err = s.Notices.Board(c.Request().Context(), v.ID); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, publicBoard(p))
}
