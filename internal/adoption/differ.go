package adoption

import (
	"fmt"
	"slices"
	"strings"

	"cunfen/internal/rulebook"
)

// Difference is one thing that the later of two rule sets does otherwise, in words.
type Difference struct {
	Code, Title string // "" for the settings
	What        string // 「由每月加 5 分改为每月加 8 分」
	Why         string
}

// String is the whole sentence: 「P07 垃圾分类：由每月加 5 分改为每月加 8 分；因为…」.
func (d Difference) String() string {
	s := strings.TrimSpace(d.Code+" "+d.Title) + d.What
	if d.Code == "" {
		s = d.What
	}
	if d.Why != "" {
		s += "；因为" + d.Why
	}
	return s
}

// Compare says in words what now does otherwise than was: against the document's list, the version in force or
// last year's alike. The reasons are those of now.
func Compare(was, now rulebook.RuleSet) (all []Difference) {
	why := map[string]string{}
	for _, c := range now.Changes {
		why[c.Code] = c.Reason
	}
	for _, c := range now.Changes {
		why[string(c.Do)+c.Code] = c.Reason
	}
	because := func(do rulebook.Do, code string) string {
		if r := why[string(do)+code]; r != "" {
			return r
		}
		return why[code]
	}
	for _, i := range now.Items {
		old, err := was.Item(i.Code)
		add := func(do rulebook.Do, format string, args ...any) {
			all = append(all, Difference{i.Code, i.Title, fmt.Sprintf(format, args...), because(do, i.Code)})
		}
		if err != nil {
			add(rulebook.Add, "：新增，%s", i.Worth())
			continue
		}
		if a, b := old.Worth(), i.Worth(); a != b {
			if len(i.Parts) > len(old.Parts) {
				add(rulebook.Rung, "：由“%s”改为“%s”，增加了一档", a, b)
			} else {
				add(rulebook.Revalue, "由%s改为%s", a, b)
			}
		}
		if old.Title != i.Title {
			add(rulebook.Reword, "：短名由“%s”改为“%s”", old.Title, i.Title)
		}
		if undigit(old.Text) != undigit(i.Text) { // a new number alone is said above
			add(rulebook.Reword, "：条文由“%s”改为“%s”", trimmed(old.Text), trimmed(i.Text))
		}
		if old.On != i.On {
			add(rulebook.Switch, "：%s", map[bool]string{true: "启用", false: "停用"}[i.On])
		}
		if a, b := kinds(old.Accepts()), kinds(i.Accepts()); a != b {
			add(rulebook.Reword, "：证明由%s改为%s", a, b)
		}
	}
	for _, old := range was.Items {
		if _, err := now.Item(old.Code); err != nil {
			all = append(all, Difference{old.Code, old.Title, "：删去（原来" + old.Worth() + "）", because(rulebook.Drop, old.Code)})
		}
	}
	slices.SortStableFunc(all, func(a, b Difference) int { return strings.Compare(order(a.Code), order(b.Code)) })
	return append(all, settingsDiffer(was, now)...)
}

// order puts plus items before minus items.
func order(code string) string {
	if strings.HasPrefix(code, "P") {
		return "0" + code
	}
	return "1" + code
}

func undigit(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, s)
}

func trimmed(s string) string { return strings.TrimRight(strings.TrimSpace(s), "；。") }

func kinds(all []rulebook.Evidence) string {
	words := make([]string, len(all))
	for i, k := range all {
		words[i] = k.Chinese()
	}
	return strings.Join(words, "、")
}

// Said is a setting in words.
type Said struct{ Label, Text string }

// SettingsInWords says what the village has settled of what the document leaves open (D1–D11).
func SettingsInWords(r rulebook.RuleSet) []Said {
	s := r.Settings
	yes := func(b bool, on, off string) string {
		if b {
			return on
		}
		return off
	}
	needs := map[rulebook.Need]string{rulebook.NeedNotice: "当月已公示", rulebook.NeedPassbook: "存折与电子档案核对一致", rulebook.NeedSignature: "领取人签字"}
	var before []string
	for _, n := range s.RedemptionNeeds {
		before = append(before, needs[n])
	}
	return []Said{
		{"首次登记给的基础积分", fmt.Sprintf("%d 分", r.BasePoints)},
		{"基础积分锁定", fmt.Sprintf("%d 个月", s.BaseLockMonths)},
		{"基础积分年终", yes(s.BaseCarried, "不清零", "一起清零")},
		{"荣誉累计分", yes(s.HonourTotal, "另记，不清零、不兑换", "不记")},
		{"细则最多多久改一次", yes(s.Amendment == rulebook.EachYear, "每年一次", "每季度一次")},
		{"正反对应的项目", yes(s.Mirrors == rulebook.Both, "两边都计", "同一期只得其一")},
		{"重叠的减分", yes(s.Overlaps == rulebook.Each, "逐项计", "只取最大一笔")},
		{"参赛又得奖", yes(s.ContestEntry == rulebook.Added, "参赛分与奖项分相加", "只计奖项分")},
		{"由村议定的项目一次最多", fmt.Sprintf("%d 分，多 %d 人签字", s.OpenCeiling, s.OpenExtraSigners)},
		{"异议期", fmt.Sprintf("公示后 %d 天内", s.ObjectionDays)},
		{"申诉期", fmt.Sprintf("答复后 %d 天内", s.AppealDays)},
		{"限期内改好的减分", yes(s.PutRight == rulebook.Half, "减一半", "不减分")},
		{"修复任务", yes(s.Repairs, "做完可以补回减掉的分", "没有")},
		{"未成年人的事", yes(s.MinorDeducts, "也减分", "只和家长面谈")},
		{"减分在住户页面上", yes(s.FadeMonths > 0, fmt.Sprintf("%d 个月后不再显示", s.FadeMonths), "一直显示")},
		{"有争议的分", yes(s.HoldDisputed, "决定前不进总分、排名和兑换", "照常计入")},
		{"可兑积分", yes(s.BudgetGuard, "不超过物资和预算余额", "不受预算限制")},
		{"不适用的项目", yes(s.Exemptions, "可以逐户免评，写明理由", "不能免评")},
		{"按可得分成数另排名", yes(s.ShareRanking, "排", "不排")},
		{"年终清零", yes(s.DecemberOpen, "十二月公示结束以后", "12 月 31 日")},
		{"减分后本年积分", yes(s.BelowZero, "可以低于零", "最低到零")},
		{"兑换前要做到", strings.Join(before, "、")},
	}
}

func settingsDiffer(was, now rulebook.RuleSet) (all []Difference) {
	a, b := SettingsInWords(was), SettingsInWords(now)
	for n := range a {
		if a[n].Text != b[n].Text {
			all = append(all, Difference{What: fmt.Sprintf("%s：由“%s”改为“%s”", a[n].Label, a[n].Text, b[n].Text), Why: now.Reason})
		}
	}
	return all
}
