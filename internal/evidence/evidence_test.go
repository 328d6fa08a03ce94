package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/picture"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func TestUpload(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	ctx := context.Background()
	who := s.resident(t, pgtest.A, "1组1号")
	e := s.upload(t, who, 1)
	if want := fmt.Sprintf("v11/2026/11/%s", e.ID); s.key(t, e.ID) != want {
		t.Errorf("key %s, want %s", s.key(t, e.ID), want)
	}
	p, err := s.Read(ctx, who, e.ID)
	if err != nil || !p.whole(p.Data) || !bytes.HasPrefix(p.Data, []byte("\xFF\xD8\xFF")) || len(p.Data) != e.Bytes || p.Width != 180 {
		t.Errorf("%+v %v", p.Evidence, err)
	}
	small, err := p.Thumb(ctx)
	if err != nil || len(small) == 0 {
		t.Error(err)
	}
	if c := s.count(t, pgtest.A); c != (Count{Rows: 1, Unattached: 1, Objects: 1}) {
		t.Errorf("%+v", c)
	}
	var audited int
	if err := s.db.Owner.QueryRow(ctx, `select count(*) from audit where village_id = 11 and verb = 'evidence.upload' and object_id = $1`, e.ID.String()).Scan(&audited); err != nil || audited != 1 {
		t.Errorf("%d audit lines: %v", audited, err)
	}
}

func TestWhatIsNoPictureLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	who := pgtest.In(pgtest.A, actor.Grid)
	for in, want := range map[string]error{"<svg/>": picture.ErrKind, "\xFF\xD8\xFF<html>": picture.ErrBroken, strings.Repeat("x", 9<<20): picture.ErrTooLarge} {
		if _, err := s.Upload(context.Background(), who, strings.NewReader(in)); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if c := s.count(t, pgtest.A); c != (Count{}) {
		t.Errorf("%+v", c)
	}
}

func TestUploadTwiceIsOnce(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	ctx := context.Background()
	who := keyed(pgtest.In(pgtest.A, actor.Grid), "one")
	var all sync.WaitGroup
	ids := make([]uuid.UUID, 6)
	for i := range ids {
		all.Go(func() {
			e, err := s.Upload(ctx, who, bytes.NewReader(photo(3)))
			if err != nil {
				t.Error(err)
			}
			ids[i] = e.ID
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("%v", ids)
		}
	}
	other := who
	other.Body = [32]byte{2}
	if _, err := s.Upload(ctx, other, bytes.NewReader(photo(4))); !errors.Is(err, idem.ErrReused) {
		t.Error(err)
	}
	if c := s.count(t, pgtest.A); c != (Count{Rows: 1, Unattached: 1, Objects: 1}) {
		t.Errorf("%+v", c)
	}
}

func TestQuota(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	ctx := context.Background()
	who := s.resident(t, pgtest.A, "1组1号")
	first := keyed(who, "first")
	e := s.upload(t, first, 1)
	fill := func(by uuid.UUID, n int) {
		if _, err := s.db.Owner.Exec(ctx, `insert into evidence (village_id, id, key, sha256, bytes, width, height, uploaded_by, uploaded_at)
			select 11, gen_random_uuid(), gen_random_uuid()::text, '', 1, 1, 1, $1, '2026-11-23T08:00:00+08:00' from generate_series(1, $2)`, by, n); err != nil {
			t.Fatal(err)
		}
	}
	fill(who.Account, perDayHome-1)
	_, err := s.Upload(ctx, who, bytes.NewReader(photo(2)))
	if !errors.Is(err, ErrMine) || fault.Of(err).Kind != fault.TooMany || !strings.Contains(fault.Of(err).Text, "40 张") {
		t.Errorf("%v %s", err, fault.Of(err).Text)
	}
	if again := s.upload(t, first, 1); again.ID != e.ID {
		t.Error("a repeat of a counted upload is another photo")
	}
	neighbour := s.resident(t, pgtest.A, "1组2号")
	s.upload(t, neighbour, 3)
	fill(uuid.New(), perVillage)
	if _, err := s.Upload(ctx, neighbour, bytes.NewReader(photo(4))); !errors.Is(err, ErrVillage) {
		t.Error(err)
	}
	s.upload(t, s.resident(t, pgtest.B, "1组1号"), 5)
	s.db.At("2026-11-24T00:00:01+08:00")
	s.upload(t, who, 6)
}

func TestNoRowWithoutObject(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	away, err := blob.Open(blob.Config{Endpoint: "127.0.0.1:1", AccessKey: "a", SecretKey: "abcdefgh", Bucket: "x"})
	if err != nil {
		t.Fatal(err)
	}
	cut := Service{DB: s.DB, Blobs: away}
	_, err = cut.Upload(context.Background(), pgtest.In(pgtest.A, actor.Grid), bytes.NewReader(photo(1)))
	if fault.Of(err).Kind != fault.Unavailable {
		t.Error(err)
	}
	if c := s.count(t, pgtest.A); c != (Count{}) {
		t.Errorf("%+v", c)
	}
}

func TestAttach(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	who, neighbour, stranger := s.resident(t, pgtest.A, "1组1号"), s.resident(t, pgtest.A, "1组2号"), s.resident(t, pgtest.B, "1组1号")
	claim, other := s.claim(t, pgtest.A, who.Household), s.claim(t, pgtest.A, who.Household)
	mine, mine2 := s.upload(t, who, 1), s.upload(t, who, 2)
	theirs, foreign := s.upload(t, neighbour, 3), s.upload(t, stranger, 4)
	for name, ids := range map[string][]uuid.UUID{"a neighbour's": {mine.ID, theirs.ID}, "another village's": {mine.ID, foreign.ID}, "one that never was": {mine.ID, uuid.New()}} {
		if err := s.attach(t, who, claim, ids...); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.attach(t, who, claim, make([]uuid.UUID, 1)...); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
	if c := s.count(t, pgtest.A); c.Unattached != 3 {
		t.Errorf("a refused attachment stayed: %+v", c)
	}
	if err := errors.Join(s.attach(t, who, claim), s.attach(t, who, claim, mine2.ID, mine.ID, mine.ID)); err != nil {
		t.Fatal(err)
	}
	if err := s.attach(t, who, other, mine.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a photo proves two claims: %v", err)
	}
	var many []uuid.UUID
	for range PerClaim + 1 {
		many = append(many, uuid.New())
	}
	if err := s.attach(t, who, other, many...); !errors.Is(err, ErrMany) {
		t.Error(err)
	}
	err := s.DB.Look(context.Background(), who, func(tx pg.Tx) error {
		of, err := Of(context.Background(), tx, []uuid.UUID{claim, other})
		if err != nil || len(of) != 1 || len(of[claim]) != 2 || of[claim][0].ID != mine.ID || of[claim][1].ID != mine2.ID {
			t.Errorf("%v %v", of, err)
		}
		if one, none := Hash(of[claim]), Hash(of[other]); len(one) != 32 || none != nil || bytes.Equal(one, Hash(of[claim][:1])) {
			t.Errorf("%x %x", one, none)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWhoSees(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	ctx := context.Background()
	who, neighbour := s.resident(t, pgtest.A, "1组1号"), s.resident(t, pgtest.A, "1组2号")
	_, own := s.given(t, who, 1)
	grid := pgtest.In(pgtest.A, actor.Grid)
	recorded := s.upload(t, grid, 2)
	if err := s.attach(t, grid, s.claim(t, pgtest.A, who.Household), recorded.ID); err != nil {
		t.Fatal(err)
	}
	loose := s.upload(t, grid, 3)
	family := who
	family.Account = uuid.New()
	nobody := pgtest.In(pgtest.A, actor.Household)
	for _, c := range []struct {
		name string
		who  actor.Actor
		sees [3]bool // own, recorded, loose
	}{
		{"the household", who, [3]bool{true, true, false}},
		{"another person of the household", family, [3]bool{true, true, false}},
		{"a neighbour", neighbour, [3]bool{}},
		{"a resident without a household", nobody, [3]bool{}},
		{"the grid worker", grid, [3]bool{true, true, true}},
		{"a committee member", pgtest.In(pgtest.A, actor.Committee), [3]bool{true, true, true}},
		{"the lead", pgtest.In(pgtest.A, actor.Lead), [3]bool{true, true, true}},
		{"another village's lead", pgtest.In(pgtest.B, actor.Lead), [3]bool{}},
		{"another township's lead", pgtest.In(pgtest.C, actor.Lead), [3]bool{}},
		{"the bureau", actor.Actor{Account: uuid.New(), Role: actor.Bureau, Township: pgtest.Town1}, [3]bool{}},
		{"a department", pgtest.In(pgtest.A, actor.Department), [3]bool{}},
		{"the program", actor.System(pgtest.A), [3]bool{}},
	} {
		for i, e := range []Evidence{own, recorded, loose} {
			_, err := s.Read(ctx, c.who, e.ID)
			if c.sees[i] && err != nil || !c.sees[i] && !errors.Is(err, fault.ErrNotFound) {
				t.Errorf("%s, photo %d: %v", c.name, i, err)
			}
		}
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	ctx := context.Background()
	who, neighbour := s.resident(t, pgtest.A, "1组1号"), s.resident(t, pgtest.A, "1组2号")
	first, _ := s.given(t, who, 1)
	same, _ := s.given(t, neighbour, 1)
	s.given(t, s.resident(t, pgtest.B, "1组1号"), 1)
	alone, near := s.given(t, neighbour, 2)
	near3, _ := s.given(t, neighbour, 3)
	if _, err := s.db.Owner.Exec(ctx, `update evidence set phash = $1::bigint # 15 where claim_id = $2`, phash(t, s, near.ID), near3); err != nil {
		t.Fatal(err)
	}
	s.upload(t, who, 1) // without a claim: no warning
	find := func(claims ...uuid.UUID) (all []Duplicate) {
		err := s.DB.Look(ctx, pgtest.In(pgtest.A, actor.Lead), func(tx pg.Tx) (err error) { all, err = DuplicatesOf(ctx, tx, claims); return err })
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got := find(same); len(got) != 1 || got[0].OtherClaim != first || !got[0].Exact {
		t.Errorf("%+v", got)
	}
	if got := find(alone); len(got) != 1 || got[0].OtherClaim != near3 || got[0].Exact {
		t.Errorf("%+v", got)
	}
	if got := find(first, same, alone, near3); len(got) != 4 {
		t.Errorf("%+v", got)
	}
	if _, err := s.db.Owner.Exec(ctx, `update evidence set phash = phash # 16 where claim_id = $1`, near3); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Owner.Exec(ctx, `update claim set state = 'withdrawn' where id = $1`, first); err != nil {
		t.Fatal(err)
	}
	if got := find(same, alone, near3); len(got) != 0 {
		t.Errorf("five bits away, or withdrawn: %+v", got)
	}
}

func phash(t testing.TB, s *stand, id uuid.UUID) (h int64) {
	t.Helper()
	if err := s.db.Owner.QueryRow(context.Background(), `select phash from evidence where id = $1`, id).Scan(&h); err != nil {
		t.Fatal(err)
	}
	return h
}
