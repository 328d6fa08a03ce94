package onboard

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/bureau"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/shop"
	"cunfen/internal/village"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func good() Form {
	f := fresh()
	f.Name, f.Code, f.Households, f.Contact, f.Phone, f.Address = "滨海村", "binhai", 6, "村部", "0513-84880000", "村党群服务中心"
	f.Groups, f.Grids, f.Emblem = "一组\n二组\n", "东片网格：1\n西片网格: 2组", "滨"
	return f
}

func TestForm(t *testing.T) {
	p, err := good().Profile()
	if err != nil || len(p.Groups) != 2 || len(p.Grids) != 2 || p.Grids[1].Name != "西片网格" || !slices.Equal(p.Grids[1].Groups, []int{2}) {
		t.Fatalf("%+v, %v", p, err)
	}
	for name, c := range map[string]struct {
		step  int
		spoil func(*Form)
		field string
	}{
		"no name":           {1, func(f *Form) { f.Name = "村" }, "name"},
		"code in capitals":  {1, func(f *Form) { f.Code = "Haiyan" }, "code"},
		"no homes":          {1, func(f *Form) { f.Households = 0 }, "households"},
		"no groups":         {2, func(f *Form) { f.Groups = " \n" }, "groups"},
		"group twice":       {2, func(f *Form) { f.Groups = "一组\n一组" }, "groups"},
		"group in no grid":  {2, func(f *Form) { f.Grids = "东片网格：1" }, "grids"},
		"group in two":      {2, func(f *Form) { f.Grids = "东片网格：1、2\n西片：2" }, "grids"},
		"group not there":   {2, func(f *Form) { f.Grids = "东片网格：1、2、3" }, "grids"},
		"grid of no group":  {2, func(f *Form) { f.Grids = "东片网格" }, "grids"},
		"redeemed before":   {3, func(f *Form) { f.RedemptionDay = 1 }, "redemption_day"},
		"more than sign":    {3, func(f *Form) { f.PerLine = 5 }, "per_line"},
		"two characters":    {3, func(f *Form) { f.Emblem = "滨海" }, "emblem"},
		"a colour by name":  {3, func(f *Form) { f.Colour = "red" }, "colour"},
		"down before heard": {3, func(f *Form) { f.TakeDownDays = 3 }, "take_down_days"},
	} {
		f := good()
		c.spoil(&f)
		if err := f.Check(c.step); err == nil || fault.Of(err).Field != c.field && !slices.ContainsFunc(fault.Of(err).Fields, func(o *fault.Error) bool { return o.Field == c.field }) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func service(t *testing.T) (*Service, *pgtest.DB) {
	t.Helper()
	db := pgtest.New(t)
	db.At("2026-11-20T09:00:00+08:00")
	vault, err := crypt.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	accounts := &account.Service{DB: db.DB, Vault: vault}
	return &Service{DB: db.DB, Villages: &village.Register{DB: db.DB}, Group: &group.Service{DB: db.DB, Accounts: accounts},
		Households: &household.Service{DB: db.DB, Vault: vault}, Shop: &shop.Service{DB: db.DB}}, db
}

// bringIn makes a village by the wizard, with its lead.
func bringIn(t *testing.T, s *Service) (actor.VillageID, Founded) {
	t.Helper()
	ctx, admin := context.Background(), actor.Actor{Role: actor.Platform, Name: "平台管理员", Account: pgtest.In(pgtest.A, actor.Lead).Account}
	id, err := s.Start(ctx, admin, pgtest.Town1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Save(ctx, id, 2, func(f *Form) {}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a step ahead: %v", err)
	}
	for step := 1; step < len(Steps); step++ {
		if err := s.Save(ctx, id, step, func(f *Form) { *f = good() }); err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
	}
	out, err := s.Finish(ctx, admin, id, "顾海生", "13900002001")
	if err != nil || out.Start == "" {
		t.Fatalf("%+v, %v", out, err)
	}
	if _, err := s.Finish(ctx, admin, id, "顾海生", "13900002001"); !errors.Is(err, ErrDone) {
		t.Errorf("a second time: %v", err)
	}
	return actor.VillageID(out.ID), out
}

func TestFromNothingToLive(t *testing.T) {
	t.Parallel()
	s, _ := service(t)
	ctx := context.Background()
	id, _ := bringIn(t, s)
	lead := actor.Actor{Role: actor.Lead, Name: "顾海生", Village: id, Township: pgtest.Town1, Account: pgtest.In(pgtest.A, actor.Lead).Account}
	officer := actor.Actor{Role: actor.Bureau, Name: "局", Township: pgtest.Town1, Account: lead.Account}

	c, err := s.Card(ctx, lead)
	if err != nil || c.Green() != 0 || c.State != village.Setup {
		t.Fatalf("a new village has %d green, %v: %+v", c.Green(), err, c)
	}
	if _, err := s.Open(ctx, officer, id, ""); !errors.Is(err, ErrNotReady) {
		t.Errorf("opened without a reason: %v", err)
	}
	other := officer
	other.Township = pgtest.Town2
	if _, err := s.Open(ctx, other, id, "别镇的人来开"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another township opened it: %v", err)
	}
	if _, err := s.TownCard(ctx, other, id); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another township read its card: %v", err)
	}
	// before it is live, nothing is redeemed
	home, err := s.Households.Register(ctx, lead, household.Draft{Door: "1组1号", Head: "陈大海", Residence: household.Local})
	if err != nil {
		t.Fatal(err)
	}
	g, err := s.Shop.Save(ctx, lead, shop.Goods{Code: "G01", Name: "洗衣液", Unit: "瓶", Price: 5, Stock: 9, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	order := shop.Order{Household: home.ID, Goods: g.ID, Quantity: 1, Price: 5, Passbook: 0, Receiver: "陈大海", OnPaper: true}
	if _, err := s.Shop.Redeem(ctx, lead, order); !errors.Is(err, shop.ErrNotLive) {
		t.Errorf("redeemed before it is live: %v", err)
	}

	for _, kind := range group.Kinds {
		role := actor.Committee
		if _, err := s.Group.Appoint(ctx, lead, group.Appointment{Name: string(kind) + "成员", Phone: "1390000210" + string(rune('0'+slices.Index(group.Kinds, kind))), Role: role, Kind: kind}); err != nil {
			t.Fatal(err)
		}
	}
	for _, door := range []string{"1组2号", "1组3号", "2组1号", "2组2号"} {
		if _, err := s.Households.Register(ctx, lead, household.Draft{Door: door, Head: "住户", Residence: household.Local}); err != nil {
			t.Fatal(err)
		}
	}
	long := strings.Repeat("说明", 3)
	for _, m := range []Mark{{Item: Plan, Words: long, Document: "方案"}, {Item: Rules, Words: long, Document: "决议"}, {Item: Privacy, Words: long}, {Item: Training, Words: long}} {
		if err := s.Confirm(ctx, lead, m); err != nil {
			t.Fatalf("%s: %v", m.Item, err)
		}
	}
	members, err := s.Group.List(ctx, lead, false)
	if err != nil {
		t.Fatal(err)
	}
	for i, link := range group.Links {
		if _, err := s.Group.Assign(ctx, lead, link, members[i].ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Confirm(ctx, lead, Mark{Item: Households, Words: long}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a word makes the register whole: %v", err)
	}
	c, err = s.TownCard(ctx, officer, id)
	if err != nil || !slices.Equal(c.Missing(), []string{"住户名册"}) { // five of six are less than nine tenths
		t.Fatalf("still missing: %v, %v", c.Missing(), err)
	}
	if _, err := s.Households.Register(ctx, lead, household.Draft{Door: "2组3号", Head: "住户", Residence: household.Local}); err != nil {
		t.Fatal(err)
	}
	o, err := s.Open(ctx, officer, id, "")
	if err != nil || o.Kind != "green" {
		t.Fatalf("%+v, %v", o, err)
	}
	if _, err := s.Open(ctx, officer, id, ""); !errors.Is(err, ErrLive) {
		t.Errorf("opened twice: %v", err)
	}
	if _, err := s.Shop.Redeem(ctx, lead, order); !errors.Is(err, shop.ErrBudget) {
		t.Errorf("redeemed before the township has agreed to a budget: %v", err)
	}
}

func TestOverrideIsOnTheRecord(t *testing.T) {
	t.Parallel()
	s, db := service(t)
	ctx := context.Background()
	id, _ := bringIn(t, s)
	officer := actor.Actor{Role: actor.Bureau, Name: "局", Township: pgtest.Town1, Account: pgtest.In(pgtest.A, actor.Lead).Account}
	o, err := s.Open(ctx, officer, id, "试点村先行一步，两周内补齐")
	if err != nil || o.Kind != "override" || len(o.Missing) != 9 {
		t.Fatalf("%+v, %v", o, err)
	}
	var missing, logged int
	if err := db.Owner.QueryRow(ctx, `select cardinality(missing), (select count(*) from audit where village_id = $1 and verb = 'village.open') from village_opening where village_id = $1`, int64(id)).Scan(&missing, &logged); err != nil || missing != 9 || logged != 1 {
		t.Errorf("%d missing, %d logged, %v", missing, logged, err)
	}
}

func TestPractice(t *testing.T) {
	t.Parallel()
	s, db := service(t)
	ctx := context.Background()
	id, _ := bringIn(t, s)
	lead := actor.Actor{Role: actor.Lead, Name: "顾海生", Village: id, Township: pgtest.Town1, Account: pgtest.In(pgtest.A, actor.Lead).Account}
	one, err := s.Practise(ctx, lead)
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.Practise(ctx, lead) // begins anew
	if err != nil || one == two {
		t.Fatalf("%d, %d, %v", one, two, err)
	}
	for v, want := range map[actor.VillageID]village.State{one: village.Closed, two: village.Live} {
		if x, err := s.Villages.Find(ctx, v); err != nil || x.State != want || !x.Practice() {
			t.Errorf("%d: %+v, %v", v, x, err)
		}
	}
	var seats, homes int
	if err := db.Owner.QueryRow(ctx, `select (select count(*) from membership where village_id = $1 and role = 'lead'), (select count(*) from household where village_id = $1)`, int64(two)).Scan(&seats, &homes); err != nil || seats != 1 || homes != 8 {
		t.Errorf("%d seats, %d homes, %v", seats, homes, err)
	}
	inside := lead
	inside.Village = two
	if _, err := s.Practise(ctx, inside); !errors.Is(err, ErrPractice) {
		t.Errorf("practice within practice: %v", err)
	}
	all, err := s.Villages.All(ctx, pgtest.Town1)
	if err != nil || slices.ContainsFunc(all, func(v village.Village) bool { return v.Practice() }) {
		t.Errorf("the township's list shows a village for practice: %v", err)
	}
	c, err := s.Card(ctx, lead)
	if err != nil || len(c.Practice) != 2 {
		t.Errorf("%+v, %v", c.Practice, err)
	}

}

// TestAwaiting puts into the bureau's inbox a village that prepares and has said so, and takes it out when it is live.
func TestAwaiting(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T09:00:00+08:00")
	ctx := context.Background()
	inbox := func(town actor.TownshipID) []bureau.Waiting {
		t.Helper()
		all, err := (&bureau.Service{DB: db.DB, Sources: []bureau.Source{Awaiting{}}}).Inbox(ctx, actor.Actor{Account: uuid.UUID{1}, Role: actor.Bureau, Township: town})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Owner.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`update village set state = 'setup' where id in (11, 12, 21)`)
	exec(`insert into readiness_mark (village_id, item, at, words, by, by_name) select v, i, '2026-11-01T02:00:00Z', '有', gen_random_uuid(), '组长' from unnest(array[11, 21]) v, unnest(array['plan', 'privacy']) i`)
	all := inbox(pgtest.Town1)
	if len(all) != 1 || all[0].VillageID != pgtest.A || all[0].Href != "/town/villages/11/ready" || !all[0].Late(bureau.Today(db.Now())) {
		t.Errorf("all = %+v", all)
	}
	exec(`update village set state = 'live' where id = 11`)
	if all := inbox(pgtest.Town1); len(all) != 0 {
		t.Errorf("a live village waits: %+v", all)
	}
}
