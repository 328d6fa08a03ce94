package rules

import (
	"errors"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/adoption"
	"cunfen/internal/fault"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// draftStep is one of the six steps being recorded.
type draftStep struct {
	kit.StaffPage
	adoption.Whole
	Kind   adoption.Kind
	Was    *adoption.Step // the record that stands
	Typed  map[string]string
	Errors kit.Errors
	Today  string
	Photos []uuid.UUID // taken in already
}

// DraftStep shows the form of one step.
func (s *Room) DraftStep(c echo.Context) error { return s.draftStep(c, nil, nil) }

func (s *Room) draftStep(c echo.Context, photos []uuid.UUID, problem error) (err error) {
	kind := stepOf(c)
	if kind == 0 {
		return fault.ErrNotFound
	}
	p := draftStep{StaffPage: s.Staff(c, "draft", kind.Chinese()), Kind: kind, Errors: kit.ErrorsOf(problem), Today: s.Today(), Photos: photos, Typed: map[string]string{}}
	p.Path = "/rules/draft/steps/" + strconv.Itoa(int(kind))
	if p.Whole, err = s.Adoption.Current(c.Request().Context(), visit.Who(c)); err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	if was, ok := adoption.Standing(p.Steps, p.Digest)[kind]; ok {
		p.Was = &was
		p.Typed = map[string]string{"held_on": was.HeldOn.Format("2006-01-02"), "place": was.Place, "eligible": strconv.Itoa(was.Eligible), "present": strconv.Itoa(was.Present), "agreed": strconv.Itoa(was.Agreed), "minutes": was.Minutes}
	}
	if problem != nil {
		for _, name := range []string{"held_on", "place", "eligible", "present", "agreed", "minutes"} {
			p.Typed[name] = c.FormValue(name)
		}
	}
	return visit.Render(c, visit.Status(problem), draftStepForm(p))
}

func stepOf(c echo.Context) adoption.Kind {
	for _, k := range adoption.Kinds {
		if c.Param("step") == strconv.Itoa(int(k)) {
			return k
		}
	}
	return 0
}

// DraftStepRecord keeps one step.
func (s *Room) DraftStepRecord(c echo.Context) error {
	kind := stepOf(c)
	if kind == 0 {
		return fault.ErrNotFound
	}
	in := adoption.Step{Step: kind, Place: visit.Text(c, "place"), Minutes: visit.Text(c, "minutes")}
	held, bad := visit.Day(c, "held_on")
	faults := []*fault.Error{bad}
	in.HeldOn = held
	if kind.Meeting() {
		for name, to := range map[string]*int{"eligible": &in.Eligible, "present": &in.Present, "agreed": &in.Agreed} {
			n, bad := visit.Int(c, name, -1)
			*to = n
			faults = append(faults, bad)
		}
	}
	if _, err := s.Adoption.Current(c.Request().Context(), visit.Who(c)); err != nil { // before any photo is taken in
		return visit.Refused(c, "/rules/draft", err)
	}
	photos, problem := s.TakePhotos(c)
	if problem == nil {
		problem = fault.Join(faults...)
	}
	if problem == nil {
		_, problem = s.Adoption.Record(c.Request().Context(), visit.Who(c), in, photos...)
	}
	switch {
	case problem == nil:
		return visit.Done(c, "/rules/draft", "已登记："+kind.Chinese())
	case errors.Is(problem, adoption.ErrNone):
		return visit.Refused(c, "/rules/draft", problem)
	case visit.Correctable(problem):
		return s.draftStep(c, photos, problem)
	}
	return problem
}
