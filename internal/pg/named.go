package pg

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// statement is one with named arguments as PostgreSQL takes it: the text with numbers, and the names in their
// order.
type statement struct {
	text  string
	names []string
}

// statements are those seen so far. All are constants of the program, so there is an end to them.
var statements sync.Map // by text

// numbered turns named arguments into numbered ones. pgx would read the whole text anew each time.
func numbered(sql string, args []any) (string, []any) {
	if len(args) != 1 {
		return sql, args
	}
	named, ok := args[0].(pgx.NamedArgs)
	if !ok {
		return sql, args
	}
	known, ok := statements.Load(sql)
	if !ok {
		s, whole := parse(sql, named)
		if !whole {
			return sql, args
		}
		known, _ = statements.LoadOrStore(sql, s)
	}
	s := known.(*statement)
	values := make([]any, len(s.names))
	for i, name := range s.names {
		values[i] = named[name]
	}
	return s.text, values
}

// parse lets pgx number the names by giving it each name as its own value. It is not whole when an argument
// is missing.
func parse(sql string, named pgx.NamedArgs) (*statement, bool) {
	own := pgx.NamedArgs{}
	for name := range named {
		own[name] = name
	}
	text, values, err := own.RewriteQuery(context.Background(), nil, sql, nil)
	if err != nil {
		return nil, false
	}
	s := &statement{text: text}
	for _, v := range values {
		name, ok := v.(string)
		if !ok {
			return nil, false
		}
		s.names = append(s.names, name)
	}
	return s, true
}
