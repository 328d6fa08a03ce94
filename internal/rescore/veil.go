package rescore

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Known is what of a village must not be read by another one.
type Known struct {
	Village string
	People  []string
	Doors   []string
	Places  []string // where it met, from whom it bought, who gave, what its teams are called
}

// veil hides whose record it is.
type veil struct{ words *strings.Replacer }

var (
	longNumber = regexp.MustCompile(`[0-9０-９]{6,}[0-9Xx０-９]?`)
	address    = regexp.MustCompile(`[0-9A-Za-z０-９一二三四五六七八九十百]+\s*(村民小组|组|号|栋|幢|单元|室|弄|巷)`)
	// what may be the name of a shop or a place: up to four signs before what it is, none of them one that joins words
	named = regexp.MustCompile(`[^\s，。、；：！？（）“”《》在到从去往给和与及的了把被向对帮替于是有为经由]{1,4}(超市|商店|小卖部|便利店|菜场|市场|饭店|饭馆|酒店|浴室|理发店|药店|诊所|卫生室|卫生院|加油站|农家乐|合作社|公司|厂|幼儿园|小学|中学|学校|祠堂|教堂|庙|广场|公园|码头|渡口|鱼塘|大桥|小桥|桥|闸|路|街|河|港|沟|浜|圩|庄|宅)`)
	kin   = strings.Fields("叔 婶 嫂 哥 姐 伯 姨 爷 奶 大爷 大妈 大娘 爷爷 奶奶 师傅 书记 主任 组长 家")
)

// newVeil makes a veil of what is known of the village: its name, everybody in its register with what neighbours
// call them, every door.
func newVeil(k Known) veil {
	said := map[string]string{}
	add := func(word, instead string) {
		if utf8.RuneCountInString(word) > 1 {
			said[word] = instead
		}
	}
	add(k.Village, "某村")
	for _, end := range []string{"村", "农场", "社区", "场"} {
		if short, ok := strings.CutSuffix(k.Village, end); ok {
			add(short, "某村")
		}
	}
	for _, name := range k.People {
		name = strings.TrimSpace(name)
		add(name, "某人")
		r := []rune(name)
		if len(r) < 2 {
			continue
		}
		surname, given := string(r[0]), string(r[1:])
		for _, before := range []string{"老", "小", "阿"} {
			add(before+surname, "某人")
		}
		for _, after := range kin {
			add(surname+after, "某人")
			if len(r) > 2 {
				add(given+after, "某人")
			}
		}
	}
	for _, door := range k.Doors {
		if strings.Trim(door, "0123456789") != "" {
			add(door, "某处")
		}
	}
	for _, place := range k.Places {
		if place = strings.TrimSpace(place); utf8.RuneCountInString(place) > 2 {
			add(place, "某处")
		}
	}
	words := make([]string, 0, len(said))
	for w := range said {
		words = append(words, w)
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	pairs := make([]string, 0, 2*len(words))
	for _, w := range words {
		pairs = append(pairs, w, said[w])
	}
	return veil{strings.NewReplacer(pairs...)}
}

// over is the text with all that could tell whose it is put out of sight.
func (v veil) over(text string) string {
	text = v.words.Replace(text)
	return address.ReplaceAllString(longNumber.ReplaceAllString(text, "***"), "某$1")
}

// suspects are the words of a masked text that may name a shop or a place, for a person to look at: no list of a
// village's shops is complete, and "清扫公路" names nothing.
func suspects(text string) (words []string) {
	for _, w := range named.FindAllString(text, -1) {
		if !slices.Contains(words, w) && !strings.Contains(w, "某") {
			words = append(words, w)
		}
	}
	return words
}

// hide puts words that were pointed out of sight; what the place is stays.
func hide(text string, words []string) string {
	for _, w := range words {
		if m := named.FindStringSubmatch(w); m != nil && m[0] == w {
			text = strings.ReplaceAll(text, w, "某"+m[1])
		}
	}
	return text
}
