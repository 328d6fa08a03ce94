// Package migrations holds the schema: forward only, each table's fence and
// grants in the file that makes it.
package migrations

import "embed"

// FS is every migration, in order of its number.
//
//go:embed *.sql
var FS embed.FS
