package deeds

import (
	"slices"
	"strconv"

	"github.com/google/uuid"

	"cunfen/internal/claim"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/visit"
)

var errSource = fault.New(fault.Invalid, "claim.source", "来源最多 100 字，请缩短一些").On("source")

// draft turns what was filled in into a claim. Of a form that is sent, what is not chosen is a mistake like the rest,
// said with them, so that nobody sends the form once for each; one that is only tried may be half filled in.
func (f claimForm) draft(sent bool) (d claim.Draft, err error) {
	if f.Item.Code == "" {
		return d, rulebook.ErrNoItem
	}
	on, dayErr := month.ParseDay(f.Filled.Day)
	parts, partsErr := f.parts()
	var bad, long, who *fault.Error
	if dayErr != nil {
		bad = visit.ErrDay.On("occurred_on")
	}
	if len([]rune(f.Filled.Source)) > 100 {
		long = errSource
	}
	if f.Other && f.Filled.Identity == "" {
		who = claim.ErrIdentity
	}
	if sent && partsErr == nil {
		_, err = f.Item.Score(parts)
		partsErr = fault.From(err)
	}
	d = claim.Draft{Household: f.Home.ID, Member: f.member(), Item: f.Item.Code, Parts: parts, OccurredOn: on, Note: f.Filled.Note, Source: f.Filled.Source,
		SourceKind: claim.Source(f.Filled.SourceKind), Identity: claim.Identity(f.Filled.Identity), Through: f.Filled.Through, Evidence: f.Photos}
	if f.Filled.Proof != "" {
		d.Proofs = slices.Clone(f.Item.Required)
		if k := rulebook.Evidence(f.Filled.Proof); !slices.Contains(d.Proofs, k) {
			d.Proofs = append(d.Proofs, k)
		}
	}
	return d, fault.Join(bad, partsErr, long, who)
}

// member is the person of the household whose deed it was; nobody in particular where none was chosen.
func (f claimForm) member() uuid.UUID {
	for _, m := range f.Home.Members {
		if m.ID.String() == f.Filled.For {
			return m.ID
		}
	}
	return uuid.Nil
}

// parts are the quantities by part, as the item's tier takes them.
func (f claimForm) parts() (map[string]int, *fault.Error) {
	switch f.Item.Tier {
	case rulebook.Single:
		return map[string]int{f.Item.Parts[0].Code: 1}, nil
	case rulebook.Quantity:
		n, err := strconv.Atoi(f.Filled.Quantity)
		if err != nil {
			return nil, rulebook.ErrQuantity
		}
		return map[string]int{f.Item.Parts[0].Code: n}, nil
	case rulebook.Decided:
		n, err := strconv.Atoi(f.Filled.Points)
		if err != nil {
			return nil, rulebook.ErrPoints.With(f.Item.Title, f.Item.Ceiling)
		}
		return map[string]int{f.Item.Parts[0].Code: n}, nil
	}
	parts := map[string]int{}
	for _, code := range f.Filled.Parts {
		parts[code] = 1
	}
	return parts, nil
}
