package slot

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"cunfen/internal/pg/pgtest"
	"cunfen/migrations"
	"cunfen/tenants"
)

// TestCarriedOver: the periods that claims held before there were slots are slots afterwards.
func TestCarriedOver(t *testing.T) {
	t.Parallel()
	name := fmt.Sprintf("carry_%d_%d", os.Getpid(), time.Now().UnixNano())
	admin, err := pgx.Connect(ctx, pgtest.DSN("postgres", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	exec := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	exec(admin.Exec(ctx, `create database `+name))
	defer admin.Exec(ctx, `drop database if exists `+name+` with (force)`)
	db, err := sql.Open("pgx", pgtest.DSN(name, ""))
	exec(nil, err)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS)
	exec(nil, err)
	exec(p.UpTo(ctx, 9))

	home := uuid.New()
	exec(db.Exec(`insert into township (id, name, bureau, created_at) values (1, '甲镇', '局', now())`))
	exec(db.Exec(`insert into village (id, township_id, code, name, kind, created_at) values (11, 1, 'a', '甲村', 'village', now())`))
	exec(db.Exec(`insert into household (village_id, id, door, head, residence, passbook_no, registered_on, base_unlocks_on, created_at, updated_at)
		values (11, $1, '1号', '张', 'local', '1', '2026-01-01', '2027-01-01', now(), now())`, home))
	exec(db.Exec(`insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at)
		values (11, 1, 2026, '2026-01-01', '', 100, '{}', '', now())`))
	for n, i := range tenants.Document().Items {
		body, _ := json.Marshal(i)
		exec(db.Exec(`insert into rule_item (village_id, version, code, position, body) values (11, 1, $1, $2, $3)`, i.Code, n, string(body)))
	}
	claim := func(item, parts, state string, periods ...string) {
		t.Helper()
		id := uuid.New()
		exec(db.Exec(`insert into claim (village_id, id, household_id, item, parts, rule_version, points, occurred_on, channel, recorder, recorder_name, recorded_at, state)
			values (11, $1, $2, $3, $4, 1, 5, '2026-11-20', 'self', $1, '', now(), $5)`, id, home, item, parts, state))
		for _, p := range periods {
			exec(db.Exec(`insert into claim_slot (village_id, household_id, item, period, claim_id) values (11, $1, $2, $3, $4)`, home, item, p, id))
		}
	}
	claim("P07", `{"": 1}`, "posted", "2026-11")
	claim("P07", `{"": 1}`, "rejected")
	claim("P15", `{"a": 1, "b": 1, "c": 1, "d3": 1}`, "approved", "a:2026", "b:2026-Q4")
	claim("P22", `{"t2": 1}`, "pending", "family_title:2026")
	claim("P16", `{"": 1}`, "returned")
	claim("P01", `{"": 4}`, "posted")
	claim("P25", `{"": 8}`, "pending")
	exec(p.Up(ctx))

	rows, err := db.Query(`select concat_ws(' ', item, nullif(part, ''), nullif(key, ''), case when sole then 'sole' end, counted, points)
		from slot s where holder_kind = 1 and occurred_on = '2026-11-20' and exists (select from claim c where c.id = s.holder_id and c.household_id = s.household_id) order by item, part`)
	exec(nil, err)
	defer rows.Close()
	var got []string
	for rows.Next() {
		var s string
		exec(nil, rows.Scan(&s))
		got = append(got, s)
	}
	exec(nil, rows.Err())
	want := []string{"P01 4 20", "P07 2026-11 sole 1 5", "P15 a a:2026 sole 1 2", "P15 b b:2026-Q4 sole 1 1", "P15 d3 1 4", "P16 1 5",
		"P22 t2 family_title:2026 sole 1 10", "P25 1 8"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
