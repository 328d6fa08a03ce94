package pg_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func TestRightsHold(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := context.Background()
	if err := db.Check(ctx, false); err != nil {
		t.Fatalf("the migrated database is refused: %v", err)
	}
	super, err := pg.Open(ctx, pg.DSNs{Village: pgtest.DSN(db.Name, ""), Bureau: pgtest.DSN(db.Name, "cunfen_bureau"), Export: pgtest.DSN(db.Name, "cunfen_export")})
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close()
	if err := super.Check(ctx, false); err == nil || !strings.Contains(err.Error(), "超级用户") {
		t.Errorf("a superuser was let in: %v", err)
	}
	if _, err := db.Owner.Exec(ctx, `alter table claim no force row level security`); err != nil {
		t.Fatal(err)
	}
	if err := db.Check(ctx, false); err == nil {
		t.Error("a table without a forced fence was let pass")
	}
}

func TestVillagesAreApart(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := context.Background()
	db.Household(t, pgtest.A, "1组1号", "甲")
	db.Household(t, pgtest.B, "1组1号", "乙")
	db.Household(t, pgtest.C, "1组1号", "丙")
	count := func(tx pg.Tx) int {
		n, err := pg.Scalar[int](ctx, tx, `select count(*)::int from household`)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	a := pgtest.In(pgtest.A, actor.Committee)
	t.Run("a village sees its own rows, even when the query forgets to say so", func(t *testing.T) {
		_ = db.InVillage(ctx, a, func(tx pg.Tx) error {
			if n := count(tx); n != 1 {
				t.Errorf("sees %d households", n)
			}
			return nil
		})
	})
	t.Run("no village bound, no rows", func(t *testing.T) {
		_ = db.AsSystem(ctx, "test", func(tx pg.Tx) error {
			if n := count(tx); n != 0 {
				t.Errorf("sees %d households", n)
			}
			return nil
		})
	})
	t.Run("writing into another village is refused", func(t *testing.T) {
		err := db.InVillage(ctx, a, func(tx pg.Tx) error {
			_, err := tx.Exec(ctx, `insert into village_key values ($1, 'x', now())`, int64(pgtest.B))
			return err
		})
		if !pg.Is(err, "42501") {
			t.Errorf("err = %v; want 42501", err)
		}
	})
	t.Run("a bureau sees its township and cannot write", func(t *testing.T) {
		b := actor.Actor{Role: actor.Bureau, Township: pgtest.Town1}
		err := db.InBureau(ctx, b, func(tx pg.Tx, villages []int64) error {
			if n := count(tx); n != 2 || len(villages) != 2 {
				t.Errorf("sees %d households of %v", n, villages)
			}
			_, err := tx.Exec(ctx, `update household set head = ''`)
			return err
		})
		if !pg.Is(err, "25006", "42501") {
			t.Errorf("err = %v; want a refusal", err)
		}
	})
	t.Run("nothing stays bound on the connection", func(t *testing.T) {
		for range 20 {
			_ = db.InVillage(ctx, a, func(pg.Tx) error { return nil })
			_ = db.AsSystem(ctx, "test", func(tx pg.Tx) error {
				v, err := pg.Scalar[string](ctx, tx, `select coalesce(current_setting('app.village', true), '')`)
				if v != "" || err != nil {
					t.Errorf("still bound to %q, %v", v, err)
				}
				return nil
			})
		}
	})
}

// TestTogether: reads of one actor share a transaction while it is open; anybody else's, writes, and what comes after have their own.
func TestTogether(t *testing.T) {
	t.Parallel()
	db, ctx := pgtest.New(t), t.Context()
	db.Household(t, pgtest.A, "1组1号", "甲")
	db.Household(t, pgtest.B, "1组1号", "乙")
	a, b := pgtest.In(pgtest.A, actor.Committee), pgtest.In(pgtest.B, actor.Committee)
	seen := func(ctx context.Context, who actor.Actor, door func(context.Context, actor.Actor, func(pg.Tx) error) error) (at, head string) {
		t.Helper()
		if err := door(ctx, who, func(tx pg.Tx) error {
			return tx.QueryRow(ctx, `select pg_backend_pid() || ' ' || now(), string_agg(head, '') from household`).Scan(&at, &head)
		}); err != nil {
			t.Fatal(err)
		}
		return at, head
	}
	var kept context.Context
	err := db.Together(ctx, a, func(ctx context.Context) error {
		kept = ctx
		first, head := seen(ctx, a, db.Look)
		if again, _ := seen(ctx, a, db.Look); again != first || head != "甲" {
			t.Errorf("two looks in %s and %s, seeing %s", first, again, head)
		}
		if other, head := seen(ctx, b, db.Look); other == first || head != "乙" {
			t.Errorf("another village's look in %s, seeing %s", other, head)
		}
		if written, _ := seen(ctx, a, db.InVillage); written == first {
			t.Error("a write shares the reading transaction")
		}
		return db.InVillage(ctx, a, func(tx pg.Tx) error {
			_, err := tx.Exec(ctx, `update household set note = 'x'`)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, head := seen(kept, a, db.Look); head != "甲" {
		t.Errorf("after its end, seeing %s", head)
	}
}

func TestFenceCutIsSeen(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := context.Background()
	db.Household(t, pgtest.B, "1组1号", "乙")
	if _, err := db.Owner.Exec(ctx, `alter table household disable row level security`); err != nil {
		t.Fatal(err)
	}
	_ = db.InVillage(ctx, pgtest.In(pgtest.A, actor.Committee), func(tx pg.Tx) error {
		n, err := pg.Scalar[int](ctx, tx, `select count(*)::int from household`)
		if n != 1 || err != nil {
			t.Errorf("with the fence cut the foreign row must show, else the test above proves nothing: %d, %v", n, err)
		}
		return nil
	})
}

func TestBatchIsOneTransaction(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := context.Background()
	a := pgtest.In(pgtest.A, actor.Committee)
	var b pg.Batch
	b.Exec(`insert into village_key values ($1, 'x', now())`, int64(pgtest.A))
	b.Exec(`insert into village_key values ($1, 'x', now())`, int64(pgtest.A))
	if err := db.Run(ctx, a, &b); !pg.Is(err, pg.Unique) {
		t.Fatalf("err = %v; want a unique violation", err)
	}
	var r pg.Batch
	var n struct{ N int }
	pg.Row(&r, &n, `select count(*)::int as n from village_key`)
	if err := db.Read(ctx, a, &r); err != nil || n.N != 0 {
		t.Errorf("half a batch stayed: %d, %v", n.N, err)
	}
	var w pg.Batch
	w.Exec(`insert into village_key values ($1, 'x', now())`, int64(pgtest.A))
	if err := db.Read(ctx, a, &w); !pg.Is(err, "25006") {
		t.Errorf("a read wrote: %v", err)
	}
	var none pg.Batch
	pg.Row(&none, &n, `select 1 as n where false`)
	if err := db.Read(ctx, a, &none); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("no row: %v", err)
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := context.Background()
	lint, err := os.ReadFile("testdata/rls-lint.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"cunfen_app", "cunfen_worker", "cunfen_bureau", "cunfen_export"} {
		q := strings.ReplaceAll(string(lint), ":'app'", "'"+role+"'")
		rows, _ := db.Owner.Query(ctx, q)
		type finding struct{ Rule, Obj, Detail *string }
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[finding])
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("%s: %s: %s %v", role, *f.Rule, *f.Obj, f.Detail)
		}
	}
}

// What a statement may not hold, so that it runs on a distributed database unchanged.
var banned = regexp.MustCompile(`(?i)clock_timestamp|gen_random_uuid|\bnow\(\)|\bmerge into\b|\brollup\b|\bcube\b|set_config|\bset local\b`)

// plainly are settings of how values are written, which fence nothing.
var plainly = regexp.MustCompile(`set_config\('(TimeZone|IntervalStyle|bytea_output|extra_float_digits)', '[\w ]*', true\)`)

// TestStatements reads every SQL constant of the program: a statement on a village's table names village_id
// (INV-5), and an INSERT … SELECT ends in ON CONFLICT or RETURNING.
func TestStatements(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rows, err := db.Owner.Query(context.Background(), `select c.relname from pg_class c where c.relkind = 'r' and c.relrowsecurity`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	onVillage := regexp.MustCompile(`(?i)\b(from|into|update|join)\s+(` + strings.Join(tables, "|") + `)\b`)
	insertSelect := regexp.MustCompile(`(?is)insert into.*\bselect\b`)
	ends := regexp.MustCompile(`(?i)\b(on conflict|returning)\b`)
	all := pgtest.Statements(t, "..")
	if len(all) < 20 {
		t.Fatalf("only %d statements found: the reader is broken", len(all))
	}
	for _, s := range all {
		if onVillage.MatchString(s.Text) && !strings.Contains(s.Text, "village_id") {
			t.Errorf("%s: %s does not name village_id", s.Where, s.Name)
		}
		if m := banned.FindString(plainly.ReplaceAllString(s.Text, "")); m != "" {
			t.Errorf("%s: %s uses %q", s.Where, s.Name, m)
		}
		if insertSelect.MatchString(s.Text) && !ends.MatchString(s.Text) {
			t.Errorf("%s: %s inserts from a select without ON CONFLICT or RETURNING", s.Where, s.Name)
		}
		if !strings.HasPrefix(s.Text, "-- ") && !strings.HasPrefix(s.Text, "select bind_village") {
			t.Errorf("%s: %s does not begin with its use-case's name", s.Where, s.Name)
		}
	}
}
