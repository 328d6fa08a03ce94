// Package pgtest gives each test its own migrated PostgreSQL database, seen as the runtime roles see it.
package pgtest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/migrations"
)

// The townships and villages that every test database has: A and B in township 1, C in township 2.
const (
	A     actor.VillageID  = 11
	B     actor.VillageID  = 12
	C     actor.VillageID  = 21
	Town1 actor.TownshipID = 1
	Town2 actor.TownshipID = 2
)

const seed = `
insert into township (id, name, bureau, created_at) values (1, '甲镇', '甲镇农业农村和社会事业局', now()), (2, '乙镇', '乙镇农业农村和社会事业局', now());
insert into village (id, township_id, code, name, kind, created_at) values
  (11, 1, 'a', '东村', 'village', now()), (12, 1, 'b', '西村', 'village', now()), (21, 2, 'c', '南场', 'farm', now());`

// DB is one test's database.
type DB struct {
	*pg.DB
	Owner *pgxpool.Pool // for arranging what the test needs
	Name  string
}

var (
	once     sync.Once
	template string
	n        atomic.Int64
)

// DSN is the address of a database of the test cluster for a role; no role is the superuser.
func DSN(database, role string) string {
	u, err := url.Parse(os.Getenv("TEST_DATABASE_URL"))
	if err != nil || u.Host == "" {
		panic("TEST_DATABASE_URL is not set: run the tests by make test, or inside cunfen dev exec")
	}
	u.Path = "/" + database
	if role != "" {
		u.User = url.User(role)
	}
	return u.String()
}

// New makes a database as the migrations leave it, with two townships and three villages. The time zone of
// its sessions is an odd one on purpose: what leans on the server's zone fails here.
func New(t testing.TB) *DB {
	t.Helper()
	once.Do(func() {
		asAdmin(t, func(ctx context.Context, admin *pgx.Conn) { template = makeTemplate(ctx, t, admin) })
	})
	return Like(t, template)
}

// Like makes a database as the named one is. Nobody may be connected to that.
func Like(t testing.TB, template string) *DB {
	t.Helper()
	ctx := context.Background()
	name := fmt.Sprintf("t_%d_%d", os.Getpid(), n.Add(1))
	asAdmin(t, func(ctx context.Context, admin *pgx.Conn) {
		if _, err := admin.Exec(ctx, `create database `+name+` template `+template); err != nil {
			t.Fatalf("pgtest: %v", err)
		}
	})
	owner, err := pgxpool.New(ctx, DSN(name, ""))
	if err != nil {
		t.Fatal(err)
	}
	db := &DB{Owner: owner, Name: name, DB: Open(t, name, "cunfen_app")}
	t.Cleanup(func() {
		owner.Close()
		c, err := pgx.Connect(ctx, DSN("postgres", ""))
		if err == nil {
			_, _ = c.Exec(ctx, `drop database if exists `+name+` with (force)`)
			c.Close(ctx)
		}
	})
	return db
}

// Keep sets the database aside under the answered name, for Like, beyond the end of the test. The test itself
// has done with it.
func (db *DB) Keep(t testing.TB) (name string) {
	t.Helper()
	db.Close()
	db.Owner.Close()
	name = "kept_" + db.Name
	asAdmin(t, func(ctx context.Context, admin *pgx.Conn) {
		if _, err := admin.Exec(ctx, `alter database `+db.Name+` rename to `+name); err != nil {
			t.Fatalf("pgtest: %v", err)
		}
	})
	return name
}

func asAdmin(t testing.TB, do func(context.Context, *pgx.Conn)) {
	t.Helper()
	ctx := context.Background()
	admin, err := pgx.Connect(ctx, DSN("postgres", ""))
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	defer admin.Close(ctx)
	do(ctx, admin)
}

// Open connects to the named test database with the given role as the village's.
func Open(t testing.TB, name, role string) *pg.DB {
	t.Helper()
	odd := "&timezone=Canada/Newfoundland&pool_max_conns=8"
	db, err := pg.Open(context.Background(), pg.DSNs{Village: DSN(name, role) + odd, Bureau: DSN(name, "cunfen_bureau") + odd, Export: DSN(name, "cunfen_export") + odd})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func makeTemplate(ctx context.Context, t testing.TB, admin *pgx.Conn) string {
	t.Helper()
	h := sha256.New()
	names, _ := fs.Glob(migrations.FS, "*.sql")
	for _, f := range names {
		b, _ := fs.ReadFile(migrations.FS, f)
		h.Write(b)
	}
	h.Write([]byte(seed))
	name := fmt.Sprintf("tpl_%x", h.Sum(nil))[:20]
	must := func(_ any, err error) {
		if err != nil {
			t.Fatalf("pgtest: template: %v", err)
		}
	}
	must(admin.Exec(ctx, `select pg_advisory_lock(7)`))
	defer admin.Exec(ctx, `select pg_advisory_unlock(7)`)
	var have bool
	must(nil, admin.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, name).Scan(&have))
	if have {
		return name
	}
	building := name + "_new"
	must(admin.Exec(ctx, `drop database if exists `+building+` with (force)`))
	must(admin.Exec(ctx, `create database `+building))
	must(pg.Migrate(ctx, DSN(building, "")))
	c, err := pgx.Connect(ctx, DSN(building, ""))
	must(nil, err)
	for _, s := range splitSeed() {
		must(c.Exec(ctx, s))
	}
	c.Close(ctx)
	must(admin.Exec(ctx, `alter database `+building+` rename to `+name))
	return name
}

func splitSeed() (out []string) {
	start := 0
	for i, r := range seed {
		if r == ';' {
			out = append(out, seed[start:i])
			start = i + 1
		}
	}
	return out
}

// At fixes the clock, for example "2026-11-23T10:00:00+08:00".
func (db *DB) At(s string) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	db.Now = func() time.Time { return at }
}

// In is an actor of the given role in a village of the seed, with a new account id.
func In(v actor.VillageID, role actor.Role) actor.Actor {
	town := Town1
	if v == C {
		town = Town2
	}
	return actor.Actor{Account: uuid.New(), Name: "测试" + role.Chinese(), Role: role, Village: v, Township: town, Membership: uuid.New()}
}

// Exec runs a statement as the database's owner, past every fence.
func (db *DB) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Owner.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Household puts a household with an empty balance into a village and answers its id.
func (db *DB) Household(t testing.TB, v actor.VillageID, door, head string) uuid.UUID {
	t.Helper()
	id := pg.NewID()
	ctx := context.Background()
	_, err := db.Owner.Exec(ctx, `insert into household (village_id, id, door, head, residence, passbook_no, registered_on, base_unlocks_on, created_at, updated_at)
		values ($1, $2, $3, $4, 'local', $5, '2026-01-05', '2027-01-05', now(), now())`, int64(v), id, door, head, id.String()[24:])
	if err == nil {
		_, err = db.Owner.Exec(ctx, `insert into balance (village_id, household_id) values ($1, $2)`, int64(v), id)
	}
	if err != nil {
		t.Fatalf("pgtest: household: %v", err)
	}
	return id
}
