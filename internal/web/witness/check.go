package witness

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/notice"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// checkPage is the verification of what was printed, by anybody.
type checkPage struct {
	kit.PublicPage
	village.Village
	Code, Line, Mark string
	Found            *notice.Checked
	Errors           kit.Errors
}

// find looks for what was typed.
func (r *Room) find(c echo.Context, p checkPage) (notice.Checked, error) {
	n, bad := visit.Int(c, "line", 0)
	if bad != nil {
		return notice.Checked{}, bad
	}
	return r.Notices.Verify(c.Request().Context(), p.Village.ID, p.Code, n, p.Mark)
}

// PublicCheck says whether a printed notice, or one line of it, is what went out.
func (r *Room) PublicCheck(c echo.Context) error {
	at, v, err := r.public(c, "查验公示单")
	if err != nil {
		return err
	}
	p := checkPage{PublicPage: at, Village: v, Code: visit.Text(c, "code"), Line: visit.Text(c, "line"), Mark: visit.Text(c, "mark")}
	status := http.StatusOK
	if p.Code != "" || p.Line != "" {
		found, err := r.find(c, p)
		switch {
		case visit.Correctable(err):
			p.Errors, status = kit.ErrorsOf(err), visit.Status(err)
		case err != nil:
			return err
		default:
			p.Found = &found
		}
	}
	return visit.Render(c, status, publicCheck(p))
}
