package notice

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"cunfen/internal/month"
)

// Script is what the loudspeaker reads: short sentences, numbers as they are spoken, nobody's name.
type Script struct {
	Sentences []string
	Takes     time.Duration // at 220 characters a minute
}

// Broadcast writes the notice's script.
func (n Notice) Broadcast(village string) Script {
	s := []string{
		"各位村民，大家好。",
		fmt.Sprintf("现在播报%s%s积分公示。", village, spokenMonth(n.Month)),
	}
	if n.Corrected() {
		s = append(s, fmt.Sprintf("这是更正公示，有%s户的积分作了更正。", Spoken(int64(len(n.Classes.Changes)))))
	}
	if day, err := month.ParseDay(n.Classes.Late); err == nil {
		s = append(s, fmt.Sprintf("这一期原定%s公示，推迟到今天，异议期从今天算起。", spokenDay(day)))
	}
	s = append(s,
		fmt.Sprintf("这次公示，全村一共%s户。", Spoken(int64(n.Households))),
		fmt.Sprintf("本月加分，合计%s分。", Spoken(n.Plus)),
		fmt.Sprintf("本月减分，合计%s分。", Spoken(n.Minus)),
		fmt.Sprintf("本月兑换，合计%s分。", Spoken(n.Spent)))
	for i, c := range n.Classes.Plus {
		if i == 0 {
			s = append(s, "加分的情况是这样的。")
		}
		s = append(s, fmt.Sprintf("%s，加分%s次，%s分。", c.Name, Spoken(c.Times), Spoken(c.Points)))
	}
	for i, c := range n.Classes.Minus {
		if i == 0 {
			s = append(s, "全村要注意的事项是这样的。")
		}
		s = append(s, fmt.Sprintf("%s，全村%s次。", c.Name, Spoken(c.Times)))
	}
	s = append(s,
		"每户的积分，请看村务公开栏的公示单。",
		fmt.Sprintf("公示从%s开始，到%s为止。", spokenDay(n.PublishedAt.In(month.Zone)), spokenDay(n.ObjectUntil)),
		"对自家的分数有意见，请在公示期内，到村委会提出。",
		"不方便出门的，请告诉网格员。",
		"播报完了，谢谢大家。")
	return Script{s, takes(s)}
}

// Text is the script on paper, a sentence a line.
func (s Script) Text() string { return strings.Join(s.Sentences, "\n") }

func takes(sentences []string) time.Duration {
	n := 0
	for _, s := range sentences {
		for _, r := range s {
			if !unicode.IsPunct(r) {
				n++
			}
		}
	}
	return (time.Duration(n) * time.Minute / 220).Round(time.Second)
}

var digits = []rune("零一二三四五六七八九")

func spokenMonth(m month.Month) string {
	var year []rune
	for _, d := range fmt.Sprint(m.Year()) {
		year = append(year, digits[d-'0'])
	}
	return string(year) + "年" + Spoken(int64(m.Number())) + "月"
}

func spokenDay(t time.Time) string {
	return Spoken(int64(t.Month())) + "月" + Spoken(int64(t.Day())) + "日"
}

// Spoken is a number as it is read aloud: 2005 is 两千零五, 15 is 十五, -30 is 负三十.
func Spoken(n int64) string {
	switch {
	case n == 0:
		return "零"
	case n < 0:
		return "负" + Spoken(-n)
	}
	var s string
	gap := false
	for _, unit := range []struct {
		size int64
		name string
	}{{1e8, "亿"}, {1e4, "万"}, {1, ""}} {
		part := n / unit.size
		if n %= unit.size; part == 0 {
			gap = s != ""
			continue
		}
		if s != "" && (gap || part < 1000) {
			s += "零"
		}
		s += under10000(part, s == "", unit.size > 1)
		s += unit.name
		gap = false
	}
	return s
}

// under10000 reads 1 to 9999. At the head of a number 十五 is said, not 一十五; 两 stands before 千, 万 and 亿.
func under10000(n int64, head, unit bool) string {
	if n == 2 && unit {
		return "两"
	}
	var s string
	zero := false
	for _, place := range []struct {
		size int64
		name string
	}{{1000, "千"}, {100, "百"}, {10, "十"}, {1, ""}} {
		d := n / place.size % 10
		if d == 0 {
			zero = s != ""
			continue
		}
		if zero {
			s += "零"
			zero = false
		}
		switch {
		case d == 2 && place.size == 1000:
			s += "两"
		case d == 1 && place.size == 10 && s == "" && head:
		default:
			s += string(digits[d])
		}
		s += place.name
	}
	return s
}
