package backup

import (
	"testing"

	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }
