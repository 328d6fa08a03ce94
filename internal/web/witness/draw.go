package witness

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/month"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// drawsPage lists the drawings of representatives.
type drawsPage struct {
	kit.StaffPage
	Draws                            []group.Draw
	Manages                          bool
	Seats, StartsOn, DrawsOn, Source string
	Tomorrow                         string
	Errors                           kit.Errors
}

// DrawList lists the drawings, with the form that announces the next.
func (r *Room) DrawList(c echo.Context) error { return r.draws(c, nil) }

func (r *Room) draws(c echo.Context, problem error) (err error) {
	now := r.DB.Now()
	p := drawsPage{StaffPage: r.Staff(c, "draws", "抽选群众代表"), Manages: r.May(c, authz.GroupManage), Seats: c.FormValue("seats"), StartsOn: c.FormValue("starts_on"),
		DrawsOn: c.FormValue("draws_on"), Source: c.FormValue("source"), Tomorrow: month.Day(now).AddDate(0, 0, 1).Format(time.DateOnly), Errors: kit.ErrorsOf(problem)}
	p.Path = "/draws"
	if problem == nil {
		p.StartsOn = group.QuarterEnd(now).AddDate(0, 0, 1).Format(time.DateOnly)
		p.Source = "抽签会上由到场的三名以上村民代表各写一个六位以内的数字，同时亮出，按到场签到的次序录入"
	}
	if p.Draws, err = r.Group.Draws(c.Request().Context(), visit.Who(c)); err != nil {
		return err
	}
	return visit.Render(c, refused(problem), drawList(p))
}

// DrawFreeze fixes and publishes the list.
func (r *Room) DrawFreeze(c echo.Context) error {
	seats, bad := visit.Int(c, "seats", 0)
	draws, bad1 := visit.Day(c, "draws_on")
	starts, bad2 := visit.Day(c, "starts_on")
	err := fault.Join(bad, bad1, bad2)
	if err != nil {
		return r.draws(c, err)
	}
	id, err := r.Group.FreezeDraw(c.Request().Context(), visit.Who(c), group.NewDraw{Seats: seats, StartsOn: starts, DrawsOn: draws, Source: visit.Text(c, "source")})
	switch {
	case visit.Correctable(err):
		return r.draws(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/draws/"+id.String(), "名单已固定并公布；请在公布的日期抽签")
}

// drawPage is one drawing.
type drawPage struct {
	kit.StaffPage
	Public *kit.PublicPage // for who is not signed in
	group.DrawView
	Manages bool
	Open    bool // the day has come
	Names   []string
	Numbers []string
	Reason  string
	Link    string
	Errors  kit.Errors
}

// slots is how many people's numbers the form takes.
const slots = 7

// DrawShow shows a drawing: the list, the seed, the order.
func (r *Room) DrawShow(c echo.Context) error { return r.drawing(c, nil) }

func (r *Room) drawing(c echo.Context, problem error) error {
	p, err := r.draw(c)
	if err != nil {
		return err
	}
	p.StaffPage = r.Staff(c, "draws", shell.FullDay(p.StartsOn)+"起的群众代表抽选")
	p.Path, p.Manages, p.Reason, p.Errors = "/draws/"+p.ID.String(), r.May(c, authz.GroupManage), c.FormValue("reason"), kit.ErrorsOf(problem)
	for i := range slots {
		p.Names, p.Numbers = append(p.Names, c.FormValue("name"+strconv.Itoa(i+1))), append(p.Numbers, c.FormValue("number"+strconv.Itoa(i+1)))
	}
	return visit.Render(c, refused(problem), drawShow(p))
}

func (r *Room) draw(c echo.Context) (p drawPage, err error) {
	id, err := visit.ID(c, "draw")
	if err != nil {
		return p, err
	}
	p.DrawView, err = r.Group.ShowDraw(c.Request().Context(), visit.Who(c), id)
	p.Open = !month.Date(r.DB.Now()).Before(p.DrawsOn)
	p.Link = fmt.Sprintf("%s/v/%s/draws/%s", r.Address, p.Code, p.ID)
	return p, err
}

// DrawLots draws with the numbers that were brought.
func (r *Room) DrawLots(c echo.Context) error {
	id, err := visit.ID(c, "draw")
	if err != nil {
		return err
	}
	numbers, err := brought(c)
	if err == nil {
		err = r.Group.DrawLots(c.Request().Context(), visit.Who(c), id, numbers)
	}
	return r.drawn(c, err, "抽出来了，结果已公布")
}

// brought reads the people and their numbers; empty rows are nobody.
func brought(c echo.Context) (all []group.Number, err error) {
	for i := range slots {
		name, field := visit.Text(c, "name"+strconv.Itoa(i+1)), "number"+strconv.Itoa(i+1)
		if name == "" && visit.Text(c, field) == "" {
			continue
		}
		n, bad := visit.Int(c, field, -1)
		if bad != nil {
			return nil, bad
		}
		all = append(all, group.Number{Name: name, Number: int64(n)})
	}
	return all, nil
}

// DrawCancel gives a drawing up.
func (r *Room) DrawCancel(c echo.Context) error {
	id, err := visit.ID(c, "draw")
	if err != nil {
		return err
	}
	return r.drawn(c, r.Group.CancelDraw(c.Request().Context(), visit.Who(c), id, visit.Text(c, "reason")), "这次抽签作废了")
}

// DrawDecline notes that a home sends nobody.
func (r *Room) DrawDecline(c echo.Context) error {
	id, err := visit.ID(c, "draw")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(c.Param("number"))
	if err != nil {
		return fault.ErrNotFound
	}
	return r.drawn(c, r.Group.Decline(c.Request().Context(), visit.Who(c), id, n, visit.Text(c, "reason")), "记下了，由下一户递补")
}

func (r *Room) drawn(c echo.Context, err error, done string) error {
	switch {
	case visit.Correctable(err):
		return r.drawing(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/draws/"+c.Param("draw"), done)
}

// DrawPaper is the drawing on paper.
func (r *Room) DrawPaper(c echo.Context) error {
	p, err := r.draw(c)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, drawPaper(shell.Base(c, "群众代表抽选"), p))
}

// DrawExport is the list as a sheet.
func (r *Room) DrawExport(c echo.Context) error {
	p, err := r.draw(c)
	if err != nil {
		return err
	}
	rows := make([][]any, len(p.Tickets))
	for i, t := range p.Tickets {
		rows[i] = []any{t.Number, t.Door, t.Head, t.Rank, t.Declined}
	}
	return shell.SendSheet(c, "群众代表抽选名单", "名单", []sheetfile.Head{{Title: "序号"}, {Title: "门牌", Width: 16}, {Title: "户主"}, {Title: "抽出次序"}, {Title: "不担任的原因", Width: 30}}, rows)
}

// PublicDraws lists a village's drawings for everybody.
func (r *Room) PublicDraws(c echo.Context) error {
	p, v, err := r.public(c, "抽选群众代表")
	if err != nil {
		return err
	}
	all, err := r.Group.Draws(c.Request().Context(), nobody(v))
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, publicDraws(p, v.Code, all))
}

// PublicDraw shows a drawing to everybody, with all that is needed to work it out again.
func (r *Room) PublicDraw(c echo.Context) error {
	at, v, err := r.public(c, "抽选群众代表")
	if err != nil {
		return err
	}
	id, err := visit.ID(c, "draw")
	if err != nil {
		return err
	}
	p := drawPage{Public: &at}
	if p.DrawView, err = r.Group.ShowDraw(c.Request().Context(), nobody(v), id); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, publicDraw(p))
}
