package inform

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/sms"
)

// TestTheMonthsQuota sends until it is used up: the last fifth goes to legal notices alone, what comes after is not
// sent and not lost, and the lead hears of both once.
func TestTheMonthsQuota(t *testing.T) {
	s := newStand(t)
	s.exec(`update village set settings = settings || '{"messages": {"sms": true}}', flags = '{"most": {"sms": 5}}' where id = 11`)
	lead := pgtest.In(pgtest.A, actor.Lead)
	s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, '组长', 'x', 'x', now())`, lead.Account)
	s.exec(`insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values (11, $1, $2, '组长', 'lead', '两委', '2026-01-01', now())`, lead.Membership, lead.Account)
	err := s.DB.InVillage(ctx, s.family, func(tx pg.Tx) error {
		key, err := s.Vault.Village(ctx, tx)
		if err == nil {
			_, err = tx.Exec(ctx, `update household set phone = $1 where village_id = 11 and id = $2`, key.Seal("13900000001"), s.home)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	state := func(id uuid.UUID) (now string) {
		if err := s.db.Owner.QueryRow(ctx, `select sms from message where id = $1`, id).Scan(&now); err != nil {
			t.Fatal(err)
		}
		return now
	}
	send := func(k Kind, want string) uuid.UUID {
		t.Helper()
		id := s.tell(Message{Household: s.home, Kind: k, Subject: pg.NewID()})
		if err := s.Send(ctx, actor.System(pgtest.A), SendJob{id}, func(_ pg.Tx, k Kind, _ uuid.UUID) error {
			if want == "over" {
				t.Errorf("%s counts as delivered by a message that was not sent", k)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got := state(id); got != want {
			t.Errorf("%s is %s, not %s", k, got, want)
		}
		return id
	}
	// a provider that is away is asked again, and counted once
	s.SMS = away{}
	id := s.tell(Message{Household: s.home, Kind: ClaimApproved, Subject: pg.NewID()})
	for range 3 {
		if err := s.Send(ctx, actor.System(pgtest.A), SendJob{id}, nil); !errors.Is(err, sms.ErrUnsent) {
			t.Fatal(err)
		}
	}
	s.SMS = s.phone
	if err := s.Send(ctx, actor.System(pgtest.A), SendJob{id}, nil); err != nil || state(id) != "sent" {
		t.Fatalf("%s, %v", state(id), err)
	}
	for range 3 {
		send(ClaimApproved, "sent")
	}
	send(ClaimApproved, "over")
	send(FindingNotice, "sent")
	last := send(FindingNotice, "over")
	send(ClaimReturned, "over")

	all, _, err := s.List(ctx, s.family, true, page.Page{})
	if err != nil || len(all) != 8 {
		t.Errorf("%d of 8 messages stand on screen, %v", len(all), err)
	}
	sheet, err := s.Unsent(ctx, lead)
	if err != nil || len(sheet) != 3 || sheet[0].Head != "张桂兰" {
		t.Errorf("%+v, %v", sheet, err)
	}
	if _, err := s.Open(ctx, s.family, last, nil); err != nil {
		t.Fatal(err)
	}
	if sheet, _ = s.Unsent(ctx, lead); len(sheet) != 2 {
		t.Errorf("what was read is still to be said: %+v", sheet)
	}
	if foreign, err := s.Unsent(ctx, pgtest.In(pgtest.B, actor.Lead)); err != nil || len(foreign) != 0 {
		t.Errorf("another village's: %+v, %v", foreign, err)
	}
	told, _, err := s.List(ctx, lead, false, page.Page{})
	if err != nil || len(told) != 2 || told[0].Kind != SMSOver && told[1].Kind != SMSOver {
		t.Errorf("the lead was told %+v, %v", told, err)
	}
	var sent, kept int
	if err := s.db.Owner.QueryRow(ctx, `select sent, kept_back from sms_use where village_id = 11 and month = 202611`).Scan(&sent, &kept); err != nil || sent != 5 || kept != 3 {
		t.Errorf("%d sent, %d kept back, %v", sent, kept, err)
	}
	s.db.At("2026-12-01T08:00:00+08:00")
	send(ClaimApproved, "sent")
}

// away is a provider that answers nobody.
type away struct{ sms.Provider }

func (away) Send(context.Context, string, string) error { return sms.ErrUnsent }
