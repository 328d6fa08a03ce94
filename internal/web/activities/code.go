package activities

import (
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/skip2/go-qrcode"

	"cunfen/internal/activity"
	"cunfen/internal/fault"
	"cunfen/internal/paper"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// codePage is the activity's code to be scanned from a screen.
type codePage struct {
	shell.Frame
	activity.Whole
	Running bool
}

// refresh is how often the screen with a rotating code draws itself anew, in seconds.
const refresh = "30"

// Code shows the code; one that changes is drawn anew by itself, without scripts.
func (r *Room) Code(c echo.Context) error {
	w, err := r.running(c)
	if err != nil {
		return err
	}
	if w.Rotating {
		c.Response().Header().Set("Refresh", refresh)
	}
	return visit.Render(c, http.StatusOK, code(codePage{r.at(c, w.Name, w.Hours()+" · "+w.Place, path(w.ID), "返回活动"), w, w.Running(r.DB.Now())}))
}

// running is the activity of the path, for those who may change it.
func (r *Room) running(c echo.Context) (w activity.Whole, err error) {
	id, err := visit.ID(c, "id")
	if err != nil {
		return w, err
	}
	if w, err = r.Activities.Show(c.Request().Context(), visit.Who(c), id); err == nil && (!w.Mine || w.State != activity.Open) {
		err = fault.ErrNotFound
	}
	return w, err
}

// address is what the code says.
func (r *Room) address(w activity.Whole) string {
	return r.Address + "/check-in/" + w.ID.String() + "?code=" + url.QueryEscape(w.Activity.Code(r.DB.Now()))
}

// Picture is the code as a picture.
func (r *Room) Picture(c echo.Context) error {
	w, err := r.running(c)
	if err != nil {
		return err
	}
	png, err := qrcode.Encode(r.address(w), qrcode.Medium, 480)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return c.Blob(http.StatusOK, "image/png", png)
}

// Poster is a sheet to hang up, with a code that does not change; where it changes there is none to print.
func (r *Room) Poster(c echo.Context) error {
	w, err := r.running(c)
	if err != nil {
		return err
	}
	if w.Rotating {
		return visit.Refused(c, path(w.ID), errRotates)
	}
	d, err := paper.New(paper.A4, w.Name, w.Host)
	if err != nil {
		return err
	}
	d.AddPage()
	line := func(y float64, text string, s paper.Style) { d.Text(40, y, d.W-80, s.Size*1.5, text, paper.Centre, s) }
	line(70, "扫码签到", paper.Style{Size: 40, Bold: true})
	y := 140.0
	for _, l := range d.Wrap(w.Name, d.W-80, paper.Style{Size: 26, Bold: true}) {
		line(y, l, paper.Style{Size: 26, Bold: true})
		y += 38
	}
	line(y, w.Hours()+"　"+w.Place, paper.Style{Size: 16})
	d.QR((d.W-320)/2, y+50, 320, r.address(w))
	for i, l := range []string{"用手机扫码，登录本户账号，勾选来参加的家人。", "每人只记一次；只在活动时间内有效；不记位置。", "没带手机、不会用的，请找" + w.Host + "登记，一样算。"} {
		line(y+390+float64(i)*30, l, paper.Style{Size: 16})
	}
	pdf, err := d.Bytes()
	if err != nil {
		return err
	}
	shell.SaveAs(c, "inline", w.Name+"签到码.pdf")
	return c.Blob(http.StatusOK, "application/pdf", pdf)
}

var errRotates = fault.New(fault.Conflict, "activity.rotates", "这个活动的签到码每分钟更换，不能打印；请在现场的屏幕上显示")

// doorPage is what somebody sees who scanned the code.
type doorPage struct {
	kit.PhonePage
	activity.Door
	Code    string
	Members []string
	Done    bool
	Problem *fault.Error
	Errors  kit.Errors
}

// Scan shows the activity and the family to whoever scanned its code.
func (r *Room) Scan(c echo.Context) error {
	return r.door(c, http.StatusOK, nil)
}

func (r *Room) door(c echo.Context, status int, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := doorPage{PhonePage: r.Phone(c, "home", "活动签到"), Code: c.FormValue("code"), Done: c.QueryParam("done") != ""}
	p.Back, p.Path = "/home", "/check-in/"+id.String()
	if p.Door, err = r.Activities.Scan(c.Request().Context(), visit.Who(c), id, p.Code); err != nil {
		if !visit.Correctable(err) {
			return err
		}
		if problem == nil {
			problem = err
		}
	}
	if problem != nil {
		p.Problem, p.Errors = fault.Of(problem), kit.ErrorsOf(problem)
	}
	for _, m := range p.Family {
		p.Members = append(p.Members, m.MemberID.String())
	}
	if p.Done { // what a scanned page shows afterwards, code or none
		p.Problem, p.Errors = nil, kit.Errors{}
	}
	return visit.Render(c, status, door(p))
}

// CheckIn puts those ticked on the activity's list.
func (r *Room) CheckIn(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	members, err := visit.FormIDs(c, "member")
	if err != nil {
		return err
	}
	n, err := r.Activities.CheckIn(c.Request().Context(), visit.Who(c), id, c.FormValue("code"), members)
	switch {
	case err == nil:
		text := "签到好了"
		if n.New == 0 {
			text = "早就签到过了，不用再签"
		}
		return visit.Done(c, "/check-in/"+id.String()+"?done=1", text)
	case !visit.Correctable(err):
		return err
	}
	return r.door(c, visit.Status(err), err)
}

func on(d activity.Door, id uuid.UUID) bool { return d.Listed[id] }
