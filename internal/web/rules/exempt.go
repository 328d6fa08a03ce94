package rules

import (
	"bytes"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/exempt"
	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// exemptPage is the exemptions of the village, or of one household with the form for another.
type exemptPage struct {
	shell.Frame
	List   []exempt.Exemption
	Rules  rulebook.RuleSet
	Filter exempt.Filter
	Pager  kit.PagerProps
	Export string
	Clear  string
	Now    time.Time
	Edits  bool
	Home   household.Household // of one household's page
	Share  exempt.Share
	Draft  exempt.Draft
	From   string
	Until  string
	Ending string // the exemption that the reason was for
	Errors kit.Errors
}

func exemptFilter(c echo.Context) exempt.Filter {
	return exempt.Filter{Search: visit.Text(c, "q"), Item: c.QueryParam("item"), State: exempt.State(c.QueryParam("state")), Page: visit.Page(c)}
}

// Exemptions lists which household is free of what, and why.
func (s *Room) Exemptions(c echo.Context) (err error) {
	f := exemptFilter(c)
	list, next, err := s.Exempt.List(c.Request().Context(), visit.Who(c), f)
	if err != nil {
		return err
	}
	p := exemptPage{List: list, Filter: f, Pager: visit.Pager(c, len(list), next), Now: s.DB.Now()}
	p.Frame = s.Frame(c, shell.Spot{Tab: "field", Menu: "exemptions", Title: "免评", Lead: "用不上某一项的住户，加分减分都不评；从住户的页面里办理。"})
	if s.May(c, authz.ExemptExport) {
		p.Export = "/exemptions.xlsx?" + c.QueryString()
	}
	if c.QueryString() != "" {
		p.Clear = "/exemptions"
	}
	if p.Rules, err = s.InForce(c); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, exemptList(p))
}

// ExemptionExport is the list as it is filtered, whole, as a sheet.
func (s *Room) ExemptionExport(c echo.Context) error {
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := s.Exempt.Export(c.Request().Context(), visit.Who(c), exemptFilter(c), rules, &b); err != nil {
		return err
	}
	return shell.SendFile(c, "免评名单", b.Bytes())
}

// HouseholdExempt shows what one household is free of and its share of what it could have had; who may grants
// and ends it there.
func (s *Room) HouseholdExempt(c echo.Context) error { return s.exemptOf(c, exemptPage{}, nil) }

// MyExemptions shows a household what it is free of, why and until when, and whom to ask where that is not right.
func (s *Room) MyExemptions(c echo.Context) (err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	p := myExemptions{PhonePage: s.Phone(c, "me", "我家的免评"), Now: s.DB.Now()}
	p.Back = "/me"
	if p.List, _, err = s.Exempt.List(ctx, who, exempt.Filter{Household: who.Household}); err != nil {
		return err
	}
	if p.Rules, err = s.InForce(c); err != nil {
		return err
	}
	p.Share, err = s.share(c, who.Household)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, myExemptionsShow(p))
}

// myExemptions is a household's own exemptions.
type myExemptions struct {
	kit.PhonePage
	List  []exempt.Exemption
	Rules rulebook.RuleSet
	Share exempt.Share
	Now   time.Time
}

// share is what a household has had this year of what it could have had.
func (s *Room) share(c echo.Context, home uuid.UUID) (share exempt.Share, err error) {
	ctx := c.Request().Context()
	err = s.DB.Look(ctx, visit.Who(c), func(tx pg.Tx) error {
		shares, err := exempt.Shares(ctx, tx, home, tx.Now)
		share = shares[home]
		return err
	})
	return share, err
}

func (s *Room) exemptOf(c echo.Context, p exemptPage, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	if p.Home, err = s.Households.Show(ctx, who, id); err != nil {
		return err
	}
	p.Now, p.Errors = s.DB.Now(), kit.ErrorsOf(problem)
	p.Edits = s.May(c, authz.ExemptGrant) && p.Home.State == household.Active
	p.Frame = s.Frame(c, shell.Spot{Tab: "field", Menu: "exemptions", Title: p.Home.Head + "家的免评", Lead: p.Home.Door, Back: "/households/" + id.String(), BackTo: p.Home.Head + "家"})
	if p.List, _, err = s.Exempt.List(ctx, who, exempt.Filter{Household: id}); err != nil {
		return err
	}
	if p.Rules, err = s.InForce(c); err != nil {
		return err
	}
	if p.Share, err = s.share(c, id); err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), exemptOne(p))
}

// ExemptionGrant frees a household of an item.
func (s *Room) ExemptionGrant(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := exemptPage{Draft: exempt.Draft{Household: id, Item: visit.Text(c, "item"), Reason: c.FormValue("reason")}, From: c.FormValue("from_on"), Until: c.FormValue("until_on")}
	var from, until *fault.Error
	p.Draft.FromOn, from = shell.OptionalDay(c, "from_on")
	p.Draft.UntilOn, until = shell.OptionalDay(c, "until_on")
	if err = fault.Join(from, until); err == nil {
		_, err = s.Exempt.Grant(c.Request().Context(), visit.Who(c), p.Draft)
	}
	switch {
	case visit.Correctable(err):
		return s.exemptOf(c, p, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/households/"+id.String()+"/exempt", "已免评，从开始那天起这一项不加也不减")
}

// ExemptionEnd lets an item count again.
func (s *Room) ExemptionEnd(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Households.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	to := "/households/" + id.String() + "/exempt"
	which, err := visit.FormID(c, "exemption")
	switch {
	case err == nil && which == uuid.Nil:
		err = exempt.ErrEnded // the page is an old one
	case err == nil:
		err = s.exemptionOf(c, id, which)
	}
	if err == nil {
		_, err = s.Exempt.End(c.Request().Context(), visit.Who(c), which, c.FormValue("reason"))
	}
	if err != nil {
		return visit.Refused(c, to, err)
	}
	return visit.Done(c, to, "已取消免评，从今天起照常评")
}

// exemptionOf checks that an exemption is the household's.
func (s *Room) exemptionOf(c echo.Context, home, id uuid.UUID) error {
	e, err := s.Exempt.Show(c.Request().Context(), visit.Who(c), id)
	if err == nil && e.HouseholdID != home {
		err = fault.ErrNotFound
	}
	return err
}
