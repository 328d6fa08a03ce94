package homes

import (
	"fmt"
	"strings"

	"cunfen/internal/finding"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/web/deeds"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
)

// Title is what the line is called.
func (x Explained) Title() string {
	switch {
	case x.Hidden:
		return shell.HiddenTitle
	case x.Item.Title != "":
		return ledger.Named(x.Kind, x.SourceKind, x.Item.Title)
	}
	return x.Kind.Chinese()
}

// Facts say in words what is known of the line, but for its points.
func (x Explained) Facts() (facts []kit.Fact) {
	put := func(label, text string) {
		if text != "" {
			facts = append(facts, kit.Fact{Label: label, Text: text})
		}
	}
	if x.Hidden && x.Office {
		put("说明", "这件事不上屏幕：事由、照片和评定的理由，请到村里当面看材料")
	} else if x.Hidden {
		put("说明", "这件事已经当面说明，手机上、纸上不写事由；要问的请本人到村委会")
	} else if x.Item.Code != "" {
		put("条文", x.Item.Text)
		put("依据", fmt.Sprintf("%s · 本村细则第 %d 版（%s起施行）· %s", x.Item.Code, x.RuleVersion, shell.FullDay(month.Date(x.Rules.InForceFrom)), x.Item.Class))
		if x.SourceKind != ledger.FromRepair {
			put("怎么算的", x.Sum())
		}
	}
	if !x.OccurredOn.IsZero() && !x.Hidden {
		put("哪天的事", shell.Day(x.OccurredOn))
	}
	put("计入", x.Month.Chinese()+"，"+shell.LocalDay(x.At)+"入账")
	if w := x.Claim; w != nil {
		put("谁记的", w.RecorderName+"（"+w.Brought()+"）")
		put("来源", w.Document())
		put("证明", deeds.ProofWords(w.Proofs))
		decided := w.ReviewerName
		if w.FirstByName != "" {
			decided = w.FirstByName + "、" + w.ReviewerName
		}
		put("谁定的", decided+" 审核"+reasonOf(w.Reason))
	}
	if f := x.Found; f != nil {
		put("什么事", f.Matter)
		put("谁记的", f.RecorderName)
		put("证明", deeds.ProofWords(f.Proofs))
		var by []string
		for _, v := range f.Votes {
			if v.Deduct {
				by = append(by, strings.TrimSuffix(v.Name+"（"+v.Reason+"）", "（）"))
			}
		}
		put("谁定的", strings.Join(by, "；"))
	}
	facts = append(facts, x.Why...)
	if len(x.Signed) > 0 {
		var names []string
		for _, s := range x.Signed {
			names = append(names, s.Name+"（"+s.Kind+"）")
		}
		put("谁签的字", strings.Join(names, "、"))
	}
	return facts
}

func reasonOf(reason string) string {
	if reason == "" {
		return ""
	}
	return "：" + reason
}

// Sum says which parts of the item were counted and how often.
func (x Explained) Sum() string {
	parts := map[string]int{}
	if x.Claim != nil {
		parts = x.Claim.Parts
	} else if x.Found != nil {
		parts = x.Found.Parts
	}
	var words []string
	for _, part := range x.Item.Parts {
		n := parts[part.Code]
		if n == 0 {
			continue
		}
		text := part.Worth(x.Item.Sign, x.Item.Ceiling)
		if part.Code != "" {
			text = part.Name() + "，" + text
		}
		if n > 1 {
			text += fmt.Sprintf("，共 %d", n)
		}
		words = append(words, text)
	}
	if x.Found != nil && x.Found.Recheck != nil && x.Found.Recheck.Result == finding.Right {
		words = append(words, "按期改好，照细则减一半")
	}
	if len(words) == 0 {
		return x.Item.Worth()
	}
	return strings.Join(words, "；")
}

// How says until when and how to object.
func (x Explained) How() string {
	days := x.Rules.Settings.ObjectionDays
	switch {
	case x.Ended != nil:
		return x.Ended.Text + "。"
	case x.Until == nil:
		return fmt.Sprintf("现在就可以提异议，到公示后 %d 天为止；手机上、到窗口、找网格员都可以。由没参与评定、不是亲属的成员核查，7 天内答复；不同意答复的，%d 天内可以向镇里申诉。", days, x.Rules.Settings.AppealDays)
	case x.Open:
		return fmt.Sprintf("%s以前可以提异议，手机上、到窗口、找网格员都可以。由没参与评定、不是亲属的成员核查，7 天内答复；不同意答复的，%d 天内可以向镇里申诉。", shell.Day(*x.Until), x.Rules.Settings.AppealDays)
	}
	return "异议期到" + shell.Day(*x.Until) + "为止，已经过了；还有意见请用页面下面的“意见与投诉”。"
}

// Proof says what would show that the line is wrong; empty where nobody can object any more.
func (x Explained) Proof() string {
	if x.Ended != nil {
		return ""
	}
	if x.Hidden || len(x.Item.Accepts()) == 0 {
		return "说清哪里不对；有照片、证人、文书的，一起带来。"
	}
	return "说清哪里不对。能证明的材料：" + deeds.ChineseKinds(x.Item.Accepts()) + "；当时在场的人也可以作证。"
}
