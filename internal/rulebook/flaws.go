package rulebook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Flaw is something about an item that cannot stand in a rule set.
type Flaw struct {
	Code  string // the item; "" for the rule set itself
	Field string // of Item, in the words of rules.yaml; parts.2.points is the third part's
	Text  string
}

var code = regexp.MustCompile(`^[PN][0-9]{2}$`)

// Consequences that points never have (R3.5; no credit, no welfare, no land): where one of these words
// stands in a rule or among the goods, the village is told.
var Consequences = []string{"分红", "红利", "股金", "低保", "特困", "救助", "补贴", "补助", "养老金", "医保", "社保", "抚恤", "征地", "宅基地审批",
	"承包地", "流转", "入学", "就学", "学位", "开具证明", "出具证明", "不予证明", "信用分", "信用评", "征信", "黑名单", "罚款", "罚金",
	"停水", "停电", "取消资格", "取消待遇", "贷款额度"}

// Consequence finds the first such word in a text, or "".
func Consequence(text string) string {
	for _, w := range Consequences {
		if strings.Contains(text, w) {
			return w
		}
	}
	return ""
}

// Flaws lists everything that is wrong with the rule set as a whole and item by item.
func (r RuleSet) Flaws() (flaws []Flaw) {
	seen := map[string]bool{}
	for _, i := range r.Items {
		if seen[i.Code] {
			flaws = append(flaws, Flaw{i.Code, "code", fmt.Sprintf("编号 %s 用了两次，每个编号只能有一条", i.Code)})
		}
		seen[i.Code] = true
		flaws = append(flaws, i.Flaws()...)
		flaws = append(flaws, r.mirrorFlaws(i)...)
		if i.Ceiling > r.Settings.OpenCeiling {
			flaws = append(flaws, Flaw{i.Code, "ceiling", fmt.Sprintf("一次最多 %d 分，超过了细则的上限 open_ceiling（%d 分）", i.Ceiling, r.Settings.OpenCeiling)})
		}
	}
	return append(flaws, r.overlapFlaws()...)
}

func (r RuleSet) mirrorFlaws(i Item) (flaws []Flaw) {
	bad := func(format string, args ...any) {
		flaws = append(flaws, Flaw{i.Code, "mirror", fmt.Sprintf(format, args...)})
	}
	if len(i.Mirror) > 0 && i.Sign == Minus {
		bad("对应关系只写在加分项上，减分项不用再写")
	}
	for _, ref := range i.Mirror {
		code, part := refers(ref)
		other, err := r.Item(code)
		switch {
		case err != nil:
			bad("对应的 %s 不在细则里，请写现有减分项的编号", ref)
		case other.Sign == i.Sign:
			bad("%s 也是加分项，只能对应减分项", ref)
		case part != "":
			if _, ok := other.Part(part); !ok {
				bad("%s 没有 %s 这个部分", code, part)
			}
		}
	}
	return flaws
}

// overlapFlaws finds groups of one: a slip of the pen, since alone nothing overlaps.
func (r RuleSet) overlapFlaws() (flaws []Flaw) {
	at := map[string][]Flaw{}
	for _, i := range r.Items {
		if i.Overlap != "" {
			at[i.Overlap] = append(at[i.Overlap], Flaw{Code: i.Code, Field: "overlap"})
		}
		for n, p := range i.Parts {
			if p.Overlap != "" {
				at[p.Overlap] = append(at[p.Overlap], Flaw{Code: i.Code, Field: fmt.Sprintf("parts.%d.overlap", n)})
			}
		}
	}
	for _, i := range r.Items { // in the rule set's order, not the map's
		for name, members := range at {
			if f := members[0]; len(members) == 1 && f.Code == i.Code {
				f.Text = fmt.Sprintf("重叠组 %s 里只有这一项，请写上另一项，或删去", name)
				flaws = append(flaws, f)
			}
		}
	}
	return flaws
}

// Flaws lists everything that is wrong with the item by itself.
func (i Item) Flaws() (flaws []Flaw) {
	bad := func(field, format string, args ...any) {
		flaws = append(flaws, Flaw{i.Code, field, fmt.Sprintf(format, args...)})
	}
	if !code.MatchString(i.Code) {
		bad("code", "编号应是 P 或 N 加两位数字，例如 P26")
	}
	for _, f := range []struct {
		field, text string
		most        int
	}{{"class", i.Class, 20}, {"title", i.Title, 30}, {"text", i.Text, 500}, {"value_text", i.ValueText, 40}} {
		if utf8.RuneCountInString(f.text) > f.most {
			bad(f.field, "文字太长，最多 %d 字", f.most)
		}
	}
	if (i.ValueText == "") != (i.Tier == Decided) {
		bad("value_text", "分值栏要写明分值；只有由村议定（tier: open）的项目空着")
	}
	if w := Consequence(i.Title + i.Text); w != "" {
		bad("text", "条文里有“%s”：积分不得影响住户的合法权益（方案三④），请改写", w)
	}
	if (i.Starter == ByGroup) != (i.Sign == Minus) {
		bad("starter", "加分由住户申报或网格员记录（household、grid），减分由工作小组评核（group）")
	}
	if i.Notice == Sensitive && i.On && i.Review == nil {
		bad("on", "X 类默认停用；要启用，须先有镇里的合法性审查，写在 legal_review")
	}
	if i.Monthly && (i.Starter != ByGrid || len(i.Parts) != 1 || i.Parts[0].Cap.Per != PerMonth) {
		bad("monthly", "每月巡查的项目应由网格员开始（starter: grid），只有一个部分，每月一次（cap: month）")
	}
	i.evidenceFlaws(bad)
	i.tierFlaws(bad)
	i.partFlaws(bad)
	return flaws
}

func (i Item) evidenceFlaws(bad func(string, string, ...any)) {
	if len(i.Accepts()) == 0 {
		bad("evidence", "至少写一种可以用的证明材料（required 或 permitted）")
	}
	for _, k := range i.Accepts() {
		switch {
		case slices.Contains(NeverKept, k):
			bad("evidence", "%s任何项目都不许收", k.Chinese())
		case slices.Contains(i.Forbidden, k):
			bad("evidence", "%s既写在可用里，又写在不许收里", k.Chinese())
		}
	}
}

func (i Item) tierFlaws(bad func(string, string, ...any)) {
	ladders, loose := map[string]int{}, 0
	for _, p := range i.Parts {
		if p.Ladder == "" {
			loose++
		} else {
			ladders[p.Ladder]++
		}
	}
	switch n := len(i.Parts); {
	case n == 0:
		bad("parts", "至少要有一个计分部分")
	case (i.Tier == Single || i.Tier == Quantity || i.Tier == Decided) && n != 1:
		bad("parts", "tier: %s 只有一个计分部分", i.Tier)
	case i.Tier == Quantity && i.Parts[0].Unit.Counted() == "":
		bad("parts.0.unit", "tier: qty 的单位应是 person_time（人次）或 spot（处）")
	case i.Tier == Independent && (n < 2 || loose != n):
		bad("parts", "tier: independent 要有两个以上的部分，都不写 ladder")
	case i.Tier == Exclusive && (n < 2 || loose != 0 || len(ladders) != 1):
		bad("parts", "tier: exclusive 要有两档以上，ladder 都写同一个名字")
	case i.Tier == Mixed && (loose == 0 || len(ladders) == 0):
		bad("parts", "tier: mixed 要有单独的部分，也要有阶梯（ladder）")
	}
	if (i.Tier == Decided) != (i.Ceiling > 0) {
		bad("ceiling", "由村议定（tier: open）的项目必须写一次最多几分；别的项目不写")
	}
}

func (i Item) partFlaws(bad func(string, string, ...any)) {
	seen := map[string]bool{}
	for n, p := range i.Parts {
		at := fmt.Sprintf("parts.%d.", n)
		if seen[p.Code] {
			bad(at+"code", "部分代号 %q 重复了", p.Code)
		}
		seen[p.Code] = true
		if (p.Code == "") != (len(i.Parts) == 1) {
			bad(at+"code", "有几个部分时，每个部分都要写代号；只有一个部分时不写")
		}
		if (p.Unit == Open) != (i.Tier == Decided) {
			bad(at+"unit", "单位 open 只用于由村议定（tier: open）的项目")
		}
		if p.Unit != Open && i.Sign.Of(p.Points) < 1 {
			bad(at+"points", "加分项的分值应大于 0，减分项的分值应小于 0")
		}
		if p.Unit == Open && p.Points != 0 {
			bad(at+"points", "由村议定的部分不写分值")
		}
		if p.ReplacedBy != "" && !slices.ContainsFunc(i.Parts, func(o Part) bool { return o.Ladder == p.ReplacedBy }) {
			bad(at+"replaced_by", "这一条里没有名为 %s 的阶梯", p.ReplacedBy)
		}
	}
}
