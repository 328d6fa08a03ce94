package initials

import "testing"

func TestOf(t *testing.T) {
	for name, want := range map[string]string{
		"张桂兰":        "zgl",
		" 张桂兰 ":      "zgl",
		"单小雪":        "sxx dxx",
		"仇英":         "qy cy",
		"区志强":        "ozq qzq",
		"解永红":        "xyh jyh",
		"查良镛":        "zly cly",
		"曾国强":        "zgq cgq",
		"任建华":        "rjh",
		"华建国":        "hjg",
		"朴成浩":        "pch",
		"盖叫天":        "gjt",
		"李乐":         "ll ly",
		"乐小乐":        "yxl lxl yxy lxy",
		"尉迟恭":        "ycg",
		"欧阳修":        "oyx",
		"万俟雪":        "mqx",
		"阿卜杜拉·买买提":   "abdlmmt",
		"John Smith": "js",
		"王2小":        "w2x",
		"张𬭎":         "zh",
		"陈𫖮":         "cy",
		"陈𬸪":         "cz",
		"刘䶮":         "ly",
		"":           "",
		"···":        "",
	} {
		if got := Of(name); got != want {
			t.Errorf("Of(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestOfIsBounded(t *testing.T) {
	if got := Of("曾乐乐乐乐乐乐乐乐乐乐"); len(got) > most*16 {
		t.Errorf("%d bytes", len(got))
	}
}
