package tenure

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// BackupLate is how old the last backup may become before it is spoken of: a day and two hours.
const BackupLate = 26 * time.Hour

// Backup is a backup of the whole deployment that was made.
type Backup struct {
	SetName     string
	DoneAt      time.Time
	Bytes       int64 // of the database's dump
	Objects     int
	ObjectBytes int64
	MadeOn      string
}

const sqlLastBackup = `-- tenure.last_backup
select set_name, done_at, bytes, objects, object_bytes, made_on from backup_run order by done_at desc limit 1`

// LastBackup is the last one, nil if there is none.
func (s *Service) LastBackup(ctx context.Context) (*Backup, error) {
	var b Backup
	err := s.DB.AsSystem(ctx, "tenure.last_backup", func(tx pg.Tx) (err error) {
		b, err = pg.One[Backup](ctx, tx, sqlLastBackup, pgx.NamedArgs{})
		return err
	})
	if errors.Is(err, fault.ErrNotFound) {
		return nil, nil
	}
	return &b, err
}
