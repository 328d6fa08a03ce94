package ui

import (
	"mime/multipart"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/claim"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/visit"
)

var errSource = fault.New(fault.Invalid, "claim.source", "来源最多 100 字，请缩短一些").On("source")

// draft turns what was filled in into a claim.
func (f claimForm) draft() (d claim.Draft, err error) {
	if f.Item.Code == "" {
		return d, rulebook.ErrNoItem
	}
	on, dayErr := month.ParseDay(f.Filled.Day)
	parts, partsErr := f.parts()
	var bad, long *fault.Error
	if dayErr != nil {
		bad = visit.ErrDay.On("occurred_on")
	}
	if len([]rune(f.Filled.Source)) > 100 {
		long = errSource
	}
	d = claim.Draft{Household: f.Home.ID, Member: f.member(), Item: f.Item.Code, Parts: parts, OccurredOn: on, Note: f.Filled.Note, Source: f.Filled.Source, Evidence: f.Photos}
	if f.Filled.Proof != "" {
		d.Proofs = slices.Clone(f.Item.Required)
		if k := rulebook.Evidence(f.Filled.Proof); !slices.Contains(d.Proofs, k) {
			d.Proofs = append(d.Proofs, k)
		}
	}
	return d, fault.Join(bad, partsErr, long)
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

// takePhotos takes in the photos of a form, each on its own under a key that follows from the form's: sent
// again, they are the same photos. It answers those too that an earlier try had brought in.
func (s *Site) takePhotos(c echo.Context) (ids []uuid.UUID, err error) {
	if ids, err = visit.FormIDs(c, "evidence"); err != nil {
		return nil, err
	}
	form := c.Request().MultipartForm
	if form == nil { // no photo came with it
		return ids, nil
	}
	key := visit.Who(c).Key
	for n, file := range form.File["photo"] {
		if file.Size == 0 {
			continue
		}
		if len(ids) >= evidence.PerClaim {
			return ids, evidence.ErrMany.On("evidence")
		}
		who := visit.Who(c)
		if key != "" {
			who.Key = key + ":" + itoa(n+1)
		}
		e, err := s.takePhoto(c, who, file)
		if visit.Correctable(err) {
			return ids, fault.Of(err).On("evidence")
		}
		if err != nil {
			return ids, err
		}
		ids = append(ids, e.ID)
	}
	return ids, nil
}

func (s *Site) takePhoto(c echo.Context, who actor.Actor, file *multipart.FileHeader) (e evidence.Evidence, err error) {
	r, err := file.Open()
	if err != nil {
		return e, err
	}
	defer r.Close()
	return s.Evidence.Upload(c.Request().Context(), who, r)
}
