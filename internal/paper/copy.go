package paper

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
)

var (
	rangesFrom = []byte(" beginbfrange\n")
	rangesTo   = []byte("endbfrange")
)

// copyable mends the tables by which a reader finds a glyph's character, for copying and reading aloud:
// gopdf writes 𬭎 as <2CB4E>, which the format wants as UTF-16. What grows is made up by line ends that
// nobody needs, so that every offset in the file stays right.
func copyable(pdf []byte) {
	for rest := pdf; ; {
		from := bytes.Index(rest, rangesFrom)
		if from < 0 {
			return
		}
		rest = rest[from+len(rangesFrom):]
		to := bytes.Index(rest, rangesTo)
		if to < 0 {
			return
		}
		if mended := utf16Ranges(rest[:to]); len(mended) == to {
			copy(rest, mended)
		}
		rest = rest[to:]
	}
}

// utf16Ranges rewrites lines like <75EB><75EB><2CB4E>.
func utf16Ranges(table []byte) []byte {
	var out bytes.Buffer
	grown := 0
	for line := range bytes.Lines(table) {
		at := bytes.LastIndexByte(line, '<')
		r, err := strconv.ParseUint(string(bytes.Trim(line[at+1:], "<>\n")), 16, 32)
		if err != nil {
			return nil
		}
		if r > 0xFFFF {
			high, low := utf16.EncodeRune(rune(r))
			wide := fmt.Appendf(bytes.Clone(line[:at]), "<%04X%04X>\n", high, low)
			grown += len(wide) - len(line)
			line = wide
		}
		if grown > 0 {
			line, grown = line[:len(line)-1], grown-1
		}
		out.Write(line)
	}
	return out.Bytes()
}
