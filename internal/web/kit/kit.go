// Package kit is the set of pieces from which every screen of a village is
// built: the shells of a page, cards, buttons, form fields, lists, the
// passbook's lines, the notice's sheet. A piece looks the same wherever it
// stands, works without scripts, and needs neither inline script nor style.
// The gallery page shows each of them.
package kit

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"
)

// Tone is what a colour means. It never speaks alone: a word and a shape stand by it.
type Tone string

const (
	Green Tone = "green" // work done, points gained
	Gold  Tone = "gold"  // waiting, honour, no signal
	Red   Tone = "red"   // deductions, overdue, errors
	Blue  Tone = "blue"  // information
	Grey  Tone = "grey"  // over, or nothing to say
)

// Fact is one line of a description: a label and either a text or a piece.
type Fact struct {
	Label string
	Text  string
	Value templ.Component // used instead of Text when set
}

// Choice is an option of a select, a radio group or a filter.
type Choice struct {
	Value, Text string
	Note        string          // a second line, where there is room for one
	Aside       templ.Component // at the right edge of a radio card, such as Points
	Disabled    bool
}

// Choices makes options of value and text pairs.
func Choices(pairs ...string) []Choice {
	var cs []Choice
	for i := 0; i+1 < len(pairs); i += 2 {
		cs = append(cs, Choice{Value: pairs[i], Text: pairs[i+1]})
	}
	return cs
}

// KeyField is the form field in which IdempotencyKey travels.
const KeyField = "idempotency_key"

func newKey() string { return uuid.Must(uuid.NewV7()).String() }

// thousands is n with a comma every three digits.
func thousands(n int) string {
	s := strconv.Itoa(n)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if neg {
		s = "-" + s
	}
	return s
}

// Number is n as people read it: 8,642.
func Number(n int) string { return thousands(n) }

func or(s, fallback string) string { return cmp.Or(s, fallback) }

func abs(n int) int { return max(n, -n) }

func has(values []string, v string) bool { return slices.Contains(values, v) }
