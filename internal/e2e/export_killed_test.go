package e2e

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/crypt"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/tenure"
	"cunfen/internal/village"
)

// TestExportKilled kills the worker twice while it carries a village out: the next one goes on, and the file is whole.
func TestExportKilled(t *testing.T) {
	db := pgtest.New(t)
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv("TEST_REDIS_ADDR"), DB: killRedisDB})
	t.Cleanup(func() { _ = rdb.Close() })
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	d := deploy(t, db)
	d.env = append(d.env, "CUNFEN_DB_KEEPER="+pgtest.DSN(db.Name, "cunfen_keeper"))
	ctx, admin := t.Context(), actor.Actor{Role: actor.Platform, Name: "平台管理员"}
	const guao, phrase = actor.VillageID(320602), "古坳搬家时用的口令"
	vault, err := crypt.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	store, err := blob.Open(blob.Config{Endpoint: os.Getenv("TEST_S3_ENDPOINT"), AccessKey: os.Getenv("TEST_S3_ACCESS_KEY"), SecretKey: os.Getenv("TEST_S3_SECRET_KEY"), Bucket: strings.ReplaceAll("kill-"+db.Name, "_", "-")})
	if err != nil {
		t.Fatal(err)
	}
	db.Now = time.Now
	s := &tenure.Service{DB: db.DB, Villages: &village.Register{DB: db.DB}, Vault: vault, Blobs: store}
	for range 40 { // so that there is something to be killed in
		if err := store.Put(ctx, blob.EvidenceKey(guao, time.Now(), uuid.New()), bytes.Repeat([]byte("照片"), 200_000), "image/jpeg"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Suspend(ctx, admin, guao, "换平台，搬走"); err != nil {
		t.Fatal(err)
	}
	id, err := s.Ask(ctx, admin, tenure.Wish{Kind: tenure.Carry, Village: guao, Passphrase: phrase, Reason: "换平台，搬走"})
	if err != nil {
		t.Fatal(err)
	}
	k, err := s.Work(ctx, id)
	if err == nil {
		err = s.Confirm(ctx, admin, id, k.Name)
	}
	if err != nil {
		t.Fatal(err)
	}
	until := func(what string, ok func(tenure.Work) bool) tenure.Work {
		t.Helper()
		for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(3 * time.Millisecond) {
			k, err := s.Work(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if ok(k) {
				return k
			}
		}
		k, _ := s.Work(ctx, id)
		t.Fatalf("not %s: %s %s %s", what, k.State, k.Step, k.Fault)
		return k
	}
	for range 2 {
		if _, err := db.Owner.Exec(ctx, `update undertaking set step = '' where id = $1`, id); err != nil {
			t.Fatal(err)
		}
		d.start("worker")
		until("under way", func(k tenure.Work) bool { return k.Step != "" })
		d.kill("worker")
		if k, err := s.Work(ctx, id); err != nil || k.State != tenure.Running {
			t.Fatalf("killed while %s, %v", k.State, err)
		}
	}
	d.start("worker")
	k = until("done", func(k tenure.Work) bool { return k.State == tenure.Done })
	_, r, err := s.Fetch(ctx, admin, id)
	if err != nil {
		t.Fatal(err)
	}
	file, err := io.ReadAll(r)
	_ = r.Close()
	if err != nil || int64(len(file)) != k.Bytes {
		t.Fatalf("%d of %d bytes, %v", len(file), k.Bytes, err)
	}
	f, err := tenure.OpenFile(bytes.NewReader(file), int64(len(file)), phrase) // every hash in it
	if err != nil {
		t.Fatal(err)
	}
	keeper := &tenure.Keeper{Service: s, DB: pgtest.Open(t, db.Name, "cunfen_keeper")}
	now, err := keeper.Export(ctx, "运维", guao, phrase, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(f.Objects, now.Objects) || len(f.Objects) < 40 || f.Accounts != now.Accounts {
		t.Errorf("%d objects in the file and %d in the village", len(f.Objects), len(now.Objects))
	}
	for i, p := range now.Tables {
		if p != f.Tables[i] && p.Name != "audit" {
			t.Errorf("%s: %+v in the village, %+v in the file", p.Name, p, f.Tables[i])
		}
	}
}
