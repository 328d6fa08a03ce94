package tenancy

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/onboard"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// readyPage is the card of one village, as its own people or its township see it.
type readyPage struct {
	kit.StaffPage
	onboard.Card
	Town     bool
	Confirms bool // the person may say a word on an item
	Opens    bool // the person may let the village go live
	Seats    []village.Village
	Reason   string
	Errors   kit.Errors
}

// Ready shows the village what it still lacks.
func (r Room) Ready(c echo.Context) error {
	card, err := r.Onboard.Card(c.Request().Context(), visit.Who(c))
	if err != nil {
		return err
	}
	p := readyPage{StaffPage: r.Staff(c, "ready", "准备清单"), Card: card, Confirms: r.May(c, authz.ReadyConfirm)}
	for _, id := range card.Practice {
		v, err := r.Villages.Find(c.Request().Context(), id)
		if err != nil {
			return err
		}
		p.Seats = append(p.Seats, v)
	}
	return visit.Render(c, http.StatusOK, ready(p))
}

// markForm is a person's word on one item.
type markForm struct {
	kit.StaffPage
	onboard.Item
	Words, Document string
	Errors          kit.Errors
}

// ReadyItem asks for a word on an item.
func (r Room) ReadyItem(c echo.Context) error { return r.marking(c, nil) }

func (r Room) marking(c echo.Context, problem error) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	card, err := r.Onboard.Card(ctx, who)
	if err != nil {
		return err
	}
	item, ok := card.Find(onboard.Key(c.Param("item")))
	if !ok || !item.Marked() {
		return fault.ErrNotFound
	}
	f := markForm{StaffPage: r.Staff(c, "ready", item.Title), Item: item, Errors: kit.ErrorsOf(problem)}
	if m := item.Mark; m != nil {
		f.Words, f.Document = m.Words, m.Document
	}
	if problem != nil {
		m := markOf(c)
		f.Words, f.Document = m.Words, m.Document
	}
	f.Path = "/ready/" + string(item.Key)
	return visit.Render(c, visit.Status(problem), mark(f))
}

func markOf(c echo.Context) onboard.Mark {
	return onboard.Mark{Item: onboard.Key(c.Param("item")), Words: visit.Text(c, "words"), Document: visit.Text(c, "document")}
}

// ReadyConfirm keeps it.
func (r Room) ReadyConfirm(c echo.Context) error {
	err := r.Onboard.Confirm(c.Request().Context(), visit.Who(c), markOf(c))
	switch {
	case visit.Correctable(err):
		return r.marking(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/ready", "已登记")
}

// Practise opens a village for practice, or begins anew with one.
func (r Room) Practise(c echo.Context) error {
	if _, err := r.Onboard.Practise(c.Request().Context(), visit.Who(c)); err != nil {
		return visit.Refused(c, "/ready", err)
	}
	return visit.Done(c, "/ready", "练习村开好了：退出后重新登录，选择练习村的岗位就能进去")
}

// TownReady shows the township how ready one of its villages is.
func (r Room) TownReady(c echo.Context) error { return r.townReady(c, nil) }

func (r Room) townReady(c echo.Context, problem error) error {
	id, err := visit.Village(c, "id")
	if err != nil {
		return err
	}
	card, err := r.Onboard.TownCard(c.Request().Context(), visit.Who(c), id)
	if err != nil {
		return err
	}
	p := readyPage{StaffPage: r.Staff(c, "town", card.Name+"准备清单"), Card: card, Town: true, Opens: r.May(c, authz.VillageOpen), Errors: kit.ErrorsOf(problem)}
	if problem != nil {
		p.Reason = visit.Text(c, "reason")
	}
	if p.Where, err = r.township(c); err != nil {
		return err
	}
	p.Where = append(p.Where, kit.Crumb{Text: card.Name, Href: "/town/villages/" + c.Param("id")})
	p.Path = "/town/villages/" + c.Param("id") + "/ready"
	return visit.Render(c, visit.Status(problem), ready(p))
}

// TownOpen lets the village go live.
func (r Room) TownOpen(c echo.Context) error {
	id, err := visit.Village(c, "id")
	if err != nil {
		return err
	}
	_, err = r.Onboard.Open(c.Request().Context(), visit.Who(c), id, visit.Text(c, "reason"))
	switch {
	case visit.Correctable(err):
		return r.townReady(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/town/villages/"+c.Param("id")+"/ready", "这个村开始正式运行：可以公示和兑换了")
}
