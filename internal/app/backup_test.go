package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/backup"
	"cunfen/internal/blob"
	"cunfen/internal/config"
	"cunfen/internal/demo"
	"cunfen/internal/pg/pgtest"
	"cunfen/tenants"
)

// house is a deployment in the database of a name.
func house(t *testing.T, name string) (config.Config, backup.House) {
	t.Helper()
	cfg := config.Config{Env: config.Test, BaseURL: "http://127.0.0.1", Hosts: config.List{"127.0.0.1"}, OpsListen: "127.0.0.1:0", LogLevel: 8,
		DBApp: config.NewSecret(pgtest.DSN(name, "cunfen_app")), DBWorker: config.NewSecret(pgtest.DSN(name, "cunfen_worker")), DBOwner: config.NewSecret(pgtest.DSN(name, "")),
		DBBureau: config.NewSecret(pgtest.DSN(name, "cunfen_bureau")), DBExport: config.NewSecret(pgtest.DSN(name, "cunfen_export")),
		Redis:      config.NewSecret(fmt.Sprintf("redis://%s/%d", os.Getenv("TEST_REDIS_ADDR"), redisDB-1)),
		S3Endpoint: os.Getenv("TEST_S3_ENDPOINT"), S3AccessKey: os.Getenv("TEST_S3_ACCESS_KEY"), S3SecretKey: config.NewSecret(os.Getenv("TEST_S3_SECRET_KEY")),
		S3Bucket: strings.ReplaceAll("bk-"+name, "_", "-"), MasterKey: config.NewKey([32]byte{1, 2, 3}), SMSProvider: "console"}
	store, err := blob.Open(blob.Config{Endpoint: cfg.S3Endpoint, AccessKey: cfg.S3AccessKey, SecretKey: cfg.S3SecretKey.Reveal(), Bucket: cfg.S3Bucket})
	if err != nil {
		t.Fatal(err)
	}
	return cfg, backup.House{Owner: cfg.DBOwner.Reveal(), Blobs: store, Now: time.Now, Say: t.Logf}
}

// whole is a fingerprint of every table of a database.
func whole(t *testing.T, dsn string) (out string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r' and c.relname <> 'backup_run' order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		var count int
		var sum string
		if err := conn.QueryRow(ctx, fmt.Sprintf(`select count(*), coalesce(md5(string_agg(md5(x::text), '' order by md5(x::text))), '') from %s x`, pgx.Identifier{n}.Sanitize())).Scan(&count, &sum); err != nil {
			t.Fatal(err)
		}
		out += fmt.Sprintln(n, count, sum)
	}
	return out
}

// TestBackup carries a township with its photos out and into an empty house: the same rows in every table, the same
// objects, and nothing that verifying would find. What was spoiled on the way, and what is not empty, is refused.
func TestBackup(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	cfg, from := house(t, db.Name)
	a, err := Open(ctx, cfg, Web)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	at, _ := time.Parse(time.RFC3339, "2026-11-20T09:00:00+08:00")
	shift := time.Until(at)
	a.DB.Now = func() time.Time { return time.Now().Add(shift) }
	town, problems := tenants.Load(tenants.FS, "demo")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := (&demo.Filler{Site: a.Site, Vault: a.Vault, Households: 10, Photos: true}).Fill(ctx, town); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s, err := backup.Make(ctx, from, dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Objects) == 0 || s.Schema < 65 || s.Database.Bytes == 0 {
		t.Fatalf("set = %+v", s)
	}
	if last, err := a.LastBackup(ctx); err != nil || last == nil || last.SetName != s.Name || last.Objects != len(s.Objects) {
		t.Errorf("last = %+v, %v", last, err)
	}
	set := filepath.Join(dir, s.Name)
	if _, err := backup.Restore(ctx, from, set); !errors.Is(err, backup.ErrFull) {
		t.Errorf("into a full house: %v", err)
	}
	name := db.Name + "_r"
	if _, err := db.Owner.Exec(ctx, "create database "+name+" template template0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = db.Owner.Exec(context.Background(), "drop database if exists "+name+" with (force)") })
	cfg2, to := house(t, name)

	for what, path := range map[string]string{"dump": filepath.Join(set, "database.dump"), "object": filepath.Join(dir, "objects", s.Objects[0].SHA256[:2], s.Objects[0].SHA256)} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 1
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Restore(ctx, to, set); !errors.Is(err, backup.ErrSpoiled) {
			t.Errorf("a %s with one bit changed: %v", what, err)
		}
		b[len(b)/2] ^= 1
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := backup.Restore(ctx, to, set); err != nil {
		t.Fatal(err)
	}
	if here, there := whole(t, cfg.DBOwner.Reveal()), whole(t, cfg2.DBOwner.Reveal()); here != there {
		t.Errorf("the tables differ:\n%s\n%s", here, there)
	}
	b, err := Open(ctx, cfg2, Web)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.DB.Now = a.DB.Now
	before, err := a.Verify(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Verify(ctx)
	if err != nil || !slices.Equal(r.Findings, before.Findings) || r.Photos == 0 || r.Entries == 0 {
		t.Errorf("verify: %+v, %v", r, err)
	}
	for _, f := range r.Findings {
		if !strings.Contains(f, "没有办完") { // no worker runs in this test
			t.Error(f)
		}
	}

	again, err := backup.Make(ctx, from, dir)
	if err != nil {
		if s.Name != again.Name {
			t.Fatal(err)
		}
		time.Sleep(time.Until(s.BeganAt.Truncate(time.Second).Add(time.Second + 50*time.Millisecond)))
		if again, err = backup.Make(ctx, from, dir); err != nil {
			t.Fatal(err)
		}
	}
	if len(again.Objects) != len(s.Objects) {
		t.Errorf("the second set has %d objects, the first %d", len(again.Objects), len(s.Objects))
	}
	if gone, err := backup.Prune(dir, 1); err != nil || gone != 1 {
		t.Errorf("%d sets pruned, %v", gone, err)
	}
	if _, err := backup.Check(filepath.Join(dir, again.Name)); err != nil {
		t.Errorf("what is kept is not whole: %v", err)
	}
}
