// Package observe lets the operator see how the program is: logs without anybody's personal data, metrics,
// and a port of its own for health, metrics and profiles that the public never reaches.
package observe

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// personal are the names under which a person's data or a secret could come by mistake (INV-56).
var personal = map[string]bool{
	"phone": true, "mobile": true, "id_number": true, "id_card": true, "name": true, "head": true, "member": true, "holder": true,
	"reason": true, "note": true, "remark": true, "text": true, "body": true, "args": true, "code": true, "otp": true, "password": true,
	"secret": true, "token": true, "session": true, "cookie": true, "authorization": true, "dsn": true, "email": true, "bank": true,
}

var numbers = regexp.MustCompile(`\b(?:1[3-9]\d{9}|\d{17}[\dXx]|\d{6}(?:19|20)\d{6}[\dXx]{0,4})\b`)

// Logger writes JSON lines from the level up. What is named like personal data is left out, and what looks like
// a phone or ID number is made unreadable wherever it stands.
func Logger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: clean}))
}

func clean(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
		return a
	}
	if personal[strings.ToLower(a.Key)] {
		return slog.Attr{}
	}
	switch a.Value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, mask(a.Value.String()))
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			return slog.String(a.Key, mask(plain(err)))
		}
		return slog.String(a.Key, mask(fmt.Sprint(a.Value.Any())))
	}
	return a
}

// plain is the text of an error without what PostgreSQL quotes of the data.
func plain(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.ReplaceAll(err.Error(), e.Error(), "sqlstate "+e.Code)
	}
	return err.Error()
}

func mask(s string) string { return numbers.ReplaceAllString(s, "***") }
