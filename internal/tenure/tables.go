package tenure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/pg"
)

// table is one of a village's tables, as the database itself describes it: what is carried out and deleted is
// never a list that somebody has to keep.
type table struct {
	Name    string
	Columns []string // but those that the database computes
	Moments []string // those of them that are an instant
	Leans   []string // the other tables of a village that its rows point to
}

const sqlTables = `-- tenure.tables
select c.relname::text as name,
  array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum) as columns,
  array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.atttypid = 'timestamptz'::regtype) as moments,
  array(select distinct r.relname::text from pg_constraint k join pg_class r on r.oid = k.confrelid
    where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid and r.relrowsecurity) as leans
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relrowsecurity order by c.relname`

// keyTable is carried as the key itself, in keys.json, not as a row: every platform wraps it with its own.
const keyTable = "village_key"

// tables lists a village's tables, those that others point to first.
func tables(ctx context.Context, tx pg.Tx) ([]table, error) {
	all, err := pg.All[table](ctx, tx, sqlTables)
	if err != nil {
		return nil, err
	}
	return sorted(all)
}

// sorted puts every table after those that it leans on.
func sorted(all []table) (out []table, err error) {
	there := map[string]bool{}
	for len(out) < len(all) {
		before := len(out)
		for _, t := range all {
			if !there[t.Name] && !slices.ContainsFunc(t.Leans, func(on string) bool { return !there[on] }) {
				there[t.Name] = true
				out = append(out, t)
			}
		}
		if len(out) == before {
			var left []string
			for _, t := range all {
				if !there[t.Name] {
					left = append(left, t.Name)
				}
			}
			return nil, fmt.Errorf("tenure: tables point to each other: %s", strings.Join(left, ", "))
		}
	}
	return out, nil
}

func (t table) ident() string { return pgx.Identifier{t.Name}.Sanitize() }

func (t table) list() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = pgx.Identifier{c}.Sanitize()
	}
	return strings.Join(names, ", ")
}

// plainly lists the columns so that a row reads the same on every server, whatever its time zone is: the hashes of one
// are compared on another.
func (t table) plainly() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		if names[i] = (pgx.Identifier{c}).Sanitize(); slices.Contains(t.Moments, c) {
			names[i] = fmt.Sprintf(`to_char(%s at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') as %s`, names[i], names[i])
		}
	}
	return strings.Join(names, ", ")
}

// The statements over any table of a village; each names village_id.
func (t table) dump() string {
	return fmt.Sprintf("-- tenure.dump\nselect to_jsonb(x)::text from (select %s from %s where village_id = $1) x order by to_jsonb(x)::text collate \"C\"", t.plainly(), t.ident())
}
func (t table) count() string {
	return "-- tenure.count\nselect count(*) from " + t.ident() + " where village_id = $1"
}
func (t table) remove() string {
	return "-- tenure.remove\ndelete from " + t.ident() + " where village_id = $1"
}
func (t table) fill() string {
	return fmt.Sprintf("-- tenure.fill\ninsert into %s (%s) select %s from jsonb_populate_recordset(null::%s, $2::jsonb) where village_id = $1 returning 1", t.ident(), t.list(), t.list(), t.ident())
}
