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

// Statements reads every constant whose name begins with "sql" from the Go sources below dir.
func Statements(t testing.TB, dir string) (all []Statement) {
	t.Helper()
	set := token.NewFileSet()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
				all = append(all, constants(set, g)...)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func constants(set *token.FileSet, g *ast.GenDecl) (all []Statement) {
	for _, s := range g.Specs {
		v := s.(*ast.ValueSpec)
		for i, name := range v.Names {
			if !strings.HasPrefix(name.Name, "sql") || i >= len(v.Values) {
				continue
			}
			if text, ok := literal(v.Values[i]); ok {
				all = append(all, Statement{set.Position(name.Pos()).String(), name.Name, text})
			}
		}
	}
	return all
}

// literal is the text of a string literal, or of several joined with +; names among them count as nothing.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		a, ok := literal(e.X)
		b, ok2 := literal(e.Y)
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
