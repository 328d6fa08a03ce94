// Package witness is the room of the site where what was done is laid open to be checked: the packs of the archive,
// the drawing of representatives by lot, the re-check of what a disqualified member let through, the verification
// of a printed notice by anybody, and what is deleted when its time is over.
package witness

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/archive"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/retention"
	"cunfen/internal/sheetfile"
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

// sheet answers with a list as an .xlsx.
func sheet(c echo.Context, name, title string, heads []sheetfile.Head, rows [][]any) error {
	var b bytes.Buffer
	if _, err := sheetfile.Export(&b, title, heads, slices.Values(rows)); err != nil {
		return err
	}
	saveAs(c, name+".xlsx")
	return c.Blob(http.StatusOK, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b.Bytes())
}

func saveAs(c echo.Context, name string) {
	c.Response().Header().Set(echo.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(name))
}

// idIn reads an id from the path by the parameter's name.
func idIn(c echo.Context, name string) (uuid.UUID, error) { return visit.ID(c, name) }

func moment(t time.Time) string {
	t = t.In(month.Zone)
	return fmt.Sprintf("%d年%s", t.Year(), month.ChineseDay(t)) + t.Format(" 15:04")
}

func day(t time.Time) string {
	return fmt.Sprintf("%d年%s", t.UTC().Year(), month.ChineseDay(t.UTC()))
}

func momentOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return moment(*t)
}

var errNoPeriod = fault.New(fault.Invalid, "archive.which", "请填 4 位年份，如 2026；或年月，如 2026-10").On("period")
