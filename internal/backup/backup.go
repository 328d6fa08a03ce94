// Package backup carries the whole deployment out and back: the database as PostgreSQL's own dump, every object of
// the store, and a manifest with the hash of each. What is restored is restored into emptiness, after every hash was
// read again. Objects are kept once under their hash whatever the number of sets, and one that has not changed since
// the last set is not fetched again.
package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cunfen/internal/blob"
)

// Set is what stands in a set's manifest.
type Set struct {
	Format   int       `json:"format"`
	Name     string    `json:"name"`
	BeganAt  time.Time `json:"began_at"`
	DoneAt   time.Time `json:"done_at"`
	MadeOn   string    `json:"made_on"`
	Schema   int64     `json:"schema"` // the latest migration
	Server   string    `json:"server"` // PostgreSQL's version
	Database File      `json:"database"`
	Objects  []Object  `json:"objects"`
}

// File is a file with its size and hash.
type File struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Object is an object of the store.
type Object struct {
	Village  int64     `json:"village"`
	Key      string    `json:"key"`
	Modified time.Time `json:"modified"`
	Type     string    `json:"type"`
	File
}

// Bytes is the size of all objects.
func (s Set) Bytes() (n int64) {
	for _, o := range s.Objects {
		n += o.Bytes
	}
	return n
}

// House is a deployment: its database, by its owner's address, and its store.
type House struct {
	Owner string
	Blobs *blob.Store
	Now   func() time.Time
	Say   func(format string, args ...any) // how far it is
}

// Faults of the command, in its own words.
var (
	ErrProgram = errors.New("没有找到 pg_dump 和 pg_restore：请装和数据库同版本（或更新）的 PostgreSQL 客户端")
	ErrFull    = errors.New("只能恢复到空的部署：目标数据库里已经有表，或目标桶里已经有文件")
	ErrSpoiled = errors.New("备份和清单不一致，没有恢复")
)

const (
	manifest = "manifest.json"
	database = "database.dump"
	objects  = "objects"
	layout   = "20060102T150405Z"
)

// program finds one of PostgreSQL's programs: on the path, or the newest where Debian puts them.
func program(name string) (string, error) {
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	slices.Sort(all)
	if len(all) > 0 {
		return all[len(all)-1], nil
	}
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	return "", ErrProgram
}

// run runs one of them on the house's database. The password goes by the environment, where no list of processes
// shows it.
func (h House) run(ctx context.Context, name string, args ...string) error {
	path, err := program(name)
	if err != nil {
		return err
	}
	env, err := h.env()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out[:min(len(out), 2000)])))
	}
	return nil
}

func (h House) env() ([]string, error) {
	cfg, err := pgconn.ParseConfig(h.Owner)
	if err != nil {
		return nil, errors.New("CUNFEN_DB_OWNER 不是正确的连接地址")
	}
	mode := "disable"
	if cfg.TLSConfig != nil {
		mode = "require"
	}
	for _, m := range []string{"verify-full", "verify-ca"} {
		if strings.Contains(h.Owner, "sslmode="+m) {
			mode = m
		}
	}
	return []string{"PGHOST=" + cfg.Host, fmt.Sprintf("PGPORT=%d", cfg.Port), "PGUSER=" + cfg.User, "PGPASSWORD=" + cfg.Password, "PGDATABASE=" + cfg.Database, "PGSSLMODE=" + mode}, nil
}

func (h House) connect(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, h.Owner) }

// write makes a file that its owner alone can read, and answers its size and hash.
func write(path string, r io.Reader) (f File, err error) {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return f, err
	}
	h := sha256.New()
	f.Bytes, err = io.Copy(io.MultiWriter(out, h), r)
	f.SHA256 = hex.EncodeToString(h.Sum(nil))
	return f, errors.Join(err, out.Sync(), out.Close())
}

// digest reads a file again.
func digest(path string) (f File, err error) {
	in, err := os.Open(path)
	if err != nil {
		return f, err
	}
	defer in.Close()
	h := sha256.New()
	f.Bytes, err = io.Copy(h, in)
	f.SHA256 = hex.EncodeToString(h.Sum(nil))
	return f, err
}

// Read reads a set's manifest.
func Read(set string) (s Set, err error) {
	b, err := os.ReadFile(filepath.Join(set, manifest))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil || s.Format != 1 {
		return s, fmt.Errorf("%s: %w", set, ErrSpoiled)
	}
	return s, nil
}

// Sets lists the sets of a directory that are whole, the newest first.
func Sets(dir string) (all []string, err error) {
	found, err := filepath.Glob(filepath.Join(dir, "[0-9]*Z", manifest))
	for _, f := range found {
		all = append(all, filepath.Dir(f))
	}
	slices.Sort(all)
	slices.Reverse(all)
	return all, err
}

// stored is where an object's bytes lie.
func stored(dir, hash string) string { return filepath.Join(dir, objects, hash[:2], hash) }
