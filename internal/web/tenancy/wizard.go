package tenancy

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/onboard"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// townsPage is the townships and the form of a new one.
type townsPage struct {
	kit.StaffPage
	Towns  []onboard.Town
	Query  string
	New    onboard.NewTown
	Errors kit.Errors
}

// Townships lists them.
func (r Room) Townships(c echo.Context) error { return r.townships(c, nil) }

func (r Room) townships(c echo.Context, problem error) error {
	p := townsPage{StaffPage: r.Staff(c, "townships", "乡镇"), Query: c.QueryParam("q"), Errors: kit.ErrorsOf(problem)}
	if problem != nil {
		p.New = townOf(c)
	}
	var err error
	if p.Towns, err = r.Onboard.Towns(c.Request().Context(), p.Query); err != nil {
		return err
	}
	p.Path = "/platform/townships"
	return visit.Render(c, visit.Status(problem), towns(p))
}

func townOf(c echo.Context) onboard.NewTown {
	return onboard.NewTown{Code: visit.Text(c, "code"), Name: visit.Text(c, "name"), Bureau: visit.Text(c, "bureau"), County: visit.Text(c, "county"),
		Contact: visit.Text(c, "officer"), Officer: visit.Text(c, "officer"), OfficerPhone: visit.Text(c, "officer_phone")}
}

// foundedPage hands a start password over, once.
type foundedPage struct {
	kit.StaffPage
	onboard.Founded
	Village bool
	Role    string
}

// TownshipAdd makes one.
func (r Room) TownshipAdd(c echo.Context) error {
	out, err := r.Onboard.AddTown(c.Request().Context(), visit.Who(c), townOf(c))
	switch {
	case visit.Correctable(err):
		return r.townships(c, err)
	case err != nil:
		return err
	}
	p := foundedPage{StaffPage: r.Staff(c, "townships", out.Name+"建好了"), Founded: out, Role: actor.Bureau.Chinese()}
	p.Path = "/platform/townships"
	return visit.Render(c, http.StatusOK, founded(p))
}

// draftsPage is the villages being brought in.
type draftsPage struct {
	kit.StaffPage
	Drafts []onboard.Draft
	Towns  []kit.Choice
	Errors kit.Errors
}

// Drafts lists them, to be taken up again.
func (r Room) Drafts(c echo.Context) error { return r.drafts(c, nil) }

func (r Room) drafts(c echo.Context, problem error) error {
	p := draftsPage{StaffPage: r.Staff(c, "drafts", "建村"), Errors: kit.ErrorsOf(problem)}
	all, err := r.Onboard.Towns(c.Request().Context(), "")
	if err != nil {
		return err
	}
	for _, t := range all {
		p.Towns = append(p.Towns, kit.Choice{Value: strconv.FormatInt(int64(t.ID), 10), Text: t.Name})
	}
	if p.Drafts, err = r.Onboard.Drafts(c.Request().Context()); err != nil {
		return err
	}
	p.Path = "/platform/drafts"
	return visit.Render(c, visit.Status(problem), drafts(p))
}

// DraftStart begins a new one.
func (r Room) DraftStart(c echo.Context) error {
	town, err := strconv.ParseInt(c.FormValue("township"), 10, 64)
	if err != nil {
		return r.drafts(c, onboard.ErrTownship)
	}
	id, err := r.Onboard.Start(c.Request().Context(), visit.Who(c), actor.TownshipID(town))
	switch {
	case visit.Correctable(err):
		return r.drafts(c, err)
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/platform/drafts/"+id.String()+"?step=1")
}

// draftPage is one step of the wizard.
type draftPage struct {
	kit.StaffPage
	onboard.Draft
	Now       int // the step shown, from 1
	Form      onboard.Form
	LeadPhone string
	Errors    kit.Errors
}

// DraftShow is a step: the one asked for, or the first that is not yet good.
func (r Room) DraftShow(c echo.Context) error { return r.draft(c, nil) }

func (r Room) draft(c echo.Context, problem error) error {
	id, err := visit.ID(c, "draft")
	if err != nil {
		return err
	}
	d, err := r.Onboard.Draft(c.Request().Context(), id)
	if err != nil {
		return err
	}
	if d.DoneAt != nil && d.MadeID != nil {
		return c.Redirect(http.StatusSeeOther, "/platform/sites")
	}
	step, bad := visit.Int(c, "step", d.Step)
	if bad != nil || step < 1 || step > d.Step {
		return fault.ErrNotFound
	}
	p := draftPage{StaffPage: r.Staff(c, "drafts", "建村"), Draft: d, Now: step, Form: d.Body, Errors: kit.ErrorsOf(problem)}
	if problem != nil {
		take(c, &p.Form, step)
		p.Form.Lead, p.LeadPhone = visit.Text(c, "lead"), visit.Text(c, "lead_phone")
	}
	p.Path = "/platform/drafts/" + id.String()
	return visit.Render(c, visit.Status(problem), draft(p))
}

// take reads the fields of a step into the form, and leaves the other steps' alone.
func take(c echo.Context, f *onboard.Form, step int) {
	n := func(name string) int { v, _ := strconv.Atoi(visit.Text(c, name)); return v }
	switch step {
	case 1:
		f.Name, f.Code, f.Kind, f.Households = visit.Text(c, "name"), visit.Text(c, "code"), c.FormValue("kind"), n("households")
		f.Contact, f.Phone, f.Address, f.Hours = visit.Text(c, "contact"), visit.Text(c, "phone"), visit.Text(c, "address"), visit.Text(c, "hours")
	case 2:
		f.Groups, f.Grids = c.FormValue("groups"), c.FormValue("grids")
	case 3:
		f.NoticeDay, f.RedemptionDay, f.TakeDownDays, f.Signers, f.PerLine = n("notice_day"), n("redemption_day"), n("take_down_days"), n("signers"), n("per_line")
		f.Colour, f.Emblem, f.Motto = visit.Text(c, "colour"), visit.Text(c, "emblem"), visit.Text(c, "motto")
	}
}

// DraftSave keeps a step, or at the last makes the village.
func (r Room) DraftSave(c echo.Context) error {
	id, err := visit.ID(c, "draft")
	if err != nil {
		return err
	}
	step, bad := visit.Int(c, "step", 0)
	if bad != nil {
		return fault.ErrNotFound
	}
	if step == len(onboard.Steps) {
		return r.finish(c)
	}
	err = r.Onboard.Save(c.Request().Context(), id, step, func(f *onboard.Form) { take(c, f, step) })
	switch {
	case visit.Correctable(err):
		return r.draft(c, err)
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/platform/drafts/"+id.String()+"?step="+strconv.Itoa(step+1))
}

func (r Room) finish(c echo.Context) error {
	id, err := visit.ID(c, "draft")
	if err != nil {
		return err
	}
	out, err := r.Onboard.Finish(c.Request().Context(), visit.Who(c), id, visit.Text(c, "lead"), visit.Text(c, "lead_phone"))
	switch {
	case visit.Correctable(err):
		return r.draft(c, err)
	case err != nil:
		return err
	}
	p := foundedPage{StaffPage: r.Staff(c, "drafts", out.Name+"建好了"), Founded: out, Village: true, Role: actor.Lead.Chinese()}
	p.Path = "/platform/drafts"
	return visit.Render(c, http.StatusOK, founded(p))
}
