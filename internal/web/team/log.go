package team

import (
	"cmp"
	"maps"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/audit"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// logPage is the village's log as it is filtered.
type logPage struct {
	kit.StaffPage
	Lines  []audit.Line
	Filter audit.Filter
	Export string
	Pager  kit.PagerProps
}

func logFilter(c echo.Context) audit.Filter {
	return audit.Filter{Verb: c.QueryParam("verb"), ObjectKind: c.QueryParam("kind"), ObjectID: c.QueryParam("id"), Name: strings.TrimSpace(c.QueryParam("q")), Page: visit.Page(c)}
}

var logHeads = []sheetfile.Head{{Title: "时间", Width: 18}, {Title: "谁", Width: 12}, {Title: "身份", Width: 16}, {Title: "做了什么", Width: 20}, {Title: "对象", Width: 14}, {Title: "编号", Width: 38}, {Title: "原因", Width: 40}, {Title: "网络地址", Width: 16}}

// LogExport is the log as it is filtered, whole.
func (s *Room) LogExport(c echo.Context) error {
	var rows [][]any
	for l, err := range page.Rows(func(p page.Page) ([]audit.Line, string, error) {
		f := logFilter(c)
		f.Page = p
		return audit.List(c.Request().Context(), s.DB, visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{l.At, l.Name, l.Role.Chinese(), verbName(l.Verb), kindName(l.ObjectKind), l.ObjectID, l.Reason, l.Address})
	}
	return shell.SendSheet(c, "操作日志"+s.Today(), "操作日志", logHeads, rows)
}

// Log shows who did what to which record and why.
func (s *Room) Log(c echo.Context) error {
	f := logFilter(c)
	lines, next, err := audit.List(c.Request().Context(), s.DB, visit.Who(c), f)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, logShow(logPage{StaffPage: s.Staff(c, "log", "操作日志"), Lines: lines, Filter: f, Export: "/log.xlsx?" + c.QueryString(), Pager: visit.Pager(c, len(lines), next)}))
}

// logVerbs are the deeds in villagers' words, in the order of the filter.
var logVerbs = kit.Choices(
	"claim.submit", "提交申报", "claim.approve", "通过申报", "claim.reject", "不予通过", "claim.return", "退回申报", "claim.undo", "撤销审核",
	"claim.resubmit", "补充后再报", "claim.withdraw", "撤回申报",
	"sheet.freeze", "汇总签字表", "sheet.reopen", "退回签字表", "sheet.sign", "签字", "sheet.post", "签字齐备入账", "sheet.publish", "安排公示",
	"notice.publish", "公示", "notice.correct", "更正公示",
	"appeal.file", "提出异议", "appeal.decide", "答复异议", "appeal.withdraw", "撤回异议",
	"shop.redeem", "办理兑换", "shop.cancel", "撤销兑换", "shop.save", "修改物资",
	"household.register", "登记住户", "household.edit", "修改住户", "household.move_out", "住户迁出", "household.move_back", "住户迁回",
	"household.add_member", "增加家庭成员", "household.edit_member", "修改家庭成员", "household.leave_member", "家庭成员迁出",
	"household.unmask", "查看完整电话、身份证号", "household.export", "导出住户表", "household.import", "导入住户", "household.undo_import", "撤销导入",
	"group.appoint", "任命小组成员", "group.end", "结束任期", "group.disqualify", "取消成员资格", "relative.declare", "登记亲属户", "relative.withdraw", "撤销亲属户登记",
	"evidence.upload", "上传照片", "evidence.sweep", "清理未用照片", "evidence.broken", "发现照片损坏",
	"exempt.grant", "办理免评", "exempt.end", "取消免评", "exempt.export", "导出免评名单",
	"village.settle", "修改村里的设定", "sheet.sign_on_paper", "录入纸质签字",
	"denied", "越权被拒绝",
)

var verbNames = func() map[string]string {
	names := maps.Clone(otherVerbs)
	for _, v := range logVerbs {
		names[v.Value] = v.Text
	}
	return names
}()

// logKinds are the records that deeds are done to.
var logKinds = kit.Choices("claim", "申报", "sheet", "签字表", "notice", "公示", "objection", "异议", "household", "住户", "membership", "小组成员",
	"redemption", "兑换", "goods", "物资", "evidence", "证明照片", "finding", "整改与减分", "inspection", "巡查", "activity", "活动", "exemption", "免评", "appeal", "申诉", "opinion", "意见",
	"order", "预留", "passbook_case", "存折对账", "passbook_print", "存折打印", "count", "清点盘库", "window", "兑换日", "ticket", "取号", "desk_note", "柜台记录", "gift", "转赠", "opening", "旧余额",
	"budget", "预算", "purchase", "采购", "donation", "捐助", "purse", "采购规矩", "rule_draft", "细则草稿", "legal_review", "法审", "evaluation", "季度评估", "draw", "抽签", "post", "环节负责人", "recheck", "复核",
	"rescore", "抽样复评", "second_look", "替镇里复评", "matter", "督办", "scheme", "镇里考核", "story", "案例", "selection", "年度评选", "year", "年终清零", "archive", "档案", "retention", "保存期限",
	"household_import", "住户导入", "giving", "转赠规矩", "readiness", "上线条件", "village", "村", "message", "消息", "action", "操作")

func kindName(kind string) string {
	for _, k := range logKinds {
		if k.Value == kind {
			return k.Text
		}
	}
	return kind
}

func verbName(verb string) string { return cmp.Or(verbNames[verb], verb) }

// recordPath is the page of a record of the log; "" where it has none.
func recordPath(l audit.Line) string {
	switch l.ObjectKind {
	case "claim":
		return "/review?open=" + l.ObjectID
	case "sheet":
		return "/months/" + l.ObjectID
	case "notice":
		m, _, _ := strings.Cut(l.ObjectID, "/")
		return "/months/" + m + "/notice"
	case "objection":
		return "/objections/" + l.ObjectID
	case "household":
		if len(l.ObjectID) == 36 {
			return "/households/" + l.ObjectID
		}
	case "redemption":
		return "/redemptions/" + l.ObjectID
	}
	return ""
}
