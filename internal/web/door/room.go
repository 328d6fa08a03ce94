// Package door is how people sign in, and their own account.
package door

import (
	"cunfen/internal/account"
	"cunfen/internal/household"
	"cunfen/internal/session"
	"cunfen/internal/sso"
	"cunfen/internal/web/shell"
)

// Room holds what its pages call.
type Room struct {
	*shell.Shell
	Accounts   *account.Service
	Demo       DemoPeople
	DemoCode   DemoCode
	DemoHints  bool
	Households *household.Service
	SSO        *sso.Service
	Sessions   *session.Manager
}
