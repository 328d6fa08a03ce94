package team

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// groupPage is who sits in the working group.
type groupPage struct {
	shell.Frame
	Members   []group.Member
	Reminders []group.Reminder
	Past      bool
	Manages   bool
	Declares  bool
	Now       time.Time
}

// GroupList shows every seat of the village but the households'; ?past=1 adds those that ended.
func (s *Room) GroupList(c echo.Context) (err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := groupPage{Past: c.QueryParam("past") != "", Manages: s.May(c, authz.GroupManage), Declares: s.May(c, authz.RelativeDeclare), Now: s.DB.Now()}
	p.Frame = s.Frame(c, shell.Spot{Tab: "me", Menu: "group", Title: "积分管理工作小组", Lead: "谁在评分、任期到什么时候；党员代表、群众代表每季度轮换。"})
	if p.Members, err = s.Group.List(ctx, who, p.Past); err != nil {
		return err
	}
	if p.Manages {
		if p.Reminders, err = s.Group.Rotation(ctx, who); err != nil {
			return err
		}
	}
	if p.Frame.OnDesk != nil {
		p.Frame.Top.Actions = groupActions(p)
	}
	return visit.Render(c, http.StatusOK, groupShow(p))
}

// seatForm ends a seat before its time.
type seatForm struct {
	kit.StaffPage
	Member group.Member
	Path   string
	Text   string
	Submit string
	Hint   string
	Reason string
	Errors kit.Errors
}

// GroupEndForm and GroupDisqualifyForm ask for the reason.
func (s *Room) GroupEndForm(c echo.Context) error        { return s.ending(c, ending, nil) }
func (s *Room) GroupDisqualifyForm(c echo.Context) error { return s.ending(c, disqualifying, nil) }

// GroupEnd ends a term before its time.
func (s *Room) GroupEnd(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	return s.ended(c, ending, s.Group.End(c.Request().Context(), visit.Who(c), id, c.FormValue("reason")))
}

// GroupDisqualify takes a seat away for a breach (R4.1.7).
func (s *Room) GroupDisqualify(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	err = s.Group.Disqualify(c.Request().Context(), visit.Who(c), id, c.FormValue("reason"))
	if err != nil {
		return s.ended(c, disqualifying, err)
	}
	return visit.Done(c, "/rechecks", "已取消资格；他审过的条目都列在这里，请没有参与过的成员复核")
}

// farewell is one of the two ways out of a seat.
type farewell struct{ verb, title, text, submit, hint, done string }

var (
	ending = farewell{"end", "结束任期", "马上不能再进入这个岗位；以前办的都留着。", "结束任期", "例如：轮换到期，改由别的代表担任", "任期已经结束"}

	disqualifying = farewell{"disqualify", "取消成员资格", "用于弄虚作假、优亲厚友等违反规定的情形。马上不能再进入这个岗位，名单上会注明；他审过的条目全部列出来，由别的成员复核。", "取消资格", "写明违反了哪一条、谁查实的", "已取消资格"}
)

func (s *Room) ended(c echo.Context, f farewell, err error) error {
	switch {
	case visit.Correctable(err):
		return s.ending(c, f, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/group", f.done)
}

func (s *Room) ending(c echo.Context, f farewell, problem error) error {
	m, err := s.seat(c)
	if err != nil {
		return err
	}
	p := seatForm{StaffPage: s.Staff(c, "group", f.title), Member: m, Path: "/group/" + m.ID.String() + "/" + f.verb, Text: f.text, Submit: f.submit, Hint: f.hint,
		Reason: c.FormValue("reason"), Errors: kit.ErrorsOf(problem)}
	return visit.Render(c, visit.Status(problem), seatEnd(p))
}

// seat finds the seat of the path.
func (s *Room) seat(c echo.Context) (group.Member, error) {
	id, err := visit.ID(c, "id")
	if err != nil {
		return group.Member{}, err
	}
	all, err := s.Group.List(c.Request().Context(), visit.Who(c), true)
	for _, m := range all {
		if m.ID == id {
			return m, nil
		}
	}
	if err == nil {
		err = fault.ErrNotFound
	}
	return group.Member{}, err
}
