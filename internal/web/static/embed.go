// Package static holds what a browser loads beside a page: the style sheet,
// the small scripts, the vendored library and the icon. A file is asked for by
// a name that carries its hash, so that a phone with weak signal fetches it
// once and never asks again.
package static

import "embed"

// FS is the files as they are committed.
//
//go:embed css js lib favicon.svg manifest.webmanifest
var FS embed.FS
