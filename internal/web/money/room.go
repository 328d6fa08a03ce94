// Package money is the village's budget, purchases and donations.
package money

import (
	"cunfen/internal/budget"
	"cunfen/internal/shop"
	"cunfen/internal/web/shell"
)

// Room holds what its pages call.
type Room struct {
	*shell.Shell
	Budget *budget.Service
	Shop   *shop.Service
}
