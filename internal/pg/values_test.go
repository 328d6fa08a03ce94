package pg_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

type ids struct {
	One  uuid.UUID
	Many []uuid.UUID
	None *uuid.UUID
	Some *uuid.UUID
	Null uuid.UUID
	Text string
}

// TestIDs sends ids there and back in every form in which the program has them.
func TestIDs(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	a, b := pg.NewID(), pg.NewID()
	args := pgx.NamedArgs{"one": a, "many": []uuid.UUID{a, b}, "none": (*uuid.UUID)(nil), "some": &b, "holes": []*uuid.UUID{&a, nil}}
	err := db.Look(t.Context(), pgtest.In(pgtest.A, actor.Lead), func(tx pg.Tx) error {
		got, err := pg.One[ids](t.Context(), tx, `select @one::uuid as one, @many::uuid[] as many, @none::uuid as none, @some::uuid as some, null::uuid as null, @one::text as text`, args)
		if err != nil {
			return err
		}
		if got.One != a || !slices.Equal(got.Many, []uuid.UUID{a, b}) || got.None != nil || got.Some == nil || *got.Some != b || got.Null != uuid.Nil || got.Text != a.String() {
			t.Errorf("got %+v", got)
		}
		holes, err := pg.Column[*uuid.UUID](t.Context(), tx, `select unnest(@holes::uuid[])`, args)
		if err == nil && (len(holes) != 2 || *holes[0] != a || holes[1] != nil) {
			t.Errorf("holes %v", holes)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNames asks that each value goes to its name, whatever the order, also the second time.
func TestNames(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	const sql = `select @b::int * 10 + @a::int * 100 + @b::int`
	for _, c := range []struct {
		args pgx.NamedArgs
		want int
	}{{pgx.NamedArgs{"a": 1, "b": 2}, 122}, {pgx.NamedArgs{"b": 3, "a": 4, "c": 5}, 433}} {
		err := db.Look(t.Context(), pgtest.In(pgtest.A, actor.Lead), func(tx pg.Tx) error {
			got, err := pg.Scalar[int](t.Context(), tx, sql, c.args)
			if err == nil && got != c.want {
				t.Errorf("%v: %d, want %d", c.args, got, c.want)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	err := db.Look(t.Context(), pgtest.In(pgtest.A, actor.Lead), func(tx pg.Tx) error {
		got, err := pg.Scalar[*int](t.Context(), tx, `select @missing::int`, pgx.NamedArgs{"other": 1})
		if err == nil && got != nil {
			t.Errorf("a missing value is %d", *got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
