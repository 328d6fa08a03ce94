// Package ui is the pages that people see: each handler reads what was sent, calls one use-case, and answers
// with a page built out of the kit.
package ui

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/adoption"
	"cunfen/internal/appeal"
	"cunfen/internal/authz"
	"cunfen/internal/budget"
	"cunfen/internal/bureau"
	"cunfen/internal/claim"
	"cunfen/internal/evaluation"
	"cunfen/internal/evidence"
	"cunfen/internal/exempt"
	"cunfen/internal/fault"
	"cunfen/internal/finding"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/inform"
	"cunfen/internal/inspect"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/opinion"
	"cunfen/internal/passbook"
	"cunfen/internal/pg"
	"cunfen/internal/rehearse"
	"cunfen/internal/session"
	"cunfen/internal/shop"
	"cunfen/internal/signoff"
	"cunfen/internal/supervise"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
	"cunfen/internal/yearend"
)

// Site holds what the pages call.
type Site struct {
	DB         *pg.DB
	Auth       *authz.Table
	Sessions   *session.Manager
	Accounts   *account.Service
	Villages   *village.Register
	Households *household.Service
	Group      *group.Service
	Claims     *claim.Service
	Rounds     *inspect.Service
	Evidence   *evidence.Service
	Months     *signoff.Service
	Notices    *notice.Service
	Appeals    *appeal.Service
	Shop       *shop.Service
	Budget     *budget.Service
	Bureau     *bureau.Service
	Adoption   *adoption.Service
	Evaluation *evaluation.Service
	Exempt     *exempt.Service
	Rehearse   *rehearse.Service
	Address    string // of the site, for what is printed; "" where it is not known
	Passbooks  *passbook.Service
	Years      *yearend.Service
	Inform     *inform.Service
	Found      *finding.Service
	Opinion    *opinion.Service
	Supervise  *supervise.Service
	DemoHints  bool // the sign-in pages show demo people and their codes
	Demo       DemoPeople
	DemoCode   DemoCode
}

// may reports whether the person's role may do a thing, for leaving out what would only be refused.
func (s *Site) may(c echo.Context, a authz.Action) bool { return s.Auth.May(visit.Who(c).Role, a) }

func base(c echo.Context, title string) kit.Page {
	return kit.Page{Title: title, Path: c.Request().URL.RequestURI(), Large: visit.Large(c), Flash: visit.Flash(c)}
}

// staff is the shell of a page of the working group, the desk, the bureau or the platform.
func (s *Site) staff(c echo.Context, current, title string) kit.StaffPage {
	who := visit.Who(c)
	p := kit.StaffPage{Page: base(c, title), Current: current, Who: who.Name, Role: who.Role.Chinese(), SignOut: "/sign-out",
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

// entry is one line of the staff's menu with the permission that it needs.
type entry struct {
	kit.NavLink
	Needs authz.Action
}

var menu = []struct {
	title   string
	entries []entry
}{
	{"", []entry{
		{kit.NavLink{Key: "desk", Text: "工作台", Href: "/desk", Icon: "home"}, authz.DeskHome},
		{kit.NavLink{Key: "town", Text: "全镇看板", Href: "/town", Icon: "chart"}, authz.TownView},
		{kit.NavLink{Key: "matters", Text: "督查督办", Href: "/town/matters", Icon: "flag"}, authz.TownView},
		{kit.NavLink{Key: "town-rules", Text: "各村细则", Href: "/town/rules", Icon: "book"}, authz.TownView},
		{kit.NavLink{Key: "appeals", Text: "申诉", Href: "/town/appeals", Icon: "chat"}, authz.AppealView},
		{kit.NavLink{Key: "budgets", Text: "各村预算", Href: "/town/budgets", Icon: "box"}, authz.TownView},
		{kit.NavLink{Key: "platform", Text: "平台", Href: "/platform", Icon: "chart"}, authz.PlatformView},
		{kit.NavLink{Key: "review", Text: "审核待办", Href: "/review", Icon: "check"}, authz.ClaimReview},
		{kit.NavLink{Key: "rounds", Text: "每月巡查", Href: "/rounds", Icon: "walk"}, authz.RoundView},
		{kit.NavLink{Key: "months", Text: "签字与公示", Href: "/months", Icon: "notice"}, authz.SheetView},
		{kit.NavLink{Key: "findings", Text: "整改与减分", Href: "/findings", Icon: "repair"}, authz.FindingView},
		{kit.NavLink{Key: "objections", Text: "异议处理", Href: "/objections", Icon: "chat"}, authz.ObjectionView},
		{kit.NavLink{Key: "opinions", Text: "意见与投诉", Href: "/opinions", Icon: "chat"}, authz.OpinionView},
	}},
	{"日常", []entry{
		{kit.NavLink{Key: "households", Text: "住户与存折", Href: "/households", Icon: "users"}, authz.HouseholdView},
		{kit.NavLink{Key: "exemptions", Text: "免评", Href: "/exemptions", Icon: "users"}, authz.HouseholdView},
		{kit.NavLink{Key: "record", Text: "采集代报", Href: "/record", Icon: "pen"}, authz.ClaimRecord},
		{kit.NavLink{Key: "redeem", Text: "积分兑换", Href: "/redeem", Icon: "gift"}, authz.RedemptionMake},
		{kit.NavLink{Key: "counts", Text: "清点盘库", Href: "/counts", Icon: "box"}, authz.StockCount},
		{kit.NavLink{Key: "redemptions", Text: "兑换记录", Href: "/redemptions", Icon: "download"}, authz.RedemptionView},
	}},
	{"年终", []entry{
		{kit.NavLink{Key: "yearend", Text: "年终清零", Href: "/yearend", Icon: "clock"}, authz.YearView},
		{kit.NavLink{Key: "selection", Text: "年度评选", Href: "/selection", Icon: "flag"}, authz.YearView},
		{kit.NavLink{Key: "townyear", Text: "年终进度", Href: "/town/yearend", Icon: "clock"}, authz.TownView},
	}},
	{"管理", []entry{
		{kit.NavLink{Key: "papers", Text: "存折打印", Href: "/passbooks", Icon: "print"}, authz.PassbookPrint},
		{kit.NavLink{Key: "rules", Text: "积分清单与细则", Href: "/rules", Icon: "book"}, authz.RulesView},
		{kit.NavLink{Key: "draft", Text: "细则草案", Href: "/rules/draft", Icon: "pen"}, authz.RulesDraft},
		{kit.NavLink{Key: "evaluations", Text: "季度评估", Href: "/evaluations", Icon: "chart"}, authz.RulesDraft},
		{kit.NavLink{Key: "group", Text: "工作小组", Href: "/group", Icon: "flag"}, authz.GroupView},
		{kit.NavLink{Key: "budget", Text: "物资预算", Href: "/budget", Icon: "chart"}, authz.BudgetView},
		{kit.NavLink{Key: "purchases", Text: "采购入库", Href: "/purchases", Icon: "box"}, authz.GoodsManage},
		{kit.NavLink{Key: "donations", Text: "捐助", Href: "/donations", Icon: "gift"}, authz.GoodsManage},
		{kit.NavLink{Key: "goods", Text: "兑换物资", Href: "/goods", Icon: "box"}, authz.GoodsManage},
		{kit.NavLink{Key: "matters", Text: "镇里督办", Href: "/matters", Icon: "flag"}, authz.MatterView},
		{kit.NavLink{Key: "verify", Text: "台账核对", Href: "/verify", Icon: "scan"}, authz.LedgerVerify},
		{kit.NavLink{Key: "log", Text: "操作日志", Href: "/log", Icon: "clock"}, authz.AuditView},
	}},
}

// menus are the entries that the role may use, and the first four of them for the bottom of a phone.
func (s *Site) menus(who actor.Actor) (groups []kit.NavGroup, tabs []kit.NavLink) {
	for _, g := range menu {
		shown := kit.NavGroup{Title: g.title}
		for _, e := range g.entries {
			if s.Auth.May(who.Role, e.Needs) {
				shown.Links = append(shown.Links, e.NavLink)
				if len(tabs) < 4 {
					tabs = append(tabs, e.NavLink)
				}
			}
		}
		if len(shown.Links) > 0 {
			groups = append(groups, shown)
		}
	}
	return groups, tabs
}

// phone is the shell of a household's or a grid worker's page.
func (s *Site) phone(c echo.Context, current, heading string) kit.PhonePage {
	who := visit.Who(c)
	p := kit.PhonePage{Page: base(c, heading), Heading: heading, Current: current}
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

// public is the shell of a page without sign-in.
func public(c echo.Context, title, place string) kit.PublicPage {
	return kit.PublicPage{Page: base(c, title), Place: place}
}

// house is where a person's role begins.
func house(who actor.Actor) string {
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

// Index sends everybody to where they begin.
func (s *Site) Index(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, house(visit.Who(c)))
}

// Size switches 长辈版 on or off and comes back.
func (s *Site) Size(c echo.Context) error {
	visit.SetLarge(c, c.QueryParam("to") == "large")
	back := c.QueryParam("back")
	if back == "" || !visit.Local(back) {
		back = "/"
	}
	return c.Redirect(http.StatusSeeOther, back)
}

// Gallery shows every piece of the kit.
func (s *Site) Gallery(c echo.Context) error {
	return visit.Render(c, http.StatusOK, kit.Gallery(visit.Large(c)))
}

// FaultPage says what went wrong, and the number to read over the phone.
func FaultPage(c echo.Context, f *fault.Error, request string) templ.Component {
	if len(request) > 8 {
		request = request[:8]
	}
	return faultPage(public(c, "出错了", ""), f, request, house(visit.Who(c)))
}

// with puts a value into the query of the request's address, keeping the others: for pagers and filters.
func with(c echo.Context, name, value string) string {
	q := c.Request().URL.Query()
	q.Del("after")
	if q.Set(name, value); value == "" {
		q.Del(name)
	}
	if len(q) == 0 {
		return c.Request().URL.Path
	}
	return c.Request().URL.Path + "?" + q.Encode()
}

// pager is the foot of a list that goes on at the cursor.
func pager(c echo.Context, shown int, next string) kit.PagerProps {
	p := kit.PagerProps{Shown: shown}
	if c.QueryParam("after") != "" {
		p.First = with(c, "after", "")
	}
	if next != "" {
		p.Next = with(c, "after", next)
	}
	return p
}

// now is the program's clock in the villages' zone, and this month its month.
func (s *Site) thisMonth() month.Month { return month.Of(s.DB.Now()) }

func itoa(n int) string { return strconv.Itoa(n) }

func trim(c echo.Context, name string) string { return strings.TrimSpace(c.FormValue(name)) }
