package notice

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"cunfen/internal/actor"
	"cunfen/internal/month"
)

// text is a line's canonical text.
func (l Line) text() string {
	return fmt.Sprintf("line|%d|%s|%s|%d|%d|%d|%d|%d", l.Position, escape.Replace(l.Door), escape.Replace(l.Head),
		l.Carried, l.Plus, l.Minus, l.Spent, l.Total)
}

// Texts are the canonical texts of a notice: one for its head, one for each line. Everything in them stands
// on the public page, so that anybody can make the root again.
func Texts(v actor.VillageID, n Notice, lines []Line) []string {
	texts := make([]string, 0, len(lines)+1)
	texts = append(texts, fmt.Sprintf("notice|%d|%s|%d|%s|%d|%d|%d|%d", v, n.Month, n.Number,
		n.PublishedAt.In(month.Zone).Format("2006-01-02"), n.Households, n.Plus, n.Minus, n.Spent))
	for _, l := range lines {
		texts = append(texts, l.text())
	}
	return texts
}

var escape = strings.NewReplacer(`\`, `\\`, `|`, `\|`)

// Root is the Merkle root of the texts (RFC 6962: SHA-256, leaves and nodes told apart).
func Root(texts []string) []byte {
	level := leaves(texts)
	if len(level) == 0 {
		return digest(0)
	}
	for len(level) > 1 {
		level = above(level)
	}
	return level[0]
}

func leaves(texts []string) [][]byte {
	level := make([][]byte, len(texts))
	for i, t := range texts {
		level[i] = digest(0, []byte(t))
	}
	return level
}

// above is the next level of the tree; what is left over at the end goes up as it is.
func above(level [][]byte) [][]byte {
	next := level[:0:0]
	for i := 0; i+1 < len(level); i += 2 {
		next = append(next, digest(1, level[i], level[i+1]))
	}
	if len(level)%2 == 1 {
		next = append(next, level[len(level)-1])
	}
	return next
}

func digest(kind byte, parts ...[]byte) []byte {
	h := sha256.New()
	h.Write([]byte{kind})
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// Holds reports whether the lines are those that the notice went out with.
func Holds(v actor.VillageID, n Notice, lines []Line) bool {
	return bytes.Equal(n.Root, Root(Texts(v, n, lines)))
}

// Step is a neighbour on the way from a line to the root.
type Step struct {
	Left bool // it stands at the left
	Hash []byte
}

// Branch is the way from the text at a place to the root: with it anybody makes the root out of that one text.
func Branch(texts []string, at int) (way []Step) {
	for level := leaves(texts); len(level) > 1; level, at = above(level), at/2 {
		if other := at ^ 1; other < len(level) {
			way = append(way, Step{other < at, level[other]})
		}
	}
	return way
}

// Along goes the way from a text and answers the root that it comes to.
func Along(text string, way []Step) []byte {
	h := digest(0, []byte(text))
	for _, s := range way {
		if s.Left {
			h = digest(1, s.Hash, h)
		} else {
			h = digest(1, h, s.Hash)
		}
	}
	return h
}

// Mark is the code printed at the end of a line: four characters that only this line of this notice has.
func Mark(root []byte, l Line) string {
	return alphabet.EncodeToString(digest(2, root, []byte(l.text()))[:5])[:4]
}

// alphabet has no letter that looks like a digit.
var alphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

// Code is the code that a printed notice is verified by: the root's first forty bits, 「7K2M-9QXA」.
func Code(root []byte) string {
	s := alphabet.EncodeToString(root[:5])
	return s[:4] + "-" + s[4:]
}

// sameCode compares a code as a person typed it.
func sameCode(root []byte, typed string) bool { return same(Code(root), typed) }

func same(code, typed string) bool {
	letters := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1")
	return letters.Replace(strings.ToUpper(plain(typed))) == letters.Replace(code)
}
