package pgtest

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
)

var chain = []string{
	`insert into account (id, name, phone, phone_index, created_at) select x, '成员', '', uuid_send(x), now() from unnest(array[$5::uuid, $6]) x where $1::bigint = $1 and $2::uuid = $2 and $3::uuid = $3 and $4::text = $4 and $7::int = $7 and $8::int = $8`,
	`insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) select $1::bigint, x, x, '成员', 'committee', '两委', '2026-01-01', now() from unnest(array[$5::uuid, $6]) x where $2::uuid = $2 and $3::uuid = $3 and $4::text = $4 and $7::int = $7 and $8::int = $8`,
	`insert into finding (village_id, id, household_id, item, parts, rule_version, points, occurred_on, found_at, matter, proofs, evidence, recorder, recorder_name, recorded_at, state)
		select $1::bigint, $2::uuid, $3::uuid, $4::text, '{"": 1}', $7::int, $8::int, '2026-01-05', '2026-01-05', '屋后堆物', '{photo}', sha256('x'), $2::uuid, '', '2026-01-05', 'cleared' where $5::uuid = $5 and $6::uuid = $6`,
	`insert into finding_notice (village_id, finding_id, demand, help, due_on, issued_by, issued_by_name, issued_at) select $1::bigint, $2::uuid, '清理干净', '{law}', '2026-01-12', $2::uuid, '', '2026-01-05 10:00+08' where ` + rest,
	`insert into finding_delivery (village_id, finding_id, id, method, receiver, at) select $1::bigint, $2::uuid, $2::uuid, 'slip', '户主', '2026-01-06 10:00+08' where ` + rest,
	`insert into finding_recheck (village_id, finding_id, result, by_account, by_name, at) select $1::bigint, $2::uuid, 'not_put_right', $2, '', '2026-01-12 10:00+08' where ` + rest,
	`insert into finding_statement (village_id, finding_id, how, words, taken_by, taken_name, at) select $1::bigint, $2::uuid, 'phone', '知道了', $2, '', '2026-01-12 11:00+08' where ` + rest,
	`insert into finding_vote (village_id, finding_id, account_id, recorder, membership_id, name, deduct, reason, at)
		select $1::bigint, $2::uuid, x, $2, x, '', true, '到期没有清', '2026-01-13 10:00+08' from unnest(array[$5::uuid, $6]) x where $3::uuid = $3 and $4::text = $4 and $7::int = $7 and $8::int = $8`,
	`insert into clearance (village_id, id, household_id, item, rule_version, evidence, full_points, points, due_on, issued_at, delivery_id, delivered_at, rechecked_at, recheck, heard_at, heard,
		first_by, first_at, second_by, second_at, deduct, cleared_at)
		values ($1, $2, $3, $4, $7, sha256('x'), $8, $8, '2026-01-12', '2026-01-05 10:00+08', $2, '2026-01-06 10:00+08', '2026-01-12 10:00+08', 'not_put_right', '2026-01-12 11:00+08', 'phone',
		$5, '2026-01-13 10:00+08', $6, '2026-01-13 10:00+08', true, '2026-01-13 10:00+08')`,
}

const rest = `$3::uuid = $3 and $4::text = $4 and $5::uuid = $5 and $6::uuid = $6 and $7::int = $7 and $8::int = $8`

// Cleared puts a finding with its whole chain into a village and answers its id: the only source that the book
// takes a deduction of these points from (source kind 6).
func (db *DB) Cleared(t testing.TB, v actor.VillageID, household uuid.UUID, item string, version, points int) uuid.UUID {
	t.Helper()
	id, first, second := pg.NewID(), uuid.New(), uuid.New()
	for _, sql := range chain {
		if _, err := db.Owner.Exec(context.Background(), sql, int64(v), id, household, item, first, second, version, points); err != nil {
			t.Fatalf("pgtest: cleared: %v", err)
		}
	}
	return id
}
