package group

import (
	"context"
	"errors"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg/pgtest"
)

// TestAccountsQuota refuses one account too many; somebody who has one already may take another seat.
func TestAccountsQuota(t *testing.T) {
	s, db := setup(t)
	ctx, who := context.Background(), pgtest.In(pgtest.A, actor.Lead)
	if _, err := db.Owner.Exec(ctx, `update village set flags = '{"most": {"accounts": 2}}' where id = 11`); err != nil {
		t.Fatal(err)
	}
	seat := func(phone string, role actor.Role) error {
		_, err := s.Appoint(ctx, who, Appointment{Name: "张桂兰", Phone: phone, Role: role})
		return err
	}
	if err := errors.Join(seat("13800000001", actor.Grid), seat("13800000002", actor.Grid), seat("13800000002", actor.Desk)); err != nil {
		t.Fatal(err)
	}
	if err := seat("13800000003", actor.Grid); !errors.Is(err, ErrQuota) || fault.Of(err).Field != "phone" {
		t.Errorf("a third person: %v", err)
	}
	// a member who was disqualified and a home that has left use none
	home := db.Household(t, pgtest.A, "1组1号", "甲")
	if _, err := db.Owner.Exec(ctx, `update membership set disqualified = true where village_id = 11 and account_id = (select account_id from membership where village_id = 11 and role = 'desk')`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Appoint(ctx, who, Appointment{Name: "甲", Phone: "13800000003", Role: actor.Household, Household: home}); err != nil {
		t.Fatal(err)
	}
	if err := seat("13800000004", actor.Grid); !errors.Is(err, ErrQuota) {
		t.Errorf("a third person after the home: %v", err)
	}
	if _, err := db.Owner.Exec(ctx, `update household set state = 'left', left_on = '2026-11-20' where village_id = 11 and id = $1`, home); err != nil {
		t.Fatal(err)
	}
	if err := seat("13800000004", actor.Grid); err != nil {
		t.Errorf("once the home has left: %v", err)
	}
}

// TestCounterOnly opens no account for a household where all is done at the counter or on paper.
func TestCounterOnly(t *testing.T) {
	s, db := setup(t)
	ctx, who := context.Background(), pgtest.In(pgtest.A, actor.Lead)
	home := db.Household(t, pgtest.A, "1组1号", "甲")
	own := Appointment{Name: "甲", Phone: "13800000001", Role: actor.Household, Household: home}
	if _, err := db.Owner.Exec(ctx, `update village set flags = '{"counter": true}' where id = 11`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Appoint(ctx, who, own); !errors.Is(err, ErrCounter) {
		t.Errorf("at the counter only: %v", err)
	}
	if _, err := db.Owner.Exec(ctx, `update village set flags = '{"paper": true}' where id = 11`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Appoint(ctx, who, own); !errors.Is(err, ErrPaper) || fault.Of(err).Field != "role" {
		t.Errorf("on paper only: %v", err)
	}
	if _, err := s.Appoint(ctx, who, Appointment{Name: "乙", Phone: "13800000002", Role: actor.Desk}); err != nil {
		t.Errorf("the desk of a village on paper: %v", err)
	}
	if _, err := db.Owner.Exec(ctx, `update village set flags = '{}' where id = 11`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Appoint(ctx, who, own); err != nil {
		t.Errorf("otherwise: %v", err)
	}
}
