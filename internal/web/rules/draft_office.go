package rules

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/adoption"
	"cunfen/internal/authz"
	"cunfen/internal/evaluation"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// townRulesPage lists the township's drafts.
type townRulesPage struct {
	kit.StaffPage
	Rows         []adoption.Row
	State, Query string
	Pager        kit.PagerProps
	Export       string
	Villages     []village.Village
	Quarter      evaluation.Quarter
	Evaluated    []evaluation.Standing
	Late         bool // the quarter should be decided by now
	Legal        bool // the person sees the legal reviews
	Topic        string
}

// TownRules lists what the villages have drafted and handed in.
func (s *Room) TownRules(c echo.Context) (err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := townRulesPage{StaffPage: s.Staff(c, "town-rules", "各村细则"), State: c.QueryParam("state"), Query: strings.TrimSpace(c.QueryParam("q")), Export: "/town/rules.xlsx?" + c.QueryString()}
	f, err := draftFilter(c)
	if err != nil {
		return err
	}
	var next string
	if p.Rows, next, err = s.Adoption.OfficeList(ctx, who, f); err != nil {
		return err
	}
	p.Pager = visit.Pager(c, len(p.Rows), next)
	if p.Where, err = s.Township(c, who); err != nil {
		return err
	}
	if p.Villages, err = s.Villages.All(ctx, who.Township); err != nil {
		return err
	}
	if p.Topic = who.Topic; p.Topic == "" {
		if p.Quarter, p.Evaluated, err = s.Evaluation.Town(ctx, who); err != nil {
			return err
		}
	}
	p.Late, p.Legal = p.Topic == "" && !s.DB.Now().Before(p.Quarter.Due()), s.May(c, authz.TownBureau)
	return visit.Render(c, http.StatusOK, townRules(p))
}

// townDraftPage is one village's draft as the township reads it.
type townDraftPage struct {
	kit.StaffPage
	adoption.Whole
	Village village.Village
	Decides bool
	Errors  kit.Errors
	Typed   map[string]string
	Today   string
}

func (p townDraftPage) base() string {
	return "/town/rules/" + villageID(p.Village) + "/" + p.ID.String()
}

func villageID(v village.Village) string { return strconv.FormatInt(int64(v.ID), 10) }

// townOf reads the village of the path; one of another township is not there.
func (s *Room) townOf(c echo.Context, name string) (v village.Village, err error) {
	id, err := visit.Village(c, name)
	if err != nil {
		return v, err
	}
	all, err := s.Villages.All(c.Request().Context(), visit.Who(c).Township)
	if err != nil {
		return v, err
	}
	for _, v := range all {
		if v.ID == id {
			return v, nil
		}
	}
	return v, fault.ErrNotFound
}

// TownDraft shows it.
func (s *Room) TownDraft(c echo.Context) error { return s.townDraft(c, nil) }

func (s *Room) townDraft(c echo.Context, problem error) error {
	v, id, err := s.townDraftOf(c)
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := townDraftPage{StaffPage: s.Staff(c, "town-rules", v.Name+"细则"), Village: v, Decides: s.May(c, authz.RulesCheck), Errors: kit.ErrorsOf(problem), Today: s.Today(),
		Typed: map[string]string{"advice": c.FormValue("advice"), "return_advice": c.FormValue("return_advice"), "accept_advice": c.FormValue("accept_advice"), "in_force_from": c.FormValue("in_force_from")}}
	if p.Whole, err = s.Adoption.OfficeFind(ctx, who, v.ID, id); err != nil {
		return err
	}
	if p.Where, err = s.Township(c, who); err != nil {
		return err
	}
	if p.Typed["in_force_from"] == "" {
		from := p.Body.InForceFrom
		if today := month.Day(s.DB.Now()); from.Before(today) {
			from = today
		}
		p.Typed["in_force_from"] = from.In(month.Zone).Format("2006-01-02")
	}
	p.Path = p.base()
	return visit.Render(c, visit.Status(problem), townDraft(p))
}

func (s *Room) townDraftOf(c echo.Context) (v village.Village, id uuid.UUID, err error) {
	if id, err = visit.ID(c, "id"); err != nil {
		return v, id, err
	}
	v, err = s.townOf(c, "village")
	return v, id, err
}

// checked answers after the office did something to a draft; a field that stands twice on the page has the
// name of its form before it.
func (s *Room) checked(c echo.Context, err error, form, text string) error {
	if visit.Correctable(err) {
		f := fault.Of(err)
		if f.Field == "advice" {
			err = f.On(form)
		}
		return s.townDraft(c, err)
	}
	if err != nil {
		return err
	}
	return visit.Done(c, "/town/rules/"+c.Param("village")+"/"+c.Param("id"), text)
}

// TownDraftAdvise gives the village a word of guidance.
func (s *Room) TownDraftAdvise(c echo.Context) error {
	v, id, err := s.townDraftOf(c)
	if err == nil {
		_, err = s.Adoption.Advise(c.Request().Context(), visit.Who(c), v.ID, id, c.FormValue("advice"))
	}
	return s.checked(c, err, "advice", "意见已发给村里")
}

// TownDraftReturn gives the draft back.
func (s *Room) TownDraftReturn(c echo.Context) error {
	v, id, err := s.townDraftOf(c)
	if err != nil {
		return err
	}
	version, bad := visit.Int(c, "version", 0)
	if bad != nil {
		return bad
	}
	_, err = s.Adoption.Return(c.Request().Context(), visit.Who(c), v.ID, id, version, c.FormValue("return_advice"))
	return s.checked(c, err, "return_advice", "已退回，村里会看到您的意见")
}

// TownDraftAccept puts the draft in force.
func (s *Room) TownDraftAccept(c echo.Context) error {
	v, id, err := s.townDraftOf(c)
	if err != nil {
		return err
	}
	version, bad := visit.Int(c, "version", 0)
	if bad != nil {
		return bad
	}
	_, err = s.Adoption.Accept(c.Request().Context(), visit.Who(c), v.ID, id, version, c.FormValue("in_force_from"), c.FormValue("accept_advice"))
	return s.checked(c, err, "accept_advice", "已备案，到日子自动施行")
}

// TownDraftPhoto shows a photo of a recorded step to the township.
func (s *Room) TownDraftPhoto(c echo.Context) error {
	v, id, err := s.townDraftOf(c)
	if err != nil {
		return err
	}
	photo, err := visit.ID(c, "photo")
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if visit.Who(c).Topic != "" { // who was at a meeting is no department's matter
		return fault.ErrNotFound
	}
	p, err := s.Evidence.ReadInOffice(ctx, visit.Who(c), v.ID, photo, func(tx pg.Tx, holder uuid.UUID) error { return adoption.OfHolder(ctx, tx, id, holder) })
	if err != nil {
		return err
	}
	return shell.SendPhoto(c, p)
}

// townLegalPage is a village's X items with the legal reviews recorded.
type townLegalPage struct {
	kit.StaffPage
	Village  village.Village
	Items    []rulebook.Item
	Reviews  []adoption.Review
	Reviewer bool
	Errors   kit.Errors
	Typed    map[string]string
}

// TownLegal shows them.
func (s *Room) TownLegal(c echo.Context) error { return s.townLegal(c, nil) }

func (s *Room) townLegal(c echo.Context, problem error) error {
	v, err := s.townOf(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := townLegalPage{StaffPage: s.Staff(c, "town-rules", v.Name+"合法性审查"), Village: v, Reviewer: s.May(c, authz.RulesLegal), Errors: kit.ErrorsOf(problem),
		Typed: map[string]string{"item": c.FormValue("item"), "document": c.FormValue("document"), "opinion": c.FormValue("opinion"), "reason": c.FormValue("reason")}}
	if p.Items, p.Reviews, err = s.Adoption.Legal(ctx, who, v.ID); err != nil {
		return err
	}
	if p.Where, err = s.Township(c, who); err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), townLegal(p))
}

// TownLegalRecord records the legal review of one item.
func (s *Room) TownLegalRecord(c echo.Context) error {
	v, err := s.townOf(c, "id")
	if err != nil {
		return err
	}
	_, err = s.Adoption.Review(c.Request().Context(), visit.Who(c), v.ID, c.FormValue("item"), c.FormValue("document"), c.FormValue("opinion"))
	if visit.Correctable(err) {
		return s.townLegal(c, err)
	}
	if err != nil {
		return err
	}
	return visit.Done(c, "/town/villages/"+c.Param("id")+"/legal", "已登记审查；启用不启用由村里按程序定")
}

// TownLegalWithdraw takes the legal review of one item back, from tomorrow on.
func (s *Room) TownLegalWithdraw(c echo.Context) error {
	v, err := s.townOf(c, "id")
	if err != nil {
		return err
	}
	_, err = s.Adoption.Withdraw(c.Request().Context(), visit.Who(c), v.ID, c.FormValue("item"), c.FormValue("reason"))
	if errors.Is(err, adoption.ErrNoReview) {
		err = adoption.ErrNoReview.On("withdraw_item")
	}
	if visit.Correctable(err) {
		return s.townLegal(c, err)
	}
	if err != nil {
		return err
	}
	return visit.Done(c, "/town/villages/"+c.Param("id")+"/legal", "已撤回；从明天起这一条停用，到今天为止的事照旧")
}
