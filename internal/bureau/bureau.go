// Package bureau is how the township's 农业农村和社会事业局 and the departments look into their villages: what waits
// for them, what hangs, whom a village chose. Their figures are of package figure. Whoever opens a village leaves
// a line in the office's log. The platform's own view of every village is here as well.
package bureau

import "cunfen/internal/pg"

// Service is what the screens above the villages may ask.
type Service struct {
	DB      *pg.DB
	Sources []Source // further rooms whose villages wait for the township
}
