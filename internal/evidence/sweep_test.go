package evidence

import (
	"context"
	"errors"
	"testing"
	"time"

	"cunfen/internal/blob"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestAlteredIsNeverShown(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	ctx := context.Background()
	who := s.resident(t, pgtest.A, "1组1号")
	claim, flipped := s.given(t, who, 1)
	_, lost := s.given(t, who, 2)
	_, longer := s.given(t, who, 3)
	_, whole := s.given(t, who, 4)
	p, err := s.Read(ctx, who, flipped.ID)
	if err != nil {
		t.Fatal(err)
	}
	p.Data[len(p.Data)/2] ^= 1
	s.store.Tamper(t, s.key(t, flipped.ID), p.Data)
	s.store.Lose(t, s.key(t, lost.ID))
	s.store.Tamper(t, s.key(t, longer.ID), append(p.Data, "<html>"...))
	for _, c := range []struct {
		e    Evidence
		want error
	}{{flipped, ErrAltered}, {lost, ErrLost}, {longer, ErrAltered}, {whole, nil}} {
		got, err := s.Read(ctx, who, c.e.ID)
		if !errors.Is(err, c.want) || err != nil && got.Data != nil {
			t.Errorf("%v, want %v; %d bytes", err, c.want, len(got.Data))
		}
	}
	broken, err := s.SampleVerify(ctx, pgtest.A)
	if err != nil || len(broken) != 3 {
		t.Errorf("%+v %v", broken, err)
	}
	for _, b := range broken {
		if b.ID == whole.ID || b.Lost != (b.ID == lost.ID) || b.ID == flipped.ID && *b.ClaimID != claim {
			t.Errorf("%+v", b)
		}
	}
	var audited int
	if err := s.db.Owner.QueryRow(ctx, `select count(*) from audit where verb = 'evidence.broken'`).Scan(&audited); err != nil || audited != 3 {
		t.Errorf("%d audit lines: %v", audited, err)
	}
	if c := s.count(t, pgtest.A); c.RowsWithoutObject != 1 || c.Rows != 4 || c.Objects != 3 {
		t.Errorf("%+v", c)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	ctx := context.Background()
	who := s.resident(t, pgtest.A, "1组1号")
	s.given(t, who, 1)
	s.upload(t, who, 2)
	other := s.resident(t, pgtest.B, "1组1号")
	s.upload(t, other, 3)
	stray := blob.EvidenceKey(pgtest.A, s.DB.Now(), pg.NewID())
	notice := blob.NoticeKey(pgtest.A, 202611, 1, "a4.pdf")
	for _, k := range []blob.Key{stray, notice} {
		if err := s.Blobs.Put(ctx, k, []byte("x"), "image/jpeg"); err != nil {
			t.Fatal(err)
		}
	}
	s.store.Tamper(t, "v11/left-behind.txt", []byte("x"))

	n, err := s.Sweep(ctx, pgtest.A)
	if err != nil || n != (Swept{}) {
		t.Errorf("a sweep on the day itself took %+v: %v", n, err)
	}
	if c := s.count(t, pgtest.A); c != (Count{Rows: 2, Unattached: 1, Objects: 3, Foreign: 1}) {
		t.Errorf("%+v", c)
	}
	s.db.At("2026-11-24T10:00:01+08:00")
	if n, err = s.Sweep(ctx, pgtest.A); err != nil || n != (Swept{Rows: 1, Objects: 1}) {
		t.Errorf("%+v %v", n, err)
	}
	if n, err = s.sweep(ctx, pgtest.A, time.Now().Add(time.Hour)); err != nil || n != (Swept{Objects: 1}) {
		t.Errorf("%+v %v", n, err)
	}
	if c := s.count(t, pgtest.A); c != (Count{Rows: 1, Objects: 1, Foreign: 1}) {
		t.Errorf("%+v", c)
	}
	if _, err := s.Blobs.Stat(ctx, notice); err != nil {
		t.Errorf("the notice is swept: %v", err)
	}
	if c := s.count(t, pgtest.B); c != (Count{Rows: 1, Unattached: 1, Objects: 1}) {
		t.Errorf("the other village's: %+v", c)
	}
}

// TestSampleIsAHundredth has more photos than the least that is read.
func TestSampleIsAHundredth(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	ctx := context.Background()
	if _, err := s.db.Owner.Exec(ctx, `insert into evidence (village_id, id, key, sha256, bytes, width, height, uploaded_by, uploaded_at)
		select 11, id, 'v11/2026/11/' || id, '', 1, 1, 1, gen_random_uuid(), now() from (select gen_random_uuid() id from generate_series(1, 3000)) x`); err != nil {
		t.Fatal(err)
	}
	first, err := s.SampleVerify(ctx, pgtest.A)
	if err != nil || len(first) != 30 {
		t.Fatalf("%d read: %v", len(first), err)
	}
	s.db.At("2026-11-24T10:00:00+08:00")
	next, err := s.SampleVerify(ctx, pgtest.A)
	if err != nil || len(next) != 30 || next[0].ID == first[0].ID && next[1].ID == first[1].ID {
		t.Errorf("the next night reads the same: %v", err)
	}
}
