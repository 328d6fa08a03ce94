package rules

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/rulebook"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// rulesPage is the village's rules in plain words.
type rulesPage struct {
	shell.Frame
	Rules  rulebook.RuleSet
	Public string // where everybody reads them
}

// Rules shows what gives and costs points here, and what the village does otherwise than the document.
func (s *Room) Rules(c echo.Context) error {
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	p := rulesPage{s.Frame(c, shell.Spot{Tab: "rules", Menu: "rules", Title: "积分清单与细则", Lead: "什么事加分、什么事减分、凭什么证明，一条一条写明。"}), rules, ""}
	if v, err := s.Villages.Find(c.Request().Context(), visit.Who(c).Village); err == nil {
		p.Public = shell.RulesPath(v)
	}
	return visit.Render(c, http.StatusOK, rulesShow(p))
}

// class is the items of one class.
type class struct {
	Name  string
	Items []rulebook.Item
}

func (p rulesPage) classes(sign rulebook.Sign) (all []class) {
	for _, name := range p.Rules.Classes(sign) {
		one := class{Name: name}
		for _, i := range p.Rules.Items {
			if i.Sign == sign && i.Class == name {
				one.Items = append(one.Items, i)
			}
		}
		all = append(all, one)
	}
	return all
}
