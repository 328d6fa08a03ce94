package household

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// place is how the village is divided. A village that has not said so takes any team and grid.
type place struct {
	Code   string
	Groups []group
	Grids  []grid
}

type group struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
}

type grid struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Groups []int  `json:"groups"`
}

const sqlPlace = `-- household.place
select code, coalesce(settings->'groups', '[]') as groups, coalesce(settings->'grids', '[]') as grids from village where id = @village_id`

func placeOf(ctx context.Context, tx pg.Tx) (place, error) {
	return pg.One[place](ctx, tx, sqlPlace, pgx.NamedArgs{"village_id": int64(tx.Village())})
}

// settle turns a team into the village's own name for it and gives the household the team's grid where none
// is named.
func (p place) settle(team *string, number *int, door string) (faults []*fault.Error) {
	*team = tidy(*team)
	if *team == "" {
		*team = teamOf(door)
	}
	if len(p.Groups) == 0 {
		return []*fault.Error{within(*team, 20, errTeamLong), p.hasGrid(*number)}
	}
	g, ok := p.group(*team)
	if !ok {
		return []*fault.Error{errTeam.With(*team, p.teams()), p.hasGrid(*number)}
	}
	*team = g.Name
	if *number == 0 {
		*number = p.gridOf(g.Number)
	}
	return []*fault.Error{p.hasGrid(*number)}
}

// teamOf is the team that a door like 3组12号 names.
func teamOf(door string) string {
	before, _, ok := strings.Cut(door, "组")
	if _, err := strconv.Atoi(before); !ok || err != nil {
		return ""
	}
	return before + "组"
}

// group finds a team by its name or its number, 3, 3组, 三组 or 第三组.
func (p place) group(s string) (group, bool) {
	if i := slices.IndexFunc(p.Groups, func(g group) bool { return g.Name == s }); i >= 0 {
		return p.Groups[i], true
	}
	n := numberIn(s)
	i := slices.IndexFunc(p.Groups, func(g group) bool { return n > 0 && g.Number == n })
	if i < 0 {
		return group{}, false
	}
	return p.Groups[i], true
}

func (p place) gridOf(group int) int {
	for _, g := range p.Grids {
		if slices.Contains(g.Groups, group) {
			return g.Number
		}
	}
	return 0
}

// gridNamed finds a grid by its name or its number; "" is 0.
func (p place) gridNamed(s string) (int, *fault.Error) {
	if s == "" {
		return 0, nil
	}
	for _, g := range p.Grids {
		if g.Name == s {
			return g.Number, nil
		}
	}
	if n := numberIn(s); n > 0 {
		return n, p.hasGrid(n)
	}
	return 0, errGrid.With(s, p.grids())
}

func (p place) hasGrid(n int) *fault.Error {
	if n == 0 || len(p.Grids) == 0 && n > 0 && n < 1000 || slices.ContainsFunc(p.Grids, func(g grid) bool { return g.Number == n }) {
		return nil
	}
	return errGrid.With(strconv.Itoa(n), p.grids())
}

func (p place) teams() string {
	var s []string
	for _, g := range p.Groups {
		s = append(s, g.Name)
	}
	return strings.Join(s, "、")
}

func (p place) grids() string {
	var s []string
	for _, g := range p.Grids {
		s = append(s, strconv.Itoa(g.Number)+" "+g.Name)
	}
	if len(s) == 0 {
		return "1、2、3 这样的编号"
	}
	return strings.Join(s, "、")
}

var chineseDigits = map[rune]int{'一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}

// numberIn is the number that s is, with or without 第, 组, 队 or 网格 around it; 0 if it is none.
func numberIn(s string) int {
	s = strings.TrimPrefix(s, "第")
	for _, tail := range []string{"村民小组", "小组", "组", "队", "号网格", "网格", "号"} {
		s = strings.TrimSuffix(s, tail)
	}
	if n, err := strconv.Atoi(s); err == nil && n > 0 && n < 1000 {
		return n
	}
	tens, ones, ten := 0, 0, false
	for _, r := range s {
		switch d, ok := chineseDigits[r]; {
		case r == '十' && !ten:
			tens, ones, ten = max(ones, 1), 0, true
		case ok && ones == 0:
			ones = d
		default:
			return 0
		}
	}
	return tens*10 + ones
}
