// Package shell is what every page stands in: the menu, the frame for a phone or a desk, and what a page asks of
// the place where it is shown. The rooms of the site build on it.
package shell

import (
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// Shell holds what every page needs.
type Shell struct {
	DB       *pg.DB
	Auth     *authz.Table
	Villages *village.Register
	Evidence *evidence.Service
	Inform   *inform.Service
	Address  string // of the site, for what is printed; "" where it is not known
}

// May reports whether the person's role may do a thing, for leaving out what would only be refused.
func (s *Shell) May(c echo.Context, a authz.Action) bool { return s.Auth.May(visit.Who(c).Role, a) }

// Base is what the page of every frame has.
func Base(c echo.Context, title string) kit.Page {
	return kit.Page{Title: title, Path: c.Request().URL.RequestURI(), Large: visit.Large(c), Flash: visit.Flash(c)}
}

// Public is the shell of a page without sign-in.
func Public(c echo.Context, title, place string) kit.PublicPage {
	return kit.PublicPage{Page: Base(c, title), Place: place}
}

// Staff is the shell of a page of the working group, the desk, the bureau or the platform.
func (s *Shell) Staff(c echo.Context, current, title string) kit.StaffPage {
	who := visit.Who(c)
	p := kit.StaffPage{Page: Base(c, title), Current: current, Who: who.Name, Role: who.Role.Chinese(), SignOut: "/sign-out",
		Account: []kit.NavLink{{Key: "me", Text: "我的账号", Href: "/me", Icon: "user"}}}
	p.Nav, p.Tabs = s.menus(who)
	if v, err := s.Villages.Find(c.Request().Context(), who.Village); err == nil {
		p.Where = []kit.Crumb{{Text: v.Township}, {Text: v.Name}}
	}
	p.Inbox, p.Notices = s.inbox(c)
	if s.Auth.May(who.Role, authz.HouseholdView) {
		p.Search = &kit.SearchBoxProps{Action: "/households"}
	}
	return p
}

// Phone is the shell of a household's or a grid worker's page.
func (s *Shell) Phone(c echo.Context, current, heading string) kit.PhonePage {
	who := visit.Who(c)
	p := kit.PhonePage{Page: Base(c, heading), Heading: heading, Current: current}
	if v, err := s.Villages.Find(c.Request().Context(), who.Village); err == nil {
		p.Place = v.Name
	}
	if who.Role == actor.Grid {
		p.Offline, p.Account = true, who.Account.String()
		p.Tabs = []kit.NavLink{{Key: "field", Text: "入户", Href: "/field", Icon: "home"}, {Key: "rounds", Text: "巡查", Href: "/rounds", Icon: "walk"},
			{Key: "mine", Text: "我记的", Href: "/claims", Icon: "notice"}, {Key: "me", Text: "我的", Href: "/me", Icon: "user"}}
		return p
	}
	p.Tabs = []kit.NavLink{{Key: "home", Text: "存折", Href: "/home", Icon: "book"}, {Key: "claims", Text: "申报", Href: "/claims", Icon: "pen"},
		{Key: "board", Text: "公示", Href: "/board", Icon: "notice"}, {Key: "me", Text: "我的", Href: "/me", Icon: "user"}}
	return p
}

// inbox is where a member of staff finds messages, and how many wait there.
func (s *Shell) inbox(c echo.Context) (href string, unread int) {
	who := visit.Who(c)
	if who.Village == 0 || who.Account == uuid.Nil || !s.Auth.May(who.Role, authz.MessageRead) {
		return "", 0
	}
	n, err := s.Inform.Unread(c.Request().Context(), who)
	if err != nil {
		return "", 0
	}
	return "/messages", int(n)
}

// House is where a person's role begins.
func House(who actor.Actor) string {
	switch who.Role {
	case actor.Household:
		return "/home"
	case actor.Grid:
		return "/field"
	case actor.Bureau, actor.Department:
		return "/town"
	case actor.Platform:
		return "/platform"
	case actor.Desk:
		return "/redeem"
	case "":
		return "/sign-in"
	}
	return "/desk"
}

// ThisMonth is the month that it is in the villages.
func (s *Shell) ThisMonth() month.Month { return month.Of(s.DB.Now()) }

// ErrNoHome answers somebody who works in the village but does not live in a registered home there.
var ErrNoHome = fault.New(fault.Forbidden, "household.none", "您的账号没有绑定本村的住户，看不到存折；要绑定请找积分管理工作小组")

// AtHome checks that the person has a household of their own.
func AtHome(who actor.Actor) error {
	if !Lives(who) {
		return ErrNoHome
	}
	return nil
}

// Lives reports whether the person has a household of their own.
func Lives(who actor.Actor) bool { return who.Household != uuid.Nil }
