package backup

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
)

const sqlSchema = `-- backup.schema
select coalesce(max(version_id), 0) from goose_db_version where is_applied`

const sqlVillages = `-- backup.villages
select id from village order by id`

const sqlNote = `-- backup.note
insert into backup_run (id, began_at, done_at, set_name, bytes, sha256, objects, object_bytes, made_on)
values (@id, @began, @done, @set, @bytes, @sha256, @objects, @object_bytes, @on)`

// Make makes a set in the directory. The database is dumped first and the objects are copied after, so that no row
// of the dump lacks its object unless it was deleted in between. The manifest is written last: a set without one is
// no set.
func Make(ctx context.Context, h House, dir string) (s Set, err error) {
	s = Set{Format: 1, BeganAt: h.Now().UTC()}
	s.Name = s.BeganAt.Format(layout)
	s.MadeOn, _ = os.Hostname()
	last, err := newest(dir)
	if err != nil {
		return s, err
	}
	at := filepath.Join(dir, s.Name)
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, objects), 0o700), os.Mkdir(at, 0o700)); err != nil {
		return s, err
	}
	conn, err := h.connect(ctx)
	if err != nil {
		return s, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := errors.Join(conn.QueryRow(ctx, sqlSchema).Scan(&s.Schema), conn.QueryRow(ctx, "show server_version").Scan(&s.Server)); err != nil {
		return s, err
	}
	dump := filepath.Join(at, database)
	if err := h.run(ctx, "pg_dump", "--format=custom", "--no-owner", "--no-password", "--file="+dump); err != nil {
		return s, err
	}
	if err := os.Chmod(dump, 0o600); err != nil {
		return s, err
	}
	if s.Database, err = digest(dump); err != nil {
		return s, err
	}
	h.Say("数据库 %.1f MB", float64(s.Database.Bytes)/(1<<20))
	rows, err := conn.Query(ctx, sqlVillages)
	if err != nil {
		return s, err
	}
	villages, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return s, err
	}
	for _, v := range villages {
		if err := s.fetch(ctx, h, dir, v, last); err != nil {
			return s, fmt.Errorf("村 %d：%w", v, err)
		}
	}
	h.Say("文件 %d 个，%.1f MB", len(s.Objects), float64(s.Bytes())/(1<<20))
	s.DoneAt = h.Now().UTC()
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return s, err
	}
	if err := os.WriteFile(filepath.Join(at, manifest+".part"), b, 0o600); err != nil {
		return s, err
	}
	if err := os.Rename(filepath.Join(at, manifest+".part"), filepath.Join(at, manifest)); err != nil {
		return s, err
	}
	sum, err := hex.DecodeString(s.Database.SHA256)
	if err != nil {
		return s, err
	}
	_, err = conn.Exec(ctx, sqlNote, pgx.NamedArgs{"id": uuid.Must(uuid.NewV7()), "began": s.BeganAt, "done": s.DoneAt, "set": s.Name, "bytes": s.Database.Bytes, "sha256": sum,
		"objects": len(s.Objects), "object_bytes": s.Bytes(), "on": s.MadeOn})
	return s, err
}

func newest(dir string) (at map[string]Object, err error) {
	at = map[string]Object{}
	sets, err := Sets(dir)
	if err != nil || len(sets) == 0 {
		return at, err
	}
	last, err := Read(sets[0])
	for _, o := range last.Objects {
		at[o.Key] = o
	}
	return at, err
}

// fetch copies what the directory does not have of a village's objects.
func (s *Set) fetch(ctx context.Context, h House, dir string, village int64, last map[string]Object) error {
	for info, err := range h.Blobs.List(ctx, actor.VillageID(village)) {
		if err != nil {
			return err
		}
		o := Object{Village: village, Key: info.Key.String(), Modified: info.Modified.UTC(), File: File{Bytes: info.Size}}
		if old, ok := last[o.Key]; ok && old.Bytes == o.Bytes && old.Modified.Equal(o.Modified) {
			if about, err := os.Stat(stored(dir, old.SHA256)); err == nil && about.Size() == old.Bytes {
				s.Objects = append(s.Objects, old)
				continue
			}
		}
		if o.File, o.Type, err = h.take(ctx, dir, info.Key); errors.Is(err, blob.ErrMissing) {
			continue // deleted since it was listed
		}
		if err != nil {
			return fmt.Errorf("%s: %w", o.Key, err)
		}
		s.Objects = append(s.Objects, o)
	}
	return nil
}

// take copies one object to where its hash says.
func (h House) take(ctx context.Context, dir string, k blob.Key) (f File, kind string, err error) {
	about, err := h.Blobs.Stat(ctx, k)
	if err != nil {
		return f, "", err
	}
	in, err := h.Blobs.File(ctx, k)
	if err != nil {
		return f, "", err
	}
	defer in.Close()
	part := filepath.Join(dir, objects, "part-"+uuid.NewString())
	f, err = write(part, in)
	if err == nil && f.Bytes != about.Size {
		err = fmt.Errorf("read %d of %d bytes", f.Bytes, about.Size)
	}
	if err != nil {
		return f, "", errors.Join(err, os.Remove(part))
	}
	to := stored(dir, f.SHA256)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return f, "", err
	}
	return f, about.Type, os.Rename(part, to)
}

// Prune keeps the newest sets, and of the objects those that they name.
func Prune(dir string, keep int) (gone int, err error) {
	sets, err := Sets(dir)
	if err != nil || keep < 1 || len(sets) <= keep {
		return 0, err
	}
	named := map[string]bool{}
	for _, set := range sets[:keep] {
		s, err := Read(set)
		if err != nil {
			return 0, err
		}
		for _, o := range s.Objects {
			named[o.SHA256] = true
		}
	}
	for _, set := range sets[keep:] {
		if err := os.RemoveAll(set); err != nil {
			return gone, err
		}
		gone++
	}
	files, err := filepath.Glob(filepath.Join(dir, objects, "??", "*"))
	for _, f := range files {
		if !named[filepath.Base(f)] {
			err = errors.Join(err, os.Remove(f))
		}
	}
	return gone, err
}
