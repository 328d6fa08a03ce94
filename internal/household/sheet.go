package household

import (
	"strings"
	"unicode/utf8"

	"cunfen/internal/fault"
	"cunfen/internal/sheetfile"
)

// The titles of the import sheet.
const (
	colDoor      = "门牌号"
	colHead      = "户主姓名"
	colTeam      = "村民小组"
	colGrid      = "网格"
	colPhone     = "联系电话"
	colIdentity  = "身份证号"
	colResidence = "户籍类型"
	colParty     = "是否党员户"
	colMembers   = "家庭成员"
	colNote      = "备注"
)

var columns = []sheetfile.Column{
	{Title: colDoor, Also: []string{"门牌", "门牌号码"}, Required: true, Max: 40, Width: 16, Help: "一房一户，一个门牌号只写一行", Example: "3组12号"},
	{Title: colHead, Also: []string{"户主", "姓名"}, Required: true, Max: 40, Width: 14, Help: "按身份证上的字写", Example: "张桂兰"},
	{Title: colTeam, Also: []string{"小组", "组别"}, Required: true, Max: 20, Width: 12, Help: "本村的村民小组名称或编号", Example: "3组"},
	{Title: colGrid, Also: []string{"所属网格"}, Max: 20, Help: "不填就用该村民小组所在的网格", Example: "2"},
	{Title: colPhone, Also: []string{"电话", "手机号", "手机号码"}, Kind: sheetfile.Digits, Width: 16, Help: "11 位手机号，或带区号的固定电话；没有可以不填", Example: "13800138000"},
	{Title: colIdentity, Also: []string{"身份证", "身份证号码"}, Kind: sheetfile.Digits, Width: 22, Help: "户主的身份证号；村里不需要时可以不填", Example: "11010519491231002X"},
	{Title: colResidence, Kind: sheetfile.Choice, Choices: []string{Local.Chinese(), Outside.Chinese()}, Width: 12, Help: "不填就是本村户籍；不是本村户籍的常住户同样登记"},
	{Title: colParty, Also: []string{"党员户"}, Kind: sheetfile.Flag, Help: "户里有党员就填是"},
	{Title: colMembers, Width: 36, Help: "户主以外的人，写成 姓名/关系，人与人之间用分号隔开", Example: "王建国/丈夫;王小兰/女儿"},
	{Title: colNote, Max: 200, Width: 24},
}

// titleOf is the column of a field at fault.
var titleOf = map[string]string{"door": colDoor, "head": colHead, "team": colTeam, "grid": colGrid, "phone": colPhone, "id_number": colIdentity,
	"residence": colResidence, "note": colNote, "name": colMembers, "relation": colMembers, "members": colMembers, "walk": colDoor}

// Template is the empty sheet for bringing households in.
func Template() ([]byte, error) {
	return sheetfile.Template("住户名册", columns,
		"一行是一户（一房一户，按常住登记，外来常住户同样登记）。带 * 的列必填，其余可以不填。",
		"填好后上传，先预演，不会改动任何数据；有错的行会在最右边一列用红字写明，改好再传。",
		"名册里已有的门牌号会按表格更新，空着的格子不改动；表格里没有的住户不受影响。")
}

// record is one row of the sheet as a draft, with the problems of its cells.
type record struct {
	row   sheetfile.Row
	draft Draft
	wrong []sheetfile.Problem
}

// parse reads a row; what is wrong with single cells, but for what the sheet itself found, is in wrong.
func parse(r sheetfile.Row, p place) record {
	d := Draft{Door: r.Get(colDoor), Team: r.Get(colTeam), Head: r.Get(colHead), Residence: Local, Party: r.Get(colParty) == "是",
		Phone: r.Get(colPhone), IDNumber: r.Get(colIdentity), Note: r.Get(colNote)}
	if r.Get(colResidence) == Outside.Chinese() {
		d.Residence = Outside
	}
	out := record{row: r}
	var bad *fault.Error
	if d.Grid, bad = p.gridNamed(r.Get(colGrid)); bad != nil {
		out.wrong = append(out.wrong, r.Problem(colGrid, bad.Text))
	}
	d.Members = splitMembers(r.Get(colMembers))
	for _, f := range texts(d.settle(p)) {
		title := titleOf[f.Field]
		if (title == colDoor || title == colHead || title == colTeam) && r.Get(title) == "" {
			continue // the sheet has said that it is empty
		}
		out.wrong = append(out.wrong, r.Problem(title, f.Text))
	}
	out.draft = d
	return out
}

// splitMembers reads 王建国/丈夫;王小兰/女儿.
func splitMembers(s string) (people []Person) {
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(";；、,，", r) }) {
		name, relation := strings.TrimSpace(part), ""
		if i := strings.IndexAny(part, "/／(（"); i >= 0 {
			_, n := utf8.DecodeRuneInString(part[i:])
			name, relation = strings.TrimSpace(part[:i]), strings.TrimRight(strings.TrimSpace(part[i+n:]), ")）")
		}
		if name != "" || relation != "" {
			people = append(people, Person{Name: name, Relation: relation})
		}
	}
	return people
}
