package voice

import (
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/appeal"
	"cunfen/internal/claim"
	"cunfen/internal/fault"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// objectingPage asks a household what is wrong with a line of its passbook.
type objectingPage struct {
	kit.PhonePage
	Line    uuid.UUID
	Entry   ledger.Entry
	Claim   *claim.Whole
	Names   shell.Names
	Grounds string
	Errors  kit.Errors
}

// ObjectionNew shows the line and asks.
func (s *Room) ObjectionNew(c echo.Context) error { return s.objecting(c, http.StatusOK, nil) }

func (s *Room) objecting(c echo.Context, status int, problem error) error {
	p := objectingPage{PhonePage: s.Phone(c, "home", "分不对，提异议"), Grounds: c.FormValue("grounds"), Errors: kit.ErrorsOf(problem)}
	p.Back = "/home"
	var err error
	if p.Line, p.Entry, err = s.ownLine(c); err != nil {
		return err
	}
	if p.Entry.SourceKind == ledger.FromClaim {
		w, err := s.Claims.Show(c.Request().Context(), visit.Who(c), p.Entry.SourceID)
		if err != nil {
			return err
		}
		p.Claim = &w
	}
	rules, err := s.RulesOf(c, p.Entry.RuleVersion)
	if err != nil {
		return err
	}
	p.Names = shell.NamesOf(rules)
	return visit.Render(c, status, objecting(p))
}

// ownLine is a line of the person's own household's book; another household's is not there.
func (s *Room) ownLine(c echo.Context) (id uuid.UUID, e ledger.Entry, err error) {
	if id, err = visit.ID(c, "id"); err != nil {
		return id, e, err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if e, err = ledger.Find(ctx, tx, id); err != nil {
			return err
		}
		hidden, err := ledger.Hidden(ctx, tx, e)
		if hidden {
			e.Item = ""
		}
		return err
	})
	if err == nil && (!shell.Lives(who) || e.HouseholdID != who.Household) {
		err = fault.ErrNotFound
	}
	return id, e, err
}

// ObjectionFile files the objection.
func (s *Room) ObjectionFile(c echo.Context) error {
	id, _, err := s.ownLine(c)
	if err != nil {
		return err
	}
	o, err := s.Appeals.File(c.Request().Context(), visit.Who(c), id, c.FormValue("grounds"))
	switch {
	case visit.Correctable(err):
		return s.objecting(c, visit.Status(err), err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/my/objections", "已提出，"+shell.Day(o.DueOn)+"前答复；这一笔先不计入")
}

// objectionsOwn is the household's list.
type objectionsOwn struct {
	kit.PhonePage
	Rows    []appeal.Objection
	Appeals map[uuid.UUID]appeal.Appeal // by objection
	Names   shell.Names
	Pager   kit.PagerProps
}

// MyObjections lists what the person's household has objected to.
func (s *Room) MyObjections(c echo.Context) error {
	who := visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	rows, next, err := s.Appeals.List(c.Request().Context(), who, appeal.Filter{Household: who.Household, Page: visit.Page(c)})
	if err != nil {
		return err
	}
	appeals, err := s.appealsOf(c, rows...)
	if err != nil {
		return err
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	p := objectionsOwn{PhonePage: s.Phone(c, "home", "我的异议"), Rows: rows, Appeals: appeals, Names: shell.NamesOf(rules), Pager: visit.Pager(c, len(rows), next)}
	p.Back = "/home"
	return visit.Render(c, http.StatusOK, myObjections(p))
}

// ObjectionWithdraw takes an objection back.
func (s *Room) ObjectionWithdraw(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Appeals.Withdraw(c.Request().Context(), visit.Who(c), id); err != nil {
		return visit.Refused(c, "/my/objections", err)
	}
	return visit.Done(c, "/my/objections", "已撤回，这一笔照原来的分计入")
}

// appealsOf finds what was taken on to the township of these objections.
func (s *Room) appealsOf(c echo.Context, rows ...appeal.Objection) (map[uuid.UUID]appeal.Appeal, error) {
	ids := make([]uuid.UUID, len(rows))
	for i, o := range rows {
		ids[i] = o.ID
	}
	return s.Appeals.Appeals(c.Request().Context(), visit.Who(c), ids)
}
