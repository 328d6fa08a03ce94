package inspect

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/signoff"
)

// TestOnSheet takes a confirmed round to the month's sheet and into the book: each pass once, and what waits for
// another member stays behind.
func TestOnSheet(t *testing.T) {
	s := newStand(t, 6)
	r := s.begun()
	bad := s.plain(r)[0]
	s.mark(r, Mark{Household: bad, Failed: []string{"P07", "P08"}, Reason: "门前有杂物"})
	if _, err := s.Close(ctx, s.grid, r.ID, 5); err != nil {
		t.Fatal(err)
	}
	s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, $2, '', uuid_send($1), now())`, s.member.Account, s.member.Name)
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '兄弟', now())`, s.member.Account, s.homes[0])
	if _, err := s.Confirm(ctx, s.member, r.ID); err != nil {
		t.Fatal(err)
	}
	months := &signoff.Service{DB: s.DB, Sources: []signoff.Source{OnSheet{}}}
	lead := s.seat(actor.Lead, "两委")
	signers := []actor.Actor{lead, s.seat(actor.Committee, "党员代表"), s.seat(actor.Committee, "群众代表")}
	s.db.At("2026-12-01T09:00:00+08:00")
	passes := func(home uuid.UUID) int {
		return s.count(`select count(*) from slot where holder_id = $1 and household_id = $2`, r.ID, home)
	}
	want1 := 28 - passes(s.homes[0])
	sheet, err := months.Freeze(ctx, lead, november)
	if err != nil || sheet.Lines != want1 || sheet.Points != int64(5*want1) {
		t.Fatalf("%d lines, %d points, %v; want %d", sheet.Lines, sheet.Points, err, want1)
	}
	s.inside(func(tx pg.Tx) error {
		all, err := OnSheet{}.Exceptions(ctx, tx, november)
		if err != nil || len(all) != 2 || all[0].HouseholdID != bad || all[0].Reason != "门前有杂物" {
			t.Errorf("exceptions are %+v, %v", all, err)
		}
		return nil
	})
	_, err = s.Reopen(ctx, s.grid, r.ID, "漏了一户")
	want(t, "reopened under a sheet", err, ErrOnSheet)
	if _, err = months.Reopen(ctx, lead, november, "再看一遍"); err != nil {
		t.Fatal(err)
	}
	if _, err = s.Confirm(ctx, s.other, r.ID); err != nil {
		t.Fatal(err)
	}
	if sheet, err = months.Freeze(ctx, lead, november); err != nil || sheet.Lines != 28 {
		t.Fatalf("%d lines, %v; want 28", sheet.Lines, err)
	}
	s.is(r.ID, Taken)
	for _, who := range signers {
		if sheet, err = months.Sign(ctx, who, november, signoff.Pen{Hash: sheet.Hash, Method: signoff.ByPassword}); err != nil {
			t.Fatal(err)
		}
	}
	if sheet.State != signoff.Posted {
		t.Fatalf("the sheet is %s", sheet.State)
	}
	s.is(r.ID, Posted)
	if n := s.count(`select count(*) from ledger_entry where source_kind = 5 and points = 5 and reviewer is not null and evidence is not null`); n != 28 {
		t.Errorf("%d lines in the book, want 28", n)
	}
	if n := s.count(`select count(*) from ledger_entry where source_kind = 5 and household_id = $1 and reviewer <> $2`, s.homes[0], s.other.Account); n != 0 {
		t.Error("a relative's home was decided by the member who must keep away")
	}
	v, err := months.Show(ctx, lead, november)
	for _, l := range v.Lines {
		if l.Entry == uuid.Nil {
			t.Fatalf("a posted line without its entry: %+v, %v", l, err)
		}
	}
	_, err = s.Reopen(ctx, s.grid, r.ID, "漏了一户")
	want(t, "reopened after posting", err, ErrOnSheet)
}

// seat puts a new person into the village's group.
func (s *stand) seat(role actor.Role, kind string) actor.Actor {
	s.t.Helper()
	who := pgtest.In(pgtest.A, role)
	s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, $2, '', uuid_send($1), $3)`, who.Account, who.Name, time.Now())
	s.exec(`insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values (11, $1, $2, $3, $4, $5, '2026-01-01', now())`,
		who.Membership, who.Account, who.Name, string(role), kind)
	return who
}
