package archive

import (
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// stamp is how instants stand in a pack: UTC, to the microsecond that the database keeps.
const stamp = "2006-01-02T15:04:05.000000Z"

// table writes rows as CSV, with head under the names of their columns. after, where it is given, sees each row.
func table(w io.Writer, rows pgx.Rows, head bool, after func([]string)) error {
	defer rows.Close()
	out := csv.NewWriter(w)
	fields := rows.FieldDescriptions()
	cells := make([]string, len(fields))
	for i, f := range fields {
		cells[i] = f.Name
	}
	if head {
		_ = out.Write(cells) // kept until Flush
	}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return err
		}
		for i, v := range values {
			if cells[i], err = cell(v, fields[i].DataTypeOID); err != nil {
				return fmt.Errorf("archive: column %s: %w", fields[i].Name, err)
			}
		}
		if err := out.Write(cells); err != nil {
			return err
		}
		if after != nil {
			after(cells)
		}
	}
	out.Flush()
	if err := rows.Err(); err != nil {
		return err
	}
	return out.Error()
}

// cell is a value's text, which does not depend on any setting.
func cell(v any, oid uint32) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return guard(v), nil
	case bool:
		return strconv.FormatBool(v), nil
	case int16, int32, int64:
		return fmt.Sprint(v), nil
	case []byte:
		return hex.EncodeToString(v), nil
	case [16]byte:
		return uuid.UUID(v).String(), nil
	case time.Time:
		if oid == pgtype.DateOID {
			return v.Format(time.DateOnly), nil
		}
		return v.UTC().Format(stamp), nil
	case map[string]any:
		b, err := json.Marshal(v)
		return string(b), err
	case []any:
		if oid == pgtype.JSONBOID {
			b, err := json.Marshal(v)
			return string(b), err
		}
		parts := make([]string, len(v))
		for i, p := range v {
			part, err := cell(p, 0)
			if err != nil {
				return "", err
			}
			parts[i] = part
		}
		return guard(strings.Join(parts, " ")), nil
	}
	return "", fmt.Errorf("no text for a %T", v)
}

// guard keeps a spreadsheet from taking a person's words for a formula; bare takes the guard off.
func guard(s string) string {
	if s != "" && strings.ContainsRune("=+-@'\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func bare(s string) string { return strings.TrimPrefix(s, "'") }

// record is one row of a CSV under its columns' names. What cannot be read is the zero value: the check that
// needs it then fails and names the row.
type record map[string]string

func (r record) text(col string) string { return bare(r[col]) }
func (r record) number(col string) int64 {
	n, err := strconv.ParseInt(r[col], 10, 64)
	if err != nil {
		return 0
	}
	return n
}
func (r record) id(col string) uuid.UUID {
	id, err := uuid.Parse(r[col])
	if err != nil {
		return uuid.Nil
	}
	return id
}
func (r record) bytes(col string) []byte {
	b, err := hex.DecodeString(r[col])
	if err != nil || len(b) == 0 {
		return nil
	}
	return b
}
func (r record) day(col string) time.Time {
	t, err := time.Parse(time.DateOnly, r[col])
	if err != nil {
		return time.Time{}
	}
	return t
}
func (r record) instant(col string) time.Time {
	t, err := time.Parse(stamp, r[col])
	if err != nil {
		return time.Time{}
	}
	return t
}

// scan reads a CSV and gives each row to fn, counted from 1.
func scan(r io.Reader, fn func(n int, r record)) error {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return err
	}
	cols := append([]string(nil), head...)
	for n := 1; ; n++ {
		cells, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		row := make(record, len(cols))
		for i, c := range cells {
			row[cols[i]] = c
		}
		fn(n, row)
	}
}
