// Package witness is the room of the site where what was done is laid open to be checked: the packs of the archive,
// the drawing of representatives by lot, the re-check of what a disqualified member let through, the verification
// of a printed notice by anybody, and what is deleted when its time is over.
package witness

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/archive"
	"cunfen/internal/group"
	"cunfen/internal/notice"
	"cunfen/internal/retention"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// Room holds what these pages call.
type Room struct {
	*shell.Shell
	Archive *archive.Service
	Group   *group.Service
	Notices *notice.Service
	Keep    *retention.Service
}

// refused is the status of a form that is shown again.
func refused(problem error) int {
	if problem == nil {
		return http.StatusOK
	}
	return visit.Status(problem)
}

// public finds the village of an open page; no search engine keeps the page.
func (r *Room) public(c echo.Context, title string) (kit.PublicPage, village.Village, error) {
	c.Response().Header().Set("X-Robots-Tag", "noindex, noarchive")
	v, err := r.Villages.ByCode(c.Request().Context(), c.Param("village"))
	if err != nil {
		return kit.PublicPage{}, v, err
	}
	p := shell.Public(c, title, v.Where())
	p.Links = []kit.NavLink{{Text: "公示栏", Href: "/v/" + v.Code}, {Text: "登录", Href: "/sign-in"}}
	p.Feedback = "/feedback?v=" + v.Code
	return p, v, nil
}

// nobody is a reader of what is public in a village.
func nobody(v village.Village) actor.Actor { return actor.Actor{Village: v.ID} }

func momentOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return shell.FullMoment(*t)
}
