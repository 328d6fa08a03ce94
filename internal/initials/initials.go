// Package initials makes the letters by which a villager is found on a keyboard: zgl finds 张桂兰. A surname
// with a reading of its own is found by it and by the usual one.
package initials

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// most bounds the ways in which one name is written down.
const most = 8

var letters = func() pinyin.Args {
	a := pinyin.NewArgs()
	a.Style = pinyin.FirstLetter
	return a
}()

// Of is every way to write the initials of a name, the most likely first, separated by a space: "zgl", and
// "sxx dxx" for 单小雪. Letters of other scripts count by the word, digits each, dots and dashes not at all.
func Of(name string) string {
	runes := []rune(strings.ToLower(strings.TrimSpace(name)))
	ways := []string{""}
	i := 0
	if len(runes) > 2 {
		if l, ok := compound[string(runes[:2])]; ok {
			ways, i = grow(grow(ways, l[:1]), l[1:]), 2
		}
	}
	first, word := i == 0, false
	for ; i < len(runes); i++ {
		r := runes[i]
		switch {
		case unicode.Is(unicode.Han, r):
			ways = grow(ways, readings(r, first))
			first, word = false, false
		case unicode.IsDigit(r), unicode.IsLetter(r) && !word:
			ways = grow(ways, string(r))
			first, word = false, unicode.IsLetter(r)
		case !unicode.IsLetter(r):
			word = false
		}
	}
	return strings.Join(ways, " ")
}

// readings are the first letters of a character's readings in a name.
func readings(r rune, surname bool) string {
	if surname {
		if l, ok := surnames[r]; ok {
			return l
		}
	}
	if l, ok := given[r]; ok {
		return l
	}
	if l, ok := rare[r]; ok {
		return l
	}
	p := pinyin.SinglePinyin(r, letters)
	if len(p) == 0 {
		return ""
	}
	return p[0]
}

// grow writes each of the letters behind every way.
func grow(ways []string, letters string) []string {
	if letters == "" {
		return ways
	}
	if len(ways)*len(letters) > most {
		letters = letters[:1]
	}
	grown := make([]string, 0, len(ways)*len(letters))
	for _, l := range letters {
		for _, w := range ways {
			grown = append(grown, w+string(l))
		}
	}
	return grown
}
