// Package deeds is what homes did: the grid worker's way from house to house, good deeds declared and decided, and
// what was found wrong.
package deeds

import (
	"cunfen/internal/claim"
	"cunfen/internal/finding"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/inspect"
	"cunfen/internal/web/shell"
)

// Room holds what its pages call.
type Room struct {
	*shell.Shell
	Claims     *claim.Service
	Found      *finding.Service
	Group      *group.Service
	Households *household.Service
	Rounds     *inspect.Service
}
