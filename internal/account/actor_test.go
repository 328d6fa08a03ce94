package account

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/session"
)

func (w *world) seatOf(account, place uuid.UUID, role actor.Role) session.Seat {
	return session.Seat{Account: account, Epoch: 1, Role: role, Village: pgtest.A, Place: place, SecondFactorAt: time.Now()}
}

func TestActor(t *testing.T) {
	w, ctx := setup(t), context.Background()
	id := w.person("13900000001")
	home := w.db.Household(t, pgtest.A, "1-1", "张三")
	place := w.member(pgtest.A, id, actor.Grid, "2026-10-01", "2026-12-31")
	w.exec(`update membership set household_id = $1, grid = 3 where id = $2`, home, place)
	seat := w.seatOf(id, place, actor.Grid)
	a, err := w.Actor(ctx, seat)
	if err != nil || a.Account != id || a.Village != pgtest.A || a.Township != pgtest.Town1 || a.Role != actor.Grid || a.Household != home || a.Grid != 3 || a.Membership != place || a.Name != "张三" {
		t.Fatalf("%+v %v", a, err)
	}
	for name, change := range map[string]func(*session.Seat){
		"another village": func(s *session.Seat) { s.Village = pgtest.B },
		"another account": func(s *session.Seat) { s.Account = uuid.New() },
		"another seat":    func(s *session.Seat) { s.Place = uuid.New() },
		"another role":    func(s *session.Seat) { s.Role = actor.Lead },
		"earlier epoch":   func(s *session.Seat) { s.Epoch = 0 },
		"an officer":      func(s *session.Seat) { s.Village = 0; s.Role = actor.Platform },
	} {
		s := seat
		change(&s)
		if _, err := w.Actor(ctx, s); !errors.Is(err, ErrOver) {
			t.Errorf("%s: %v", name, err)
		}
	}
	seat.SecondFactorAt = time.Time{}
	if _, err := w.Actor(ctx, seat); !errors.Is(err, ErrOwes) {
		t.Errorf("without a second factor: %v", err)
	}
}

// The term ends at midnight in Shanghai, by the clock and not by what is cached (INV-23).
func TestTerm(t *testing.T) {
	w, ctx := setup(t), context.Background()
	id := w.person("13900000001")
	seat := w.seatOf(id, w.member(pgtest.A, id, actor.Committee, "2026-10-01", "2026-12-31"), actor.Committee)
	for at, want := range map[string]bool{
		"2026-09-30T23:59:59+08:00": false, "2026-09-30T16:00:00Z": true, "2026-12-31T15:59:59Z": true, "2026-12-31T16:00:00Z": false,
	} {
		w.db.At(at)
		if _, err := w.Actor(ctx, seat); (err == nil) != want {
			t.Errorf("%s: %v", at, err)
		}
		places, err := w.Seats(ctx, id)
		if len(places) == 1 != want || want && err != nil || !want && !errors.Is(err, ErrNoPlace) {
			t.Errorf("%s: %v %v", at, places, err)
		}
	}
}

// What ends elsewhere ends here within a second (INV-18).
func TestRevoked(t *testing.T) {
	w, ctx := setup(t), context.Background()
	phones := []string{"13900000011", "13900000012", "13900000013", "13900000014", "13900000015"}
	sqls := []string{
		`update membership set ended_at = now() where account_id = $1`,
		`update membership set disqualified = true where account_id = $1`,
		`update account set state = 'disabled' where id = $1`,
		`update account set epoch = 2 where id = $1`,
		`update membership set ends_on = '2026-11-22' where account_id = $1`,
	}
	var seats []session.Seat
	for i, phone := range phones {
		id := w.person(phone)
		seat := w.seatOf(id, w.member(pgtest.A, id, actor.Committee, "2026-10-01", "2026-12-31"), actor.Committee)
		if _, err := w.Actor(ctx, seat); err != nil {
			t.Fatal(err)
		}
		w.exec(sqls[i], id)
		seats = append(seats, seat)
	}
	time.Sleep(fresh)
	for i, seat := range seats {
		if _, err := w.Actor(ctx, seat); !errors.Is(err, ErrOver) {
			t.Errorf("%s: %v", sqls[i], err)
		}
	}
}

func TestOffice(t *testing.T) {
	w, ctx := setup(t), context.Background()
	id := w.person("13900000001", actor.Committee)
	platform := actor.Actor{Account: id, Role: actor.Platform, Name: "管理员"}
	install := func(o Office) (place uuid.UUID, err error) {
		err = w.DB.AsSystem(ctx, "test", func(tx pg.Tx) (err error) {
			tx.Who = platform
			place, err = Install(ctx, tx, o)
			return err
		})
		return place, err
	}
	o := Office{Account: id, Township: pgtest.Town1, Role: actor.Bureau, StartsOn: w.db.Now()}
	place, err := install(o)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := install(o); err != nil || again != place {
		t.Errorf("twice: %s %v", again, err)
	}
	for _, bad := range []Office{{Account: id, Role: actor.Bureau}, {Account: id, Township: 1, Role: actor.Platform}, {Account: id, Township: 1, Role: actor.Lead}} {
		if _, err := install(bad); !errors.Is(err, ErrOffice) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	places, err := w.Seats(ctx, id)
	if err != nil || len(places) != 2 || places[0].Seat.Role != actor.Bureau || places[0].Where != "甲镇" || places[1].Seat.Role != actor.Committee {
		t.Fatalf("%+v %v", places, err)
	}
	seat := places[0].Seat
	seat.SecondFactorAt = time.Now()
	if a, err := w.Actor(ctx, seat); err != nil || a.Township != pgtest.Town1 || a.Village != 0 {
		t.Errorf("%+v %v", a, err)
	}
	if err := w.Retire(ctx, platform, place, "调离"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(fresh)
	if _, err := w.Actor(ctx, seat); !errors.Is(err, ErrOver) {
		t.Errorf("retired: %v", err)
	}
}
