package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/backup"
	"cunfen/internal/blob"
	"cunfen/internal/config"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/tenure"
)

// House is the deployment as backups see it: by the database's owner and the object store.
func House(cfg config.Config, say func(string, ...any)) (h backup.House, err error) {
	if cfg.DBOwner.Reveal() == "" {
		return h, errors.New("请设 CUNFEN_DB_OWNER：备份和恢复用数据库所有者的连接（超级用户，或有 BYPASSRLS）")
	}
	store, err := blob.Open(blob.Config{Endpoint: cfg.S3Endpoint, AccessKey: cfg.S3AccessKey, SecretKey: cfg.S3SecretKey.Reveal(), Bucket: cfg.S3Bucket, TLS: cfg.S3TLS})
	return backup.House{Owner: cfg.DBOwner.Reveal(), Blobs: store, Now: cfg.Clock(), Say: say}, err
}

// LastBackup is the last backup that was made, nil if none was.
func (a *App) LastBackup(ctx context.Context) (*tenure.Backup, error) {
	return a.Site.Tenure.LastBackup(ctx)
}

const sqlBackedUp = `-- app.backed_up
select max(done_at) as at from backup_run having max(done_at) is not null`

// backedUp says whether the last backup is young enough, where real households' data is.
func backedUp(ctx context.Context, cfg config.Config, db *pg.DB) error {
	var at time.Time
	err := db.AsSystem(ctx, "last backup", func(tx pg.Tx) (err error) {
		at, err = pg.Scalar[time.Time](ctx, tx, sqlBackedUp, pgx.NamedArgs{})
		return err
	})
	none := errors.Is(err, fault.ErrNotFound)
	switch {
	case err != nil && !none:
		return err
	case !cfg.InProduction():
		return nil
	case none:
		return errors.New("还没有备份过，请运行 cunfen backup")
	case time.Since(at) > tenure.BackupLate:
		return fmt.Errorf("上次备份已过去 %.0f 小时，请看定时任务", time.Since(at).Hours())
	}
	return nil
}
