package notice

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// node is a step of a plan as it ran.
type node struct {
	Relation string  `json:"Relation Name"`
	Rows     float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Filtered float64 `json:"Rows Removed by Filter"`
	Plans    []node  `json:"Plans"`
}

// touched is how many lines of the book the plan looked at.
func (n node) touched() (sum float64) {
	if n.Relation == "ledger_entry" {
		sum = n.Loops * (n.Rows + n.Filtered)
	}
	for _, below := range n.Plans {
		sum += below.touched()
	}
	return sum
}

const bookOf = `insert into ledger_entry (village_id, id, household_id, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
	select $1, gen_random_uuid(), $2, gen_random_uuid(), '2026-10-09', 2, 202610, '2026-10-09', 1, 2, 2, 2, true, 'P07' from generate_series(1, $3::integer)`

// What the planner knows of the tables is from before the village was brought in: it expects nothing there. The
// figures must read the village's book once all the same, and not once a household.
func TestBookIsReadOnce(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	const lines = 4000
	other := v.Household(t, pgtest.B, "1组1号", "外村人")
	v.exec(`insert into household (village_id, id, door, head, residence, passbook_no, registered_on, base_unlocks_on, created_at, updated_at)
		select 12, gen_random_uuid(), '2组' || n || '号', '外村人', 'local', n::text, '2026-01-05', '2027-01-05', now(), now() from generate_series(1, 400) n`)
	v.exec(bookOf, 12, other, lines)
	v.exec(`analyze household, ledger_entry, objection, rule_item`)
	for _, home := range v.homes {
		v.exec(bookOf, 11, home, lines/len(v.homes))
	}
	v.exec(`insert into ledger_entry (village_id, id, household_id, source_id, reverses, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
		select 11, gen_random_uuid(), household_id, id, id, '2026-10-19', -2, 202610, '2026-10-09', 1, 4, 5, 2, true, 'P07'
		from ledger_entry where village_id = 11 and kind = 2 limit 40`)
	args := pgx.NamedArgs{"village_id": int64(v.lead.Village), "month": int32(october), "cut": v.Now(), "since": time.Time{}, "only": []uuid.UUID{}}
	for name, statement := range map[string]string{"freeze": sqlFreeze, "causes": sqlCauses} {
		var plans []struct{ Plan node }
		err := v.Look(t.Context(), v.lead, func(tx pg.Tx) error {
			out, err := pg.Scalar[json.RawMessage](t.Context(), tx, "explain (analyze, timing off, format json) "+statement, args)
			if err == nil {
				err = json.Unmarshal(out, &plans)
			}
			return err
		})
		if err != nil {
			t.Fatal(name, err)
		}
		if n := plans[0].Plan.touched(); n < lines || n > 2*lines {
			t.Errorf("%s looked at %.0f lines of a book of %d", name, n, lines)
		}
	}
}
