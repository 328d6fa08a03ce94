package money

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/budget"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// townBudgetsPage is every village's budget and guard.
type townBudgetsPage struct {
	kit.StaffPage
	Rows                               []budget.Standing
	Query, State, Level, Clear, Export string
}

// TownBudgets shows the township's villages.
func (s *Room) TownBudgets(c echo.Context) error {
	rows, err := s.standings(c)
	if err != nil {
		return err
	}
	p := townBudgetsPage{StaffPage: s.Staff(c, "budgets", "各村物资预算"), Rows: rows, Query: strings.TrimSpace(c.QueryParam("q")), State: c.QueryParam("state"), Level: c.QueryParam("level"),
		Export: "/town/budgets.xlsx?" + c.QueryString()}
	if p.Path = "/town/budgets"; c.QueryString() != "" {
		p.Clear = p.Path
	}
	return visit.Render(c, http.StatusOK, townBudgets(p))
}

// standings are the villages that the address asks for.
func (s *Room) standings(c echo.Context) ([]budget.Standing, error) {
	return s.Budget.Town(c.Request().Context(), visit.Who(c), budget.TownFilter{Search: c.QueryParam("q"), State: budget.State(c.QueryParam("state")), Level: c.QueryParam("level")})
}

var townBudgetHeads = []sheetfile.Head{{Title: "村（场）", Width: 14}, {Title: "预算", Width: 24}, {Title: "状态", Width: 12}, {Title: "资金合计（元）"}, {Title: "物资合计（元）"}, {Title: "物资可换（分）"}, {Title: "已采购（元）"}, {Title: "余款（元）"},
	{Title: "住户现在能换（分）"}, {Title: "到年底约再得（分）"}, {Title: "库存可换（分）"}, {Title: "已采购、未入库可换（分）"}, {Title: "够不够", Width: 16}, {Title: "镇里的意见", Width: 30}}

// TownBudgetExport is the list as it is filtered, as a sheet.
func (s *Room) TownBudgetExport(c echo.Context) error {
	all, err := s.standings(c)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, v := range all {
		row := []any{v.Name, "", "没有报", "", "", ""}
		advice := ""
		if b := v.Budget; b != nil {
			cost, points := b.Goods()
			row, advice = []any{v.Name, b.Name(), b.State.Chinese(), sheetfile.Fen(b.Funds()), sheetfile.Fen(cost), points}, b.Advice
		}
		rows = append(rows, append(row, sheetfile.Fen(v.Spent), sheetfile.Fen(v.Left()), v.Owed, v.Coming, v.Shelf, v.Due, v.Level().Chinese(), advice))
	}
	return shell.SendSheet(c, "各村物资预算", "各村预算", townBudgetHeads, rows)
}

// TownBudget shows one village's budget to the office.
func (s *Room) TownBudget(c echo.Context) error { return s.townBudget(c, nil) }

func (s *Room) townBudget(c echo.Context, problem error) error {
	village, id, err := villageAnd(c)
	if err != nil {
		return err
	}
	p := budgetPage{StaffPage: s.Staff(c, "budgets", "物资预算"), Reviews: s.May(c, authz.BudgetReview), Village: village, Advised: c.FormValue("advice"), Errors: kit.ErrorsOf(problem)}
	if p.Budget, p.Guard, err = s.Budget.ShowInOffice(c.Request().Context(), visit.Who(c), village, id); err != nil {
		return err
	}
	v, err := s.Villages.Find(c.Request().Context(), village)
	if err != nil {
		return err
	}
	p.Of = v.Name
	return visit.Render(c, statusOf(problem), budgetShow(p))
}

func villageAnd(c echo.Context) (actor.VillageID, uuid.UUID, error) {
	village, err := visit.Village(c, "id")
	if err != nil {
		return 0, uuid.Nil, err
	}
	id, err := visit.ID(c, "budget")
	return village, id, err
}

// TownBudgetReview is the township's word.
func (s *Room) TownBudgetReview(c echo.Context) error {
	village, id, err := villageAnd(c)
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(c.FormValue("version"))
	b, err := s.Budget.Review(c.Request().Context(), visit.Who(c), village, id, version, c.FormValue("verdict") == "agree", c.FormValue("advice"))
	switch {
	case visit.Correctable(err):
		return s.townBudget(c, err)
	case err != nil:
		return err
	}
	v, err := s.Villages.Find(c.Request().Context(), village)
	if err != nil {
		return err
	}
	return visit.Done(c, "/town/budgets", v.Name+b.Name()+"："+b.State.Chinese())
}
