package rescore

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

// TestInterval compares with published values of Wilson's interval.
func TestInterval(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{{0, 0, 0, 1}, {0, 10, 0, 0.2775}, {10, 10, 0.7225, 1}, {5, 10, 0.2366, 0.7634}, {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}} {
		low, high := Interval(c.k, c.n)
		if math.Abs(low-c.low) > 5e-4 || math.Abs(high-c.high) > 5e-4 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.k, c.n, low, high, c.low, c.high)
		}
	}
	for n := 1; n <= 60; n++ {
		for k := 0; k <= n; k++ {
			if low, high := Interval(k, n); low < 0 || high > 1 || low > float64(k)/float64(n)+1e-12 || high < float64(k)/float64(n)-1e-12 {
				t.Fatalf("%d of %d: %v to %v", k, n, low, high)
			}
		}
	}
}

// TestBlind draws, scores, and asks that nobody learns how the two compare before all are scored.
func TestBlind(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	ctx := context.Background()
	s := &Service{DB: db.DB}
	rules := tenants.Document()
	rules.Version = 1
	if err := db.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, rules) }); err != nil {
		t.Fatal(err)
	}
	home := db.Household(t, pgtest.A, "1", "甲")
	first := map[uuid.UUID]bool{}
	for i := range 12 {
		id, state := pg.NewID(), "posted"
		if first[id] = i%3 != 0; !first[id] {
			state = "rejected"
		}
		if i >= 10 { // not decided in the month
			state = "pending"
			delete(first, id)
		}
		_, err := db.Owner.Exec(ctx, `insert into claim (village_id, id, household_id, item, parts, rule_version, points, occurred_on, channel, recorder, recorder_name, recorded_at, state, reviewer, decided_at)
			values (11, $1, $2, 'P24', '{"": 1}', 1, 5, '2026-10-01', 'self', $1, '', '2026-10-05T10:00:00+08:00', $3, $4, case when $3 <> 'pending' then '2026-10-06T10:00:00+08:00'::timestamptz end)`, id, home, state, uuid.New())
		if err != nil {
			t.Fatal(err)
		}
	}
	officer := actor.Actor{Account: uuid.New(), Name: "局里老周", Role: actor.Bureau, Township: pgtest.Town1}
	for err, try := range map[*fault.Error]func() (Draw, error){
		ErrSize:           func() (Draw, error) { return s.Draw(ctx, officer, pgtest.A, 202610, 4) },
		ErrMonth:          func() (Draw, error) { return s.Draw(ctx, officer, pgtest.A, 202612, 5) },
		ErrNone:           func() (Draw, error) { return s.Draw(ctx, officer, pgtest.A, 202609, 5) },
		fault.ErrNotFound: func() (Draw, error) { return s.Draw(ctx, officer, pgtest.C, 202610, 5) },
	} {
		if _, got := try(); !errors.Is(got, err) {
			t.Errorf("%v, want %v", got, err)
		}
	}
	d, err := s.Draw(ctx, officer, pgtest.A, 202610, 6)
	if err != nil || d.Size != 6 || d.Decided != 10 {
		t.Fatalf("d = %+v, %v", d, err)
	}
	_, items, err := s.Show(ctx, officer, pgtest.A, d.ID)
	if err != nil || len(items) != 6 || items[0].Rule == "" {
		t.Fatalf("%d items, %v", len(items), err)
	}
	// anybody with the seed draws the same
	var all []string
	for id := range first {
		all = append(all, fmt.Sprintf("%x %s", md5.Sum([]byte(d.Seed+id.String())), id))
	}
	slices.Sort(all)
	for i, it := range items {
		if want := all[i][33:]; it.ClaimID.String() != want {
			t.Errorf("the %dth of the sample is %s, by the seed %s", i+1, it.ClaimID, want)
		}
	}
	if err := s.Score(ctx, officer, pgtest.A, d.ID, items[0].ClaimID, No, ""); !errors.Is(err, ErrNote) {
		t.Errorf("a no without words: %v", err)
	}
	agreed := 0
	for i, it := range items {
		verdict := Yes
		if i == 5 {
			verdict = Unclear
		}
		if verdict == Yes && first[it.ClaimID] {
			agreed++
		}
		d, seen, _ := s.Show(ctx, officer, pgtest.A, d.ID)
		if d.Done() || d.Agreed != 0 || seen[0].Agrees != nil {
			t.Fatalf("after %d of 6 it is told how the two compare", i)
		}
		if err := s.Score(ctx, officer, pgtest.A, d.ID, it.ClaimID, verdict, "照片里看不出门牌"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Score(ctx, officer, pgtest.A, d.ID, items[0].ClaimID, Yes, ""); !errors.Is(err, ErrScored) {
		t.Errorf("scored twice: %v", err)
	}
	done, seen, err := s.Show(ctx, officer, pgtest.A, d.ID)
	if err != nil || !done.Done() || done.Agreed != agreed || done.Unclear != 1 || seen[5].Agrees == nil || *seen[5].Agrees {
		t.Errorf("done = %+v, want %d agreed, %v", done, agreed, err)
	}
	draws, err := s.List(ctx, officer)
	sums := Agreements(draws, db.Now().AddDate(-1, 0, 0))
	if err != nil || len(sums) != 1 || sums[0].Size != 6 || sums[0].Agreed != agreed {
		t.Errorf("sums = %+v, %v", sums, err)
	}
	for name, who := range map[string]actor.Actor{"a department": {Role: actor.Department, Township: pgtest.Town1}, "another township": {Role: actor.Bureau, Township: pgtest.Town2}, "the village": pgtest.In(pgtest.A, actor.Lead)} {
		if _, _, err := s.Show(ctx, who, pgtest.A, d.ID); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
