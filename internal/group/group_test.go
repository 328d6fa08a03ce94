package group

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func setup(t *testing.T) (*Service, *pgtest.DB) {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-23T10:00:00+08:00")
	vault, err := crypt.New(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return &Service{DB: db.DB, Accounts: &account.Service{DB: db.DB, Vault: vault}}, db
}

func day(s string) time.Time {
	t, err := month.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestSettle(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, month.Zone)
	for name, c := range map[string]struct {
		a    Appointment
		err  error
		ends string
	}{
		"party rep":      {Appointment{Role: actor.Committee, Kind: Party}, nil, "2026-12-31"},
		"next quarter":   {Appointment{Role: actor.Committee, Kind: Villager, StartsOn: day("2027-01-01")}, nil, "2027-03-31"},
		"cadre":          {Appointment{Role: actor.Lead, Kind: Cadre}, nil, ""},
		"grid worker":    {Appointment{Role: actor.Grid}, nil, ""},
		"clerk":          {Appointment{Role: actor.Desk}, nil, ""},
		"exception":      {Appointment{Role: actor.Committee, Kind: Party, EndsOn: day("2027-01-31"), Reason: "人少"}, nil, "2027-01-31"},
		"no reason":      {Appointment{Role: actor.Committee, Kind: Party, EndsOn: day("2027-01-31")}, ErrException, ""},
		"no kind":        {Appointment{Role: actor.Committee}, ErrKind, ""},
		"kind unknown":   {Appointment{Role: actor.Desk, Kind: "亲戚"}, ErrKind, ""},
		"not a role":     {Appointment{Role: actor.Bureau, Kind: Cadre}, ErrRole, ""},
		"ends first":     {Appointment{Role: actor.Desk, StartsOn: day("2026-12-01"), EndsOn: day("2026-11-30")}, ErrTerm, ""},
		"ended":          {Appointment{Role: actor.Desk, StartsOn: day("2026-01-01"), EndsOn: day("2026-11-22")}, ErrTerm, ""},
		"no home":        {Appointment{Role: actor.Household}, ErrHousehold, ""},
		"home with kind": {Appointment{Role: actor.Household, Kind: Party, Household: uuid.New()}, ErrKind, ""},
	} {
		got, err := c.a.settle(now)
		if !errors.Is(err, c.err) || err != nil && c.err == nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.err == nil && (c.ends == "" != got.EndsOn.IsZero() || c.ends != "" && got.EndsOn.Format("2006-01-02") != c.ends) {
			t.Errorf("%s: until %s", name, got.EndsOn)
		}
	}
}

func TestAppoint(t *testing.T) {
	s, db := setup(t)
	ctx, who := context.Background(), pgtest.In(pgtest.A, actor.Lead)
	who.Key = "key-00000001"
	rep := Appointment{Name: " 王五 ", Phone: "13900000001", Role: actor.Committee, Kind: Party}
	first, err := s.Appoint(ctx, who, rep)
	if err != nil || first.Start == "" || first.EndsOn.Format("2006-01-02") != "2026-12-31" {
		t.Fatalf("%+v %v", first, err)
	}
	replay, err := s.Appoint(ctx, who, rep)
	if err != nil || replay.ID != first.ID || replay.Start != "" {
		t.Errorf("replay: %+v %v", replay, err)
	}
	var answer string
	if err := db.Owner.QueryRow(ctx, `select answer::text from idempotency`).Scan(&answer); err != nil || bytes.Contains([]byte(answer), []byte(first.Start)) {
		t.Errorf("the start password is kept: %s %v", answer, err)
	}
	who.Key = ""
	if _, err := s.Appoint(ctx, who, rep); !errors.Is(err, ErrHolds) {
		t.Errorf("twice: %v", err)
	}
	desk := rep
	desk.Role, desk.Kind = actor.Desk, None
	if second, err := s.Appoint(ctx, who, desk); err != nil || second.Account != first.Account || second.Start != "" {
		t.Errorf("another role: %+v %v", second, err)
	}
	abroad := rep
	abroad.Household = db.Household(t, pgtest.B, "1-1", "别村")
	abroad.Role = actor.Grid
	if _, err := s.Appoint(ctx, who, abroad); !errors.Is(err, ErrHousehold) {
		t.Errorf("another village's household: %v", err)
	}
	db.At("2027-01-01T00:00:00+08:00")
	if places, err := s.Accounts.Seats(ctx, first.Account); err != nil || len(places) != 1 || places[0].Seat.Role != actor.Desk {
		t.Errorf("the day after the term: %+v %v", places, err)
	}
	if next, err := s.Appoint(ctx, who, rep); err != nil || next.EndsOn.Format("2006-01-02") != "2027-03-31" {
		t.Errorf("the next quarter: %+v %v", next, err)
	}
	all, err := s.List(ctx, who, true)
	if err != nil || len(all) != 3 || all[0].Role != actor.Committee || all[0].State(db.Now()) != Ended || all[0].EndReason != "任期届满" || all[1].State(db.Now()) != Serving {
		t.Errorf("%+v %v", all, err)
	}
	if other, err := s.List(ctx, pgtest.In(pgtest.B, actor.Lead), true); err != nil || len(other) != 0 {
		t.Errorf("another village sees %v %v", other, err)
	}
}

func TestEnd(t *testing.T) {
	s, db := setup(t)
	ctx, who := context.Background(), pgtest.In(pgtest.A, actor.Lead)
	appoint := func(phone string, role actor.Role) Appointed {
		out, err := s.Appoint(ctx, who, Appointment{Name: "李四", Phone: phone, Role: role, Kind: Cadre})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	lead, member := appoint("13900000001", actor.Lead), appoint("13900000002", actor.Committee)
	if err := s.End(ctx, who, lead.ID, "调整"); !errors.Is(err, ErrLastLead) {
		t.Errorf("last lead: %v", err)
	}
	if err := s.Disqualify(ctx, who, member.ID, " "); !errors.Is(err, ErrReason) {
		t.Errorf("no reason: %v", err)
	}
	if err := s.Disqualify(ctx, pgtest.In(pgtest.B, actor.Lead), member.ID, "优亲厚友"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another village's: %v", err)
	}
	if err := s.Disqualify(ctx, who, member.ID, "优亲厚友"); err != nil {
		t.Fatal(err)
	}
	if err := s.End(ctx, who, member.ID, "调整"); !errors.Is(err, ErrOver) {
		t.Errorf("ended twice: %v", err)
	}
	appoint("13900000003", actor.Lead)
	if err := s.End(ctx, who, lead.ID, "换届"); err != nil {
		t.Fatal(err)
	}
	all, err := s.List(ctx, who, true)
	states := map[uuid.UUID]State{}
	for _, m := range all {
		states[m.ID] = m.State(db.Now())
	}
	if err != nil || states[lead.ID] != Ended || states[member.ID] != Disqualified {
		t.Errorf("%v %v", states, err)
	}
	if now, _ := s.List(ctx, who, false); len(now) != 1 {
		t.Errorf("in office: %+v", now)
	}
	var verbs string
	_ = db.Owner.QueryRow(ctx, `select string_agg(verb || ':' || reason, ' ' order by id) from audit where verb <> 'group.appoint'`).Scan(&verbs)
	if verbs != "group.disqualify:优亲厚友 group.end:换届" {
		t.Errorf("audit: %s", verbs)
	}
}

func TestRotation(t *testing.T) {
	s, db := setup(t)
	ctx, who := context.Background(), pgtest.In(pgtest.A, actor.Lead)
	for phone, a := range map[string]Appointment{"13900000001": {Kind: Party}, "13900000002": {Kind: Villager, EndsOn: day("2027-02-28"), Reason: "人少"}, "13900000003": {Kind: Cadre}} {
		a.Name, a.Phone, a.Role = "李四", phone, actor.Committee
		if _, err := s.Appoint(ctx, who, a); err != nil {
			t.Fatal(err)
		}
	}
	due, err := s.Rotation(ctx, who)
	if err != nil || len(due) != 1 || !due[0].Longer || due[0].Days != 97 {
		t.Errorf("in November: %+v %v", due, err)
	}
	db.At("2026-12-17T00:00:00+08:00")
	if due, _ = s.Rotation(ctx, who); len(due) != 2 {
		t.Errorf("14 days before: %+v", due)
	}
	db.At("2027-01-02T00:00:00+08:00")
	due, _ = s.Rotation(ctx, who)
	for _, r := range due {
		if r.Kind == Party && (r.Days != -2 || r.State(db.Now()) != Expired) {
			t.Errorf("after the term: %+v", r)
		}
	}
}

func TestConflicted(t *testing.T) {
	s, db := setup(t)
	ctx, who := context.Background(), pgtest.In(pgtest.A, actor.Committee)
	var homes []uuid.UUID
	for _, door := range []string{"1-1", "1-2", "1-3", "1-4"} {
		homes = append(homes, db.Household(t, pgtest.A, door, "户主"+door))
	}
	out, err := s.Appoint(ctx, who, Appointment{Name: "李四", Phone: "13900000001", Role: actor.Committee, Kind: Cadre, Household: homes[0]})
	if err != nil {
		t.Fatal(err)
	}
	who.Account = out.Account
	if _, err := db.Owner.Exec(ctx, `insert into member (village_id, id, household_id, name, account_id, created_at) values (11, $1, $2, '李四', $3, now())`, pg.NewID(), homes[1], out.Account); err != nil {
		t.Fatal(err)
	}
	if err := s.Declare(ctx, who, homes[2], "弟弟家"); err != nil {
		t.Fatal(err)
	}
	if err := s.Declare(ctx, who, homes[2], "弟弟家"); err != nil {
		t.Errorf("declared twice: %v", err)
	}
	if err := s.Declare(ctx, who, db.Household(t, pgtest.B, "1-1", "别村"), "表哥"); !errors.Is(err, ErrHousehold) {
		t.Errorf("another village's: %v", err)
	}
	check := func(account uuid.UUID, want ...bool) {
		t.Helper()
		err := s.DB.Look(ctx, who, func(tx pg.Tx) error {
			got, err := Conflicted(ctx, tx, account, homes)
			for i, h := range homes {
				if got[h] != want[i] {
					t.Errorf("home %d: %v", i, got[h])
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	check(out.Account, true, true, true, false)
	check(uuid.New(), false, false, false, false)
	if list, err := s.Relatives(ctx, who); err != nil || len(list) != 1 || list[0].Door != "1-3" || list[0].Relation != "弟弟家" {
		t.Errorf("%+v %v", list, err)
	}
	if err := s.Withdraw(ctx, who, homes[2], "填错了"); err != nil {
		t.Fatal(err)
	}
	check(out.Account, true, true, false, false)
}
