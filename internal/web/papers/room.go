// Package papers is the printed passbooks, cards and door plates.
package papers

import (
	"cunfen/internal/household"
	"cunfen/internal/passbook"
	"cunfen/internal/web/shell"
)

// Room holds what its pages call.
type Room struct {
	*shell.Shell
	Households *household.Service
	Passbooks  *passbook.Service
}
