// Package play holds plays of a village's life, by way of the use-cases, beside recomputations that know nothing
// of them.
package play

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/appeal"
	"cunfen/internal/blob"
	"cunfen/internal/claim"
	"cunfen/internal/crypt"
	"cunfen/internal/finding"
	"cunfen/internal/household"
	"cunfen/internal/inspect"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/internal/shop"
	"cunfen/internal/signoff"
	"cunfen/tenants"
)

var ctx = context.Background()

// line is one thing that the play knows to be in the book: what moved, of which month, and whether it was taken back.
type line struct {
	home   int
	month  month.Month
	what   string // award, deduction, spent
	points int    // as it stands in the book, with its sign
	source uuid.UUID
	gone   bool // reversed
	held   bool // under objection
}

// deed is what waits for the month's sheet.
type deed struct {
	home, points int
	source       uuid.UUID
	on           time.Time
}

// year is a village, its people, and the play's own account of what happened.
type year struct {
	t        *testing.T
	db       *pgtest.DB
	rng      *rand.Rand
	now      time.Time
	homes    []uuid.UUID
	grids    int
	lead     actor.Actor
	members  []actor.Actor // 党员代表, 群众代表, 两委
	workers  []actor.Actor // by grid
	desk     actor.Actor
	officer  actor.Actor
	register *household.Service
	claims   *claim.Service
	rounds   *inspect.Service
	found    *finding.Service
	months   *signoff.Service
	notices  *notice.Service
	appeals  *appeal.Service
	shop     *shop.Service
	rice     shop.Goods
	book     []*line
	waits    []deed // decided, not yet on a sheet
	open     map[int]bool
	events   map[string]int
	editions int
}

const base = 100

func (y *year) did(what string) { y.events[what]++ }

func (y *year) ok(err error) {
	y.t.Helper()
	if err != nil {
		y.t.Fatalf("%s: %v", y.now.In(month.Zone).Format(time.DateTime), err)
	}
}

func (y *year) exec(sql string, args ...any) {
	y.t.Helper()
	_, err := y.db.Owner.Exec(ctx, sql, args...)
	y.ok(err)
}

// at sets the clock to an hour of a day of a month.
func (y *year) at(m month.Month, day, hour int) {
	y.now = m.First().AddDate(0, 0, day-1).Add(time.Duration(hour) * time.Hour)
}

func (y *year) chance(percent float64) bool { return y.rng.Float64()*100 < percent }

func (y *year) somebody() int { return y.rng.IntN(len(y.homes)) }

// seat gives somebody a seat of the group.
func (y *year) seat(role actor.Role, kind, name string, grid int, home *uuid.UUID) actor.Actor {
	who := pgtest.In(pgtest.A, role)
	who.Name, who.Grid = name, grid
	y.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, $2, '', uuid_send($1), now())`, who.Account, name)
	y.exec(`insert into membership (village_id, id, account_id, name, role, kind, grid, household_id, starts_on, created_at) values (11, $1, $2, $3, $4, nullif($5, ''), $6, $7, '2026-01-01', now())`,
		who.Membership, who.Account, name, string(role), kind, grid, home)
	return who
}

func newYear(t *testing.T, homes int) *year {
	store, err := blob.Open(blob.Config{Endpoint: os.Getenv("TEST_S3_ENDPOINT"), AccessKey: os.Getenv("TEST_S3_ACCESS_KEY"), SecretKey: os.Getenv("TEST_S3_SECRET_KEY"),
		Bucket: fmt.Sprintf("play-%d", os.Getpid())})
	if err == nil {
		err = store.EnsureBucket(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.New(t)
	vault, err := crypt.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	y := &year{t: t, db: db, rng: rand.New(rand.NewPCG(2026, uint64(homes))), grids: 4, open: map[int]bool{}, events: map[string]int{},
		officer:  actor.Actor{Account: pg.NewID(), Name: "局里老周", Role: actor.Bureau, Township: pgtest.Town1},
		register: &household.Service{DB: db.DB, Vault: vault}, claims: &claim.Service{DB: db.DB}, rounds: &inspect.Service{DB: db.DB}, found: &finding.Service{DB: db.DB},
		months:  &signoff.Service{DB: db.DB, Sources: []signoff.Source{claim.OnSheet{}, inspect.OnSheet{}, finding.Sheet{}}},
		appeals: &appeal.Service{DB: db.DB}, shop: &shop.Service{DB: db.DB}}
	y.notices = &notice.Service{DB: db.DB, Blobs: store, Render: func(v notice.View) ([]byte, error) { return []byte(v.Title), nil },
		Address: func(code string, m month.Month, n int) string {
			return fmt.Sprintf("https://example.cn/v/%s/%s/%d", code, m, n)
		}}
	db.Now = func() time.Time { return y.now }
	y.at(202601, 2, 9)
	y.exec(`update village set settings = settings || '{"calendar": {"notice_day": 3}, "groups": [{"number": 1, "name": "一组"}, {"number": 2, "name": "二组"}, {"number": 3, "name": "三组"}, {"number": 4, "name": "四组"}],
		"grids": [{"number": 1, "name": "一网格", "groups": [1]}, {"number": 2, "name": "二网格", "groups": [2]}, {"number": 3, "name": "三网格", "groups": [3]}, {"number": 4, "name": "四网格", "groups": [4]}]}' where id = 11`)
	r := tenants.Document()
	r.Version, r.InForceFrom = 1, month.Month(202601).First()
	y.ok(db.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) }))
	y.lead = y.seat(actor.Lead, "两委", "组长", 0, nil)
	for i := range homes {
		team := fmt.Sprintf("%d组", i%y.grids+1)
		got, err := y.register.Register(ctx, y.lead, household.Draft{Door: fmt.Sprintf("%s%d号", team, i/y.grids+1), Team: team, Grid: i%y.grids + 1, Head: heads[i%len(heads)], Residence: household.Local})
		y.ok(err)
		y.homes = append(y.homes, got.ID)
	}
	y.members = []actor.Actor{y.seat(actor.Committee, "党员代表", "党员老李", 0, nil), y.seat(actor.Committee, "群众代表", "群众老王", 0, &y.homes[1]), y.seat(actor.Committee, "两委", "委员小陈", 0, nil)}
	y.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '兄弟', now())`, y.members[0].Account, y.homes[0])
	for g := range y.grids {
		y.workers = append(y.workers, y.seat(actor.Grid, "网格员", fmt.Sprintf("网格员%d", g+1), g+1, nil))
	}
	y.desk = y.seat(actor.Desk, "", "窗口", 0, nil)
	y.rice, err = y.shop.Save(ctx, y.desk, shop.Goods{Code: "M1", Name: "大米", Unit: "袋", Price: 20, Stock: homes * 40, Active: true})
	y.ok(err)
	return y
}

var heads = []string{"张桂兰", "李𬭎", "王䶮𫖮", "陈𬸪", "欧阳娜娜", "单建国", "丛树"}

func (y *year) worker(home int) actor.Actor { return y.workers[home%y.grids] }

func (y *year) family(home int) actor.Actor {
	who := pgtest.In(pgtest.A, actor.Household)
	who.Household = y.homes[home]
	return who
}

// reviewers are members in an order in which the first may decide about the home.
func (y *year) reviewers(home int) []actor.Actor {
	all := []actor.Actor{y.lead, y.members[2]}
	if home != 0 {
		all = append(all, y.members[0])
	}
	if home != 1 {
		all = append(all, y.members[1])
	}
	y.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func (y *year) photo(by actor.Actor) uuid.UUID {
	id := pg.NewID()
	y.exec(`insert into evidence (village_id, id, key, sha256, bytes, width, height, uploaded_by, uploaded_at) values (11, $1, $2, sha256(uuid_send($1)), 1, 1, 1, $3, $4)`, id, id.String(), by.Account, y.now)
	return id
}

// findings plays the month's deductions, from the day they are found to the two decisions. While one is not over
// its home has no pass of the mirror item (D3).
func (y *year) findings(m month.Month) {
	type matter struct {
		id    uuid.UUID
		home  int
		spots int
		told  bool
	}
	var all []matter
	at := map[int]bool{}
	for range max(3, len(y.homes)/60) {
		h := y.somebody()
		if at[h] {
			continue
		}
		at[h] = true
		y.at(m, 3, 9)
		spots := 1 + y.rng.IntN(3)
		f, err := y.found.Record(ctx, y.worker(h), finding.Draft{Household: y.homes[h], Item: "N08", Parts: map[string]int{"": spots}, OccurredOn: y.now, Matter: "屋后堆了秸秆，挡了排水沟",
			Proofs: []rulebook.Evidence{rulebook.Photo}, Photos: []uuid.UUID{y.photo(y.worker(h))}, Reporter: "邻居"})
		y.ok(err)
		y.open[h] = true
		_, err = y.found.Issue(ctx, y.worker(h), f.ID, finding.Tell{Demand: "运到回收点，沟清出来", Help: []string{"labour"}, DueOn: month.Date(y.now).AddDate(0, 0, 7)})
		y.ok(err)
		all = append(all, matter{f.ID, h, spots, y.chance(50)})
		y.did("finding")
	}
	for _, f := range all {
		y.at(m, 4, 9)
		var err error
		if f.told {
			_, err = y.found.Receive(ctx, y.family(f.home), f.id)
		} else {
			_, err = y.found.Deliver(ctx, y.worker(f.home), f.id, "户主")
		}
		y.ok(err)
		y.at(m, 11, 9)
		if y.chance(40) {
			_, err = y.found.Look(ctx, y.worker(f.home), f.id, finding.Right, "清了", []uuid.UUID{y.photo(y.worker(f.home))})
			y.ok(err)
			y.open[f.home] = false
			y.did("finding put right")
			continue
		}
		_, err = y.found.Look(ctx, y.worker(f.home), f.id, finding.Not, "没有动", nil)
		y.ok(err)
		if y.chance(30) {
			_, err = y.found.Hear(ctx, y.worker(f.home), f.id, finding.Absent, "")
		} else {
			_, err = y.found.Hear(ctx, y.worker(f.home), f.id, finding.ByPhone, "下周就清")
		}
		y.ok(err)
		deduct := y.chance(75)
		for n, who := range y.reviewers(f.home)[:2] {
			y.at(m, 12, 9+n)
			_, err = y.found.Decide(ctx, who, f.id, deduct, "到期没有清，照片清楚")
			y.ok(err)
		}
		if deduct {
			y.waits = append(y.waits, deed{f.home, -5 * f.spots, f.id, y.now})
			y.did("finding cleared")
		} else {
			y.open[f.home] = false
			y.did("finding waived")
		}
	}
}

// declare plays what households declare and grid workers record, with every way in which it can end.
func (y *year) declare(m month.Month) {
	for range len(y.homes) / 6 {
		h := y.somebody()
		y.at(m, 13+y.rng.IntN(3), 10)
		by, points := y.worker(h), 5
		d := claim.Draft{Household: y.homes[h], Item: "P16", Parts: map[string]int{"": 1}, OccurredOn: y.now.AddDate(0, 0, -1), Proofs: []rulebook.Evidence{rulebook.Feedback}, Note: "帮网格员排查用电隐患"}
		open := y.chance(10)
		if open {
			points = 1 + y.rng.IntN(10)
			d.Item, d.Parts = "P25", map[string]int{"": points}
		}
		c, err := y.claims.Submit(ctx, by, d)
		y.ok(err)
		y.did("claim")
		who := y.reviewers(h)
		y.at(m, 17, 10)
		switch y.rng.IntN(10) {
		case 0:
			_, err = y.claims.Withdraw(ctx, by, c.ID)
			y.ok(err)
			y.did("claim withdrawn")
			continue
		case 1:
			_, err = y.claims.Reject(ctx, who[0], c.ID, "经核实与事实不符")
			y.ok(err)
			y.did("claim rejected")
			continue
		case 2:
			_, err = y.claims.Return(ctx, who[0], c.ID, "请补拍一张")
			y.ok(err)
			_, err = y.claims.Resubmit(ctx, by, c.ID, "补了说明", nil)
			y.ok(err)
			y.did("claim returned")
		}
		_, err = y.claims.Approve(ctx, who[0], c.ID)
		y.ok(err)
		if open {
			_, err = y.claims.Approve(ctx, who[1], c.ID)
			y.ok(err)
		}
		y.waits = append(y.waits, deed{h, points, c.ID, d.OccurredOn})
		y.did("claim approved")
	}
}

// walk plays the month's rounds: five items a home, but what failed, and the mirror of what is deducted.
func (y *year) walk(m month.Month) {
	items := []string{"P07", "P08", "P09", "P10", "P11"}
	for g, worker := range y.workers {
		y.at(m, 20, 8)
		r, err := y.rounds.Open(ctx, worker, g+1, m)
		y.ok(err)
		if strings.Join(r.Items, " ") != strings.Join(items, " ") {
			y.t.Fatalf("the round asks for %v", r.Items)
		}
		failed := map[int][]string{}
		drawn := map[uuid.UUID]bool{}
		for _, h := range r.Sample {
			drawn[h] = true
		}
		bad := 0
		for h := g; h < len(y.homes); h += y.grids {
			if y.chance(7) {
				failed[h] = append(failed[h], items[y.rng.IntN(5)])
				if next := items[y.rng.IntN(5)]; next != failed[h][0] && y.chance(30) {
					failed[h] = append(failed[h], next)
				}
			}
			mark := inspect.Mark{Household: y.homes[h], Failed: failed[h]}
			if len(failed[h]) > 0 {
				bad++
				mark.Reason = "门前堆了杂物"
			}
			if drawn[y.homes[h]] {
				mark.Photos = []uuid.UUID{y.photo(worker)}
			}
			if len(failed[h]) > 0 || drawn[y.homes[h]] {
				_, err := y.rounds.Mark(ctx, worker, r.ID, mark)
				y.ok(err)
				y.did("mark")
			}
			missed := map[string]bool{}
			for _, code := range failed[h] {
				missed[code] = true
			}
			for _, code := range items {
				if !missed[code] && !(code == "P08" && y.open[h]) {
					y.waits = append(y.waits, deed{home: h, points: 5, on: y.now})
				}
			}
		}
		y.at(m, 21, 8)
		_, err = y.rounds.Close(ctx, worker, r.ID, (len(y.homes)+y.grids-1-g)/y.grids-bad)
		y.ok(err)
		y.at(m, 22, 9)
		for _, who := range y.members {
			if r, err = y.rounds.Confirm(ctx, who, r.ID); errors.Is(err, inspect.ErrDone) {
				break
			}
			if !errors.Is(err, inspect.ErrRelated) {
				y.ok(err)
			}
		}
		y.did("round")
	}
}

// spend plays a day at the desk.
func (y *year) spend(m month.Month) {
	y.at(m, 25, 9)
	for range len(y.homes) / 10 {
		h := y.somebody()
		y.now = y.now.Add(time.Minute)
		if y.worth(h) < 40 {
			continue
		}
		n := 1 + y.rng.IntN(2)
		r, err := y.shop.Redeem(ctx, y.desk, shop.Order{Household: y.homes[h], Goods: y.rice.ID, Quantity: n, Price: 20, Passbook: y.passbook(h), Receiver: "户主", OnPaper: true})
		y.ok(err)
		l := &line{home: h, month: m, what: "spent", points: -20 * n, source: r.ID}
		y.book = append(y.book, l)
		y.did("redemption")
		if y.chance(8) {
			_, err := y.shop.Cancel(ctx, y.desk, r.ID, "拿错了")
			y.ok(err)
			l.gone = true
			y.did("redemption cancelled")
		}
	}
}

// worth is what the play says that a home can spend: not the base, not what is under objection.
func (y *year) worth(home int) (points int) {
	for _, l := range y.book {
		if l.home == home && !l.gone && !l.held {
			points += l.points
		}
	}
	return points
}

// passbook is the last figure in the paper passbook.
func (y *year) passbook(home int) (points int64) {
	for _, l := range y.book {
		if l.home == home && !l.gone {
			points += int64(l.points)
		}
	}
	return points
}

// close freezes, signs and posts the month, and puts its notice out.
func (y *year) close(m month.Month) {
	y.at(m.Next(), 2, 9)
	sheet, err := y.months.Freeze(ctx, y.lead, m)
	y.ok(err)
	if sheet.Lines == 0 {
		y.t.Fatal("an empty sheet")
	}
	for _, who := range append([]actor.Actor{y.lead}, y.members...) {
		if sheet.State == signoff.Posted {
			break
		}
		sheet, err = y.months.Sign(ctx, who, m, signoff.Pen{Hash: sheet.Hash, Method: signoff.ByPassword})
		y.ok(err)
		y.did("signature")
	}
	if sheet.State != signoff.Posted {
		y.t.Fatalf("%s is %s", m, sheet.State)
	}
	for _, d := range y.waits {
		what := "award"
		if d.points < 0 {
			what = "deduction"
			y.open[d.home] = false
		}
		y.book = append(y.book, &line{home: d.home, month: m, what: what, points: d.points, source: d.source})
	}
	y.waits = nil
	y.at(m.Next(), 3, 8)
	n, err := y.notices.Publish(ctx, actor.System(pgtest.A), m)
	y.ok(err)
	y.compare(n)
	y.did("notice")
}

// compare asks that every line of an edition says what the play says.
func (y *year) compare(n notice.Notice) {
	y.editions++
	type figures struct{ Carried, Plus, Minus, Spent, Total int64 }
	want := map[uuid.UUID]figures{}
	for i, id := range y.homes {
		f := figures{Carried: base}
		for _, l := range y.book {
			switch {
			case l.home != i || l.gone || l.held:
			case l.month < n.Month:
				f.Carried += int64(l.points)
			case l.month > n.Month:
			case l.what == "award":
				f.Plus += int64(l.points)
			case l.what == "deduction":
				f.Minus -= int64(l.points)
			default:
				f.Spent -= int64(l.points)
			}
		}
		f.Total = f.Carried + f.Plus - f.Minus - f.Spent
		want[id] = f
	}
	rows, err := y.db.Owner.Query(ctx, `select household_id, carried, plus, minus, spent, total from notice_line where village_id = 11 and month = $1 and number = $2`, int(n.Month), n.Number)
	y.ok(err)
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		Home                               uuid.UUID
		Carried, Plus, Minus, Spent, Total int64
	}])
	y.ok(err)
	if len(lines) != len(y.homes) {
		y.t.Errorf("%s: %d lines", n.ID(), len(lines))
	}
	wrong := 0
	for _, l := range lines {
		if got := (figures{l.Carried, l.Plus, l.Minus, l.Spent, l.Total}); got != want[l.Home] {
			if wrong++; wrong < 5 {
				y.t.Errorf("%s: %s has %+v, want %+v", n.ID(), l.Home, got, want[l.Home])
			}
		}
	}
}

// object plays the days after a notice: objections by households and at the counter, the village's answers, and
// appeals to the township; what is upheld is taken back once and the notice corrected.
func (y *year) object(m month.Month) {
	next := m.Next()
	var lines []*line
	for _, l := range y.book {
		if l.month == m && l.what != "spent" && l.source != uuid.Nil && !l.gone {
			lines = append(lines, l)
		}
	}
	y.rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	type dispute struct {
		*line
		who actor.Actor
		id  uuid.UUID
	}
	var filed, dismissed []dispute
	y.at(next, 4, 9)
	for _, l := range lines[:min(len(lines), max(3, len(y.homes)/80))] {
		var entry uuid.UUID
		y.ok(y.db.Owner.QueryRow(ctx, `select id from ledger_entry where village_id = 11 and source_id = $1 and kind in (2, 3)`, l.source).Scan(&entry))
		who := y.family(l.home)
		if y.chance(30) {
			who = y.desk
		}
		o, err := y.appeals.File(ctx, who, entry, "这件事不是我家做的")
		y.ok(err)
		y.did("objection")
		l.held = true
		filed = append(filed, dispute{l, who, o.ID})
	}
	y.at(next, 6, 9)
	for _, d := range filed {
		y.now = y.now.Add(time.Minute)
		switch roll := y.rng.IntN(6); {
		case roll == 0:
			_, err := y.appeals.Withdraw(ctx, d.who, d.id)
			y.ok(err)
			d.held = false
			y.did("objection withdrawn")
		case roll < 3:
			y.decide(d.id, d.line, true)
			d.held, d.gone = false, true
			y.did("objection upheld")
			y.correct(m)
		default:
			y.decide(d.id, d.line, false)
			d.held = false
			dismissed = append(dismissed, d)
		}
	}
	y.at(next, 8, 9)
	for _, d := range dismissed {
		if y.chance(50) {
			continue
		}
		y.now = y.now.Add(time.Minute)
		a, err := y.appeals.Appeal(ctx, d.who, d.id, "还是不同意村里的说法")
		y.ok(err)
		y.did("appeal")
		d.held = true
		y.now = y.now.Add(time.Minute)
		uphold := y.chance(50)
		_, err = y.appeals.Settle(ctx, y.officer, a.ID, uphold, "到现场看过，理由如下")
		y.ok(err)
		if d.held, d.gone = false, uphold; uphold {
			y.did("appeal upheld")
			y.correct(m)
		}
	}
}

// decide lets the first member answer who may.
func (y *year) decide(o uuid.UUID, l *line, uphold bool) {
	for _, who := range y.reviewers(l.home) {
		_, err := y.appeals.Decide(ctx, who, o, uphold, "到现场看过，理由如下")
		if errors.Is(err, appeal.ErrDuty) {
			continue
		}
		y.ok(err)
		return
	}
	y.t.Fatal("nobody may answer the objection")
}

// correct does the job that the decision left in the outbox; done twice it changes nothing more.
func (y *year) correct(m month.Month) {
	var jobs int
	y.ok(y.db.Owner.QueryRow(ctx, `select count(*) from outbox where village_id = 11 and kind = 'notice.correct' and args->>'month' = $1`, strconv.Itoa(int(m))).Scan(&jobs))
	if jobs == 0 {
		y.t.Errorf("%s: upheld, and no job to correct the notice", m)
	}
	n, err := y.notices.Correct(ctx, actor.System(pgtest.A), m, "有异议经核查成立，已作更正")
	y.ok(err)
	y.compare(n)
	again, err := y.notices.Correct(ctx, actor.System(pgtest.A), m, "有异议经核查成立，已作更正")
	y.ok(err)
	if again.Number != n.Number {
		y.t.Errorf("%s: corrected again to edition %d", n.ID(), again.Number)
	}
	y.did("correction")
}

// repair lets homes earn back what was deducted last month.
func (y *year) repair(m month.Month) {
	for _, l := range y.book {
		if l.what != "deduction" || l.gone || l.month != m.Prev() || !y.chance(60) {
			continue
		}
		y.at(m, 13, 9)
		who := y.reviewers(l.home)
		back := 1 + y.rng.IntN(-l.points)
		_, err := y.found.Offer(ctx, who[0], l.source, "清理村口的沟一天", back, month.Date(y.now).AddDate(0, 0, 10))
		y.ok(err)
		y.at(m, 15, 9)
		_, err = y.found.Done(ctx, y.worker(l.home), l.source, false, "沟清好了", []uuid.UUID{y.photo(y.worker(l.home))})
		y.ok(err)
		y.at(m, 16, 9)
		approve := y.chance(70)
		_, err = y.found.DecideRepair(ctx, who[1], l.source, approve, "去看过，情况属实")
		y.ok(err)
		if approve {
			y.waits = append(y.waits, deed{home: l.home, points: back, on: y.now})
			y.did("repair")
		}
	}
}

// sqlRaw recomputes what every home has from the records of what happened: claims, rounds, clearances, repairs,
// objections, appeals and redemptions, and nothing of the ledger's.
const sqlRaw = `
with upheld as (
  select e.source_id, e.source_kind from (select entry_id from objection where state = 'upheld' union select entry_id from appeal where state = 'upheld') u
  join ledger_entry e on e.id = u.entry_id
), passed as ( -- five items of every home of the round's grid, but what failed, and P08 where N08 had it
  select h.id as home, 5 * count(*) as points from inspection i join household h on h.grid = i.grid cross join unnest(i.items) as item
  where not exists (select from inspection_home x where x.inspection_id = i.id and x.household_id = h.id and item = any(x.failed))
    and not (item = 'P08' and exists (select from finding f where f.household_id = h.id and extract(year from f.occurred_on) * 100 + extract(month from f.occurred_on) = i.month
      and f.item = 'N08' and f.state = 'posted'))
  group by h.id
), all_points as (
  select household_id as home, points::bigint from claim where state = 'posted' and id not in (select source_id from upheld where source_kind = 2)
  union all select home, points from passed
  union all select c.household_id, -5 * (select sum(v::text::int) from jsonb_each(f.parts) p(k, v)) from clearance c join finding f on f.id = c.id
    where f.state = 'posted' and c.id not in (select source_id from upheld where source_kind = 6)
  union all select household_id, points from repair where state = 'posted'
  union all select household_id, -points from redemption where cancelled_at is null
)
select h.id, coalesce(sum(a.points), 0)::bigint, coalesce(sum(a.points), 0)::bigint + coalesce((select sum(points) from redemption r where r.household_id = h.id and cancelled_at is null), 0)::bigint
from household h left join all_points a on a.home = h.id group by h.id`

// TestYear lives a year of a village: every month captured, closed, published, objected and corrected. What every
// notice said and what every home has at the end is what the play counted, and what a recomputation from the raw
// records gives. CUNFEN_YEAR_HOMES=1200 plays a large village.
func TestYear(t *testing.T) {
	t.Parallel()
	homes := 120
	if n, err := strconv.Atoi(os.Getenv("CUNFEN_YEAR_HOMES")); err == nil {
		homes = n
	}
	y := newYear(t, homes)
	for m := month.Month(202601); m <= 202612; m = m.Next() {
		y.repair(m)
		y.findings(m)
		y.declare(m)
		y.walk(m)
		if m > 202602 {
			y.spend(m)
		}
		y.close(m)
		y.object(m)
	}
	y.settled()
	y.explained()
	for _, what := range []string{"finding put right", "finding waived", "finding cleared", "claim withdrawn", "claim rejected", "claim returned", "redemption cancelled", "objection withdrawn",
		"objection upheld", "appeal", "appeal upheld", "correction", "repair"} {
		if y.events[what] == 0 {
			t.Errorf("the year has no %s: the test tries nothing of it", what)
		}
	}
	t.Logf("%d homes, %d lines of the book, %d editions of notices: %v", homes, len(y.book), y.editions, y.events)
}

// settled compares every balance with the play's count and with the raw records, and reads the book again.
func (y *year) settled() {
	rows, err := y.db.Owner.Query(ctx, sqlRaw)
	y.ok(err)
	raw, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		Home        uuid.UUID
		Year, Score int64
	}])
	y.ok(err)
	of := map[uuid.UUID]int{}
	for i, id := range y.homes {
		of[id] = i
	}
	var sum, lines int64
	y.ok(y.db.Look(ctx, actor.System(pgtest.A), func(tx pg.Tx) error {
		wrong := 0
		for _, r := range raw {
			b, err := ledger.BalanceOf(ctx, tx, r.Home)
			if err != nil {
				return err
			}
			var year, score int64
			for _, l := range y.book {
				if l.home == of[r.Home] && !l.gone {
					if year += int64(l.points); l.what != "spent" {
						score += int64(l.points)
					}
				}
			}
			sum += b.Year
			if b.Year != year || b.Score != score || b.Honour != score || b.Base != base || b.Held != 0 || b.Disputed != 0 || r.Year != year || r.Score != score {
				if wrong++; wrong < 5 {
					y.t.Errorf("home %d: the book has %+v, the play %d and %d, the records %d and %d", of[r.Home], b, year, score, r.Year, r.Score)
				}
			}
		}
		report, err := ledger.Verify(ctx, tx)
		if len(report.Findings) > 0 {
			y.t.Errorf("the book is not whole: %v", report.Findings)
		}
		return err
	}))
	if len(raw) != len(y.homes) {
		y.t.Errorf("%d homes in the records", len(raw))
	}
	gone := 0
	for _, l := range y.book {
		if l.gone {
			gone++
		}
	}
	y.ok(y.db.Owner.QueryRow(ctx, `select count(*) from ledger_entry where village_id = 11`).Scan(&lines))
	if want := int64(len(y.homes) + len(y.book) + gone); lines != want {
		y.t.Errorf("%d lines in the book, want %d: something was posted twice or not at all", lines, want)
	}
	if sum == 0 {
		y.t.Error("nothing was earned")
	}
}

// explained asks of lines of every kind that their reasons are found again: the round and who confirmed it, the
// repair's task, why a line was taken back; and that a neighbour finds none of it.
func (y *year) explained() {
	type row struct {
		ID, Source, Home uuid.UUID
		Back             *uuid.UUID
		Item             string
		On               time.Time
	}
	some := func(sql string) (all []row) {
		y.t.Helper()
		rows, err := y.db.Owner.Query(ctx, `select id, source_id, household_id, reverses, item, occurred_on from ledger_entry where village_id = 11 and `+sql+` limit 20`)
		y.ok(err)
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		y.ok(err)
		if len(all) == 0 {
			y.t.Errorf("no line with %s", sql)
		}
		return all
	}
	for _, l := range some(`source_kind = 5`) {
		r, err := y.rounds.OfLine(ctx, y.lead, l.Source, l.Home, l.Item, month.Of(l.On))
		if err != nil || r.ClosedByName == "" || len(r.Confirms) == 0 {
			y.t.Errorf("a line of a round: %+v %v", r, err)
		}
	}
	for _, l := range some(`source_kind = 10`) {
		if r, err := y.found.RepairBy(ctx, y.lead, l.Source); err != nil || r.Task == "" || r.DecidedByName == "" {
			y.t.Errorf("a repair: %+v %v", r, err)
		}
	}
	for _, l := range some(`kind = 5 and source_id in (select entry_id from objection where state = 'upheld' union select entry_id from appeal where state = 'upheld')`) {
		own, other := pgtest.In(pgtest.A, actor.Household), pgtest.In(pgtest.A, actor.Household)
		own.Household, other.Household = l.Home, uuid.New()
		if by, why, err := y.appeals.Because(ctx, own, *l.Back); err != nil || by == "" || why == "" {
			y.t.Errorf("a line taken back: %q %q %v", by, why, err)
		}
		if _, _, err := y.appeals.Because(ctx, other, *l.Back); err == nil {
			y.t.Error("a neighbour reads why a line was taken back")
		}
	}
}
