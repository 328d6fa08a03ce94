package pgtest

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Statement is one SQL constant of the program.
type Statement struct{ Where, Name, Text string }

// Statements reads every constant whose name begins with "sql" from the Go sources below dir, with the
// constants of the same folder that it is joined from.
func Statements(t testing.TB, dir string) (all []Statement) {
	t.Helper()
	set := token.NewFileSet()
	consts := map[string]map[string]ast.Expr{} // by folder and name
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		in := filepath.Dir(path)
		if consts[in] == nil {
			consts[in] = map[string]ast.Expr{}
		}
		collect(f, consts[in])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range consts {
		for name, e := range in {
			if text, ok := literal(e, in); ok && strings.HasPrefix(name, "sql") && !strings.HasPrefix(name, "sqlPart") {
				all = append(all, Statement{set.Position(e.Pos()).String(), name, text})
			}
		}
	}
	return all
}

func collect(f *ast.File, into map[string]ast.Expr) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			for i, name := range v.Names {
				if i < len(v.Values) {
					into[name.Name] = v.Values[i]
				}
			}
		}
	}
}

// literal is the text of a string constant, joined from others of its folder where it is.
func literal(e ast.Expr, in map[string]ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.Ident:
		if of, ok := in[e.Name]; ok {
			return literal(of, in)
		}
	case *ast.BinaryExpr:
		a, ok := literal(e.X, in)
		b, ok2 := literal(e.Y, in)
		return a + b, ok && ok2
	}
	return "", false
}

// CheckSQL prepares every SQL constant of the package in the working directory against the migrated schema,
// so that a statement that names a missing column fails even where no test runs it.
func CheckSQL(t *testing.T) {
	t.Helper()
	db := New(t)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, DSN(db.Name, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	dir, _ := os.Getwd()
	for _, s := range Statements(t, dir) {
		q, _, err := pgx.NamedArgs{}.RewriteQuery(ctx, conn, s.Text, nil)
		if err == nil {
			_, err = conn.Prepare(ctx, s.Name, q)
		}
		if err != nil {
			t.Errorf("%s: %s: %v", s.Where, s.Name, err)
		}
	}
}
