package evidence

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/pg/pgtest"
)

// TestFull takes photos until a village's room for them is used, then none; another village's are its own matter.
func TestFull(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	ctx := context.Background()
	if _, err := s.db.Owner.Exec(ctx, `update village set flags = '{"most": {"photo_mb": 1}}' where id = 11`); err != nil {
		t.Fatal(err)
	}
	who := pgtest.In(pgtest.A, actor.Grid)
	s.upload(t, who, 1)
	if _, err := s.db.Owner.Exec(ctx, `update evidence set bytes = 1048576 where village_id = 11`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Upload(ctx, who, bytes.NewReader(photo(2))); !errors.Is(err, ErrFull) {
		t.Errorf("beyond the room: %v", err)
	}
	s.upload(t, pgtest.In(pgtest.B, actor.Grid), 3)
}
