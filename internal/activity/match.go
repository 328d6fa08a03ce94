package activity

import (
	"context"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"cunfen/internal/sheetfile"
)

// Name is one line of a list as somebody wrote it.
type Name struct {
	Text string // as it was written
	Name string
	Door string // "" where only the name stands there
}

// Candidate is somebody of the register.
type Candidate struct {
	MemberID    uuid.UUID
	HouseholdID uuid.UUID
	Name        string
	Door        string
	Head        string
}

// Match is what the register says to one line.
type Match struct {
	Name
	Found  *Candidate
	Listed bool   // already on the list, or twice in this one
	Doubt  string // why nobody was found, in words that help
}

// Names reads a list as people write it: a line for each, with or without the door, or names in a row.
func Names(text string) (all []Name) {
	lines := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\r\n、；;", r) })
	for _, l := range lines {
		words := strings.FieldsFunc(l, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '，' })
		if len(words) == 0 {
			continue
		}
		at := len(words) // where the door begins
		for i, w := range words {
			if strings.ContainsFunc(w, unicode.IsDigit) {
				at = i
				break
			}
		}
		if at == len(words) {
			for _, w := range words {
				all = append(all, Name{Text: w, Name: w})
			}
			continue
		}
		all = append(all, Name{Text: strings.Join(words, " "), Name: strings.Join(words[:at], ""), Door: door(strings.Join(words[at:], ""))})
	}
	return all
}

// door is a door number so written that the same door is the same text.
func door(s string) string { return strings.ReplaceAll(sheetfile.Narrow(s), " ", "") }

// match finds every line's person. Only who is beyond doubt is found: of two of the same name, the door decides.
func match(names []Name, register []Candidate, listed map[uuid.UUID]bool) (all []Match) {
	seen := map[uuid.UUID]bool{}
	doorOf := make([]string, len(register))
	for i, c := range register {
		doorOf[i] = door(c.Door)
	}
	for _, n := range names {
		m := Match{Name: n}
		var named, there []Candidate
		for i, c := range register {
			same := n.Door != "" && doorOf[i] == n.Door
			if same {
				there = append(there, c)
			}
			if c.Name == n.Name && (n.Door == "" || same) {
				named = append(named, c)
			}
		}
		switch {
		case len(named) == 1:
			m.Found, m.Listed = &named[0], listed[named[0].MemberID] || seen[named[0].MemberID]
			seen[named[0].MemberID] = true
		case len(named) > 1:
			m.Doubt = "有" + count(len(named)) + "个同名的：" + doors(named) + "；请在名字后面写上门牌"
		case n.Door != "" && len(there) > 0:
			m.Doubt = "这个门牌登记的是" + people(there) + "，没有这个名字"
		case n.Door != "":
			m.Doubt = "名册里没有这个门牌，请核对"
		default:
			m.Doubt = "名册里没有这个名字，请核对写法，或先登记这一户"
		}
		all = append(all, m)
	}
	return all
}

func count(n int) string {
	if n == 2 {
		return "两"
	}
	return "好几"
}

func doors(all []Candidate) string {
	var words []string
	for _, c := range all[:min(len(all), 4)] {
		words = append(words, c.Door)
	}
	return strings.Join(words, "、")
}

func people(all []Candidate) string {
	var words []string
	for _, c := range all[:min(len(all), 5)] {
		words = append(words, c.Name)
	}
	return strings.Join(words, "、")
}

// columns are what a sheet of participants has.
var columns = []sheetfile.Column{{Title: "姓名", Required: true}, {Title: "门牌"}}

// FromSheet reads a list out of an .xlsx or .csv: a line for each row.
func FromSheet(ctx context.Context, data []byte) (text string, err error) {
	s, err := sheetfile.Read(ctx, data, columns)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, r := range s.Rows {
		lines = append(lines, strings.TrimSpace(strings.ReplaceAll(r.Get("姓名"), " ", "")+" "+strings.ReplaceAll(r.Get("门牌"), " ", "")))
	}
	return strings.Join(lines, "\n"), nil
}
