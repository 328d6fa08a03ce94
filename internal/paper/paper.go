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

// The two weights of the one font. Regular is all of it. Bold is for titles and headings, and holds the
// characters of GB 2312 with the signs around them, cut by pyftsubset out of the file whose sum stands beside it
// in vendor.sums: all of it would be a tenth of the program. A heading with a rarer character is set in regular.
const (
	regular = "regular"
	bold    = "bold"
)

var weights = map[string]string{regular: "font/NotoSansSC_400Regular.ttf.gz", bold: "font/NotoSansSC_700Bold_GB2312.ttf.gz"}

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

// glyph is a rune in one of the weights.
type glyph struct {
	weight string
	rune   rune
}

// known remembers which runes the weights have; the fonts never change.
var known sync.Map

// has asks a weight for a rune. Where it was not asked before it leaves that weight the document's current one.
func (d *Doc) has(weight string, r rune) bool {
	g := glyph{weight, r}
	if ok, seen := known.Load(g); seen {
		return ok.(bool)
	}
	ok := false
	if unicode.IsPrint(r) || r == '\u3000' {
		d.keep(d.pdf.SetFont(weight, "", 10.5))
		ok, _ = d.pdf.IsCurrFontContainGlyph(r)
	}
	known.Store(g, ok)
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
