package pg

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	_ "github.com/jackc/pgx/v5/stdlib" // goose speaks database/sql
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"cunfen/migrations"
)

// Migrate brings the schema of the owner's database up to date, under a lock so that many may start at
// once. It answers the names of what it applied.
func Migrate(ctx context.Context, ownerDSN string) (applied []string, err error) {
	db, err := sql.Open("pgx", ownerDSN)
	if err != nil {
		return nil, fmt.Errorf("pg: migrate: %w", err)
	}
	defer db.Close()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, fs.FS(migrations.FS), goose.WithSessionLocker(locker))
	if err != nil {
		return nil, err
	}
	done, err := p.Up(ctx)
	for _, r := range done {
		applied = append(applied, r.Source.Path)
	}
	if err != nil {
		return applied, fmt.Errorf("pg: migrate: %w", err)
	}
	return applied, nil
}
