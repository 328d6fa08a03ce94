// Package policies holds who may do what: the Casbin model and the policy, one line a role and an action.
// matrix.md shows the same as a table; its test compares them.
package policies

import _ "embed"

// Model is the Casbin model, Policy the lines of every role.
var (
	//go:embed model.conf
	Model []byte
	//go:embed policy.csv
	Policy []byte
)
