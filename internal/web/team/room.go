// Package team is the working group, the village's settings and its log.
package team

import (
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/web/shell"
)

// Room holds what its pages call.
type Room struct {
	*shell.Shell
	Group      *group.Service
	Households *household.Service
}
