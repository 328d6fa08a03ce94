// Package chars measures what people write: in characters as they count them, not in bytes.
package chars

import (
	"strings"
	"unicode/utf8"
)

// Between reports whether s, without the white space around it, has at least least and at most most characters.
func Between(s string, least, most int) bool {
	n := utf8.RuneCountInString(strings.TrimSpace(s))
	return n >= least && n <= most
}
