package deeds

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/claim"
	"cunfen/internal/household"
	"cunfen/internal/month"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// claimForm is a claim being written: first the item is chosen, then the form shows what that item asks for.
type claimForm struct {
	shell.Frame
	Path    string              // where the item is chosen
	Action  string              // where the form posts
	Home    household.Household // whose claim it is
	Other   bool                // recorded for somebody else's household
	Spoken  bool                // told by word of mouth, and read back before it is sent
	Rules   rulebook.RuleSet
	Item    rulebook.Item
	Often   []rulebook.Item // what this household claims most
	Query   string
	Today   time.Time
	Filled  filled
	Photos  []uuid.UUID // taken in already
	Errors  kit.Errors
	Problem error
	Closed  map[string]error // items that would not count today, in the list to choose from
	Trial   *claim.Trial     // what the claim would count for
}

// filled is what the person wrote.
type filled struct {
	Parts                         []string
	Quantity, Points              string
	Day, Note, Proof, Source, For string
	Identity, SourceKind, Through string // how it is known whose claim it is, on what paper it rests, by whose phone it was told
}

// ClaimNew begins a claim of the person's own household.
func (s *Room) ClaimNew(c echo.Context) error {
	f, err := s.ownClaim(c)
	if err != nil {
		return err
	}
	return f.start(c)
}

// ClaimSubmit brings it in.
func (s *Room) ClaimSubmit(c echo.Context) error {
	f, err := s.ownClaim(c)
	if err != nil {
		return err
	}
	return s.submitClaim(c, f)
}

func (s *Room) ownClaim(c echo.Context) (f claimForm, err error) {
	who := visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return f, err
	}
	f = claimForm{Path: "/claims/new", Action: "/claims"}
	at := shell.Spot{Tab: "claims", Menu: "record", Title: "我要申报", Back: "/claims", BackTo: "我的申报"}
	err = s.claimForm(c, &f, who.Household, at)
	if err != nil || f.Item.Code != "" {
		return f, err
	}
	rows, err := s.householdClaims(c)
	f.Often = often(f.Rules, rows)
	return f, err
}

// claimForm reads what every claim's form stands on.
func (s *Room) claimForm(c echo.Context, f *claimForm, home uuid.UUID, at shell.Spot) (err error) {
	if f.Home, err = s.Households.Show(c.Request().Context(), visit.Who(c), home); err != nil {
		return err
	}
	if f.Rules, err = s.InForce(c); err != nil {
		return err
	}
	f.Today, f.Query = month.Day(s.DB.Now()), strings.TrimSpace(c.QueryParam("q"))
	if item, err := f.Rules.Item(c.FormValue("item")); err == nil && item.On && item.Sign == rulebook.Plus {
		f.Item = item
		at.Back, at.BackTo = f.choosing(), "换一项"
	}
	f.Frame = s.Frame(c, at)
	if f.Item.Code == "" {
		f.Closed, err = s.Claims.Closed(c.Request().Context(), visit.Who(c), home, f.Today)
	}
	return err
}

// often are the items that the household claimed most, at the most four; for one that never did, those that
// the document stresses.
func often(rules rulebook.RuleSet, rows []claim.Row) (items []rulebook.Item) {
	times := map[string]int{}
	for _, r := range rows {
		times[r.Item]++
	}
	for _, i := range rules.Offered(rulebook.Plus) {
		if times[i.Code] > 0 || len(times) == 0 && i.Starter == rulebook.ByHousehold && slices.Contains(i.Focus, rulebook.Volunteering) {
			items = append(items, i)
		}
	}
	slices.SortStableFunc(items, func(a, b rulebook.Item) int { return times[b.Code] - times[a.Code] })
	return items[:min(len(items), 4)]
}

// start shows the choice of items, or the empty form of the one that was chosen.
func (f claimForm) start(c echo.Context) error {
	f.Filled.Day = f.Today.Format("2006-01-02")
	if f.Other && !f.Spoken && visit.Who(c).Role == actor.Grid {
		f.Filled.Identity = string(claim.Seen) // who walks past the homes mostly records what is there to see
	}
	return f.answer(c, http.StatusOK)
}

func (f claimForm) answer(c echo.Context, status int) error {
	f.Errors = kit.ErrorsOf(f.Problem)
	if f.Item.Code == "" {
		return visit.Render(c, status, claimChoose(f))
	}
	return visit.Render(c, status, claimWrite(f))
}

// submitClaim takes the photos in one by one and then the claim. What is wrong is said at the form, with
// everything that was filled in; photos that have arrived need not be sent again.
func (s *Room) submitClaim(c echo.Context, f claimForm) error {
	f.read(c)
	f.Photos, f.Problem = s.TakePhotos(c)
	if f.Problem == nil && c.FormValue("check") != "" && f.Item.Code != "" {
		if err := s.try(c, &f, true); err != nil {
			return err
		}
		return f.answer(c, http.StatusOK)
	}
	if f.Problem == nil && f.Spoken && f.Item.Code != "" && c.FormValue("answer") != "yes" {
		return s.readBack(c, f)
	}
	if f.Problem == nil {
		var d claim.Draft
		if d, f.Problem = f.draft(true); f.Problem == nil {
			made, err := s.Claims.Submit(c.Request().Context(), visit.Who(c), d)
			if err == nil {
				return visit.Done(c, "/claims/"+made.ID.String(), "已提交，等小组审核")
			}
			f.Problem = err
		}
	}
	if visit.Correctable(f.Problem) && !visit.Queued(c) {
		return f.answer(c, visit.Status(f.Problem))
	}
	return f.Problem
}

// read keeps what was filled in.
func (f *claimForm) read(c echo.Context) {
	f.Filled = filled{Quantity: visit.Text(c, "quantity"), Points: visit.Text(c, "points"), Day: visit.Text(c, "occurred_on"), Note: c.FormValue("note"),
		Proof: visit.Text(c, "proof"), Source: visit.Text(c, "source"), For: visit.Text(c, "member"),
		Identity: visit.Text(c, "identity"), SourceKind: visit.Text(c, "source_kind"), Through: visit.Text(c, "through")}
	form, err := c.FormParams()
	if err != nil {
		return
	}
	names := []string{"part"}
	for _, p := range f.Item.Parts {
		if name := "rung-" + p.Ladder; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		for _, v := range form[name] {
			if v != "" {
				f.Filled.Parts = append(f.Filled.Parts, v)
			}
		}
	}
}

// earliest is the first day that can still be claimed: this year's, in January December's too (D11).
func (f claimForm) earliest() time.Time {
	m := month.Of(f.Today)
	if m.Number() == 1 {
		return m.Prev().First()
	}
	return month.Month(m.Year()*100 + 1).First()
}
