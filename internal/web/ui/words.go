package ui

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// itemNames is what the items of the rules are called, by code.
type itemNames map[string]rulebook.Item

func namesOf(r rulebook.RuleSet) itemNames {
	names := itemNames{}
	for _, i := range r.Items {
		names[i.Code] = i
	}
	return names
}

// Title is an item's short name; its code where the rules no longer have it.
func (n itemNames) Title(code string) string {
	if i, ok := n[code]; ok {
		return i.Title
	}
	return code
}

// rules is the rule set in force in the person's village today.
func (s *Site) rules(c echo.Context) (r rulebook.RuleSet, err error) {
	ctx := c.Request().Context()
	err = s.DB.Look(ctx, visit.Who(c), func(tx pg.Tx) error {
		r, err = rulebook.InForce(ctx, tx, tx.Now)
		return err
	})
	return r, err
}

func itemChoices(r rulebook.RuleSet, sign rulebook.Sign) (all []kit.Choice) {
	for _, i := range r.Offered(sign) {
		all = append(all, kit.Choice{Value: i.Code, Text: i.Title, Note: i.Worth()})
	}
	return all
}

// gridChoices are the grids of the person's village.
func (s *Site) gridChoices(c echo.Context) (all []kit.Choice) {
	v, err := s.Villages.Find(c.Request().Context(), visit.Who(c).Village)
	if err != nil {
		return nil
	}
	for _, g := range v.Settings.Grids {
		all = append(all, kit.Choice{Value: strconv.Itoa(g.Number), Text: g.Name})
	}
	return all
}
