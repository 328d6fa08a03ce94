package group

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// TestRecheckUndoes: what a disqualified member had decided and is not in the book yet is undone as far as it can be
// by itself, and says what is left to people; what a sheet under signature holds waits for the sheet; what was
// signed since is taken back in the book.
func TestRecheckUndoes(t *testing.T) {
	s, db := setup(t)
	ctx, lead := context.Background(), pgtest.In(pgtest.A, actor.Lead)
	text := func(sql string, args ...any) (got string) {
		t.Helper()
		if err := db.Owner.QueryRow(ctx, sql, args...).Scan(&got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	seat := func(name, phone string) (actor.Actor, uuid.UUID) {
		t.Helper()
		out, err := s.Appoint(ctx, lead, Appointment{Name: name, Phone: phone, Role: actor.Committee, Kind: Cadre})
		if err != nil {
			t.Fatal(err)
		}
		who := pgtest.In(pgtest.A, actor.Committee)
		who.Account, who.Name = out.Account, name
		return who, out.ID
	}
	bad, place := seat("坏", "13900000001")
	first, _ := seat("一", "13900000002")
	second, _ := seat("二", "13900000003")
	db.Exec(t, `insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at) values (11, 1, 2026, '2026-01-01', '', 0, '{}', '', now())`)
	db.Exec(t, `insert into rule_item (village_id, version, code, position, body) values (11, 1, 'N12', 1, '{"class": "", "title": "乱倒垃圾"}')`)
	home := db.Household(t, pgtest.A, "1-1", "户主")
	finding := func(set string) uuid.UUID {
		t.Helper()
		id := db.Cleared(t, pgtest.A, home, "N12", 1, -5)
		db.Exec(t, `insert into finding_vote (village_id, finding_id, account_id, recorder, membership_id, name, deduct, reason, at) values (11, $1, $2, $1, $3, '坏', true, '应当减分', now())`, id, bad.Account, place)
		db.Exec(t, `update finding set `+set+` where id = $1`, id)
		db.Exec(t, `insert into slot (village_id, household_id, item, sole, counted, occurred_on, holder_kind, holder_id, points) values (11, $1, 'N12', false, 1, '2026-01-05', 3, $2, -5)`, home, id)
		return id
	}
	cleared, signing, heard := finding("state = 'cleared'"), finding("month = 202610"), finding("state = 'heard'")
	round, other := pg.NewID(), pg.NewID()
	for i, r := range []uuid.UUID{round, other} {
		db.Exec(t, `insert into inspection (village_id, id, grid, month, occurred_on, items, rule_version, sample, seed, state, opened_by, opened_by_name, opened_at, closed_by, closed_by_name, closed_at, digest)
			values (11, $1, $2, 202610, '2026-10-12', '{P07}', 1, '{}', '', 'closed', $1, '', now(), $1, '', now(), '')`, r, i+1)
		db.Exec(t, `insert into inspection_confirm (village_id, inspection_id, number, account_id, name, confirmed_at) values (11, $1, 1, $2, '坏', now())`, r, bad.Account)
	}
	db.Exec(t, `update inspection_confirm set month = 202610 where inspection_id = $1`, other)
	if err := s.Disqualify(ctx, lead, place, "优亲厚友"); err != nil {
		t.Fatal(err)
	}
	all, err := s.Rechecks(ctx, lead)
	if err != nil || len(all) != 1 || all[0].Lines != 5 {
		t.Fatalf("%+v %v", all, err)
	}
	id := all[0].ID
	settle := func(k Subject, subject uuid.UUID) error {
		t.Helper()
		key := Check{Kind: k, SubjectID: subject}.Key()
		_ = s.Doubt(ctx, first, id, key, "和现场的照片不符")
		return s.Settle(ctx, second, id, key, true, "两人到现场看过")
	}
	if err := errors.Join(settle(OfFinding, cleared), settle(OfFinding, heard), settle(OfRound, round)); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{settle(OfFinding, signing), settle(OfRound, other)} {
		if !errors.Is(err, ErrSigning) {
			t.Errorf("on a sheet under signature: %v", err)
		}
	}
	if got := text(`select concat_ws(' ', (select state || ' ' || outcome from finding where id = $1), (select state from finding where id = $2),
		(select count(*) from slot where holder_id = $1), (select count(*) from message where household_id = $3 and kind = 'finding.decided'),
		(select count(*) from inspection_confirm where inspection_id = $4), (select count(*) from inspection_confirm where inspection_id = $5))`, cleared, heard, home, round, other); got != "closed waived heard 0 1 0 1" {
		t.Error(got)
	}
	_, lines, err := s.ShowRecheck(ctx, lead, id, Corrected)
	for _, l := range lines {
		if todo, href := l.ByHand(); todo == "" || href == "" {
			t.Errorf("%v says nothing of what is left", l.Kind)
		}
	}
	if err != nil || len(lines) != 3 {
		t.Errorf("%d lines, %v", len(lines), err)
	}
	db.Exec(t, `update inspection_confirm set posted = true where inspection_id = $1`, other)
	db.Exec(t, `insert into ledger_entry (village_id, id, household_id, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item, reviewer)
		values (11, $1, $2, $1, now(), 5, 202610, '2026-10-12', 1, 5, 2, 2, true, 'P07', $3)`, uuid.New(), home, bad.Account)
	db.Exec(t, `insert into ledger_entry (village_id, id, household_id, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
		values (11, $1, $2, $3, now(), -5, 202610, '2026-10-12', 1, 6, 3, 2, true, 'N12')`, uuid.New(), home, signing)
	db.Exec(t, `insert into balance (village_id, household_id) values (11, $1) on conflict do nothing`, home)
	if err := errors.Join(settle(OfRound, other), settle(OfFinding, signing)); err != nil {
		t.Fatal(err)
	}
	if got := text(`select concat_ws(' ', (select count(*) from recheck_line where kind = 1), (select count(*) from ledger_entry where kind = 5 and reverses is not null))`); got != "2 1" {
		t.Error(got)
	}
}
