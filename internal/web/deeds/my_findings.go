package deeds

import (
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/finding"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// findingsOwn is what a household is to put right, and what came of it.
type findingsOwn struct {
	kit.PhonePage
	Rows  []finding.Row
	Names shell.Names
	Pager kit.PagerProps
}

// MyFindings lists the rectification notices of the person's household.
func (s *Room) MyFindings(c echo.Context) error {
	who := visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	rows, next, err := s.Found.List(c.Request().Context(), who, finding.Filter{Own: true, Page: visit.Page(c)})
	if err != nil {
		return err
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	p := findingsOwn{PhonePage: s.Phone(c, "home", "整改"), Rows: rows, Names: shell.NamesOf(rules), Pager: visit.Pager(c, len(rows), next)}
	p.Back = "/home"
	return visit.Render(c, http.StatusOK, myFindings(p))
}

// findingOwn is one of them.
type findingOwn struct {
	kit.PhonePage
	finding.Chain
	Item   rulebook.Item
	Repair *finding.Repair
	Errors kit.Errors
	Form   string
	Words  string
	Note   string
}

// MyFinding shows one: what to put right, by when, who helps; and takes the household's words.
func (s *Room) MyFinding(c echo.Context) error { return s.myFinding(c, http.StatusOK, "", nil) }

func (s *Room) myFinding(c echo.Context, status int, form string, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := findingOwn{PhonePage: s.Phone(c, "home", "整改告知"), Errors: kit.ErrorsOf(problem), Form: form, Words: c.FormValue("words"), Note: c.FormValue("note")}
	p.Back, p.Path = "/my/findings", "/my/findings/"+id.String()
	if p.Chain, err = s.Found.Mine(ctx, who, id); err != nil {
		return err
	}
	rules, err := s.RulesOf(c, p.RuleVersion)
	if err != nil {
		return err
	}
	if p.Item, err = rules.Item(p.Chain.Item); err != nil {
		return err
	}
	if p.Repair, err = s.Found.RepairOf(ctx, who, id); err != nil {
		return err
	}
	return visit.Render(c, status, myFinding(p))
}

func (s *Room) ownStep(c echo.Context, form, done string, do func(id uuid.UUID) error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Found.Mine(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	switch err := do(id); {
	case visit.Correctable(err):
		return s.myFinding(c, visit.Status(err), form, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/my/findings/"+id.String(), done)
}

// FindingReceive says that the notice was read.
func (s *Room) FindingReceive(c echo.Context) error {
	return s.ownStep(c, "received", "已记下您看到了；改好以后告诉网格员来看", func(id uuid.UUID) error {
		_, err := s.Found.Receive(c.Request().Context(), visit.Who(c), id)
		return err
	})
}

// FindingSay takes the household's words.
func (s *Room) FindingSay(c echo.Context) error {
	return s.ownStep(c, "say", "已记下您的说明，评定的成员会看", func(id uuid.UUID) error {
		_, err := s.Found.Say(c.Request().Context(), visit.Who(c), id, c.FormValue("words"))
		return err
	})
}

// RepairDone brings in the proof of a repair.
func (s *Room) RepairDone(c echo.Context) error {
	return s.ownStep(c, "done", "已提交，等成员认定", func(id uuid.UUID) error {
		photos, err := s.TakePhotos(c)
		if err != nil {
			return err
		}
		_, err = s.Found.Done(c.Request().Context(), visit.Who(c), id, true, c.FormValue("note"), photos)
		return err
	})
}
