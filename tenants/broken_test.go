package tenants

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// broken is the demo township with one file changed by replacing old by new once.
func broken(t *testing.T, file, old, new string) fs.FS {
	t.Helper()
	all := fstest.MapFS{}
	err := fs.WalkDir(FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(FS, path)
		all[path] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := string(all[file].Data)
	if !strings.Contains(text, old) {
		t.Fatalf("%s does not contain %q", file, old)
	}
	all[file] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, new, 1))}
	return all
}

// lineOf is the line on which old stands in the unbroken file.
func lineOf(t *testing.T, file, old string) int {
	b, err := fs.ReadFile(FS, file)
	if err != nil {
		t.Fatal(err)
	}
	return 1 + strings.Count(string(b)[:strings.Index(string(b), old)], "\n")
}

const (
	haiyanVillage = "demo/haiyan/village.yaml"
	haiyanRules   = "demo/haiyan/rules.yaml"
	haiyanGoods   = "demo/haiyan/goods.yaml"
	haiyanPeople  = "demo/haiyan/people.yaml"
	templateRules = "_template/rules.yaml"
)

func TestBrokenFiles(t *testing.T) {
	for _, c := range []struct {
		name, file, old, new string
		skip                 int // lines between the first changed line and the problem
		want                 string
	}{
		{"unknown key", haiyanVillage, "kind: village", "kind: village\ncolr: 1", 1, "不认识“colr”"},
		{"key twice", haiyanVillage, "kind: village", "kind: village\nkind: farm", 1, "“kind”写了两次，第一次在第 5 行"},
		{"key missing", "demo/township.yaml", "name: 洋口镇\n", "", -2, "缺少“name”"},
		{"wrong choice", haiyanVillage, "kind: village", "kind: town", 0, "“kind”只能写：village、farm"},
		{"wrong type", haiyanVillage, "households: 1260", "households: 很多", 0, "户数应是 1 到 20000 的整数"},
		{"fraction", haiyanVillage, "households: 1260", "households: 12.5", 0, "户数应是 1 到 20000 的整数"},
		{"list for a value", haiyanVillage, "name: 海沿村", "name: [海沿村]", 0, "“name”应是一个值"},
		{"value for a list", haiyanGoods, "goods:\n", "goods: 无\nx:\n", 0, "“goods”应是列表"},
		{"alias", haiyanVillage, "name: 海沿村", "name: &n 海沿村", 0, "不要用 & 和 *"},
		{"bad yaml", haiyanVillage, "look:", "look: [", -1, "YAML 写法不对"},
		{"id of another village", haiyanVillage, "id: 320601", "id: 320602", 0, "id 320602 在 demo/guao/village.yaml 里已经用过"},
		{"code of another village", haiyanVillage, "code: haiyan", "code: guao", 0, "code guao 在 demo/guao/village.yaml 里已经用过"},
		{"bad code", haiyanVillage, "code: haiyan", "code: 海沿", 0, "“code”应是"},
		{"group twice", haiyanVillage, "{number: 2, name: 二组（渔港）}", "{number: 1, name: 二组}", 0, "组号 1 在第 8 行已经用过"},
		{"grid names no group", haiyanVillage, "groups: [1, 2]", "groups: [1, 2, 12]", 0, "没有 12 组"},
		{"group in two grids", haiyanVillage, "groups: [3, 4]", "groups: [2, 3, 4]", 0, "2 组已经在第 17 行的网格里"},
		{"group in no grid", haiyanVillage, "groups: [7, 8]", "groups: [7]", -3, "8 组不在任何网格里"},
		{"notice late", haiyanVillage, "notice_day: 3", "notice_day: 25", 0, "公示日（每月初）应是 1 到 10 的整数"},
		{"redemption before notice", haiyanVillage, "redemption_day: 5", "redemption_day: 1", 0, "兑换日不能早于公示日"},
		{"notice hangs too short", haiyanVillage, "take_down_days: 15", "take_down_days: 5", 0, "少于异议期"},
		{"pale colour", haiyanVillage, `"#0B5C8A"`, `"#F3C969"`, 0, "颜色太浅"},
		{"colour without quotes", haiyanVillage, `"#0B5C8A"`, `#0B5C8A`, 0, "“colour”不能空着"},
		{"rank neither shown nor not", haiyanVillage, "quorum:", "show_rank: 看情况\nquorum:", 0, "“show_rank”应写 true"},
		{"emblem of two", haiyanVillage, "emblem: 海", "emblem: 海沿", 0, "村徽应是一个汉字"},

		{"goods code twice", haiyanGoods, "code: G02", "code: G01", 0, "“G01”在第 3 行已经用过"},
		{"price zero", haiyanGoods, "price: 35", "price: 0", 0, "分值应是 1 到 10000 的整数"},
		{"dividend as goods", haiyanGoods, "name: 大米 10斤", "name: 村集体分红", 0, "物资里不能有“分红”"},
		{"welfare as goods", haiyanGoods, "name: 大米 10斤", "name: 低保申请优先", 0, "物资里不能有“低保”"},
		{"cash as goods", haiyanGoods, "name: 大米 10斤", "name: 现金红包", 0, "物资里不能有“现金”"},
		{"stock negative", haiyanGoods, "stock: 200", "stock: -1", 0, "库存应是 0 到 100000 的整数"},

		{"phone twice", haiyanPeople, `"13800001012"`, `"13800001011"`, 0, "手机号 13800001011 在 demo/haiyan/people.yaml 第 2 行已经用过"},
		{"phone short", haiyanPeople, `"13800001012"`, `"1380000101"`, 0, "手机号应是 11 位数字"},
		{"no such role", haiyanPeople, "role: desk", "role: boss", 0, "“role”只能写"},
		{"no such kind", haiyanPeople, "kind: 党员代表", "kind: 乡贤", 0, "“kind”只能写：两委、网格员、党员代表、群众代表"},
		{"no such grid", haiyanPeople, "grid: 2", "grid: 9", 0, "没有 9 号网格"},
		{"no such group", haiyanPeople, "door: 8组105号", "door: 9组105号", 0, "没有 9 组"},
		{"door written otherwise", haiyanPeople, "door: 8组105号", "door: 八组", 0, "门牌应写成"},
		{"password in the file", haiyanPeople, "role: desk,", "role: desk, password: abc,", 0, "不认识“password”"},
		{"two leads", haiyanPeople, "role: committee", "role: lead", -1, "现在有 2 名"},
		{"a kind is missing", haiyanPeople, "kind: 党员代表", "kind: 两委", -3, "工作小组缺少：党员代表"},

		{"points too many", haiyanRules, "value: 8", "value: 500", 0, "分值应是 -100 到 100 的整数"},
		{"points of the wrong sign", haiyanRules, "value: 8", "value: -8", 0, "加分项的分值应大于 0"},
		{"no reason", haiyanRules, "    reason: 本村占道的多是渔网渔具\n", "", -3, "缺少“reason”"},
		{"extends nothing", haiyanRules, "extends: _template", "extends: other", 0, "“extends”只能写 _template"},
		{"no such item", haiyanRules, "code: P21", "code: P77", 0, "细则里没有 P77"},
		{"item twice", haiyanRules, "code: P27", "code: P26", 0, "编号 P26 已经有了"},
		{"class of its own", haiyanRules, "class: 网格治理", "class: 海洋治理", 0, "类别应是文件里的一类"},
		{"X without review", haiyanRules, "code: N15\n    on: false", "code: N18\n    on: true", 1, "N18 X 类默认停用"},
		{"X with half a review", haiyanRules, "code: N15\n    on: false", "code: N18\n    on: true\n    legal_review: {document: 调解书}", 2, "缺少“reviewed_by”"},
		{"a consequence in the text", haiyanRules, "无占用公共空间堆放渔网", "违反的取消低保，堆放渔网", 0, "条文里有“低保”"},
		{"mirror to nothing", haiyanRules, "starter: household\n      focus: [environment, waste]", "starter: household\n      mirror: [N99]", 1, "对应的 N99 不在细则里"},
		{"mirror to a plus item", haiyanRules, "starter: household\n      focus: [environment, waste]", "starter: household\n      mirror: [P07]", 1, "P07 也是加分项"},
		{"overlap alone", haiyanRules, "starter: household\n      focus: [environment, waste]", "starter: household\n      overlap: sea", 1, "重叠组 sea 里只有这一项"},
		{"starter of the wrong side", haiyanRules, "starter: group", "starter: household", 0, "减分由工作小组评核"},
		{"evidence that is never kept", haiyanRules, "required: [receipt]", "required: [police_record]", 0, "公安机关记录任何项目都不许收"},
		{"evidence both ways", haiyanRules, "required: [photo], permitted: [inspection_record], forbidden: [police_record]", "required: [photo], forbidden: [photo]", 0, "照片既写在可用里"},
		{"no evidence", haiyanRules, "evidence: {required: [receipt], permitted: [photo, feedback]}", "evidence: {}", 0, "至少写一种"},
		{"open without ceiling", haiyanRules, "tier: single", "tier: open", -5, "必须写一次最多几分"},
		{"settings out of range", haiyanRules, "base_points: 50", "base_points: 50\nsettings: {objection_days: 2}", 1, "异议期天数应是 5 到 30 的整数"},
		{"year and day apart", haiyanRules, "year: 2026\n", "year: 2025\n", 1, "生效日应在本年度（2025 年）之内"},
		{"not a day", haiyanRules, "in_force_from: 2026-01-01", "in_force_from: 开年", 0, "“in_force_from”应是日期"},
		{"qty of the wrong unit", haiyanRules, "unit: person_time", "unit: month", 0, "tier: qty 的单位应是"},

		{"document item twice", templateRules, "code: P02", "code: P01", 0, "编号 P01 用了两次"},
		{"open without ceiling in the document", templateRules, "    ceiling: 10\n", "", -10, "P25 由村议定"},
		{"X on in the document", templateRules, "on: false", "on: true", 0, "N03 X 类默认停用"},
		{"ladder of two names", templateRules, "points: 10, cap: title, ladder: commendation", "points: 10, cap: title, ladder: other", -1, "P17 tier: exclusive"},
		{"setting missing", templateRules, "  mirrors: either_or ", "  # mirrors: ", -5, "缺少“mirrors”"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, found := Check(broken(t, c.file, c.old, c.new))
			place := fmt.Sprintf("%s:%d:", c.file, lineOf(t, c.file, c.old)+c.skip)
			for _, p := range found {
				if strings.Contains(p.Text, c.want) && (strings.HasPrefix(p.String(), place) || p.Line == 0) {
					return
				}
			}
			t.Errorf("wanted %s … %s, found:\n%s", place, c.want, found)
		})
	}
}

func TestProblemLine(t *testing.T) {
	_, found := Load(broken(t, haiyanRules, "value: 8", "value: 500"), "demo")
	want := "demo/haiyan/rules.yaml:10:12: 第 10 行：分值应是 -100 到 100 的整数"
	if !strings.Contains(found.String(), want) {
		t.Errorf("%s", found)
	}
}

func TestEveryProblemIsReported(t *testing.T) {
	fsys := broken(t, haiyanGoods, "price: 35", "price: 0").(fstest.MapFS)
	fsys[haiyanPeople] = &fstest.MapFile{Data: []byte("people:\n  - {name: 甲, phone: \"1\", role: boss}\n")}
	fsys["demo/jinpu/village.yaml"] = &fstest.MapFile{Data: []byte("")}
	delete(fsys, "demo/guao/goods.yaml")
	_, found := Check(fsys)
	for _, want := range []string{"分值应是 1 到", "手机号应是", "“role”只能写", "现在有 0 名", "demo/jinpu/village.yaml: 文件是空的", "demo/guao/goods.yaml: 没有这个文件"} {
		if !strings.Contains(found.String(), want) {
			t.Errorf("missing %q in\n%s", want, found)
		}
	}
}

func TestAReviewedXItemMayBeOn(t *testing.T) {
	fsys := broken(t, haiyanRules, "code: N15\n    on: false",
		"code: N18\n    on: true\n    legal_review: {document: 村民会议记录, reviewed_by: 镇司法所, reviewed_on: 2025-12-20}")
	towns, found := Check(fsys)
	if len(found) > 0 {
		t.Fatal(found)
	}
	for _, v := range towns[0].Villages {
		if i, _ := v.Rules.Item("N18"); i.On != (v.Code == "haiyan") {
			t.Errorf("%s: N18 on is %v", v.Name, i.On)
		}
	}
}

func TestDropDissolvesWhatReferredToIt(t *testing.T) {
	towns, found := Check(broken(t, haiyanRules, "code: P21", "code: N09"))
	if len(found) > 0 {
		t.Fatal(found)
	}
	set := towns[0].Villages[0].Rules
	if g := set.Overlapping("N08", ""); g != "" {
		t.Errorf("N08 still in group %s", g)
	}
	if got := strings.Join(set.Opposites("P08", ""), " "); got != "N08" {
		t.Errorf("P08 opposite %q", got)
	}
	if got := strings.Join(Document().Opposites("P08", ""), " "); got != "N08 N09" {
		t.Errorf("the document changed: %q", got)
	}
}
