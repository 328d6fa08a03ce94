package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
)

// Check reads every byte of a set and compares it with the manifest.
func Check(set string) (s Set, err error) {
	if s, err = Read(set); err != nil {
		return s, err
	}
	dir := filepath.Dir(filepath.Clean(set))
	if f, err := digest(filepath.Join(set, database)); err != nil || f != s.Database {
		return s, fmt.Errorf("%s: %w", database, ErrSpoiled)
	}
	for _, o := range s.Objects {
		if len(o.SHA256) != 64 {
			return s, fmt.Errorf("%s: %w", o.Key, ErrSpoiled)
		}
		if f, err := digest(stored(dir, o.SHA256)); err != nil || f != o.File {
			return s, fmt.Errorf("%s: %w", o.Key, ErrSpoiled)
		}
	}
	return s, nil
}

const sqlTables = `-- backup.tables
select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind in ('r', 'p')`

// makeRole makes a login that the grants of the dump name; it gets no password and no right here.
const makeRole = `do $$ begin create role %s login; exception when duplicate_object or unique_violation then null; end $$`

var roles = []string{"cunfen_app", "cunfen_worker", "cunfen_bureau", "cunfen_export", "cunfen_keeper"}

// Restore brings a set into an empty house: an empty database and an empty bucket. Everything is read and compared
// before the first thing is written.
func Restore(ctx context.Context, h House, set string) (s Set, err error) {
	if s, err = Check(set); err != nil {
		return s, err
	}
	h.Say("备份 %s：数据库和 %d 个文件都和清单一致", s.Name, len(s.Objects))
	conn, err := h.connect(ctx)
	if err != nil {
		return s, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var tables int
	if err := conn.QueryRow(ctx, sqlTables).Scan(&tables); err != nil {
		return s, err
	}
	if tables > 0 {
		return s, ErrFull
	}
	if err := h.Blobs.EnsureBucket(ctx); err != nil {
		return s, err
	}
	for _, v := range s.villages() {
		for _, err := range h.Blobs.List(ctx, v) {
			if err == nil || errors.Is(err, blob.ErrKey) {
				err = ErrFull
			}
			return s, err
		}
	}
	for _, r := range roles {
		if _, err := conn.Exec(ctx, fmt.Sprintf(makeRole, r)); err != nil {
			return s, err
		}
	}
	if err := h.run(ctx, "pg_restore", "--no-owner", "--no-password", "--exit-on-error", "--single-transaction", "--dbname="+conn.Config().Database, filepath.Join(set, database)); err != nil {
		return s, err
	}
	h.Say("数据库恢复好了")
	dir := filepath.Dir(filepath.Clean(set))
	for _, o := range s.Objects {
		if err := h.put(ctx, dir, o); err != nil {
			return s, fmt.Errorf("%s: %w", o.Key, err)
		}
	}
	h.Say("文件恢复好了")
	return s, nil
}

func (s Set) villages() (all []actor.VillageID) {
	for _, o := range s.Objects {
		if v := actor.VillageID(o.Village); len(all) == 0 || all[len(all)-1] != v {
			all = append(all, v)
		}
	}
	return all
}

func (h House) put(ctx context.Context, dir string, o Object) error {
	k, err := blob.ParseKey(actor.VillageID(o.Village), o.Key)
	if err != nil {
		return err
	}
	in, err := os.Open(stored(dir, o.SHA256))
	if err != nil {
		return err
	}
	defer in.Close()
	return h.Blobs.PutFile(ctx, k, in, o.Bytes, o.Type)
}
