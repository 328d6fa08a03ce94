package archive

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"io"

	"github.com/google/uuid"
)

// format names the form of a pack; a reader refuses what it does not know.
const format = "cunfen-archive/1"

// manifestName is the last file of every pack; it names all others in their order.
const manifestName = "manifest.json"

// Manifest says what is in a pack.
type Manifest struct {
	Format  string    `json:"format"`
	Period  Period    `json:"period"`
	Village int64     `json:"village"`
	Code    string    `json:"code"`
	Name    string    `json:"name"`
	Upto    uuid.UUID `json:"upto"` // of a year's pack: the lines of the book below this id are in it
	Files   []File    `json:"files"`
}

// File is one file of a pack. Packed is over the bytes as they lie in the .zip, so that not even the way they
// are compressed can be altered.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Packed string `json:"packed_sha256"`
}

// text is the manifest's one form.
func (m Manifest) text() []byte {
	b, _ := json.MarshalIndent(m, "", " ") // of strings and numbers: never fails
	return append(b, '\n')
}

// packer writes a pack, file by file. It uses no clock and no option of a machine's: the same files give the
// same bytes.
type packer struct {
	zip   *zip.Writer
	files []File
}

func newPacker(w io.Writer) *packer { return &packer{zip: zip.NewWriter(w)} }

// add writes the next file.
func (p *packer) add(name string, write func(io.Writer) error) error {
	var packed bytes.Buffer
	z, err := flate.NewWriter(&packed, flate.DefaultCompression)
	if err != nil {
		return err
	}
	sum, crc, size := sha256.New(), crc32.NewIEEE(), counter(0)
	if err := write(io.MultiWriter(z, sum, crc, &size)); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	whole := sha256.Sum256(packed.Bytes())
	p.files = append(p.files, File{name, int64(size), hex.EncodeToString(sum.Sum(nil)), hex.EncodeToString(whole[:])})
	return p.raw(header(name, zip.Deflate, crc.Sum32(), uint64(packed.Len()), uint64(size)), packed.Bytes())
}

// close writes the manifest and answers its hash.
func (p *packer) close(m Manifest) (digest []byte, err error) {
	m.Format, m.Files = format, p.files
	text := m.text()
	if err := p.raw(header(manifestName, zip.Store, crc32.ChecksumIEEE(text), uint64(len(text)), uint64(len(text))), text); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	return sum[:], p.zip.Close()
}

func (p *packer) raw(h *zip.FileHeader, packed []byte) error {
	w, err := p.zip.CreateRaw(h)
	if err == nil {
		_, err = w.Write(packed)
	}
	return err
}

// header is the only form in which a file's header stands in a pack.
func header(name string, method uint16, crc uint32, packed, size uint64) *zip.FileHeader {
	return &zip.FileHeader{Name: name, Method: method, CRC32: crc, CompressedSize64: packed, UncompressedSize64: size,
		CreatorVersion: 20, ReaderVersion: 20}
}

type counter int64

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

// plain writes bytes that are there already.
func plain(b []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(b); return err }
}
