package team

import (
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/group"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// postsPage is who answers for which link of the work (R6.2).
type postsPage struct {
	shell.Frame
	Posts   map[group.Link]group.Post
	Members []group.Member
	Manages bool
	Link    string
	Errors  kit.Errors
}

// Posts shows who answers for what.
func (r *Room) Posts(c echo.Context) error { return r.posts(c, nil) }

func (r *Room) posts(c echo.Context, problem error) (err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := postsPage{Manages: r.May(c, authz.GroupManage), Link: c.FormValue("link"), Errors: kit.ErrorsOf(problem)}
	p.Frame = r.Frame(c, shell.Spot{Tab: "me", Menu: "group", Title: "每个环节的负责人", Lead: "物资、采集、兑换，各有一名具体的人负责；有错找他改。", Back: "/group", BackTo: "工作小组"})
	if p.Posts, err = r.Group.Posts(ctx, who); err != nil {
		return err
	}
	if p.Manages {
		if p.Members, err = r.Group.List(ctx, who, false); err != nil {
			return err
		}
	}
	return visit.Render(c, visit.Status(problem), postsShow(p))
}

// PostAssign names the person who answers for a link.
func (r *Room) PostAssign(c echo.Context) error {
	seat, err := visit.FormID(c, "member")
	var p group.Post
	if err == nil {
		p, err = r.Group.Assign(c.Request().Context(), visit.Who(c), group.Link(c.FormValue("link")), seat, c.FormValue("duty"))
	}
	switch {
	case visit.Correctable(err):
		return r.posts(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/group/posts", p.Link.Chinese()+"由"+p.Name+"负责")
}

func (p postsPage) seats() (all []kit.Choice) {
	for _, m := range p.Members {
		all = append(all, kit.Choice{Value: m.ID.String(), Text: m.Name + "（" + m.Role.Chinese() + "）"})
	}
	return all
}

func (p postsPage) seatOf(l group.Link) string {
	for _, m := range p.Members {
		if m.AccountID == p.Posts[l].AccountID && m.AccountID != uuid.Nil {
			return m.ID.String()
		}
	}
	return ""
}
