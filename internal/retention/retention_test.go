package retention

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/evidence"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

// TestRun: what is over its time goes, what is not, what is under objection and what is another village's stays;
// the rehearsal names beforehand what goes, the log and the run afterwards what went.
func TestRun(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	store, err := blob.Open(blob.Config{Endpoint: os.Getenv("TEST_S3_ENDPOINT"), AccessKey: os.Getenv("TEST_S3_ACCESS_KEY"),
		SecretKey: os.Getenv("TEST_S3_SECRET_KEY"), Bucket: fmt.Sprintf("retention-%d", os.Getpid())})
	if err == nil {
		err = store.EnsureBucket(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.New(t)
	db.At("2030-01-10T10:00:00+08:00")
	worker := pgtest.Open(t, db.Name, "cunfen_worker")
	worker.Now = db.DB.Now
	s, w := &Service{DB: db.DB}, &Service{DB: worker, Evidence: &evidence.Service{DB: worker, Blobs: store}}
	lead := pgtest.In(pgtest.A, actor.Lead)
	home, other := db.Household(t, pgtest.A, "1-1", "户主"), db.Household(t, pgtest.B, "1-1", "户主")
	db.Exec(t, `insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at) values (11, 1, 2026, '2026-01-01', '', 0, '{}', '', now())`)
	photo := map[string]blob.Key{}
	for name, c := range map[string][2]string{"old": {"rejected", "2026-01-05"}, "recent": {"rejected", "2029-06-01"}, "waits": {"pending", "2026-01-05"}, "disputed": {"posted", "2026-01-05"}} {
		claim, id, at := pg.NewID(), pg.NewID(), db.Now()
		db.Exec(t, `insert into claim (village_id, id, household_id, item, parts, rule_version, points, occurred_on, channel, recorder, recorder_name, recorded_at, state)
			values (11, $1, $2, 'P18', '{}', 1, 5, '2026-01-05', 'grid', $1, '', now(), $3)`, claim, home, c[0])
		if c[0] == "posted" {
			db.Exec(t, `insert into ledger_entry (village_id, id, household_id, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
				values (11, $1, $2, $1, '2026-02-01', 5, 202601, '2026-01-05', 1, 2, 2, 2, true, 'P18')`, claim, home)
			db.Exec(t, `update claim set entry_id = id where id = $1`, claim)
			db.Exec(t, `insert into objection (village_id, id, household_id, entry_id, grounds, channel, filed_by, filed_by_name, filed_at, due_on, state) values (11, $1, $2, $1, '', 'self', $1, '', now(), '2026-03-01', 'open')`, claim, home)
		}
		key := blob.EvidenceKey(pgtest.A, at, id)
		if err := store.Put(ctx, key, []byte("x"), "image/jpeg"); err != nil {
			t.Fatal(err)
		}
		photo[name] = key
		db.Exec(t, `insert into evidence (village_id, id, key, sha256, bytes, width, height, uploaded_by, uploaded_at, claim_id) values (11, $1, $2, sha256('x'), 1, 1, 1, $3, $4::date, $5)`, id, key.String(), uuid.New(), c[1], claim)
	}
	for _, h := range []struct {
		village int
		home    uuid.UUID
		at      string
	}{{11, home, "2028-01-01"}, {11, home, "2029-12-01"}, {12, other, "2028-01-01"}} {
		db.Exec(t, `insert into message (village_id, id, household_id, kind, told_at) values ($1, gen_random_uuid(), $2, 'claim.approved', $3::date)`, h.village, h.home, h.at)
	}
	db.Exec(t, `insert into household_import (village_id, id, file_name, state, added, changed, imported_by, imported_at, before) values (11, gen_random_uuid(), 'x.xlsx', 'applied', 0, 0, gen_random_uuid(), '2029-11-01', '{"homes": []}')`)
	db.Exec(t, `insert into sign_in (id, at, phone_index, result, address) values (gen_random_uuid(), '2028-01-01', '', 'ok', ''), (gen_random_uuid(), '2029-12-01', '', 'ok', '')`)

	if err := s.Set(ctx, lead, Messages, 100); !errors.Is(err, ErrDays) {
		t.Errorf("under the floor: %v", err)
	}
	if err := s.Set(ctx, lead, "book", 1000); !errors.Is(err, ErrKind) {
		t.Errorf("the book has no time: %v", err)
	}
	if err := s.Set(ctx, lead, Messages, 400); err != nil {
		t.Fatal(err)
	}
	due := func(want string) {
		t.Helper()
		all, _, err := s.List(ctx, lead)
		got := ""
		for _, k := range all {
			got += fmt.Sprintf("%s %d/%d ", k.Kind, k.Due, k.Days)
		}
		if err != nil || got != want {
			t.Errorf("due %s, want %s (%v)", got, want, err)
		}
	}
	due("photo 1/1095 message 1/400 import 1/30 contact 0/180 ")
	for range 2 {
		if err := w.Run(ctx, actor.System(pgtest.A)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.SignIns(ctx); err != nil {
		t.Fatal(err)
	}
	due("photo 0/1095 message 0/400 import 0/30 contact 0/180 ")
	for name, key := range photo {
		_, err := store.Stat(ctx, key)
		if gone := errors.Is(err, blob.ErrMissing); gone != (name == "old") || err != nil && !gone {
			t.Errorf("photo %s: %v", name, err)
		}
	}
	var got string
	err = db.Owner.QueryRow(ctx, `select concat_ws(' ', (select count(*) from evidence), (select count(*) from evidence where removed_at is not null and sha256 is not null), (select count(*) from message where village_id = 11),
		(select count(*) from message where village_id = 12), (select before::text from household_import), (select count(*) from sign_in), (select count(*) from audit where verb = 'retention.run'), (select sum(pieces) from retention_run))`).Scan(&got)
	if err != nil || got != "4 1 1 1 {} 1 3 3" {
		t.Errorf("%s (%v)", got, err)
	}
	if c, err := w.Evidence.Count(ctx, pgtest.A); err != nil || c.RowsWithoutObject != 0 {
		t.Errorf("%+v %v", c, err)
	}
}
