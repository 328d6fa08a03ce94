package rules

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/adoption"
	"cunfen/internal/fault"
	"cunfen/internal/rulebook"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// publicRulesPage is a village's rules for everybody.
type publicRulesPage struct {
	kit.PublicPage
	village.Village
	Editions []adoption.Edition
	Now      adoption.Edition
	Has      bool
}

// PublicRules shows the rules in plain words, with how they came to be so. Nobody needs to sign in.
func (s *Room) PublicRules(c echo.Context) error {
	v, err := s.PublicVillage(c)
	if err != nil {
		return err
	}
	p := publicRulesPage{PublicPage: shell.Board(c, v, v.Name+"积分细则"), Village: v}
	if p.Editions, err = s.Adoption.Editions(c.Request().Context(), v.ID); err != nil {
		return err
	}
	p.Now, p.Has = adoption.InForce(p.Editions)
	return visit.Render(c, http.StatusOK, publicRules(p))
}

// PublicRulesBooklet is the rules as a booklet to print.
func (s *Room) PublicRulesBooklet(c echo.Context) error {
	v, err := s.PublicVillage(c)
	if err != nil {
		return err
	}
	all, err := s.Adoption.Editions(c.Request().Context(), v.ID)
	if err != nil {
		return err
	}
	if _, ok := adoption.InForce(all); !ok {
		return fault.ErrNotFound
	}
	at := v.Settings.Contact
	b := adoption.Booklet{Village: v.Name, Township: v.Township, Motto: v.Settings.Look.Motto, Contact: at.Name + "，" + at.Phone + "，" + at.Address, Editions: all}
	if at.Name == "" {
		b.Contact = ""
	}
	if s.Address != "" {
		b.Address = s.Address + shell.RulesPath(v)
	}
	pdf, _, err := b.Print()
	if err != nil {
		return err
	}
	shell.SaveAs(c, "inline", v.Name+"积分细则.pdf")
	return c.Blob(http.StatusOK, "application/pdf", pdf)
}

func (p publicRulesPage) classes(sign rulebook.Sign) (all []class) {
	for _, one := range (rulesPage{Rules: p.Now.RuleSet}).classes(sign) {
		kept := class{Name: one.Name}
		for _, i := range one.Items {
			if i.On {
				kept.Items = append(kept.Items, i)
			}
		}
		if len(kept.Items) > 0 {
			all = append(all, kept)
		}
	}
	return all
}
