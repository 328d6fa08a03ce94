package evidence

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/blob/blobtest"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// stand is a test's village office: its own database and its own bucket.
type stand struct {
	Service
	db    *pgtest.DB
	store *blobtest.Store
}

func newStand(t testing.TB) *stand {
	t.Helper()
	s := &stand{db: pgtest.New(t), store: blobtest.New(t)}
	s.Service = Service{DB: s.db.DB, Blobs: s.store.Store}
	s.db.At("2026-11-23T10:00:00+08:00")
	return s
}

// photo is a JPEG like no other seed's.
func photo(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 7))
	var shades [81]uint8
	for i := range shades {
		shades[i] = uint8(r.IntN(230))
	}
	m := image.NewGray(image.Rect(0, 0, 180, 180))
	for y := range 180 {
		for x := range 180 {
			m.SetGray(x, y, color.Gray{shades[y/20*9+x/20] + uint8(r.IntN(9))})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func (s *stand) upload(t testing.TB, who actor.Actor, seed uint64) Evidence {
	t.Helper()
	e, err := s.Upload(context.Background(), who, bytes.NewReader(photo(seed)))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// claim puts a claim of a household into the village.
func (s *stand) claim(t testing.TB, v actor.VillageID, household uuid.UUID) uuid.UUID {
	t.Helper()
	id := pg.NewID()
	ctx := context.Background()
	_, err := s.db.Owner.Exec(ctx, `insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at)
		values ($1, 1, 2026, '2026-01-01', '', 100, '{}', '', now()) on conflict do nothing`, int64(v))
	if err == nil {
		_, err = s.db.Owner.Exec(ctx, `insert into claim (village_id, id, household_id, item, parts, rule_version, points, occurred_on, channel, recorder, recorder_name, recorded_at, state)
			values ($1, $2, $3, 'A1', '{}', 1, 5, '2026-11-20', 'self', $2, '甲', now(), 'pending')`, int64(v), id, household)
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (s *stand) attach(t testing.TB, who actor.Actor, claim uuid.UUID, ids ...uuid.UUID) error {
	t.Helper()
	return s.DB.InVillage(context.Background(), who, func(tx pg.Tx) error { return Attach(context.Background(), tx, ids, claim) })
}

// given is a claim with one photo of the household's own.
func (s *stand) given(t testing.TB, who actor.Actor, seed uint64) (claim uuid.UUID, e Evidence) {
	t.Helper()
	claim, e = s.claim(t, who.Village, who.Household), s.upload(t, who, seed)
	if err := s.attach(t, who, claim, e.ID); err != nil {
		t.Fatal(err)
	}
	return claim, e
}

func (s *stand) resident(t testing.TB, v actor.VillageID, door string) actor.Actor {
	who := pgtest.In(v, actor.Household)
	who.Household = s.db.Household(t, v, door, "甲"+door)
	return who
}

func (s *stand) key(t testing.TB, id uuid.UUID) string {
	t.Helper()
	var key string
	if err := s.db.Owner.QueryRow(context.Background(), `select key from evidence where id = $1`, id).Scan(&key); err != nil {
		t.Fatal(err)
	}
	return key
}

func (s *stand) count(t testing.TB, v actor.VillageID) Count {
	t.Helper()
	c, err := s.Count(context.Background(), v)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func keyed(who actor.Actor, key string) actor.Actor {
	who.Key, who.Body = strings.Repeat("k", 8)+key, [32]byte{1}
	return who
}
