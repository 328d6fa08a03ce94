package kit

import (
	"maps"
	"slices"
	"strconv"

	"cunfen/internal/fault"

	"github.com/a-h/templ"
)

// Sample is a whole page made of the kit, with invented data.
type Sample struct {
	Key, Title string
	Page       templ.Component
}

// Samples are the pages against which the kit is judged, beside the gallery
// itself; each is served at /ui/ and its key.
func Samples(large bool) []Sample {
	return []Sample{
		{"desk", "审核待办", sampleDesk(large)},
		{"town", "全镇看板", sampleTown(large)},
		{"home", "住户首页", sampleHome(large)},
		{"claim", "住户申报", sampleClaim(large)},
		{"grid", "网格巡查", sampleGrid(large)},
		{"redeem", "兑换台", sampleRedeem(large)},
		{"sign-in", "登录", sampleSignIn(large)},
		{"board", "公示栏", sampleBoard(large)},
		{"notice", "公示纸样", sampleNotice()},
	}
}

var sampleNav = []NavGroup{
	{"", []NavLink{{"work", "工作台", "#", "home", 0}, {"town", "全镇看板", "#", "chart", 0}, {"review", "审核待办", "#", "check", 37}, {"appeal", "申诉处理", "#", "chat", 2}}},
	{"日常", []NavLink{{"house", "住户与存折", "#", "users", 0}, {"entry", "积分记录", "#", "book", 0}, {"notice", "月度公示", "#", "notice", 0}, {"redeem", "积分兑换", "#", "gift", 0}}},
	{"管理", []NavLink{{"rules", "积分清单与细则", "#", "flag", 0}, {"group", "工作小组", "#", "user", 0}, {"goods", "物资与预算", "#", "box", 0}, {"log", "操作日志", "#", "clock", 0}}},
}

var sampleTabs = []NavLink{{"work", "工作台", "#", "home", 0}, {"review", "审核", "#", "check", 37}, {"house", "住户", "#", "users", 0}, {"notice", "公示", "#", "notice", 0}}

var homeTabs = []NavLink{{"book", "存折", "#", "book", 0}, {"claim", "申报", "#", "pen", 0}, {"notice", "公示", "#", "notice", 0}, {"me", "我的", "#", "user", 0}}

var gridTabs = []NavLink{{"round", "巡查", "#", "walk", 0}, {"snap", "随手拍", "#", "camera", 0}, {"repair", "整改", "#", "repair", 3}, {"me", "我的", "#", "user", 0}}

func sampleStaff(title, current string, large bool) StaffPage {
	return StaffPage{
		Page: Page{Title: title, Path: "/ui", Large: large}, Nav: sampleNav, Tabs: sampleTabs, Current: current,
		Where: []Crumb{{"洋口镇", "#"}, {"海沿村", ""}}, Search: &SearchBoxProps{Action: "/ui"},
		Who: "王会计", Role: "工作小组成员", Inbox: "#", Notices: 3,
		Account: []NavLink{{Key: "me", Text: "我的账号", Href: "#", Icon: "user"}},
	}
}

// housePicture is a drawing that stands for a photo.
const housePicture = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 360 220'%3E%3Crect width='360' height='220' fill='%23cfe3f2'/%3E%3Crect y='140' width='360' height='80' fill='%238fb98a'/%3E%3Cpath d='M70 140V90l60-38 60 38v50z' fill='%23f3ede1'/%3E%3Cpath d='M60 94l70-46 70 46' fill='none' stroke='%23a0522d' stroke-width='9'/%3E%3Crect x='118' y='104' width='24' height='36' fill='%237a4b2a'/%3E%3Ccircle cx='270' cy='110' r='34' fill='%235d9a63'/%3E%3Crect x='265' y='130' width='10' height='40' fill='%237a5a3a'/%3E%3C/svg%3E"

var samplePhoto = Photo{Src: housePicture, Alt: "现场照片：院内整洁，无乱堆杂物", Caption: "2026-10-08 08:15　海沿村 1 组　李网格员"}

var sampleTrend = []Datum{{"5 月", 71, "71%"}, {"6 月", 74, "74%"}, {"7 月", 73, "73%"}, {"8 月", 79, "79%"}, {"9 月", 82, "82%"}, {"10 月", 84.1, "84.1%"}}

var sampleShares = []Datum{{"人居环境", 61.2, "61.2%"}, {"移风易俗", 11.4, "11.4%"}, {"网格治理", 9.8, "9.8%"}, {"德善公益", 8.7, "8.7%"}, {"爱党爱国", 6.3, "6.3%"}, {"其他", 2.6, "2.6%"}}

var sampleSteps = []Step{{Text: "采集截止", Done: true}, {Text: "小组审核（37）"}, {Text: "签字确认"}, {Text: "公示 7 天"}, {Text: "处理申诉"}, {Text: "兑换"}}

var sampleFaults = Errors{Text: fault.ErrInvalid.Text, Fields: []FieldError{{"g-door", "门牌 1 组 3 号已经有一户，请核对门牌"}, {"g-why", "请写明退回的原因，住户会看到"}}}

var deskColumns = []Column{{Label: "住户", Role: Main}, {Label: "事项", Role: Line, Wide: true}, {Label: "分值", Role: Side, Right: true}, {Label: "提交", Role: Low}, {Label: "操作", Role: Acts}}

func deskTable() TableProps {
	t := TableProps{Caption: "待审核的申报", Columns: deskColumns, Select: "id", Review: true, BodyID: "queue"}
	for i, r := range [][4]string{{"张桂兰家", "1 组 3 号", "屋前屋后整洁有序", "本人申报"}, {"王建国家", "2 组 4 号", "按规定垃圾分类", "李网格员"}, {"李秀英家", "3 组 5 号", "参加志愿服务活动", "本人申报"}, {"陈志强家", "4 组 6 号", "被评为“清洁文明户”", "李网格员"}, {"季美华家", "5 组 7 号", "丧事简办，集中治丧点办理", "本人申报"}, {"徐 敏家", "6 组 8 号", "家前屋后乱堆杂物 1 处", "李网格员"}} {
		n := []int{5, 5, 5, 8, 10, -5}[i]
		t.Rows = append(t.Rows, Row{Value: strconv.Itoa(i), Label: r[0], Current: i == 0, Ticked: i == 2 || i == 3, Cells: []templ.Component{
			Two(r[0], r[1]), openLink(r[2]), Points(n), TwoPlain(r[3], "10-0"+strconv.Itoa(i+2)+" 08:15"), deskActions(r[0]),
		}})
	}
	return t
}

func townTable() TableProps {
	t := TableProps{Caption: "各村本月进度", Columns: []Column{{Label: "村（场）", Role: Main}, {Label: "参与率", Right: true}, {Label: "近 6 个月", Role: PCOnly}, {Label: "待审", Right: true}, {Label: "申诉", Right: true}, {Label: "公示", Role: Side}}}
	for i, name := range []string{"海沿村", "洋口村", "甜水村", "直路村", "匡河村", "古坳村", "缪家庄村", "新林场"} {
		state := Tag(Green, "已公示")
		if i > 5 {
			state = Tag(Red, "逾期 3 天")
		}
		t.Rows = append(t.Rows, Row{Label: name, Cells: []templ.Component{Link(name, "#"), Text(strconv.Itoa(92-i*3) + ".4%"), Spark(name+"参与率", sampleTrend...), Num(i * 13 % 40), Num(i % 3), state}})
	}
	return t
}

func noticeRows() (rows [][]string) {
	for i := range 12 {
		n := strconv.Itoa
		rows = append(rows, []string{n(i + 1), n(i%6+1) + " 组 " + n(i+1) + " 号", []string{"张桂*", "王建*", "李秀*", "陈志*", "季美*", "欧阳娜*"}[i%6], n(60 + i), n(i), n(i % 4 / 3 * 5), "0", n(60 + i*2 - i%4/3*5)})
	}
	return rows
}

var noticeColumns = []Column{{Label: "序号"}, {Label: "门牌", Role: Main}, {Label: "户主", Role: Line}, {Label: "上月结余", Right: true}, {Label: "本月加分", Right: true}, {Label: "本月减分", Right: true}, {Label: "本月兑换", Right: true}, {Label: "现有积分", Role: Side, Right: true}}

func iconNames() []string { return slices.Sorted(maps.Keys(paths)) }
