package pg

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const sqlRights = `-- pg.rights
select current_user::text as role,
  concat_ws('、',
    case when r.rolsuper then '是超级用户' end,
    case when r.rolbypassrls then '能绕过行级安全' end,
    case when r.rolcreaterole then '能建角色' end,
    case when r.rolcreatedb then '能建数据库' end,
    case when exists (select from pg_class c where c.relowner = r.oid) then '拥有表' end,
    case when exists (select from pg_auth_members m where m.member = r.oid or m.roleid = r.oid) then '与其他角色互为成员' end,
    case when exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'p') and has_table_privilege(r.oid, c.oid, 'truncate, references, trigger'))
      then '有 TRUNCATE/REFERENCES/TRIGGER 权' end,
    case when exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
      where n.nspname = 'public' and c.relkind in ('r', 'p') and a.attname = 'village_id' and not (c.relrowsecurity and c.relforcerowsecurity))
      then '有村的表没有强制行级安全' end
  ) as too_much
from pg_roles r where r.rolname = current_user`

const sqlDurable = `-- pg.durable
select name, setting from pg_settings where name in ('synchronous_commit', 'fsync', 'full_page_writes') and setting <> 'on' order by name`

// Check refuses a database on which the fences would not hold: roles with too many rights (INV-2), and, where
// durable is asked for, settings that lose acknowledged writes (INV-85).
func (db *DB) Check(ctx context.Context, durable bool) error {
	roles := map[string]bool{}
	for _, pool := range []*pgxpool.Pool{db.village, db.bureau, db.export} {
		var role, much string
		if err := pool.QueryRow(ctx, sqlRights).Scan(&role, &much); err != nil {
			return fmt.Errorf("pg: 连不上数据库: %w", err)
		}
		if much != "" {
			return fmt.Errorf("pg: 数据库角色 %s 权限不对: %s；请按 doc/operating.md 设置四个运行角色", role, much)
		}
		roles[role] = true
	}
	if len(roles) != 3 {
		return fmt.Errorf("pg: 办事、监督、导出三个连接必须用不同的角色")
	}
	if !durable {
		return nil
	}
	rows, err := db.village.Query(ctx, sqlDurable)
	if err != nil {
		return err
	}
	off, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (string, error) {
		var k, v string
		err := r.Scan(&k, &v)
		return k + "=" + v, err
	})
	if err == nil && len(off) > 0 {
		err = fmt.Errorf("pg: 数据库会丢失已确认的写入: %s；请改为 on", strings.Join(off, "，"))
	}
	return err
}

// Ping asks whether PostgreSQL answers.
func (db *DB) Ping(ctx context.Context) error { return outage(db.village.Ping(ctx), true) }

const sqlClock = `-- pg.clock
select statement_timestamp()`

// Skew is how far this machine's clock is ahead of PostgreSQL's.
func (db *DB) Skew(ctx context.Context) (time.Duration, error) {
	var theirs time.Time
	if err := db.village.QueryRow(ctx, sqlClock).Scan(&theirs); err != nil {
		return 0, outage(err, true)
	}
	return time.Since(theirs), nil
}
