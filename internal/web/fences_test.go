package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/web"
	"cunfen/internal/web/ui"
	"cunfen/policies"
)

// everything is a policy by which every role may do everything.
func everything(t *testing.T) *authz.Table {
	t.Helper()
	var b strings.Builder
	for _, r := range actor.Roles {
		for _, a := range authz.Actions {
			fmt.Fprintf(&b, "p, r:%s, %s\n", r, a)
		}
	}
	table, err := authz.Compile(policies.Model, []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestFences cuts one fence after the other; what stands behind it still holds.
func TestFences(t *testing.T) {
	s := up(t)
	s.run(t, "without policy", s.withoutPolicy)
	s.run(t, "without row security", s.withoutRowSecurity)
}

// strangers are people who have to do with no row of village A.
var strangers = []string{"household b", "lead b", "lead c"}

// withoutPolicy cuts the first fence: with every role allowed everything, village A still looks like nothing
// to others, and nobody above the villages changes a row in it (ATK-13, 14).
func (s *stand) withoutPolicy(t *testing.T) {
	path, _, _ := address(t, web.Route{Method: "GET", Path: "/households/:id"}, s.a)
	if a := s.get(s.people["household a"], path); a.status != http.StatusForbidden {
		t.Fatalf("before the cut: %d", a.status)
	}
	defer s.lay(func(site *ui.Site) { site.Auth = everything(t) })()
	if a := s.get(s.people["grid a"], "/households/import"); a.status != http.StatusOK {
		t.Fatalf("the policy is not cut: %d", a.status)
	}
	s.foreign(t, strangers...)
	s.above(t)
}

// foreign tries every route on village A's things as strangers: each is absent, and A stays as it was.
func (s *stand) foreign(t *testing.T, as ...string) {
	t.Helper()
	tried, before := 0, s.rows(pgtest.A)
	for _, r := range s.server.Routes() {
		path, _, tied := address(t, r, s.a)
		if r.Public || !tied || strings.Contains(r.Path, "/villages/") {
			continue
		}
		for _, key := range as {
			p := s.people[key]
			s.begin(p)
			a := s.send(p, s.ask(r, path, s.a))
			if tried++; wrong(a, absent, path) != "" || strings.Contains(a.body, s.a.mark) {
				t.Errorf("%s as %s: %d %s", line(r), key, a.status, excerpt(a.body))
			}
		}
		after := s.rows(pgtest.A)
		if diff := moved(before, after); len(diff) > 0 {
			t.Errorf("%s changed village A: %s", line(r), strings.Join(diff, "; "))
		}
		before = after
	}
	t.Logf("%d tries", tried)
}

// above tries every route as those above the villages: nothing in A changes, and what is A's does not show where
// their own pages do not show it.
func (s *stand) above(t *testing.T) {
	t.Helper()
	defer slog.SetDefault(slog.Default()) // without a village the use-cases fail, and say so
	slog.SetDefault(slog.New(slog.DiscardHandler))
	before := s.rows(pgtest.A)
	for _, r := range s.server.Routes() {
		path, _, _ := address(t, r, s.a)
		if r.Public {
			continue
		}
		for _, key := range []string{"bureau 1", "bureau 2", "department", "platform"} {
			p := s.people[key]
			if r.Method != http.MethodGet && s.may(p, r.Action) { // what the office decides about its villages
				continue
			}
			s.begin(p)
			a := s.send(p, s.ask(r, path, s.a))
			if strings.Contains(a.body, s.a.mark) && !s.may(p, r.Action) {
				t.Errorf("%s as %s: %d %s", line(r), key, a.status, excerpt(a.body))
			}
		}
		after := s.rows(pgtest.A)
		if diff := moved(before, after); len(diff) > 0 {
			t.Errorf("%s changed village A: %s", line(r), strings.Join(diff, "; "))
		}
		before = after
	}
}

const sqlTables = `select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
where n.nspname = 'public' and c.relkind in ('r', 'p') and a.attname = 'village_id' and not a.attisdropped order by 1`

// withoutRowSecurity cuts the other fence too, with row-level security off on every
// table and every role allowed everything, the statements' own village_id still keeps village A from others. It also shows that the fence held:
// what a statement without a village sees through it before and after the cut.
func (s *stand) withoutRowSecurity(t *testing.T) {
	ctx := context.Background()
	rows, err := s.db.Owner.Query(ctx, sqlTables)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	seen := func(table string) (n int) {
		err := s.app.DB.Look(ctx, s.people["lead b"].who, func(tx pg.Tx) error {
			return tx.QueryRow(ctx, `select count(*) from `+table+` where village_id = 11`).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	shown := 0
	for _, table := range tables {
		if n := seen(table); n != 0 {
			t.Errorf("%s: village B sees %d rows of A", table, n)
		}
		s.exec(`alter table ` + table + ` disable row level security`)
		if seen(table) > 0 {
			shown++
		}
	}
	if shown < 15 {
		t.Errorf("only %d of %d tables have rows of A that show when the fence is cut", shown, len(tables))
	}
	defer s.lay(func(site *ui.Site) { site.Auth = everything(t) })()
	s.foreign(t, strangers...)
}

// bureauReadsOnly goes past the pages: the bureau's own login is refused every change by PostgreSQL (ATK-13).
func (s *stand) bureauReadsOnly(t *testing.T) {
	ctx := context.Background()
	bureau := pgtest.Open(t, s.db.Name, "cunfen_bureau")
	for _, change := range []string{`update household set head = '改'`, `delete from claim`, `insert into audit (village_id, id, at, name, role, verb, object_kind, object_id) values (11, gen_random_uuid(), now(), '', '', '', '', '')`} {
		err := bureau.AsSystem(ctx, "test", func(tx pg.Tx) error {
			_, err := tx.Exec(ctx, change)
			return err
		})
		if !pg.Is(err, "42501") {
			t.Errorf("%s: %v", change, err)
		}
	}
	err := s.app.DB.InBureau(ctx, s.people["bureau 1"].who, func(tx pg.Tx, villages []int64) error {
		var n int
		if err := tx.QueryRow(ctx, `select count(*) from household where village_id = 21`).Scan(&n); err != nil || n != 0 || len(villages) != 2 {
			t.Errorf("the bureau of town 1 sees %d homes of village C and villages %v: %v", n, villages, err)
		}
		_, err := tx.Exec(ctx, `update household set head = '改'`)
		return err
	})
	if !pg.Is(err, "25006", "42501") {
		t.Errorf("a change in the bureau's transaction: %v", err)
	}
}
