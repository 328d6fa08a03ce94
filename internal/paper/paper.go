// Package paper prints: public notices and the village's other papers, as PDF in Noto Sans SC. Every
// character of a name prints or is reported: what the font lacks stands as 〓 and is named by Missing.
package paper

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"sync"
	"unicode"

	"github.com/signintech/gopdf"
)

//go:embed font/*.gz font/OFL.txt font/vendor.sums
var files embed.FS

// The two weights of the one font.
const (
	regular = "regular"
	bold    = "bold"
)

var weights = map[string]string{regular: "font/NotoSansSC_400Regular.ttf.gz", bold: "font/NotoSansSC_700Bold.ttf.gz"}

// fonts parses both weights once for all documents.
var fonts = sync.OnceValues(func() (*gopdf.FontContainer, error) {
	all := &gopdf.FontContainer{}
	for name := range weights {
		data, err := typeface(name)
		if err != nil {
			return nil, err
		}
		if err := all.AddTTFFontData(name, data); err != nil {
			return nil, err
		}
	}
	return all, nil
})

func typeface(name string) ([]byte, error) {
	f, err := files.Open(weights[name])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(11 << 20)
	_, err = io.Copy(&b, z)
	return b.Bytes(), err
}

// geta stands where the font has no glyph.
const geta = '〓'

// known remembers which runes the font has; the font never changes.
var known sync.Map

// has asks the document's regular weight; both weights have the same characters.
func (d *Doc) has(r rune) bool {
	if ok, seen := known.Load(r); seen {
		return ok.(bool)
	}
	ok := false
	if unicode.IsPrint(r) || r == '\u3000' {
		ok, _ = d.pdf.IsCurrFontContainGlyph(r)
	}
	known.Store(r, ok)
	return ok
}

// Lacks lists, in order and once each, the runes of the texts that the font cannot print.
func Lacks(texts ...string) ([]rune, error) {
	d, err := New(A4, "", "")
	if err != nil {
		return nil, err
	}
	for _, t := range texts {
		d.printable(t)
	}
	return d.Missing(), d.err
}
