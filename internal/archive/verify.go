package archive

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"

	"cunfen/internal/ledger"
	"cunfen/internal/month"
)

// Report is what a check of a pack found.
type Report struct {
	Manifest  Manifest
	Digest    []byte // of the manifest: what the village's own list says of the pack
	Entries   int    // lines of the book read
	Blocks    int
	Balances  int
	Notices   int
	Lines     int // of notices
	Signed    int // lines of signed sheets
	Signers   int
	Findings  []string // Chinese, each with the file that it is about; empty when all holds
	truncated bool
}

// mostFindings bounds how many are told: whoever sees fifty knows enough.
const mostFindings = 50

func (r *Report) find(format string, args ...any) {
	if len(r.Findings) >= mostFindings {
		if !r.truncated {
			r.Findings, r.truncated = append(r.Findings, "问题太多，后面的不再列出"), true
		}
		return
	}
	r.Findings = append(r.Findings, fmt.Sprintf(format, args...))
}

// mostFile bounds one file of a pack, unpacked; mostManifest the manifest.
const (
	mostFile     = 4 << 30
	mostManifest = 64 << 20
)

// checker reads one pack.
type checker struct {
	*Report
	zip     *zip.Reader
	at      map[string]*zip.File
	broken  map[string]bool         // files whose bytes are not what the manifest says
	entries map[source]line         // awards and deductions of the book, by what caused them
	photos  map[uuid.UUID][]byte    // per claim: the hashes of its photos, one after another
	heights map[uuid.UUID]*[4]int64 // per household: base, year, honour, lines
	whole   map[uuid.UUID]line      // every line, for those that take it back
}

// line is what later checks ask of a line of the book.
type line struct {
	id, home uuid.UUID
	points   int
	kind     ledger.Kind
	month    month.Month
	item     string
}

type source struct {
	kind ledger.SourceKind
	id   uuid.UUID
}

// Verify checks a pack by itself.
func Verify(r io.ReaderAt, size int64) (rep Report) {
	c := &checker{Report: &rep, at: map[string]*zip.File{}, broken: map[string]bool{}, entries: map[source]line{}, photos: map[uuid.UUID][]byte{},
		heights: map[uuid.UUID]*[4]int64{}, whole: map[uuid.UUID]line{}}
	var err error
	if c.zip, err = zip.NewReader(r, size); err != nil {
		rep.find("压缩包打不开，文件残缺或被改动：%v", err)
		return rep
	}
	if !c.container(r, size) || !c.manifest() {
		return rep
	}
	c.files()
	c.village()
	c.book()
	c.evidence()
	c.months()
	return rep
}

// container compares the .zip with the one form in which its files can lie in it: nothing before, between or
// after them, no times, no remarks.
func (c *checker) container(r io.ReaderAt, size int64) bool {
	same := &comparer{r: io.NewSectionReader(r, 0, size)}
	w := zip.NewWriter(same)
	for _, f := range c.zip.File {
		if c.at[f.Name] != nil {
			c.find("%s：压缩包里有两个同名的文件", f.Name)
			return false
		}
		c.at[f.Name] = f
		out, err := w.CreateRaw(header(f.Name, f.Method, f.CRC32, f.CompressedSize64, f.UncompressedSize64))
		if err == nil {
			var raw io.Reader
			if raw, err = f.OpenRaw(); err == nil {
				_, err = io.Copy(out, raw)
			}
		}
		if err != nil || same.differs {
			c.find("%s：压缩包在这个文件处的结构被改动", f.Name)
			return false
		}
	}
	if err := w.Close(); err != nil || same.differs || same.n != size {
		c.find("压缩包的目录被改动，或者前后多了东西")
		return false
	}
	return true
}

// comparer says whether what is written to it is what r reads.
type comparer struct {
	r       io.Reader
	n       int64
	differs bool
}

func (c *comparer) Write(b []byte) (int, error) {
	have := make([]byte, len(b))
	if _, err := io.ReadFull(c.r, have); err != nil || !bytes.Equal(have, b) {
		c.differs = true
	}
	c.n += int64(len(b))
	return len(b), nil
}

// manifest reads what should be there.
func (c *checker) manifest() bool {
	if n := len(c.zip.File); n == 0 || c.zip.File[n-1].Name != manifestName || c.zip.File[n-1].Method != zip.Store || c.zip.File[n-1].UncompressedSize64 > mostManifest {
		c.find("%s：清单不在包里，或者不是最后一个文件", manifestName)
		return false
	}
	text, err := c.read(manifestName)
	if err == nil {
		err = json.Unmarshal(text, &c.Manifest)
	}
	switch {
	case err != nil:
		c.find("%s：清单读不出来：%v", manifestName, err)
		return false
	case c.Manifest.Format != format:
		c.find("%s：不认识的格式 %q", manifestName, c.Manifest.Format)
		return false
	case !bytes.Equal(c.Manifest.text(), text) || !c.Manifest.Period.Valid():
		c.find("%s：清单被改动", manifestName)
		return false
	}
	sum := sha256.Sum256(text)
	c.Digest = sum[:]
	return true
}

func (c *checker) read(name string) ([]byte, error) {
	if c.at[name] == nil {
		return nil, io.ErrUnexpectedEOF
	}
	f, err := c.at[name].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, mostManifest))
}

// files compares every file with the manifest: there, in its place, and byte for byte the same.
func (c *checker) files() {
	listed := map[string]bool{manifestName: true}
	order := make([]string, 0, len(c.Manifest.Files))
	for _, f := range c.Manifest.Files {
		if listed[f.Name] {
			c.find("%s：清单里写了两次", f.Name)
		}
		listed[f.Name] = true
		z := c.at[f.Name]
		if z == nil {
			c.find("%s：清单里有，包里缺这个文件", f.Name)
			continue
		}
		order = append(order, f.Name)
		c.file(f, z)
	}
	there := make([]string, 0, len(c.zip.File))
	for _, z := range c.zip.File {
		if !listed[z.Name] {
			c.find("%s：包里多了这个文件，清单里没有", z.Name)
		} else if z.Name != manifestName {
			there = append(there, z.Name)
		}
	}
	for i := range min(len(order), len(there)) {
		if order[i] != there[i] {
			c.find("%s：文件的次序被改动", there[i])
			break
		}
	}
	must := []string{"README.txt", "village.csv", "ledger/entries.csv", "evidence.csv"}
	if !c.Manifest.Period.IsMonth() {
		must = append(must, "ledger/chain.csv", "ledger/balances.csv", "households.csv", "rules/sets.csv", "rules/items.csv", "redemptions.csv")
	}
	for _, s := range decisions {
		must = append(must, s.name)
	}
	for _, name := range must {
		if !listed[name] {
			c.find("%s：这种档案必须有这个文件", name)
		}
	}
}

func (c *checker) file(f File, z *zip.File) {
	bad := func(why string) { c.find("%s：%s", f.Name, why); c.broken[f.Name] = true }
	raw, err := z.OpenRaw()
	if err != nil {
		bad("读不出来")
		return
	}
	packed := sha256.New()
	if _, err := io.Copy(packed, raw); err != nil || hex.EncodeToString(packed.Sum(nil)) != f.Packed {
		bad("内容与清单里的指纹不一致，被改动过")
		return
	}
	if z.UncompressedSize64 > mostFile || int64(z.UncompressedSize64) != f.Bytes {
		bad("大小与清单不一致")
		return
	}
	in, err := z.Open()
	if err != nil {
		bad("读不出来")
		return
	}
	defer in.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, in); err != nil || hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		bad("内容与清单里的指纹不一致，被改动过")
	}
}

// rows gives the rows of a file that is there; one that is missing was named before.
func (c *checker) rows(name string, fn func(n int, r record)) {
	f := c.at[name]
	if f == nil {
		return
	}
	in, err := f.Open()
	if err != nil {
		c.find("%s：读不出来", name)
		return
	}
	defer in.Close()
	if err := scan(in, fn); err != nil && !c.broken[name] {
		c.find("%s：不是完好的表格：%v", name, err)
	}
}

// village asks that the pack says of itself what its own files say.
func (c *checker) village() {
	n := 0
	c.rows("village.csv", func(_ int, r record) {
		n++
		if r.number("id") != c.Manifest.Village || r.text("code") != c.Manifest.Code || r.text("name") != c.Manifest.Name {
			c.find("village.csv：村名或编号与清单不一致")
		}
	})
	if n != 1 {
		c.find("village.csv：应当正好一行")
	}
	readme, err := c.read("README.txt")
	if err != nil || !strings.Contains(string(readme), c.Manifest.Name+c.Manifest.Period.Chinese()+"积分档案") {
		c.find("README.txt：与清单的村名、时段不一致")
	}
}
