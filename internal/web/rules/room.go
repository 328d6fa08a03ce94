// Package rules is where a village makes, reads and weighs its rules.
package rules

import (
	"cunfen/internal/adoption"
	"cunfen/internal/budget"
	"cunfen/internal/evaluation"
	"cunfen/internal/exempt"
	"cunfen/internal/household"
	"cunfen/internal/rehearse"
	"cunfen/internal/web/shell"
)

// Room holds what its pages call.
type Room struct {
	*shell.Shell
	Adoption   *adoption.Service
	Budget     *budget.Service
	Evaluation *evaluation.Service
	Exempt     *exempt.Service
	Households *household.Service
	Rehearse   *rehearse.Service
}
