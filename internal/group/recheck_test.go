package group

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// TestRecheck: what a disqualified member let through, and nothing else, is listed in the same instant; others
// look at it, two of them where something is wrong; a line that was wrong is taken back once, its notice is
// corrected and the home told.
func TestRecheck(t *testing.T) {
	s, db := setup(t)
	ctx, lead := context.Background(), pgtest.In(pgtest.A, actor.Lead)
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
	recorder, _ := seat("记", "13900000004")
	db.Exec(t, `insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at) values (11, 1, 2026, '2026-01-01', '', 0, '{}', '', now())`)
	db.Exec(t, `insert into sheet (village_id, month, state) values (11, 202610, 'published')`)
	var homes, lines []uuid.UUID
	for i, door := range []string{"1-1", "1-2", "1-3"} {
		h := db.Household(t, pgtest.A, door, "户主")
		homes = append(homes, h)
		by := bad.Account
		if i == 2 {
			by = first.Account // not the disqualified member's
		}
		err := s.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error {
			if err := ledger.OpenAccount(ctx, tx, h); err != nil {
				return err
			}
			p, err := ledger.Post(ctx, tx, ledger.Entry{HouseholdID: h, SourceKind: ledger.FromClaim, SourceID: uuid.New(), Recorder: recorder.Account, Reviewer: by, Points: 5, Month: 202610,
				OccurredOn: day("2026-10-05"), RuleVersion: 1, Kind: ledger.Award, Bucket: ledger.YearBucket, Scores: true, Item: "P07"})
			lines = append(lines, p.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	waiting := pg.NewID()
	db.Exec(t, `insert into claim (village_id, id, household_id, item, parts, rule_version, points, occurred_on, channel, recorder, recorder_name, recorded_at, state, reviewer, reviewer_name, decided_at)
		values (11, $1, $2, 'P18', '{}', 1, 5, '2026-11-05', 'grid', $3, '', now(), 'approved', $4, '', now())`, waiting, homes[0], recorder.Account, bad.Account)
	if err := s.Disqualify(ctx, lead, place, "优亲厚友"); err != nil {
		t.Fatal(err)
	}
	all, err := s.Rechecks(ctx, lead)
	if err != nil || len(all) != 1 || all[0].Lines != 3 || all[0].Open != 3 {
		t.Fatalf("%+v %v", all, err)
	}
	id := all[0].ID
	key := func(k Subject, subject uuid.UUID) string { return Check{Kind: k, SubjectID: subject}.Key() }
	one, two, claim := key(OfEntry, lines[0]), key(OfEntry, lines[1]), key(OfClaim, waiting)
	want := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	_, err = s.ConfirmChecks(ctx, bad, id, []string{one})
	want("the member himself", err, ErrHand)
	_, err = s.ConfirmChecks(ctx, recorder, id, []string{one})
	want("who recorded it", err, ErrHand)
	if err := s.Declare(ctx, second, homes[1], "弟弟家"); err != nil {
		t.Fatal(err)
	}
	_, err = s.ConfirmChecks(ctx, second, id, []string{two})
	want("a relative", err, ErrHand)
	_, err = s.ConfirmChecks(ctx, first, id, nil)
	want("nothing ticked", err, ErrNoTick)
	if _, err := s.ConfirmChecks(ctx, pgtest.In(pgtest.B, actor.Committee), id, []string{one}); err == nil {
		t.Error("another village")
	}
	if _, err := s.ConfirmChecks(ctx, first, id, []string{two}); err != nil {
		t.Fatal(err)
	}
	_, err = s.ConfirmChecks(ctx, first, id, []string{two})
	want("twice", err, ErrLooked)
	want("no words", s.Doubt(ctx, first, id, one, "错"), ErrDoubt)
	for _, k := range []string{one, claim} {
		if err := s.Doubt(ctx, first, id, k, "没有参加过这次活动"); err != nil {
			t.Fatal(err)
		}
		want("alone", s.Settle(ctx, first, id, k, true, "查过名单，没有他"), ErrSecond)
		if err := s.Settle(ctx, second, id, k, true, "查过名单，没有他"); err != nil {
			t.Fatal(err)
		}
		want("settled twice", s.Settle(ctx, second, id, k, true, "查过名单，没有他"), ErrLooked)
	}
	var got string
	err = db.Owner.QueryRow(ctx, `select concat_ws(' ', (select year from balance where household_id = $1), (select state from claim where id = $2),
		(select count(*) from outbox where kind = 'notice.correct'), (select count(*) from message where household_id = $1 and kind = 'notice.corrected'))`, homes[0], waiting).Scan(&got)
	if err != nil || got != "0 pending 1 1" {
		t.Errorf("%s (%v)", got, err)
	}
	if all, _ = s.Rechecks(ctx, lead); all[0].Looked() != 3 || all[0].Corrected != 2 {
		t.Errorf("%+v", all[0])
	}
}
