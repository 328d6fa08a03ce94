package rules

import (
	"errors"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/adoption"
	"cunfen/internal/authz"
	"cunfen/internal/page"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
	"cunfen/tenants"
)

// draftPage is a draft of the village's rules with all that is shown beside it.
type draftPage struct {
	kit.StaffPage
	adoption.Whole
	None    bool
	Adopts  bool // the person records steps and hands the draft in
	Errors  kit.Errors
	Why     string
	Found   tenants.Problems
	History []adoption.Draft
	Today   string
}

// DraftShow shows the village's draft under way, or offers to begin one.
func (s *Room) DraftShow(c echo.Context) error { return s.draft(c, nil, nil) }

func (s *Room) draft(c echo.Context, problem error, found tenants.Problems) (err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := draftPage{StaffPage: s.Staff(c, "draft", "细则草案"), Adopts: s.May(c, authz.RulesAdopt), Errors: kit.ErrorsOf(problem), Found: found, Why: c.FormValue("why"),
		Today: s.Today()}
	p.Path = "/rules/draft"
	p.Whole, err = s.Adoption.Current(ctx, who)
	if p.None = errors.Is(err, adoption.ErrNone); err != nil && !p.None {
		return err
	}
	if p.History, _, err = s.Adoption.List(ctx, who, adoption.Filter{Page: page.Page{Limit: 6}}); err != nil {
		return err
	}
	status := http.StatusOK
	if problem != nil {
		status = visit.Status(problem)
	} else if len(found) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return visit.Render(c, status, draftShow(p))
}

// DraftStart begins a draft.
func (s *Room) DraftStart(c echo.Context) error {
	if _, err := s.Adoption.Start(c.Request().Context(), visit.Who(c), c.FormValue("from") == "base"); err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	return visit.Done(c, "/rules/draft", "已开始起草；生效以前，现行细则照旧")
}

// DraftFind shows an old draft.
func (s *Room) DraftFind(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := draftPage{StaffPage: s.Staff(c, "draft", "细则草案")}
	if p.Whole, err = s.Adoption.Find(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, draftOld(p))
}

// DraftDiscard ends the draft; nothing has changed by it.
func (s *Room) DraftDiscard(c echo.Context) error {
	_, err := s.Adoption.Discard(c.Request().Context(), visit.Who(c), c.FormValue("why"))
	return s.drafted(c, err, "/rules/draft", "草案已作废，现行细则照旧")
}

// drafted answers after a change that is sent from the draft's own page.
func (s *Room) drafted(c echo.Context, err error, to, text string) error {
	switch {
	case err == nil:
		return visit.Done(c, to, text)
	case visit.Correctable(err) && !errors.Is(err, adoption.ErrNone):
		return s.draft(c, err, nil)
	}
	return visit.Refused(c, "/rules/draft", err)
}

// DraftSubmit hands the draft in to the bureau.
func (s *Room) DraftSubmit(c echo.Context) error {
	_, err := s.Adoption.Submit(c.Request().Context(), visit.Who(c))
	return s.drafted(c, err, "/rules/draft", "已报镇里审核")
}

// DraftFile is the draft as rules.yaml.
func (s *Room) DraftFile(c echo.Context) error {
	w, err := s.Adoption.Current(c.Request().Context(), visit.Who(c))
	if err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	data, err := tenants.WriteRules(w.Body)
	if err != nil {
		return err
	}
	shell.SaveAs(c, "attachment", "rules.yaml")
	return c.Blob(http.StatusOK, "application/yaml; charset=utf-8", data)
}

// DraftUpload puts a rules.yaml in place of the draft's text.
func (s *Room) DraftUpload(c echo.Context) error {
	name, data, err := uploaded(c)
	if err != nil {
		return s.drafted(c, err, "", "")
	}
	version, bad := visit.Int(c, "version", 0)
	if bad != nil {
		return bad
	}
	_, found, err := s.Adoption.Upload(c.Request().Context(), visit.Who(c), version, name, data)
	if err == nil && len(found) > 0 {
		return s.draft(c, nil, found)
	}
	return s.drafted(c, err, "/rules/draft", "已按文件换上新的草案")
}

// uploaded reads the one file of a form.
func uploaded(c echo.Context) (name string, data []byte, err error) {
	h, err := c.FormFile("file")
	if err != nil || h.Size > 256<<10 {
		return "", nil, adoption.ErrFile
	}
	f, err := h.Open()
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	data, err = io.ReadAll(io.LimitReader(f, 257<<10))
	return h.Filename, data, err
}
