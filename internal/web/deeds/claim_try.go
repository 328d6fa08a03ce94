package deeds

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/claim"
	"cunfen/internal/fault"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/visit"
)

// ClaimCheck says of the person's own claim, while it is being written, what it would count for.
func (s *Room) ClaimCheck(c echo.Context) error {
	f, err := s.ownClaim(c)
	if err != nil {
		return err
	}
	return s.checkClaim(c, f)
}

// RecordCheck is ClaimCheck for a claim that is recorded for another household.
func (s *Room) RecordCheck(c echo.Context) error {
	f, err := s.recordFor(c)
	if err != nil {
		return err
	}
	return s.checkClaim(c, f)
}

// checkClaim answers with the piece under the form, or, to whoever opened its address, with the form.
func (s *Room) checkClaim(c echo.Context, f claimForm) error {
	if f.Item.Code == "" {
		return f.answer(c, http.StatusOK)
	}
	f.read(c)
	if err := s.try(c, &f, false); err != nil {
		return err
	}
	if visit.Fragment(c) {
		return visit.Render(c, http.StatusOK, claimTrial(f))
	}
	return f.answer(c, http.StatusOK)
}

// try judges the form as it is filled in; what is still empty counts as the least that can be claimed.
func (s *Room) try(c echo.Context, f *claimForm, proved bool) error {
	g := *f
	if g.Filled.Day == "" {
		g.Filled.Day = g.Today.Format("2006-01-02")
	}
	if g.Filled.Quantity == "" {
		g.Filled.Quantity = "1"
	}
	if g.Filled.Points == "" {
		g.Filled.Points = "1"
	}
	d, err := g.draft(false)
	if err == nil {
		var t claim.Trial
		t, err = s.Claims.Try(c.Request().Context(), visit.Who(c), d, proved)
		f.Trial = &t
	}
	if visit.Correctable(err) {
		f.Trial, err = &claim.Trial{Against: err}, nil
	}
	return err
}

// against are the reasons in the way, each once.
func (f claimForm) against() (texts []string) {
	t := f.Trial
	seen := map[string]bool{}
	say := func(text string) {
		if !seen[text] {
			seen[text] = true
			texts = append(texts, text)
		}
	}
	for _, r := range t.Reasons {
		if r.Fault != nil {
			say(r.Text)
		}
	}
	if len(texts) == 0 {
		for _, one := range fault.Of(t.Against).Fields {
			say(one.Text)
		}
	}
	if len(texts) == 0 {
		say(fault.Of(t.Against).Text)
	}
	return texts
}

// because are the reasons that explain the points.
func (f claimForm) because() (reasons []rulebook.Reason) {
	for _, r := range f.Trial.Reasons {
		if r.Fault == nil {
			reasons = append(reasons, r)
		}
	}
	return reasons
}

// partly reports whether some of what is chosen would count and some not.
func (f claimForm) partly() bool { return f.Trial.Against != nil && f.Trial.Points > 0 }
