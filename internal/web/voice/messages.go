package voice

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/finding"
	"cunfen/internal/inform"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// messagePage is what somebody was told.
type messagePage struct {
	shell.Frame
	Rows   []inform.Told
	Unread bool
	Pager  kit.PagerProps
}

// Messages lists what the person, or their household, was told.
func (s *Room) Messages(c echo.Context) error {
	p := messagePage{Frame: s.Frame(c, shell.Spot{Tab: "home", Menu: "desk", Title: "消息", Back: shell.House(visit.Who(c)), BackTo: "返回"}), Unread: c.QueryParam("unread") != ""}
	rows, next, err := s.Inform.List(c.Request().Context(), visit.Who(c), p.Unread, visit.Page(c))
	if err != nil {
		return err
	}
	p.Rows, p.Pager = rows, visit.Pager(c, len(rows), next)
	return visit.Render(c, http.StatusOK, messages(p))
}

// MessageOpen marks a message as read and goes to what it is about.
func (s *Room) MessageOpen(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	m, err := s.Inform.Open(c.Request().Context(), visit.Who(c), id, finding.Opened(c.Request().Context()))
	if err != nil {
		return err
	}
	to := m.Href()
	if to == "" {
		to = "/messages"
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// MessagesRead marks all as read.
func (s *Room) MessagesRead(c echo.Context) error {
	if err := s.Inform.OpenAll(c.Request().Context(), visit.Who(c)); err != nil {
		return err
	}
	return visit.Done(c, "/messages", "都标成已读了；整改告知要一条一条打开")
}
