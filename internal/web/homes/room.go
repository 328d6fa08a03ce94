// Package homes is the households: the register, and each one's passbook line by line.
package homes

import (
	"cunfen/internal/appeal"
	"cunfen/internal/claim"
	"cunfen/internal/evaluation"
	"cunfen/internal/finding"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/inspect"
	"cunfen/internal/notice"
	"cunfen/internal/session"
	"cunfen/internal/shop"
	"cunfen/internal/signoff"
	"cunfen/internal/tenure"
	"cunfen/internal/web/shell"
)

// Room holds what its pages call.
type Room struct {
	*shell.Shell
	Appeals    *appeal.Service
	Claims     *claim.Service
	Evaluation *evaluation.Service
	Found      *finding.Service
	Group      *group.Service
	Households *household.Service
	Months     *signoff.Service
	Notices    *notice.Service
	Rounds     *inspect.Service
	Sessions   *session.Manager
	Shop       *shop.Service
	Tenure     *tenure.Service
}
