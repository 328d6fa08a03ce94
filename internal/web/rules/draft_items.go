package rules

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/adoption"
	"cunfen/internal/fault"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// draftItems lists the draft's items, those of the document that it dropped too.
type draftItems struct {
	kit.StaffPage
	adoption.Whole
	Query, Sign string
	Shown       []rulebook.Item
	Dropped     []rulebook.Item
}

// DraftItems lists them.
func (s *Room) DraftItems(c echo.Context) (err error) {
	p := draftItems{StaffPage: s.Staff(c, "draft", "草案的项目"), Query: strings.TrimSpace(c.QueryParam("q")), Sign: c.QueryParam("sign")}
	if p.Whole, err = s.Adoption.Current(c.Request().Context(), visit.Who(c)); err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	hit := func(i rulebook.Item) bool {
		return (p.Sign == "" || p.Sign == string(i.Sign)) && strings.Contains(strings.ToUpper(i.Code+i.Title+i.Text+i.Class), strings.ToUpper(p.Query))
	}
	for _, i := range p.Body.Items {
		if hit(i) {
			p.Shown = append(p.Shown, i)
		}
	}
	for _, i := range adoption.Document().Items {
		if _, err := p.Body.Item(i.Code); err != nil && hit(i) {
			p.Dropped = append(p.Dropped, i)
		}
	}
	return visit.Render(c, http.StatusOK, draftItemList(p))
}

// draftItem is one item being edited.
type draftItem struct {
	kit.StaffPage
	adoption.Whole
	rulebook.Item
	Form     adoption.Edit
	Values   map[string]string // points as they were typed
	Own      bool              // the village's own item
	Findings []adoption.Finding
	Errors   kit.Errors
	Typing   bool // what is shown is what was typed, which the lint has not seen
}

// DraftItem shows it.
func (s *Room) DraftItem(c echo.Context) error { return s.draftItem(c, nil) }

func (s *Room) draftItem(c echo.Context, problem error) (err error) {
	p := draftItem{StaffPage: s.Staff(c, "draft", "修改项目"), Errors: kit.ErrorsOf(problem), Values: map[string]string{}}
	if p.Whole, err = s.Adoption.Current(c.Request().Context(), visit.Who(c)); err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	if p.Item, err = p.Body.Item(c.Param("code")); err != nil {
		return fault.ErrNotFound
	}
	p.Path = "/rules/draft/items/" + p.Item.Code
	_, err = adoption.Document().Item(p.Item.Code)
	p.Own = err != nil
	for _, f := range p.Whole.Findings {
		if f.Code == p.Item.Code {
			p.Findings = append(p.Findings, f)
		}
	}
	p.Form = adoption.Edit{Title: p.Item.Title, Text: p.Item.Text, ValueText: p.Item.ValueText, On: p.On, Ceiling: p.Ceiling}
	for _, part := range p.Parts {
		p.Values[part.Code] = strconv.Itoa(p.Item.Sign.Of(part.Points))
	}
	if p.Typing = problem != nil; p.Typing {
		p.Form.Title, p.Form.Text, p.Form.ValueText, p.Form.On, p.Form.Why = c.FormValue("title"), c.FormValue("text"), c.FormValue("value_text"), c.FormValue("on") != "", c.FormValue("why")
		for _, part := range p.Parts {
			p.Values[part.Code] = c.FormValue("points_" + part.Code)
		}
	}
	return visit.Render(c, visit.Status(problem), draftItemEdit(p))
}

// DraftItemSave keeps the words and values of one item.
func (s *Room) DraftItemSave(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	w, err := s.Adoption.Current(ctx, who)
	if err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	item, err := w.Body.Item(c.Param("code"))
	if err != nil {
		return fault.ErrNotFound
	}
	e := adoption.Edit{Title: c.FormValue("title"), Text: c.FormValue("text"), ValueText: c.FormValue("value_text"), On: c.FormValue("on") != "", Why: c.FormValue("why"), Points: map[string]int{}}
	version, bad := visit.Int(c, "version", 0)
	faults := []*fault.Error{bad}
	for _, part := range item.Parts {
		if part.Unit == rulebook.Open {
			continue
		}
		n, bad := visit.Int(c, "points_"+part.Code, 0)
		e.Points[part.Code] = n
		faults = append(faults, bad)
	}
	n, bad := visit.Int(c, "ceiling", 0)
	e.Ceiling = n
	if err := fault.Join(append(faults, bad)...); err != nil {
		return s.draftItem(c, err)
	}
	_, err = s.Adoption.Edit(ctx, who, version, item.Code, e)
	return s.itemDone(c, err, "已改 "+item.Code+"，看看有没有提醒")
}

// itemDone answers after a change of one item.
func (s *Room) itemDone(c echo.Context, err error, text string) error {
	switch {
	case err == nil:
		return visit.Done(c, "/rules/draft", text)
	case visit.Correctable(err) && !errors.Is(err, adoption.ErrNone):
		return s.draftItem(c, err)
	case errors.Is(err, fault.ErrNotFound):
		return err
	}
	return visit.Refused(c, "/rules/draft", err)
}

// DraftItemDrop takes the item out.
func (s *Room) DraftItemDrop(c echo.Context) error {
	_, err := s.Adoption.Drop(c.Request().Context(), visit.Who(c), 0, c.Param("code"), c.FormValue("why"))
	if errors.Is(err, adoption.ErrWhy) {
		err = adoption.ErrWhy.On("drop_why")
	}
	return s.itemDone(c, err, "已删去 "+c.Param("code"))
}

// DraftItemRestore gives an item of the document back as it was issued.
func (s *Room) DraftItemRestore(c echo.Context) error {
	_, err := s.Adoption.Restore(c.Request().Context(), visit.Who(c), 0, c.Param("code"))
	if err != nil {
		return visit.Refused(c, "/rules/draft/items", err)
	}
	return visit.Done(c, "/rules/draft", c.Param("code")+" 已恢复成文件原来的样子")
}

// draftNew is a new item being written.
type draftNew struct {
	kit.StaffPage
	adoption.Whole
	Form   adoption.NewItem
	Points string
	Errors kit.Errors
}

// DraftItemNew shows the form of a new item.
func (s *Room) DraftItemNew(c echo.Context) error { return s.draftNew(c, nil) }

func (s *Room) draftNew(c echo.Context, problem error) (err error) {
	p := draftNew{StaffPage: s.Staff(c, "draft", "新增项目"), Errors: kit.ErrorsOf(problem), Form: newItem(c), Points: c.FormValue("points")}
	p.Path = "/rules/draft/items/new"
	if p.Whole, err = s.Adoption.Current(c.Request().Context(), visit.Who(c)); err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	return visit.Render(c, visit.Status(problem), draftItemNew(p))
}

func newItem(c echo.Context) adoption.NewItem {
	n := adoption.NewItem{Title: c.FormValue("title"), Text: c.FormValue("text"), Unit: rulebook.Unit(c.FormValue("unit")), Notice: rulebook.Notice(c.FormValue("notice")),
		Monthly: c.FormValue("monthly") != "", Why: c.FormValue("why")}
	sign, class, _ := strings.Cut(c.FormValue("class"), ":")
	n.Sign, n.Class = rulebook.Sign(sign), class
	form, err := c.FormParams()
	if err != nil {
		return n
	}
	for _, v := range form["proofs"] {
		if k := rulebook.Evidence(v); slices.Contains(rulebook.Kinds, k) {
			n.Proofs = append(n.Proofs, k)
		}
	}
	for _, v := range form["focus"] {
		if f := rulebook.Focus(v); slices.Contains(rulebook.Focuses, f) {
			n.Focus = append(n.Focus, f)
		}
	}
	return n
}

// DraftItemAdd puts a new item in.
func (s *Room) DraftItemAdd(c echo.Context) error {
	n := newItem(c)
	points, bad := visit.Int(c, "points", 0)
	if bad != nil {
		return s.draftNew(c, bad)
	}
	n.Points = points
	_, code, err := s.Adoption.Add(c.Request().Context(), visit.Who(c), 0, n)
	switch {
	case err == nil:
		return visit.Done(c, "/rules/draft", "已新增 "+code+" "+n.Title)
	case visit.Correctable(err) && !errors.Is(err, adoption.ErrNone):
		return s.draftNew(c, err)
	}
	return visit.Refused(c, "/rules/draft", err)
}
