// Package town is how the bureau and the departments see their villages.
package town

import (
	"cunfen/internal/supervise"
	"cunfen/internal/web/shell"
)

// Room holds what its pages call.
type Room struct {
	*shell.Shell
	Supervise *supervise.Service
}
