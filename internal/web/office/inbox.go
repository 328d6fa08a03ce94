package office

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/bureau"
	"cunfen/internal/fault"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// inboxPage is what waits for the township.
type inboxPage struct {
	kit.StaffPage
	Rows    []bureau.Waiting
	Filters kit.FiltersProps
	Today   time.Time
	Counts  map[bureau.Kind]int
	Late    int
	All     int
}

func (r *Room) inbox(c echo.Context) (f bureau.InboxFilter, all []bureau.Waiting, err error) {
	f = bureau.InboxFilter{Kind: bureau.Kind(c.QueryParam("kind")), Late: c.QueryParam("late") == "1", Search: strings.TrimSpace(c.QueryParam("q"))}
	if f.Kind != "" && f.Kind.Chinese() == "" {
		return f, nil, fault.ErrNotFound
	}
	if f.Village, err = villageQuery(c); err != nil {
		return f, nil, err
	}
	all, err = r.Bureau.Inbox(c.Request().Context(), visit.Who(c))
	return f, all, err
}

// villageQuery is the village that a filter names, 0 for all.
func villageQuery(c echo.Context) (actor.VillageID, error) {
	v := c.QueryParam("village")
	if v == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, fault.ErrNotFound
	}
	return actor.VillageID(id), nil
}

// Inbox lists what waits for the township's decision, what is overdue first.
func (r *Room) Inbox(c echo.Context) error {
	f, all, err := r.inbox(c)
	if err != nil {
		return err
	}
	p := inboxPage{Today: bureau.Today(r.DB.Now()), Counts: map[bureau.Kind]int{}, All: len(all)}
	for _, w := range all {
		p.Counts[w.Kind]++
		if w.Late(p.Today) {
			p.Late++
		}
	}
	p.Rows = f.Narrow(all, p.Today)
	names, err := r.names(c)
	if err != nil {
		return err
	}
	kinds := kit.Filter{Name: "kind", Label: "类别", Value: string(f.Kind)}
	for _, k := range bureau.Kinds {
		kinds.Choices = append(kinds.Choices, kit.Choice{Value: string(k), Text: k.Chinese()})
	}
	p.Filters = kit.FiltersProps{Action: "/town/inbox", Query: f.Search, Placeholder: "事项或村名", Export: "/town/inbox.xlsx?" + c.QueryString(),
		Filters: []kit.Filter{kinds, {Name: "village", Label: "村（场）", Value: c.QueryParam("village"), Choices: names},
			{Name: "late", Label: "期限", Value: c.QueryParam("late"), Choices: kit.Choices("1", "已过期")}}}
	if f != (bureau.InboxFilter{}) {
		p.Filters.Clear = "/town/inbox"
	}
	if p.StaffPage, err = r.staff(c, "inbox", "待镇办理"); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, inbox(p))
}

// names are the township's villages to choose from.
func (r *Room) names(c echo.Context) (all []kit.Choice, err error) {
	villages, err := r.Villages.All(c.Request().Context(), visit.Who(c).Township)
	for _, v := range villages {
		all = append(all, kit.Choice{Value: strconv.FormatInt(int64(v.ID), 10), Text: v.Name})
	}
	return all, err
}

var inboxHeads = []sheetfile.Head{{Title: "类别", Width: 12}, {Title: "村（场）", Width: 14}, {Title: "事项", Width: 40}, {Title: "报来时间", Width: 17}, {Title: "办理期限", Width: 12}, {Title: "是否过期"}}

// InboxExport is the list as filtered.
func (r *Room) InboxExport(c echo.Context) error {
	f, all, err := r.inbox(c)
	if err != nil {
		return err
	}
	today := bureau.Today(r.DB.Now())
	var rows [][]any
	for _, w := range f.Narrow(all, today) {
		rows = append(rows, []any{w.Kind.Chinese(), w.Village, w.Title, w.Since, w.DueOn.Format(time.DateOnly), w.Late(today)})
	}
	return shell.SendSheet(c, "待镇办理"+today.Format(time.DateOnly), "待镇办理", inboxHeads, rows)
}

// href is the page on which a thing is decided.
func href(w bureau.Waiting) string {
	village := "/town/villages/" + strconv.FormatInt(int64(w.VillageID), 10)
	switch w.Kind {
	case bureau.Appeals:
		return "/town/appeals/" + w.ID
	case bureau.Rules:
		return "/town/rules/" + strconv.FormatInt(int64(w.VillageID), 10) + "/" + w.ID
	case bureau.Legal:
		return village + "/legal"
	case bureau.Budgets:
		return village + "/budgets/" + w.ID
	case bureau.Nominations:
		return village + "/nominations/" + w.ID
	case bureau.Matters:
		return village + "/matters/" + w.ID
	}
	return w.Href
}

// nominationPage is a village's settled list.
type nominationPage struct {
	kit.StaffPage
	bureau.Nominated
	Takes  bool
	Typed  string
	Why    string // it is taken back, as typed
	Errors kit.Errors
}

// Nomination shows it.
func (r *Room) Nomination(c echo.Context) error { return r.nomination(c, nil) }

func (r *Room) nomination(c echo.Context, problem error) error {
	id, year, err := nominationOf(c)
	if err != nil {
		return err
	}
	n, err := r.Bureau.Nominated(c.Request().Context(), visit.Who(c), id, year)
	if err != nil {
		return err
	}
	p := nominationPage{Nominated: n, Takes: r.May(c, authz.NominationTake), Typed: c.FormValue("words"), Why: c.FormValue("reason"), Errors: kit.ErrorsOf(problem)}
	if p.StaffPage, err = r.staff(c, "inbox", n.Village+"评优名单", kit.Crumb{Text: n.Village}); err != nil {
		return err
	}
	p.Path = nominationPath(id, year)
	return visit.Render(c, visit.Status(problem), nomination(p))
}

func nominationOf(c echo.Context) (id actor.VillageID, year int, err error) {
	if id, err = visit.Village(c, "id"); err != nil {
		return id, 0, err
	}
	if year, err = strconv.Atoi(c.Param("year")); err != nil || year < 2020 || year > 2099 {
		return id, 0, fault.ErrNotFound
	}
	return id, year, nil
}

// NominationTake says that the township has the list, and what it does with it.
func (r *Room) NominationTake(c echo.Context) error {
	id, year, err := nominationOf(c)
	if err != nil {
		return err
	}
	err = r.Bureau.TakeUp(c.Request().Context(), visit.Who(c), id, year, c.FormValue("words"))
	switch {
	case visit.Correctable(err):
		return r.nomination(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/town/inbox", "已收下名单")
}

func nominationPath(village actor.VillageID, year int) string {
	return fmt.Sprintf("%s/nominations/%d", villagePath(village), year)
}

// NominationBack takes that word back.
func (r *Room) NominationBack(c echo.Context) error {
	id, year, err := nominationOf(c)
	if err != nil {
		return err
	}
	err = r.Bureau.TakeBack(c.Request().Context(), visit.Who(c), id, year, c.FormValue("reason"))
	switch {
	case visit.Correctable(err):
		return r.nomination(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, nominationPath(id, year), "已收回，名单回到待镇办理")
}
