package evidence

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

const sqlRemove = `-- evidence.remove
update evidence set removed_at = @now where village_id = @village_id and id = any(@ids) and removed_at is null returning key`

// Remove marks photos as gone and answers what deletes their pictures once the transaction is over. Their rows
// and hashes stay. Where the deleting fails the sweep of the next night finds objects that no photo names.
func (s *Service) Remove(ctx context.Context, tx pg.Tx, ids []uuid.UUID) (gone func(context.Context) error, err error) {
	defer fault.Wrap(&err, "evidence.Remove(%d)", len(ids))
	names, err := pg.Column[string](ctx, tx, sqlRemove, pgx.NamedArgs{"village_id": int64(tx.Village()), "ids": ids, "now": tx.Now})
	if err != nil {
		return nil, err
	}
	keys, err := parse(tx.Village(), names)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { _, err := s.remove(ctx, keys); return err }, nil
}
