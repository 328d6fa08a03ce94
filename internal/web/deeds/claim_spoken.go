package deeds

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/claim"
	"cunfen/internal/month"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// spokenWay is what the addresses of a claim say that a household only tells (R4.4.1, 代办).
const spokenWay = "spoken=1"

// pair is a field of a form as it came.
type pair struct{ Name, Value string }

// choosing is where an item is chosen.
func (f claimForm) choosing() string {
	if f.Spoken {
		return f.Path + "?" + spokenWay
	}
	return f.Path
}

// of is where the form of an item is.
func (f claimForm) of(item string) string {
	if f.Spoken {
		return f.Path + "?" + spokenWay + "&item=" + item
	}
	return f.Path + "?item=" + item
}

// readBack shows what was told in one sentence, to be read to the household before it is sent. What would not count
// is said at the form instead.
func (s *Room) readBack(c echo.Context, f claimForm) error {
	if c.FormValue("answer") == "change" {
		return f.answer(c, http.StatusOK)
	}
	_, f.Problem = f.draft(true)
	if f.Problem == nil && !slices.Contains(claim.Spoken, claim.Identity(f.Filled.Identity)) {
		f.Problem = claim.ErrIdentity
	}
	if f.Problem == nil && f.Filled.Identity == string(claim.Neighbour) && len([]rune(f.Filled.Through)) < 2 {
		f.Problem = claim.ErrThrough
	}
	if f.Problem != nil {
		return f.answer(c, visit.Status(f.Problem))
	}
	if err := s.try(c, &f, true); err != nil {
		return err
	}
	if f.Trial.Against != nil {
		return f.answer(c, http.StatusOK)
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	var sent []pair
	for name, values := range form {
		if name == kit.KeyField || name == "answer" || name == "evidence" || name == "queued_at" {
			continue
		}
		for _, v := range values {
			sent = append(sent, pair{name, v})
		}
	}
	slices.SortFunc(sent, func(a, b pair) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	return visit.Render(c, http.StatusOK, claimReadBack(f, sent))
}

// sentence is the claim as it is read aloud: 您家3月5日清扫院落，申报加2分，对吗？
func (f claimForm) sentence() string {
	who := "您家"
	for _, m := range f.Home.Members {
		if m.ID.String() == f.Filled.For {
			who += m.Name
		}
	}
	on, _ := month.ParseDay(f.Filled.Day)
	what := f.Item.Title
	if f.Item.Tier == rulebook.Quantity {
		what += " " + f.Filled.Quantity + " " + f.Item.Parts[0].Unit.Counted()
	}
	var parts []string
	for _, p := range f.Item.Parts {
		if slices.Contains(f.Filled.Parts, p.Code) {
			parts = append(parts, p.Label)
		}
	}
	if len(parts) > 0 {
		what += "（" + strings.Join(parts, "、") + "）"
	}
	return who + shell.LocalDay(on) + what + "，申报加 " + kit.Number(f.Trial.Points) + " 分，对吗？"
}
