package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"cunfen/internal/authz"
	"cunfen/internal/blob"
	"cunfen/internal/config"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
	"cunfen/policies"
)

// lateJob is how old a job may become before a check speaks of it.
const lateJob = 5 * time.Minute

// Finding is one thing that was examined.
type Finding struct {
	What string
	Err  error
}

// Examine looks at everything that the program stands on, each by itself, so that one fault hides no other.
func Examine(ctx context.Context, cfg config.Config) (found []Finding) {
	look := func(what string, check func() error) {
		found = append(found, Finding{what, check()})
	}
	var db *pg.DB
	look("数据库", func() (err error) {
		db, err = pg.Open(ctx, pg.DSNs{Village: cfg.DBApp.Reveal(), Bureau: cfg.DBBureau.Reveal(), Export: cfg.DBExport.Reveal()})
		if err != nil {
			return err
		}
		return db.Check(ctx, cfg.InProduction())
	})
	if db != nil {
		defer db.Close()
		look("时钟", func() error {
			skew, err := db.Skew(ctx)
			if err == nil && skew.Abs() > 2*time.Second {
				err = fmt.Errorf("本机与数据库相差 %s，请校准时钟", skew.Round(time.Millisecond))
			}
			return err
		})
		look("备份", func() error { return backedUp(ctx, cfg, db) })
	}
	look("Redis", func() error {
		opts, err := redis.ParseURL(cfg.Redis.Reveal())
		if err != nil {
			return err
		}
		c := redis.NewClient(opts)
		defer c.Close()
		return queue.CheckRedis(ctx, c, cfg.InProduction())
	})
	look("对象存储", func() error {
		s, err := blob.Open(blob.Config{Endpoint: cfg.S3Endpoint, AccessKey: cfg.S3AccessKey, SecretKey: cfg.S3SecretKey.Reveal(), Bucket: cfg.S3Bucket, TLS: cfg.S3TLS})
		return errors.Join(err, func() error {
			if s == nil {
				return nil
			}
			return s.EnsureBucket(ctx)
		}())
	})
	look("权限表", func() error {
		_, err := authz.Compile(policies.Model, policies.Policy)
		return err
	})
	look("时区", func() error {
		_, err := time.LoadLocation("Asia/Shanghai")
		return err
	})
	return found
}
