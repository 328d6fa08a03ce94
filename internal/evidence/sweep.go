package evidence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Swept counts what a sweep removed.
type Swept struct{ Rows, Objects int }

// Sweep removes photos that no claim named within a day, and objects that never got a row. A photo of a
// claim is never touched.
func (s *Service) Sweep(ctx context.Context, v actor.VillageID) (n Swept, err error) {
	defer fault.Wrap(&err, "evidence.Sweep(%d)", v)
	return s.sweep(ctx, v, time.Now().Add(-grace))
}

// sweep takes objects last written before the given instant, by the store's clock: a village's clock may be
// set for a test, the store's never is.
func (s *Service) sweep(ctx context.Context, v actor.VillageID, before time.Time) (n Swept, err error) {
	unused, err := s.forget(ctx, v)
	if err != nil {
		return n, err
	}
	n.Rows = len(unused)
	if n.Objects, err = s.remove(ctx, unused); err != nil {
		return n, err
	}
	t, err := s.tally(ctx, v, before)
	if err != nil {
		return n, err
	}
	strays, err := s.remove(ctx, t.strays)
	n.Objects += strays
	return n, err
}

func (s *Service) remove(ctx context.Context, keys []blob.Key) (n int, err error) {
	for _, k := range keys {
		if err := s.Blobs.Delete(ctx, k); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// parse reads the keys that rows name.
func parse(v actor.VillageID, names []string) (keys []blob.Key, err error) {
	keys = make([]blob.Key, len(names))
	for i, name := range names {
		if keys[i], err = blob.ParseKey(v, name); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// forget deletes the rows of photos that waited a day for their claim, and answers their keys.
func (s *Service) forget(ctx context.Context, v actor.VillageID) (keys []blob.Key, err error) {
	err = s.DB.InVillage(ctx, actor.System(v), func(tx pg.Tx) error {
		names, err := pg.Column[string](ctx, tx, sqlForget, pgx.NamedArgs{"village_id": int64(v), "before": tx.Now.Add(-grace)})
		if err != nil || len(names) == 0 {
			return err
		}
		if keys, err = parse(v, names); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Verb: "evidence.sweep", Kind: "evidence", Reason: fmt.Sprintf("清理一天内没有用于申报的照片 %d 张", len(names)), Before: names})
	})
	return keys, err
}

// Count is what a village has of rows and objects, for metrics and for verifying.
type Count struct {
	Rows, Unattached, Objects int
	RowsWithoutObject         int // has to be 0, always
	ObjectsWithoutRow         int // older than a day: 0 after each sweep
	Foreign                   int // objects under the village's prefix that the program did not make
}

// Count compares every row of a village with every object.
func (s *Service) Count(ctx context.Context, v actor.VillageID) (c Count, err error) {
	defer fault.Wrap(&err, "evidence.Count(%d)", v)
	t, err := s.tally(ctx, v, time.Now().Add(-grace))
	t.ObjectsWithoutRow = len(t.strays)
	return t.Count, err
}

type tally struct {
	Count
	strays []blob.Key // objects without a row, last written before the instant given
}

// tally reads the rows first and the objects after: an object is there before its row, so a row whose object
// is not listed has none.
func (s *Service) tally(ctx context.Context, v actor.VillageID, before time.Time) (t tally, err error) {
	rows, err := s.rows(ctx, v)
	if err != nil {
		return t, err
	}
	without := make(map[string]bool, len(rows))
	for _, r := range rows {
		without[r.Key] = true
		if t.Rows++; !r.Attached {
			t.Unattached++
		}
	}
	for o, err := range s.Blobs.List(ctx, v) {
		switch {
		case errors.Is(err, blob.ErrKey):
			t.Foreign++
		case err != nil:
			return t, err
		case o.Key.Evidence():
			t.Objects++
			if !without[o.Key.String()] && o.Modified.Before(before) {
				t.strays = append(t.strays, o.Key)
			}
			delete(without, o.Key.String())
		}
	}
	t.RowsWithoutObject, err = s.still(ctx, v, without)
	return t, err
}

// still counts the rows among keys that are there even now: a sweep may have passed in between.
func (s *Service) still(ctx context.Context, v actor.VillageID, keys map[string]bool) (n int, err error) {
	if len(keys) == 0 {
		return 0, nil
	}
	rows, err := s.rows(ctx, v)
	for _, r := range rows {
		if keys[r.Key] {
			n++
		}
	}
	return n, err
}

func (s *Service) rows(ctx context.Context, v actor.VillageID) (rows []row, err error) {
	err = s.DB.Look(ctx, actor.System(v), func(tx pg.Tx) (err error) {
		rows, err = pg.All[row](ctx, tx, sqlRows, pgx.NamedArgs{"village_id": int64(v)})
		return err
	})
	return rows, err
}
