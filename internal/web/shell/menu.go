package shell

import (
	"slices"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/web/kit"
)

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
		{kit.NavLink{Key: "inbox", Text: "待镇办理", Href: "/town/inbox", Icon: "check"}, authz.InboxView},
		{kit.NavLink{Key: "matters", Text: "督查督办", Href: "/town/matters", Icon: "flag"}, authz.TownView},
		{kit.NavLink{Key: "town-rules", Text: "各村细则", Href: "/town/rules", Icon: "book"}, authz.TownView},
		{kit.NavLink{Key: "appeals", Text: "申诉", Href: "/town/appeals", Icon: "chat"}, authz.AppealView},
		{kit.NavLink{Key: "budgets", Text: "各村预算", Href: "/town/budgets", Icon: "box"}, authz.BudgetReview},
		{kit.NavLink{Key: "watch", Text: "公平核查", Href: "/town/watch", Icon: "scan"}, authz.FairnessView},
		{kit.NavLink{Key: "rescore", Text: "抽样复评", Href: "/town/rescores", Icon: "search"}, authz.FairnessView},
		{kit.NavLink{Key: "assess", Text: "村级考核", Href: "/town/assess", Icon: "chart"}, authz.AssessView},
		{kit.NavLink{Key: "stories", Text: "典型案例", Href: "/town/stories", Icon: "book"}, authz.StoryRead},
		{kit.NavLink{Key: "platform", Text: "平台", Href: "/platform", Icon: "chart"}, authz.PlatformView},
		{kit.NavLink{Key: "sites", Text: "村（场）", Href: "/platform/sites", Icon: "home"}, authz.PlatformView},
		{kit.NavLink{Key: "works", Text: "整村办理", Href: "/platform/works", Icon: "box"}, authz.PlatformManage},
		{kit.NavLink{Key: "drafts", Text: "建村", Href: "/platform/drafts", Icon: "pen"}, authz.PlatformManage},
		{kit.NavLink{Key: "platform-log", Text: "平台日志", Href: "/platform/log", Icon: "clock"}, authz.PlatformView},
		{kit.NavLink{Key: "review", Text: "审核待办", Href: "/review", Icon: "check"}, authz.ClaimReview},
		{kit.NavLink{Key: "rounds", Text: "每月巡查", Href: "/rounds", Icon: "walk"}, authz.RoundView},
		{kit.NavLink{Key: "months", Text: "签字与公示", Href: "/months", Icon: "notice"}, authz.SheetView},
		{kit.NavLink{Key: "findings", Text: "整改与减分", Href: "/findings", Icon: "repair"}, authz.FindingView},
		{kit.NavLink{Key: "objections", Text: "异议处理", Href: "/objections", Icon: "chat"}, authz.ObjectionView},
		{kit.NavLink{Key: "opinions", Text: "意见与投诉", Href: "/opinions", Icon: "chat"}, authz.OpinionView},
	}},
	{"日常", []entry{
		{kit.NavLink{Key: "households", Text: "住户与存折", Href: "/households", Icon: "users"}, authz.HouseholdView},
		{kit.NavLink{Key: "exemptions", Text: "免评", Href: "/exemptions", Icon: "users"}, authz.ExemptView},
		{kit.NavLink{Key: "record", Text: "采集代报", Href: "/record", Icon: "pen"}, authz.ClaimRecord},
		{kit.NavLink{Key: "activities", Text: "活动签到", Href: "/activities", Icon: "users"}, authz.ActivityView},
		{kit.NavLink{Key: "redeem", Text: "积分兑换", Href: "/redeem", Icon: "gift"}, authz.RedemptionMake},
		{kit.NavLink{Key: "counts", Text: "清点盘库", Href: "/counts", Icon: "box"}, authz.StockCount},
		{kit.NavLink{Key: "gifts", Text: "积分转赠", Href: "/gifts", Icon: "gift"}, authz.GiftManage},
		{kit.NavLink{Key: "openings", Text: "旧存折结转", Href: "/openings", Icon: "book"}, authz.OpeningManage},
		{kit.NavLink{Key: "redemptions", Text: "兑换记录", Href: "/redemptions", Icon: "download"}, authz.RedemptionView},
	}},
	{"年终", []entry{
		{kit.NavLink{Key: "yearend", Text: "年终清零", Href: "/yearend", Icon: "clock"}, authz.YearView},
		{kit.NavLink{Key: "selection", Text: "年度评选", Href: "/selection", Icon: "flag"}, authz.YearView},
		{kit.NavLink{Key: "townyear", Text: "年终进度", Href: "/town/yearend", Icon: "clock"}, authz.TownBureau},
	}},
	{"管理", []entry{
		{kit.NavLink{Key: "papers", Text: "存折打印", Href: "/passbooks", Icon: "print"}, authz.PassbookPrint},
		{kit.NavLink{Key: "rules", Text: "积分清单与细则", Href: "/rules", Icon: "book"}, authz.RulesView},
		{kit.NavLink{Key: "draft", Text: "细则草案", Href: "/rules/draft", Icon: "pen"}, authz.RulesDraft},
		{kit.NavLink{Key: "evaluations", Text: "季度评估", Href: "/evaluations", Icon: "chart"}, authz.RulesDraft},
		{kit.NavLink{Key: "voices", Text: "征求意见", Href: "/evaluations/record", Icon: "chat"}, authz.EvaluationRecord},
		{kit.NavLink{Key: "ready", Text: "准备清单", Href: "/ready", Icon: "check"}, authz.ReadyView},
		{kit.NavLink{Key: "group", Text: "工作小组", Href: "/group", Icon: "flag"}, authz.GroupView},
		{kit.NavLink{Key: "draws", Text: "抽选代表", Href: "/draws", Icon: "users"}, authz.DrawView},
		{kit.NavLink{Key: "budget", Text: "物资预算", Href: "/budget", Icon: "chart"}, authz.BudgetView},
		{kit.NavLink{Key: "purchases", Text: "采购入库", Href: "/purchases", Icon: "box"}, authz.GoodsManage},
		{kit.NavLink{Key: "donations", Text: "捐助", Href: "/donations", Icon: "gift"}, authz.GoodsManage},
		{kit.NavLink{Key: "goods", Text: "兑换物资", Href: "/goods", Icon: "box"}, authz.GoodsManage},
		{kit.NavLink{Key: "matters", Text: "镇里督办", Href: "/matters", Icon: "flag"}, authz.MatterView},
		{kit.NavLink{Key: "archive", Text: "档案", Href: "/archive", Icon: "box"}, authz.ArchiveView},
		{kit.NavLink{Key: "keeping", Text: "保存期限", Href: "/keeping", Icon: "clock"}, authz.KeepView},
		{kit.NavLink{Key: "assessments", Text: "镇里考核", Href: "/assessments", Icon: "chart"}, authz.AssessOwn},
		{kit.NavLink{Key: "seconds", Text: "抽样复评", Href: "/seconds", Icon: "search"}, authz.SecondDo},
		{kit.NavLink{Key: "stories", Text: "典型案例", Href: "/stories", Icon: "book"}, authz.StoryView},
		{kit.NavLink{Key: "verify", Text: "台账核对", Href: "/verify", Icon: "scan"}, authz.LedgerVerify},
		{kit.NavLink{Key: "settings", Text: "村里的设定", Href: "/settings", Icon: "pen"}, authz.VillageSettle},
		{kit.NavLink{Key: "log", Text: "操作日志", Href: "/log", Icon: "clock"}, authz.AuditView},
	}},
}

// topics are the pages that of the departments one alone has (R6.4a).
var topics = map[string]string{"/town/stories": "publicity"}

// ownTabs are the entries at the bottom of a phone for a role whose work does not stand first in the menu.
var ownTabs = map[actor.Role][]string{actor.Desk: {"desk", "redeem", "redemptions", "households"}}

// menus are the entries that the role may use, and four of them, the first or its own, for the bottom of a phone.
func (s *Shell) menus(who actor.Actor) (groups []kit.NavGroup, tabs []kit.NavLink) {
	for _, g := range menu {
		shown := kit.NavGroup{Title: g.title}
		for _, e := range g.entries {
			if topic := topics[e.Href]; s.Auth.May(who.Role, e.Needs) && (topic == "" || who.Topic == "" || topic == who.Topic) {
				shown.Links = append(shown.Links, e.NavLink)
				if own := ownTabs[who.Role]; own == nil && len(tabs) < 4 || slices.Contains(own, e.Key) {
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
