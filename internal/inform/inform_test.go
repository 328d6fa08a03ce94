package inform

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/sms"
)

var ctx = context.Background()

type stand struct {
	*Service
	t      *testing.T
	db     *pgtest.DB
	phone  *sms.Console
	home   uuid.UUID
	family actor.Actor
}

func newStand(t *testing.T) *stand {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-23T10:00:00+08:00")
	vault, err := crypt.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{t: t, db: db, phone: sms.NewConsole(io.Discard), home: db.Household(t, pgtest.A, "1组1号", "张桂兰"), family: pgtest.In(pgtest.A, actor.Household)}
	s.Service = &Service{DB: db.DB, Vault: vault, SMS: s.phone}
	s.family.Household = s.home
	return s
}

func (s *stand) tell(m Message) (id uuid.UUID) {
	s.t.Helper()
	err := s.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) (err error) { id, err = Tell(ctx, tx, m); return err })
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func (s *stand) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Owner.Exec(ctx, sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) jobs() (n int) {
	s.t.Helper()
	if err := s.db.Owner.QueryRow(ctx, `select count(*) from outbox where kind = 'inform.send'`).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestTellAndRead(t *testing.T) {
	s := newStand(t)
	claim := pg.NewID()
	first := s.tell(Message{Household: s.home, Kind: ClaimReturned, Subject: claim, Once: "x"})
	if again := s.tell(Message{Household: s.home, Kind: ClaimReturned, Subject: claim, Once: "x"}); again != uuid.Nil {
		t.Error("told twice")
	}
	s.tell(Message{Household: s.home, Kind: FindingNotice, Subject: claim})
	neighbour := pgtest.In(pgtest.A, actor.Household)
	neighbour.Household = s.db.Household(t, pgtest.A, "1组2号", "单建国")
	s.tell(Message{Household: neighbour.Household, Kind: ClaimApproved, Subject: claim})
	all, _, err := s.List(ctx, s.family, false, page.Page{})
	if err != nil || len(all) != 2 || all[1].ID != first || all[1].Href() != "/claims/"+claim.String() {
		t.Fatalf("%v %v", all, err)
	}
	if _, err := s.Open(ctx, neighbour, first, nil); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a neighbour opens it: %v", err)
	}
	if err := s.OpenAll(ctx, s.family); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Unread(ctx, s.family); err != nil || n != 1 {
		t.Errorf("%d unread (%v): a rectification notice is received one by one", n, err)
	}
	opened := uuid.Nil
	if _, err := s.Open(ctx, s.family, all[0].ID, func(_ pg.Tx, m Told) error { opened = m.Subject(); return nil }); err != nil || opened != claim {
		t.Errorf("%v %v", opened, err)
	}
	if n, _ := s.Unread(ctx, s.family); n != 0 {
		t.Errorf("%d unread", n)
	}
	if n, _ := s.Unread(ctx, neighbour); n != 1 {
		t.Errorf("the neighbour has %d unread", n)
	}
	if s.jobs() != 0 {
		t.Error("a village that sends nothing has a job to send")
	}
}

func TestSMS(t *testing.T) {
	s := newStand(t)
	s.exec(`update village set settings = settings || '{"messages": {"sms": true}}' where id = 11`)
	err := s.DB.InVillage(ctx, s.family, func(tx pg.Tx) error {
		key, err := s.Vault.Village(ctx, tx)
		if err == nil {
			_, err = s.db.Owner.Exec(ctx, `update household set phone = $1 where id = $2`, key.Seal("13900000001"), s.home)
		}
		return err
	})
	// the village's key is made in that transaction and read back in the next
	if err != nil {
		t.Fatal(err)
	}
	finding := pg.NewID()
	id := s.tell(Message{Household: s.home, Kind: FindingNotice, Subject: finding, Detail: "门口堆物"})
	if s.jobs() != 1 {
		t.Fatal("no job")
	}
	sent := 0
	for range 2 {
		if err := s.Send(ctx, actor.System(pgtest.A), SendJob{id}, func(_ pg.Tx, k Kind, subject uuid.UUID) error {
			if k == FindingNotice && subject == finding {
				sent++
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	text := s.phone.Last("13900000001")
	if sent != 1 || !strings.Contains(text, "您家有一条新消息：整改告知") || strings.Contains(text, "堆物") {
		t.Errorf("%d %q", sent, text)
	}
	s.exec(`update household set phone = null where id = $1`, s.home)
	id = s.tell(Message{Household: s.home, Kind: ClaimApproved, Subject: finding})
	if err := s.Send(ctx, actor.System(pgtest.A), SendJob{id}, nil); err != nil {
		t.Fatal(err)
	}
	all, _, _ := s.List(ctx, s.family, false, page.Page{})
	if all[0].SMS != "unreachable" || all[1].SMS != "sent" || all[1].SentAt == nil {
		t.Errorf("%+v", all)
	}
	s.tell(Message{Household: s.home, Kind: ClaimApproved, Quiet: true})
	if s.jobs() != 2 {
		t.Errorf("%d jobs", s.jobs())
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for k, w := range kinds {
		if w.title == "" || w.text == "" {
			t.Errorf("%s says nothing", k)
		}
	}
}
