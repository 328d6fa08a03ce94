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
}

// veil hides whose record it is.
type veil struct{ words *strings.Replacer }

var (
	longNumber = regexp.MustCompile(`[0-9０-９]{6,}[0-9Xx０-９]?`)
	address    = regexp.MustCompile(`[0-9A-Za-z０-９一二三四五六七八九十百]+\s*(村民小组|组|号|栋|幢|单元|室|弄|巷)`)
	kin        = strings.Fields("叔 婶 嫂 哥 姐 伯 姨 爷 奶 大爷 大妈 大娘 爷爷 奶奶 师傅 书记 主任 组长 家")
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
