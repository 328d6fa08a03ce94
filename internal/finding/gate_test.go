package finding

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// links are the ways to leave a link of the chain out, tried by the very statements that make a clearance.
// Each changes one thing of a chain that is whole otherwise (INV-77).
var links = map[string]string{
	"no finding":           `id = gen_random_uuid()`,
	"another household":    `household_id = gen_random_uuid()`,
	"another item":         `item = 'N09'`,
	"another version":      `rule_version = 2`,
	"other evidence":       `evidence = sha256('x')`,
	"no evidence":          `evidence = null`,
	"more than the rules":  `points = -6`,
	"a gift":               `points = 5`,
	"another last day":     `due_on = due_on + 1`,
	"no time given":        `due_on = (delivered_at at time zone 'Asia/Shanghai')::date`,
	"never issued":         `issued_at = null`,
	"issued another time":  `issued_at = issued_at - interval '1 day'`,
	"not delivered":        `delivery_id = gen_random_uuid()`,
	"delivered earlier":    `delivered_at = delivered_at - interval '1 hour'`,
	"not looked at again":  `rechecked_at = null`,
	"looked at too early":  `rechecked_at = delivered_at + interval '1 hour'`,
	"put right":            `recheck = 'put_right'`,
	"not heard":            `heard_at = null`,
	"heard otherwise":      `heard = 'absent'`,
	"one decider twice":    `second_by = first_by, second_at = first_at`,
	"no second decider":    `second_by = null`,
	"somebody who did not": `second_by = gen_random_uuid()`,
	"decided earlier":      `first_at = first_at - interval '30 days'`,
	"decided not to":       `deduct = false`,
}

const clearanceColumns = `village_id, id, household_id, item, rule_version, evidence, full_points, points, due_on, issued_at, delivery_id, delivered_at, rechecked_at,
	recheck, heard_at, heard, first_by, first_at, second_by, second_at, deduct, cleared_at`

// TestNoWayAround: no statement of the program's own logins takes points away without the whole chain, by
// whatever door, and none can be had by changing one link.
func TestNoWayAround(t *testing.T) {
	s := newStand(t)
	f := s.record()
	c := s.cleared(f)
	s.exec(`create table chain as select * from clearance`)
	s.exec(`grant select on chain to cunfen_app, cunfen_worker`)
	s.exec(`delete from clearance`)
	for _, role := range []string{"cunfen_app", "cunfen_worker"} {
		conn, err := pgx.Connect(ctx, pgtest.DSN(s.db.Name, role))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		try := func(what string, statements ...string) {
			t.Helper()
			tx, err := conn.Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback(ctx) // nothing of it may stay
			if _, err := tx.Exec(ctx, `select bind_village(11)`); err != nil {
				t.Fatal(err)
			}
			for _, sql := range statements {
				if _, err = tx.Exec(ctx, sql); err != nil {
					break
				}
			}
			if err == nil {
				t.Errorf("%s: %s went through", role, what)
			} else if !pg.Is(err, pg.ForeignKey, pg.Checked, "23502") {
				t.Errorf("%s: %s failed for another reason: %v", role, what, err)
			}
		}
		line := func(source, points, kind, sourceKind string) string {
			return fmt.Sprintf(`insert into ledger_entry (village_id, id, household_id, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
				values (11, gen_random_uuid(), '%s', %s, now(), %s, 202611, '2026-11-02', 1, %s, %s, 2, true, 'N08')`, s.home, source, points, sourceKind, kind)
		}
		own := "'" + f.ID.String() + "'"
		try("a deduction for nothing", line("gen_random_uuid()", "-5", "3", "6"))
		try("a deduction of another source", line(own, "-5", "3", "2"))
		try("more than was cleared", line(own, "-10", "3", "6"))
		try("less than was cleared", line(own, "-4", "3", "6"))
		try("an award that takes away", line("gen_random_uuid()", "-5", "2", "2"))
		try("base points that take away", line("gen_random_uuid()", "-5", "1", "1"))
		try("by the posting function", fmt.Sprintf(`select ledger_post(11, gen_random_uuid(), '%s', null, null, 6::smallint, gen_random_uuid(), null, null, null, now(), -5, 202611, '2026-11-02', 1, 3::smallint, 2::smallint, true, 'N08')`, s.home))
		for what, change := range links {
			columns, values := strings.Split(strings.Join(strings.Fields(clearanceColumns), ""), ","), []string{}
			for _, col := range columns {
				value := col
				for _, set := range strings.Split(change, ", ") {
					if name, v, _ := strings.Cut(set, " = "); name == col {
						value = v
					}
				}
				values = append(values, value)
			}
			try(what, fmt.Sprintf(`insert into clearance (%s) select %s from chain returning id`, clearanceColumns, strings.Join(values, ", ")))
		}
	}
	s.exec(fmt.Sprintf(`insert into clearance (%[1]s) select %[1]s from chain`, clearanceColumns)) // changing nothing goes through
	entries := []ledger.Entry{{HouseholdID: s.home, SourceKind: ledger.FromFinding, SourceID: pg.NewID(), Points: -5, Month: november, OccurredOn: day("2026-11-02"), RuleVersion: 1,
		Kind: ledger.Deduction, Bucket: ledger.YearBucket, Scores: true, Item: "N08"}}
	if err := s.DB.InVillage(ctx, s.lead, func(tx pg.Tx) error { _, err := ledger.PostAll(ctx, tx, entries); return err }); err == nil {
		t.Error("PostAll deducts without a chain")
	}
	if err := s.DB.InVillage(ctx, s.lead, func(tx pg.Tx) error { _, err := ledger.Post(ctx, tx, entries[0]); return err }); err == nil {
		t.Error("Post deducts without a chain")
	}
	entries[0].SourceID = c.ID
	if err := s.DB.InVillage(ctx, s.lead, func(tx pg.Tx) error { _, err := ledger.PostAll(ctx, tx, entries); return err }); err != nil {
		t.Errorf("what has its chain is refused: %v", err)
	}
	if b := s.balance(); b.Year != -5 {
		t.Errorf("%+v", b)
	}
}
