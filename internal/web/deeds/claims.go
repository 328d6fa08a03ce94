package deeds

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/claim"
	"cunfen/internal/fault"
	"cunfen/internal/initials"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// claimsPage is a list of claims: of the own household, or those that somebody recorded in a month.
type claimsPage struct {
	shell.Frame
	Rows  []claim.Row // newest first
	Names shell.Names
	Month month.Month // 0 in a household's list
	This  month.Month
	Own   bool
	Query string
	State claim.State
}

// MyClaims lists the claims of the person's household; for who records for others, those that they recorded.
func (s *Room) MyClaims(c echo.Context) error {
	p, err := s.myClaims(c)
	if err != nil {
		return err
	}
	if p.Own {
		p.Frame = s.Frame(c, shell.Spot{Tab: "claims", Title: "我的申报"})
	} else {
		p.Frame = s.Frame(c, shell.Spot{Tab: "mine", Menu: "record", Title: "我记的申报", Back: "/record", BackTo: "采集代报"})
		if p.Frame.OnPhone != nil {
			p.OnPhone.Back = ""
		}
	}
	return visit.Render(c, http.StatusOK, myClaims(p))
}

// MyClaimsExport hands the same list out as a sheet.
func (s *Room) MyClaimsExport(c echo.Context) error {
	p, err := s.myClaims(c)
	if err != nil {
		return err
	}
	title := "我的申报"
	if !p.Own {
		title = "我记的申报" + p.Month.Chinese()
	}
	return shell.SendSheet(c, title, "申报", claimHeads, claimCells(p.Rows, p.Names))
}

// myClaims reads the list as it is filtered.
func (s *Room) myClaims(c echo.Context) (p claimsPage, err error) {
	who := visit.Who(c)
	p = claimsPage{Own: who.Role == actor.Household, This: s.ThisMonth(), Query: strings.TrimSpace(c.QueryParam("q")), State: claim.State(c.QueryParam("state"))}
	if p.State != "" && p.State.Chinese() == "" {
		return p, fault.ErrNotFound
	}
	if p.Own {
		p.Rows, err = s.householdClaims(c)
	} else if p.Month, err = shell.AskedMonth(c, p.This); err == nil {
		p.Rows, err = s.recordedBy(c.Request().Context(), who, p.Month.First(), p.Month.End())
	}
	if err != nil {
		return p, err
	}
	rules, err := s.InForce(c)
	p.Names = shell.NamesOf(rules)
	p.Rows = slices.DeleteFunc(p.Rows, func(r claim.Row) bool {
		return p.State != "" && r.State != p.State || !strings.Contains(r.Head+" "+r.Door+" "+p.Names.Title(r.Item)+" "+r.Note+" "+initials.Of(r.Head), p.Query)
	})
	return p, err
}

// householdClaims are the claims of the person's household of this year and the last, newest first.
func (s *Room) householdClaims(c echo.Context) (all []claim.Row, err error) {
	who := visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return nil, err
	}
	all, err = s.claimsSince(c.Request().Context(), who, claim.Filter{Household: who.Household}, s.DB.Now().AddDate(-1, 0, 0))
	slices.Reverse(all)
	return all, err
}

// mostPages bounds how far a list of claims is read at once.
const mostPages = 25

// claimsSince reads claims made from the instant on, in the order in which they came.
func (s *Room) claimsSince(ctx context.Context, who actor.Actor, f claim.Filter, since time.Time) (all []claim.Row, err error) {
	f.Page = page.Page{After: pg.IDAt(since).String(), Limit: page.Most}
	for range mostPages {
		rows, next, err := s.Claims.List(ctx, who, f)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if next == "" {
			break
		}
		f.After = next
	}
	return all, nil
}

// recordedBy are the claims that the person recorded between the instants, newest first.
func (s *Room) recordedBy(ctx context.Context, who actor.Actor, from, upto time.Time) (own []claim.Row, err error) {
	all, err := s.claimsSince(ctx, who, claim.Filter{Grid: who.Grid}, from)
	for _, r := range all {
		if r.Recorder == who.Account && !r.RecordedAt.Before(from) && r.RecordedAt.Before(upto) {
			own = append(own, r)
		}
	}
	slices.SortStableFunc(own, func(a, b claim.Row) int { return b.RecordedAt.Compare(a.RecordedAt) })
	return own, err
}

// claimPage is one claim as those see it who brought it in.
type claimPage struct {
	shell.Frame
	claim.Whole
	Names  shell.Names
	Item   rulebook.Item
	Mine   bool
	Due    time.Time // the notice before which it is decided
	Note   string
	Errors kit.Errors
}

// ClaimShow shows a claim: where it stands, and who decides it until when.
func (s *Room) ClaimShow(c echo.Context) error { return s.claimShow(c, http.StatusOK, nil) }

func (s *Room) claimShow(c echo.Context, status int, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	at := shell.Spot{Tab: "claims", Menu: "record", Title: "申报", Back: "/claims", BackTo: "我记的申报"}
	if who.Role == actor.Grid {
		at.Tab = "mine"
	}
	if s.May(c, authz.ClaimReview) {
		at.Menu, at.Back, at.BackTo = "review", "/review?open="+id.String(), "审核待办"
	}
	p := claimPage{Note: c.FormValue("note"), Errors: kit.ErrorsOf(problem)}
	if p.Whole, err = s.Claims.Show(ctx, who, id); err != nil {
		return err
	}
	rules, err := s.RulesOf(c, p.RuleVersion)
	if err != nil {
		return err
	}
	p.Names = shell.NamesOf(rules)
	p.Item = p.Names[p.Whole.Item]
	at.Title, at.Lead = p.Names.Title(p.Whole.Item), p.Head+"家 · "+p.Door
	p.Frame = s.Frame(c, at)
	p.Mine = p.Recorder == who.Account || shell.Lives(who) && p.HouseholdID == who.Household
	if v, err := s.Villages.Find(ctx, who.Village); err == nil {
		p.Due = month.Of(p.RecordedAt).Next().First().AddDate(0, 0, max(v.Settings.Calendar.NoticeDay, 1)-1)
	}
	return visit.Render(c, status, claimShow(p))
}

// ClaimResubmit sends a returned claim in again with what was asked for.
func (s *Room) ClaimResubmit(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Claims.Show(c.Request().Context(), visit.Who(c), id); err != nil { // before any photo is taken in
		return err
	}
	photos, err := s.TakePhotos(c)
	if err == nil {
		_, err = s.Claims.Resubmit(c.Request().Context(), visit.Who(c), id, c.FormValue("note"), photos)
	}
	switch {
	case visit.Correctable(err):
		return s.claimShow(c, visit.Status(err), err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/claims/"+id.String(), "已补充，重新等小组审核")
}

// ClaimWithdraw takes a claim back.
func (s *Room) ClaimWithdraw(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Claims.Withdraw(c.Request().Context(), visit.Who(c), id); err != nil {
		return visit.Refused(c, "/claims/"+id.String(), err)
	}
	return visit.Done(c, "/claims/"+id.String(), "已撤回，这条申报不再审核")
}
