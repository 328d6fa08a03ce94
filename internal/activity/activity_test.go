package activity

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/claim"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

var ctx = context.Background()

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

type stand struct {
	*Service
	claims     *claim.Service
	t          *testing.T
	db         *pgtest.DB
	grid, lead actor.Actor
	homes      []uuid.UUID
	people     []uuid.UUID // one of each home, named 村民1 …
}

func newStand(t *testing.T, homes int) *stand {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T12:00:00+08:00")
	s := &stand{Service: &Service{DB: db.DB}, claims: &claim.Service{DB: db.DB}, t: t, db: db, grid: pgtest.In(pgtest.A, actor.Grid), lead: pgtest.In(pgtest.A, actor.Lead)}
	s.grid.Grid = 1
	r := tenants.Document()
	r.Version = 1
	if err := s.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) }); err != nil {
		t.Fatal(err)
	}
	for n := range homes {
		home := db.Household(t, pgtest.A, "1组"+string(rune('A'+n%26))+strings.Repeat("1", n/26+1)+"号", "户主")
		s.homes = append(s.homes, home)
		s.people = append(s.people, s.member(home, "村民"+strings.Repeat("一", n+1)))
	}
	return s
}

func (s *stand) member(home uuid.UUID, name string) uuid.UUID {
	s.t.Helper()
	id := pg.NewID()
	s.exec(`insert into member (village_id, id, household_id, name, created_at) values (11, $1, $2, $3, now())`, id, home, name)
	return id
}

func (s *stand) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Owner.Exec(ctx, sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) count(sql string, args ...any) (n int) {
	s.t.Helper()
	if err := s.db.Owner.QueryRow(ctx, sql, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func at(s string) time.Time {
	v, err := time.ParseInLocation("2006-01-02 15:04", s, month.Zone)
	if err != nil {
		panic(err)
	}
	return v
}

// lesson is an activity of the morning; P01 counts for each person and each time.
func (s *stand) lesson(change ...func(*Draft)) Activity {
	s.t.Helper()
	d := Draft{Name: "宪法宣讲", Place: "村文化礼堂", Host: "徐海波", Item: "P01", BeginsAt: at("2026-11-20 09:00"), EndsAt: at("2026-11-20 11:00"), Rotating: true}
	for _, fn := range change {
		fn(&d)
	}
	a, err := s.Open(ctx, s.lead, d)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// whole reads the activity with its seed, as its screen does.
func (s *stand) whole(id uuid.UUID) Whole {
	s.t.Helper()
	w, err := s.Show(ctx, s.lead, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

func (s *stand) photo(by uuid.UUID) uuid.UUID {
	s.t.Helper()
	id := pg.NewID()
	s.exec(`insert into evidence (village_id, id, key, sha256, bytes, width, height, uploaded_by, uploaded_at)
		values (11, $1, $2, sha256(uuid_send($1)), 1, 1, 1, $3, now())`, id, id.String(), by)
	return id
}

func (s *stand) want(what string, err, want error) {
	s.t.Helper()
	if !errors.Is(err, want) {
		s.t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// TestBatch is sixty people at one activity with one sheet: the claims of all at once, one that the rules do not
// let count named with its reason, and the whole taken back and made again.
func TestBatch(t *testing.T) {
	s := newStand(t, 60)
	a := s.lesson(func(d *Draft) { d.Item, d.Part = "P15", "b" }) // once a quarter for a household
	second := s.member(s.homes[0], "同户的人")
	_, err := s.Claim(ctx, s.lead, a.ID)
	s.want("nobody there", err, ErrNobody)
	n, err := s.Add(ctx, s.lead, a.ID, Listed, append(s.people, second))
	if err != nil || n.New != 61 {
		t.Fatalf("%+v %v", n, err)
	}
	if n, err = s.Add(ctx, s.lead, a.ID, Listed, s.people[:2]); err != nil || n.New != 0 || n.Had != 2 {
		t.Errorf("%+v %v", n, err)
	}
	_, err = s.Add(ctx, s.grid, a.ID, Listed, s.people)
	s.want("a grid worker at another's activity", err, ErrOther)
	_, err = s.Add(ctx, s.lead, a.ID, Listed, []uuid.UUID{uuid.New()})
	s.want("nobody of the village", err, fault.ErrNotFound)
	_, err = s.Claim(ctx, s.lead, a.ID)
	s.want("no sheet", err, ErrSheet)
	sheet := s.photo(s.lead.Account)
	if _, err := s.Prove(ctx, s.lead, a.ID, []uuid.UUID{sheet}); err != nil {
		t.Fatal(err)
	}
	if w := s.whole(a.ID); len(w.Weighed) != 61 || w.Each != 1 || w.Problem != nil {
		t.Errorf("%d weighed, %d each, %v", len(w.Weighed), w.Each, w.Problem)
	}
	if n := s.count(`select count(*) from slot`); n != 0 {
		t.Errorf("looking took %d slots", n)
	}
	if _, err := s.Claim(ctx, s.lead, a.ID); err != nil {
		t.Fatal(err)
	}
	w := s.whole(a.ID)
	counted, why := 0, ""
	for _, p := range w.People {
		if p.ClaimID != nil {
			counted++
		} else {
			why = p.Why
		}
	}
	if counted != 60 || !strings.Contains(why, "文化") && !strings.Contains(why, "记") || w.State != Claimed {
		t.Errorf("%d counted, %q, %s", counted, why, w.State)
	}
	if n := s.count(`select count(*) from claim where batch_id = $1 and state = 'pending' and channel = 'batch' and points = 1 and source = '宪法宣讲' and member_id is not null`, a.ID); n != 60 {
		t.Errorf("%d claims", n)
	}
	if n := s.count(`select count(*) from message where kind = 'claim.recorded'`); n != 60 {
		t.Errorf("%d homes were told", n)
	}
	id := *w.People[0].ClaimID
	c, err := s.claims.Show(ctx, s.grid, id)
	if err != nil || len(c.Photos) != 1 || c.Photos[0].ID != sheet {
		t.Errorf("%+v %v: the sheet proves each of them", c.Photos, err)
	}
	family := pgtest.In(pgtest.A, actor.Household)
	family.Household = c.HouseholdID
	if c, err := s.claims.Show(ctx, family, id); err != nil || len(c.Photos) != 0 {
		t.Errorf("%v %v: the sheet names others, a household does not see it", c.Photos, err)
	}
	_, err = s.claims.Approve(ctx, s.lead, id)
	s.want("who made them decides", err, claim.ErrOwnRecord)
	_, err = s.Add(ctx, s.lead, a.ID, Listed, s.people[:1])
	s.want("more people afterwards", err, ErrState)
	if _, err := s.Undo(ctx, s.lead, a.ID, "少登记了两个人"); err != nil {
		t.Fatal(err)
	}
	if n := s.count(`select count(*) from slot`) + s.count(`select count(*) from claim where state <> 'withdrawn'`); n != 0 {
		t.Errorf("%d left of what was taken back", n)
	}
	if _, err := s.Claim(ctx, s.lead, a.ID); err != nil {
		t.Fatal(err)
	}
	other := pgtest.In(pgtest.A, actor.Committee)
	if _, err := s.claims.Approve(ctx, other, *s.whole(a.ID).People[0].ClaimID); err != nil {
		t.Fatal(err)
	}
	_, err = s.Undo(ctx, s.lead, a.ID, "再来一次")
	s.want("one is decided", err, claim.ErrBatchDecided)
}

// TestCheckIn: the code counts on the spot and while the activity lasts, each person once however often it is
// scanned, also by two phones at once.
func TestCheckIn(t *testing.T) {
	s := newStand(t, 2)
	family := pgtest.In(pgtest.A, actor.Household)
	family.Household = s.homes[0]
	for _, rotating := range []bool{true, false} {
		a := s.lesson(func(d *Draft) { d.Rotating = rotating })
		a = s.whole(a.ID).Activity
		me := []uuid.UUID{s.people[0]}
		for _, c := range []struct {
			now, made string
			want      error
		}{
			{"2026-11-20T08:29:00+08:00", "2026-11-20T08:29:00+08:00", ErrWindow},
			{"2026-11-20T11:00:01+08:00", "2026-11-20T11:00:01+08:00", ErrWindow},
			{"2026-11-20T09:30:00+08:00", "2026-11-20T09:24:00+08:00", map[bool]error{true: ErrCode}[rotating]},
			{"2026-11-20T09:30:00+08:00", "2026-11-20T09:27:00+08:00", nil},
			{"2026-11-20T08:31:00+08:00", "2026-11-20T08:31:00+08:00", nil},
		} {
			s.exec(`delete from activity_person`)
			s.db.At(c.now)
			made, _ := time.Parse(time.RFC3339, c.made)
			_, err := s.CheckIn(ctx, family, a.ID, a.Code(made), me)
			s.want(c.now+" with the code of "+c.made, err, c.want)
		}
		code := a.Code(s.DB.Now())
		_, err := s.CheckIn(ctx, family, a.ID, "AAAABBBBCCCCDDDD", me)
		s.want("a code that is none", err, ErrCode)
		_, err = s.CheckIn(ctx, family, a.ID, code, []uuid.UUID{s.people[1]})
		s.want("a neighbour", err, fault.ErrNotFound)
		_, err = s.CheckIn(ctx, family, a.ID, code, nil)
		s.want("nobody ticked", err, ErrWho)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if _, err := s.CheckIn(ctx, family, a.ID, code, me); err != nil {
					t.Errorf("scanned at once: %v", err)
				}
			})
		}
		all.Wait()
		if n := s.count(`select count(*) from activity_person where activity_id = $1 and how = 'code'`, a.ID); n != 1 {
			t.Errorf("%d check-ins", n)
		}
		_, err = s.Claim(ctx, s.lead, a.ID)
		s.want("before its end", err, ErrEarly)
		s.db.At("2026-11-20T12:00:00+08:00")
		if _, err := s.Claim(ctx, s.lead, a.ID); err != nil {
			t.Errorf("everybody scanned, no sheet is needed: %v", err)
		}
		if _, err := s.Undo(ctx, s.lead, a.ID, "下一轮"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	s := newStand(t, 1)
	good := Draft{Name: "清河行动", Place: "村口", Host: "村委会", Item: "P18", BeginsAt: at("2026-11-20 09:00"), EndsAt: at("2026-11-20 11:00")}
	for _, c := range []struct {
		what string
		edit func(*Draft)
		want error
	}{
		{"as it should be", func(*Draft) {}, nil},
		{"no name", func(d *Draft) { d.Name = " " }, ErrName},
		{"ends before it begins", func(d *Draft) { d.EndsAt = at("2026-11-20 08:00") }, ErrHours},
		{"lasts two days", func(d *Draft) { d.EndsAt = at("2026-11-22 08:00") }, ErrHours},
		{"last year", func(d *Draft) { d.BeginsAt, d.EndsAt = at("2025-11-20 09:00"), at("2025-11-20 10:00") }, ErrYear},
		{"far off", func(d *Draft) { d.BeginsAt, d.EndsAt = at("2027-01-25 09:00"), at("2027-01-25 10:00") }, ErrYear},
		{"an item of the monthly round", func(d *Draft) { d.Item = "P07" }, ErrItem},
		{"a deduction", func(d *Draft) { d.Item = "N08" }, ErrItem},
		{"a prize", func(d *Draft) { d.Item, d.Part = "P15", "d1" }, ErrItem},
		{"a part that is none", func(d *Draft) { d.Item, d.Part = "P15", "zz" }, ErrItem},
		{"no item", func(d *Draft) { d.Item = "" }, ErrItem},
	} {
		d := good
		c.edit(&d)
		_, err := s.Open(ctx, s.lead, d)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, err, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]Name{
		"张桂兰":                {{"张桂兰", "张桂兰", ""}},
		"张桂兰 1组3号\n李四,２组 5号": {{"张桂兰 1组3号", "张桂兰", "1组3号"}, {"李四 ２组 5号", "李四", "2组5号"}},
		"张桂兰、李四；王五":          {{"张桂兰", "张桂兰", ""}, {"李四", "李四", ""}, {"王五", "王五", ""}},
		"张桂兰 李四\r\n\r\n 王五 ": {{"张桂兰", "张桂兰", ""}, {"李四", "李四", ""}, {"王五", "王五", ""}},
		" \n ":               nil,
	} {
		got := Names(text)
		if len(got) != len(want) {
			t.Errorf("%q: %+v", text, got)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q: %+v, want %+v", text, got[i], want[i])
			}
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	one, two, three := Candidate{uuid.New(), uuid.New(), "张伟", "1组1号", "张大"}, Candidate{uuid.New(), uuid.New(), "张伟", "2组8号", "张二"}, Candidate{uuid.New(), uuid.New(), "李四", "1组1号", "张大"}
	got := match(Names("张伟\n张伟 2组8号\n李四\n李四\n王五\n王五 1组1号\n王五 9组9号"), []Candidate{one, two, three}, map[uuid.UUID]bool{two.MemberID: true})
	for i, want := range []struct {
		found  *Candidate
		listed bool
		doubt  string
	}{{nil, false, "同名"}, {&two, true, ""}, {&three, false, ""}, {&three, true, ""}, {nil, false, "没有这个名字"}, {nil, false, "登记的是张伟、李四"}, {nil, false, "没有这个门牌"}} {
		m := got[i]
		if (m.Found == nil) != (want.found == nil) || m.Found != nil && m.Found.MemberID != want.found.MemberID || m.Listed != want.listed || want.doubt != "" && !strings.Contains(m.Doubt, want.doubt) || want.doubt == "" && m.Doubt != "" {
			t.Errorf("%d: %+v", i, m)
		}
	}
}
