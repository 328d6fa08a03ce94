// Package monthly is the month, signed and published.
package monthly

import (
	"cunfen/internal/account"
	"cunfen/internal/claim"
	"cunfen/internal/inspect"
	"cunfen/internal/notice"
	"cunfen/internal/session"
	"cunfen/internal/signoff"
	"cunfen/internal/web/shell"
)

// Room holds what its pages call.
type Room struct {
	*shell.Shell
	Accounts *account.Service
	Claims   *claim.Service
	Months   *signoff.Service
	Notices  *notice.Service
	Rounds   *inspect.Service
	Sessions *session.Manager
}
