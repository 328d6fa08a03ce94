package shell

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// InForce is the rule set in force in the person's village today.
func (s *Shell) InForce(c echo.Context) (r rulebook.RuleSet, err error) {
	ctx := c.Request().Context()
	err = s.DB.Look(ctx, visit.Who(c), func(tx pg.Tx) error {
		r, err = rulebook.InForce(ctx, tx, tx.Now)
		return err
	})
	return r, err
}

// Names is what the items of the rules are called, by code.
type Names map[string]rulebook.Item

// NamesOf are the items of a rule set by their codes.
func NamesOf(r rulebook.RuleSet) Names {
	names := Names{}
	for _, i := range r.Items {
		names[i.Code] = i
	}
	return names
}

// Title is an item's short name; its code where the rules no longer have it.
func (n Names) Title(code string) string {
	if i, ok := n[code]; ok {
		return i.Title
	}
	return code
}

// ItemChoices are the items of one sign that can be chosen.
func ItemChoices(r rulebook.RuleSet, sign rulebook.Sign) (all []kit.Choice) {
	for _, i := range r.Offered(sign) {
		all = append(all, kit.Choice{Value: i.Code, Text: i.Title, Note: i.Worth()})
	}
	return all
}

// GridChoices are the grids of the person's village.
func (s *Shell) GridChoices(c echo.Context) (all []kit.Choice) {
	v, err := s.Villages.Find(c.Request().Context(), visit.Who(c).Village)
	if err != nil {
		return nil
	}
	for _, g := range v.Settings.Grids {
		all = append(all, kit.Choice{Value: strconv.Itoa(g.Number), Text: g.Name})
	}
	return all
}

// GridNames are their names by number; 0 is the whole village.
func (s *Shell) GridNames(c echo.Context) map[int]string {
	names := map[int]string{0: "全村"}
	for _, g := range s.GridChoices(c) {
		n, _ := strconv.Atoi(g.Value)
		names[n] = g.Text
	}
	return names
}

// GridNamed is the grid's name, or its number where it has none.
func GridNamed(names map[int]string, n int) string {
	if t, ok := names[n]; ok {
		return t
	}
	return "第 " + strconv.Itoa(n) + " 网格"
}

// Today is the day as DueOn and other days of the database compare with.
func (s *Shell) Today() string { return month.Date(s.DB.Now()).Format("2006-01-02") }

var (
	errSuspended = fault.New(fault.Unavailable, "village.suspended", "%s的积分服务暂停了，恢复后这里照常公示；有事请到村党群服务中心")
	errPaper     = fault.New(fault.NotFound, "village.paper", "%s只用纸质公示，请到村里的公示栏看")
)

// PublicVillage is the village of a public page, which no search engine keeps.
func (s *Shell) PublicVillage(c echo.Context) (village.Village, error) {
	c.Response().Header().Set("X-Robots-Tag", "noindex, noarchive")
	v, err := s.Villages.ByCode(c.Request().Context(), c.Param("village"))
	switch {
	case err == nil && v.State == village.Suspended:
		return v, errSuspended.With(v.Name)
	case err == nil && v.Flags.Paper:
		return v, errPaper.With(v.Name)
	}
	return v, err
}

// Board is the frame of a village's public pages.
func Board(c echo.Context, v village.Village, title string) kit.PublicPage {
	p := Public(c, title, v.Where())
	p.Links = []kit.NavLink{{Text: "细则", Href: RulesPath(v)}, {Text: "登录", Href: "/sign-in"}}
	p.Feedback = "/feedback?v=" + v.Code
	return p
}

// Township is the path to where an officer is.
func (s *Shell) Township(c echo.Context, who actor.Actor) ([]kit.Crumb, error) {
	all, err := s.Villages.All(c.Request().Context(), who.Township)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return []kit.Crumb{{Text: all[0].Township, Href: "/town"}}, nil
}

// Back is where a form says that it came from, if that is on this site.
func Back(c echo.Context, fallback string) string {
	if to := c.FormValue("back"); to != "" && visit.Local(to) {
		return to
	}
	return fallback
}

// OptionalDay is the day in a field that may be empty.
func OptionalDay(c echo.Context, name string) (time.Time, *fault.Error) {
	if c.FormValue(name) == "" {
		return time.Time{}, nil
	}
	return visit.Day(c, name)
}

// PhoneOr is a phone number, or a dash.
func PhoneOr(phone string) string {
	if phone == "" {
		return "—"
	}
	return phone
}

// Texts are words as plain strings.
func Texts[T ~string](all []T) (s []string) {
	for _, v := range all {
		s = append(s, string(v))
	}
	return s
}

// GridValue is a grid's number in a form; none is empty.
func GridValue(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// AtDoor is the household with exactly that door; "" is none.
func AtDoor(c echo.Context, homes *household.Service, door string) (uuid.UUID, error) {
	if door == "" {
		return uuid.Nil, nil
	}
	lines, _, err := homes.List(c.Request().Context(), visit.Who(c), household.Filter{Search: door, Page: page.Page{Limit: page.Most}})
	for _, l := range lines {
		if l.Door == strings.ReplaceAll(door, " ", "") {
			return l.ID, nil
		}
	}
	if err == nil {
		err = ErrDoor
	}
	return uuid.Nil, err
}

// ErrDoor says that no household has the door.
var ErrDoor = fault.New(fault.Invalid, "group.door", "没有这个门牌的住户，请照名册写全，如：3组12号").On("door")

// RulesOf is one version of the village's rules.
func (s *Shell) RulesOf(c echo.Context, version int) (r rulebook.RuleSet, err error) {
	ctx := c.Request().Context()
	err = s.DB.Look(ctx, visit.Who(c), func(tx pg.Tx) error {
		r, err = rulebook.Version(ctx, tx, version)
		return err
	})
	return r, err
}

// AskedMonth is the month in the query, or the given one.
func AskedMonth(c echo.Context, fallback month.Month) (month.Month, error) {
	if c.QueryParam("month") == "" {
		return fallback, nil
	}
	m, err := month.Parse(c.QueryParam("month"))
	if err != nil || !m.Valid() {
		return 0, fault.ErrNotFound
	}
	return m, nil
}

// HiddenTitle stands for a matter that is told in person alone.
const HiddenTitle = "当面告知的事项"

// MostExported bounds an export.
const MostExported = 5000

// Answers says who answers for a link of the work (R6.2), for the head of its page; "" where nobody is named.
func Answers(c echo.Context, g *group.Service, l group.Link) string {
	of, err := g.Posts(c.Request().Context(), visit.Who(c))
	if p, there := of[l]; err == nil && there && p.Serving {
		return l.Chinese() + "由" + p.Name + "负责。"
	}
	return ""
}

// HomeNote is a household in a list: door, team, how many live there.
func HomeNote(h household.Line) string {
	note := h.Door
	if h.Team != "" {
		note += " · " + h.Team
	}
	return note + " · " + strconv.Itoa(h.Members) + " 口人"
}

// RulesPath is where everybody reads a village's rules.
func RulesPath(v village.Village) string { return "/v/" + v.Code + "/rules" }

// Contact is whom to ask in a village.
func Contact(v village.Village) []kit.Fact {
	k := v.Settings.Contact
	facts := []kit.Fact{{Label: "联系", Text: k.Name}, {Label: "电话", Value: Dial(k.Phone)}}
	if k.Address != "" {
		facts = append(facts, kit.Fact{Label: "地址", Text: k.Address})
	}
	if k.Hours != "" {
		facts = append(facts, kit.Fact{Label: "时间", Text: k.Hours})
	}
	return facts
}
