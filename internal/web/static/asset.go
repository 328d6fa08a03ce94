package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"regexp"
	"sync"
)

// asset is one file ready to be sent.
type asset struct {
	body, packed []byte
	hash, kind   string
}

var kinds = map[string]string{
	".css":         "text/css; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".svg":         "image/svg+xml",
	".webmanifest": "application/manifest+json",
}

// sibling is how one script names another in its folder.
var sibling = regexp.MustCompile(`'\./[a-z]+\.js'`)

var assets = sync.OnceValue(load)

func load() map[string]*asset {
	all := map[string]*asset{}
	err := fs.WalkDir(FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || kinds[path.Ext(name)] == "" {
			return err
		}
		add(all, name)
		return nil
	})
	if err != nil {
		panic(err)
	}
	return all
}

// add makes the asset of one file. A script's imports are given their hashes
// first, so its own hash changes with theirs.
func add(all map[string]*asset, name string) *asset {
	if a := all[name]; a != nil {
		return a
	}
	body, err := FS.ReadFile(name)
	if err != nil {
		panic("static: no file " + name)
	}
	if path.Ext(name) == ".js" {
		body = sibling.ReplaceAllFunc(body, func(m []byte) []byte {
			file := string(m[3 : len(m)-1])
			return []byte("'./" + file + "?v=" + add(all, path.Join(path.Dir(name), file)).hash + "'")
		})
	}
	sum := sha256.Sum256(body)
	a := &asset{body: body, packed: pack(body), hash: hex.EncodeToString(sum[:4]), kind: kinds[path.Ext(name)]}
	all[name] = a
	return a
}

func pack(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}
