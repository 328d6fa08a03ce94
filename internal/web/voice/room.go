// Package voice is objections, appeals, opinions and the answers to them.
package voice

import (
	"cunfen/internal/account"
	"cunfen/internal/appeal"
	"cunfen/internal/claim"
	"cunfen/internal/household"
	"cunfen/internal/opinion"
	"cunfen/internal/web/homes"
	"cunfen/internal/web/shell"
)

// Room holds what its pages call.
type Room struct {
	*shell.Shell
	Accounts   *account.Service
	Appeals    *appeal.Service
	Claims     *claim.Service
	Homes      *homes.Room // what explains a line
	Households *household.Service
	Opinion    *opinion.Service
}
