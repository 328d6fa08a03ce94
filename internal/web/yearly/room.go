// Package yearly is the end of a village's year.
package yearly

import (
	"cunfen/internal/web/shell"
	"cunfen/internal/yearend"
)

// Room holds what its pages call.
type Room struct {
	*shell.Shell
	Years *yearend.Service
}
