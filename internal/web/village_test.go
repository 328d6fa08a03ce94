package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/archive"
	"cunfen/internal/budget"
	"cunfen/internal/claim"
	"cunfen/internal/finding"
	"cunfen/internal/gift"
	"cunfen/internal/group"
	"cunfen/internal/inform"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/opening"
	"cunfen/internal/opinion"
	"cunfen/internal/passbook"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/internal/session"
	"cunfen/internal/shop"
	"cunfen/internal/signoff"
	"cunfen/tenants"
)

// place is a village with one of everything that a path can name.
type place struct {
	id       actor.VillageID
	town     actor.TownshipID
	code     string
	mark     string // stands in names and notes of this village and nowhere else
	home     uuid.UUID
	kin      uuid.UUID // of relatives of the staff
	staff    uuid.UUID // where the staff live
	member   uuid.UUID
	claim    uuid.UUID // waits for review
	entry    uuid.UUID // a line that nobody objected to
	evidence uuid.UUID
	goods    uuid.UUID
	redeemed uuid.UUID
	order    uuid.UUID
	mismatch uuid.UUID
	jotted   uuid.UUID
	handed   uuid.UUID
	gift     uuid.UUID
	opening  uuid.UUID
	count    uuid.UUID
	budget   uuid.UUID
	purchase uuid.UUID
	donation uuid.UUID
	use      uuid.UUID
	objected uuid.UUID // the objection
	appealed uuid.UUID // an appeal to the township that is open
	printed  uuid.UUID // a printing of passbooks
	imported uuid.UUID
	message  uuid.UUID // to the home
	matter   uuid.UUID // that the township waits to hear back on
	draft    uuid.UUID // of the rules
	exempted uuid.UUID // the home from P10
	minutes  uuid.UUID // a photo of a step of the draft
	finding  uuid.UUID // of the home, told of
	opinion  uuid.UUID // of the home, not answered
	spare    uuid.UUID // a seat whose end hurts nobody
	round    uuid.UUID // of inspection, open
	rescore  uuid.UUID // a sample in which the claim is
	second   uuid.UUID // a sample of another village that the group looks at
	record   uuid.UUID // in it
	copy     uuid.UUID // of a photo of it
	pack     uuid.UUID // of the archive, made
	draw     uuid.UUID // of representatives, announced
	checked  uuid.UUID // what is to be looked at in it
	recheck  uuid.UUID // of what a disqualified member let through
	scheme   uuid.UUID // an assessment of this village alone
	story    uuid.UUID // proposed
	activity uuid.UUID // with member on its list
	door     string    // what the door plate of home says
	month    month.Month
	people   map[actor.Role]*person
}

// fill makes the villages, lets A and B live through October, and seats people above and outside them.
func (s *stand) fill() {
	s.t.Helper()
	s.at("2026-10-10T10:00:00+08:00")
	s.a = s.village(pgtest.A, pgtest.Town1, "a")
	s.b = s.village(pgtest.B, pgtest.Town1, "b")
	c := s.village(pgtest.C, pgtest.Town2, "c")
	s.outsiders(c)
	for _, v := range []*place{s.a, s.b} {
		s.live(v)
	}
	s.at(today)
	for _, p := range s.order {
		s.begin(p)
	}
}

// village makes the rules, the homes and the people.
func (s *stand) village(id actor.VillageID, town actor.TownshipID, code string) *place {
	s.t.Helper()
	v := &place{id: id, town: town, code: code, mark: "独有" + code, month: 202610, people: map[actor.Role]*person{}}
	v.home = s.db.Household(s.t, id, "1-1", "户主"+v.mark)
	v.kin = s.db.Household(s.t, id, "1-2", "亲属"+v.mark)
	v.staff = s.db.Household(s.t, id, "1-3", "干部"+v.mark)
	v.member, v.imported, v.goods = pg.NewID(), pg.NewID(), pg.NewID()
	s.exec(`insert into member (village_id, id, household_id, name, relation, created_at) values ($1, $2, $3, $4, '妻', now())`, int64(id), v.member, v.home, "成员"+v.mark)
	s.exec(`insert into household_import (village_id, id, file_name, state, added, changed, imported_by, imported_at) values ($1, $2, 'x.xlsx', 'applied', 0, 0, $2, now())`, int64(id), v.imported)
	s.exec(`insert into goods (village_id, id, code, name, unit, price, stock, created_at) values ($1, $2, 'G1', $3, '桶', 2, 50, now())`, int64(id), v.goods, "洗衣液"+v.mark)
	v.matter = pg.NewID()
	s.exec(`insert into matter (village_id, id, kind, title, body, raised_by, raised_by_name, raised_at, due_on, state)
		values ($1, $2, 'urge', $3, '请尽快公示', $2, '局经办', now(), '2026-12-31', 'open')`, int64(id), v.matter, "催办"+v.mark)
	rules := tenants.Document()
	rules.Version = 1
	s.inside(v, func(tx pg.Tx) error { return rulebook.Insert(context.Background(), tx, rules) })
	for _, seat := range []struct {
		key  string
		role actor.Role
		kind any
		home uuid.UUID
	}{{"household", actor.Household, nil, v.home}, {"grid", actor.Grid, "网格员", v.staff}, {"desk", actor.Desk, nil, v.staff},
		{"committee", actor.Committee, "党员代表", v.staff}, {"lead", actor.Lead, "两委", v.staff}} {
		v.people[seat.role] = s.seat(v, seat.key+" "+code, seat.role, seat.kind, seat.home)
	}
	s.seat(v, "neighbour "+code, actor.Household, nil, s.db.Household(s.t, id, "1-4", "邻居"+v.mark))
	second := s.seat(v, "second "+code, actor.Committee, "群众代表", v.staff)
	v.draft = pg.NewID()
	s.exec(`insert into rule_draft (village_id, id, based_on, body, digest, state, started_by, started_at, changed_at) values ($1, $2, 1, $3, 'x', 'drafting', 'x', now(), now())`,
		int64(id), v.draft, tenants.Document())
	v.activity = pg.NewID()
	s.exec(`insert into activity (village_id, id, name, place, host, item, begins_at, ends_at, rotating, seed, state, opened_by, opened_by_name, opened_at)
		values ($1, $2, $3, '礼堂', '村委会', 'P18', '2026-11-09T09:00:00+08:00', '2026-11-09T11:00:00+08:00', false, 'x', 'open', $2, 'x', now())`, int64(id), v.activity, "清河"+v.mark)
	s.exec(`insert into activity_person (village_id, activity_id, member_id, household_id, how, by_account, by_name, at) values ($1, $2, $3, $4, 'list', $2, 'x', now())`, int64(id), v.activity, v.member, v.home)
	v.spare = s.seat(v, "spare "+code, actor.Committee, "群众代表", v.staff).who.Membership
	for _, p := range []*person{v.people[actor.Grid], v.people[actor.Desk], v.people[actor.Committee], v.people[actor.Lead], second} {
		s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values ($1, $2, $3, '兄弟', now())`, int64(id), p.who.Account, v.kin)
	}
	return v
}

func (s *stand) inside(v *place, fn func(pg.Tx) error) {
	s.t.Helper()
	who := actor.System(v.id)
	who.Township = v.town
	if err := s.app.DB.InVillage(context.Background(), who, fn); err != nil {
		s.t.Fatal(err)
	}
}

// seat makes an account with a membership and the session's seat for it.
func (s *stand) seat(v *place, key string, role actor.Role, kind any, home uuid.UUID) *person {
	s.t.Helper()
	p := &person{key: key, of: v, who: actor.Actor{Name: key + v.mark, Role: role, Village: v.id, Township: v.town, Household: home, Membership: pg.NewID()}}
	p.who.Account = s.account(p.who.Name)
	s.exec(`insert into membership (village_id, id, account_id, name, role, kind, household_id, starts_on, ends_on, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, '2026-01-01', '2026-12-31', now())`, int64(v.id), p.who.Membership, p.who.Account, p.who.Name, string(role), kind, home)
	s.exec(`update account set villages = array[$1::bigint] where id = $2`, int64(v.id), p.who.Account)
	return s.put(p)
}

func (s *stand) put(p *person) *person {
	p.phone = phone(len(s.order))
	p.seat = session.Seat{Account: p.who.Account, Epoch: 1, Role: p.who.Role, Village: p.who.Village, Township: p.who.Township, Place: p.who.Membership, SecondFactorAt: time.Now()}
	s.people[p.key] = p
	s.order = append(s.order, p)
	return p
}

// phone is that of the nth person.
func phone(n int) string { return fmt.Sprintf("139%08d", n) }

// password is everybody's. Its hash costs next to nothing to check.
const password = "村口两棵老槐树2026"

var cheap = sync.OnceValue(func() string {
	hash, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		panic(err)
	}
	return hash
})

func (s *stand) account(name string) (id uuid.UUID) {
	s.t.Helper()
	ctx := context.Background()
	err := s.app.DB.AsSystem(ctx, "test", func(tx pg.Tx) (err error) {
		id, _, err = s.app.Site.Accounts.Create(ctx, tx, account.New{Name: name, Phone: phone(len(s.order)), Hash: cheap()})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// linked is a link of township 1's directory.
const linked = "0198f0f0-0000-7000-8000-000000000001"

// outsiders are those above the villages, and those who are no longer or not yet what they were.
func (s *stand) outsiders(c *place) {
	s.t.Helper()
	for _, o := range []struct {
		key  string
		role actor.Role
		town any
	}{{"bureau 1", actor.Bureau, 1}, {"bureau 2", actor.Bureau, 2}, {"department", actor.Department, 1}, {"platform", actor.Platform, nil}} {
		p := &person{key: o.key, who: actor.Actor{Name: o.key, Role: o.role, Membership: pg.NewID()}}
		if n, ok := o.town.(int); ok {
			p.who.Township = actor.TownshipID(n)
		}
		p.who.Account = s.account(o.key)
		s.exec(`insert into officer (id, account_id, township_id, role, starts_on) values ($1, $2, $3, $4, '2026-01-01')`, p.who.Membership, p.who.Account, o.town, string(o.role))
		s.put(p)
	}
	s.exec(`insert into identity_provider (township_id, name, issuer, client_id, secret, claim, second, active, changed_at, changed_by) values (1, '统一认证', 'https://id.example', 'c', '', 'sub', false, false, now(), '')`)
	s.exec(`insert into identity_link (id, township_id, subject, account_id, linked_at, linked_by) values ($1, 1, 'p', $2, now(), '')`, linked, s.people["platform"].who.Account)
	for key, sql := range map[string]string{
		"ended":        `update membership set ended_at = now(), end_reason = '换届' where id = $1`,
		"disqualified": `update membership set disqualified = true, ended_at = now() where id = $1`,
		"lapsed":       `update membership set ends_on = '2026-11-09' where id = $1`,
		"disabled":     `update account set state = 'disabled' where id = (select account_id from membership where id = $1)`,
		"epoch":        `update account set epoch = 2 where id = (select account_id from membership where id = $1)`,
	} {
		p := s.seat(s.a, key, actor.Lead, "两委", s.a.staff)
		s.exec(sql, p.who.Membership)
		p.out = true
	}
	owes := s.seat(s.a, "owes", actor.Lead, "两委", s.a.staff)
	owes.seat.SecondFactorAt, owes.out = time.Time{}, true
	s.people["lead c"] = c.people[actor.Lead]
}

// live is October: a deed recorded, one declared with a photo; signed, posted, published; goods fetched; one
// line objected to; and a claim of November that waits.
func (s *stand) live(v *place) {
	s.t.Helper()
	ctx, site := context.Background(), s.app.Site
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	home, grid, committee, lead := v.people[actor.Household].who, v.people[actor.Grid].who, v.people[actor.Committee].who, v.people[actor.Lead].who
	s.at("2026-10-10T10:00:00+08:00")
	photo, err := site.Evidence.Upload(ctx, home, bytes.NewReader(snapshot(uint8(v.id))))
	must(err)
	v.evidence = photo.ID
	s.exec(`update goods set photo = $3 where village_id = $1 and id = $2`, int64(v.id), v.goods, photo.ID)
	v.exempted = pg.NewID()
	s.exec(`insert into exemption (village_id, id, household_id, item, reason, from_on, granted_by, granted_by_name, granted_at) values ($1, $2, $3, 'P10', $4, '2026-10-01', $2, 'x', now())`,
		int64(v.id), v.exempted, v.home, "不种不养"+v.mark)
	s.exec(`insert into move_in (village_id, id, household_id, from_village, from_name, from_household, from_passbook, base, year, score, honour, at) values ($1, $2, $3, 99, $4, $2, 'X-1', 0, 0, 0, 0, now())`,
		int64(v.id), pg.NewID(), v.home, "从前的村"+v.mark)
	s.exec(`insert into former_line (village_id, household_id, entry_id, at, month, occurred_on, kind, bucket, points, title) values ($1, $2, $3, now(), 202601, '2026-01-05', 2, 2, 3, $4)`, int64(v.id), v.home, pg.NewID(), "从前的好事"+v.mark)
	minutes, err := site.Evidence.Upload(ctx, lead, bytes.NewReader(snapshot(uint8(v.id)+100)))
	must(err)
	v.minutes = minutes.ID
	step := pg.NewID()
	s.exec(`insert into adoption_step (village_id, id, draft_id, step, digest, held_on, place, eligible, present, agreed, minutes, by, by_name, at)
		values ($1, $2, $3, 1, 'x', '2026-10-09', '村部', 3, 3, 3, $4, $2, 'x', now())`, int64(v.id), step, v.draft, "会议记录"+v.mark)
	s.exec(`update evidence set holder_id = $3 where village_id = $1 and id = $2`, int64(v.id), v.minutes, step)
	for _, d := range []struct {
		who   actor.Actor
		draft claim.Draft
	}{
		{grid, claim.Draft{Item: "P08", Note: "入户" + v.mark, Proofs: []rulebook.Evidence{rulebook.InspectionRecord}}},
		{home, claim.Draft{Item: "P18", Note: "清理河岸" + v.mark, Evidence: []uuid.UUID{photo.ID}}},
	} {
		d.draft.Household, d.draft.Parts, d.draft.OccurredOn = v.home, map[string]int{"": 1}, s.app.DB.Now()
		c, err := site.Claims.Submit(ctx, d.who, d.draft)
		must(err)
		_, err = site.Claims.Approve(ctx, committee, c.ID)
		must(err)
	}
	s.at("2026-11-01T09:00:00+08:00")
	sheet, err := site.Months.Freeze(ctx, lead, v.month)
	must(err)
	for _, who := range []actor.Actor{lead, committee, s.people["second "+v.code].who} {
		sheet, err = site.Months.Sign(ctx, who, v.month, signoff.Pen{Hash: sheet.Hash, Method: signoff.ByPassword})
		must(err)
	}
	if sheet.State != signoff.Posted {
		s.t.Fatalf("October of %s is %s", v.code, sheet.State)
	}
	s.at("2026-11-05T09:00:00+08:00")
	_, err = site.Notices.Publish(ctx, actor.System(v.id), v.month)
	must(err)
	v.pack, err = site.Archive.Ask(ctx, lead, archive.Of(v.month))
	must(err)
	must(site.Archive.Make(ctx, actor.System(v.id), archive.MakeJob{ID: v.pack}))
	v.draw, err = site.Group.FreezeDraw(ctx, lead, group.NewDraw{Seats: 1, StartsOn: s.app.DB.Now().AddDate(0, 2, 0), DrawsOn: s.app.DB.Now().AddDate(0, 0, 1), Source: "三名代表各报一个数" + v.mark})
	must(err)
	gone := s.account("gone " + v.code)
	seat := pg.NewID()
	s.exec(`insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values ($1, $2, $3, $4, 'committee', '群众代表', '2026-01-01', now())`, int64(v.id), seat, gone, "前成员"+v.mark)
	must(site.Group.Disqualify(ctx, lead, seat, "优亲厚友"+v.mark))
	again, err := site.Group.Rechecks(ctx, lead)
	must(err)
	v.recheck, v.checked = again[0].ID, pg.NewID()
	s.exec(`insert into recheck_line (village_id, recheck_id, kind, subject_id, household_id, on_day) values ($1, $2, 4, $3, $4, '2026-10-10')`, int64(v.id), v.recheck, v.checked, v.home)
	s.fetch(v)
	book, err := site.Passbooks.Print(ctx, lead, passbook.Choice{Households: []uuid.UUID{v.home}, Kind: passbook.Book})
	must(err)
	v.printed = book.ID
	s.exec(`insert into selection (village_id, year, state, conditions, least, no_deduction, places, object_until, frozen_by, frozen_name, frozen_at)
		values ($1, 2026, 'open', '', 0, false, 1, '2026-12-31', $2, '组长', now())`, int64(v.id), lead.Account)
	s.exec(`insert into selection_rank (village_id, year, household_id, place, score, share_place, share, deductions, fits, chosen)
		values ($1, 2026, $2, 1, 10, 1, 100, 0, true, true)`, int64(v.id), v.home)
	s.exec(`insert into selection_objection (village_id, id, year, household_id, grounds, by, by_name, at)
		values ($1, $2, 2026, $3, $4, $2, '邻居', now())`, int64(v.id), v.objected, v.home, "院子里堆满杂物"+v.mark)
	s.at("2026-11-08T10:00:00+08:00")
	c, err := site.Claims.Submit(ctx, home, claim.Draft{Household: v.home, Item: "P24", Parts: map[string]int{"": 1}, OccurredOn: s.app.DB.Now(), Note: "拾到钱包" + v.mark, Evidence: []uuid.UUID{s.photo(home)}})
	must(err)
	v.scheme, v.story = pg.NewID(), pg.NewID()
	s.exec(`insert into scheme (id, township_id, name, from_month, to_month, indicators, state, made_by, made_name, made_at) values ($1, $2, $3, 202601, 202612, '[]', 'sent', $1, '局经办', now())`, v.scheme, int64(v.town), "考核"+v.mark)
	s.exec(`insert into assessment (village_id, scheme_id, marks, total, counted_at, state, object_until) values ($1, $2, '[]', 0, now(), 'sent', '2026-12-31')`, int64(v.id), v.scheme)
	s.exec(`insert into story (village_id, id, title, body, consent, state, proposed_name, proposed_at) values ($1, $2, $3, $4, 'nobody', 'proposed', '组长', now())`, int64(v.id), v.story, "案例"+v.mark, strings.Repeat("清理河岸", 8)+v.mark)
	v.claim, v.rescore = c.ID, pg.NewID()
	s.exec(`insert into rescore (village_id, id, month, seed, wanted, decided, drawn_by, drawn_name, drawn_at) values ($1, $2, 202611, 'abcdefgh', 5, 5, $2, '局经办', now())`, int64(v.id), v.rescore)
	s.exec(`insert into rescore_item (village_id, rescore_id, claim_id, position, first) values ($1, $2, $3, 1, true), ($1, $2, (select claim_id from evidence where id = $4), 2, true)`, int64(v.id), v.rescore, v.claim, v.evidence)
	v.second, v.record, v.copy = pg.NewID(), pg.NewID(), s.photo(grid)
	s.exec(`insert into second_look (village_id, id, state, due_on, asked_name, asked_at) values ($1, $2, 'open', '2026-12-01', $3, now())`, int64(v.id), v.second, "局经办"+v.mark)
	s.exec(`insert into second_item (village_id, id, look_id, position, title, rule, amount, occurred_on, channel, note) values ($1, $2, $3, 1, '好人好事', '拾金不昧', '1', '2026-10-01', '住户自己报', $4)`, int64(v.id), v.record, v.second, "拾到钱包"+v.mark)
	s.exec(`update evidence set holder_id = $2 where id = $1`, v.copy, v.record)
	s.exec(`insert into selection (village_id, year, state, conditions, least, no_deduction, places, object_until, frozen_by, frozen_name, frozen_at, settled_at)
		values ($1, 2025, 'settled', $2, 0, false, 1, '2026-01-10', $3, '组长', now(), now())`, int64(v.id), "条件"+v.mark, lead.Account)
	f, err := site.Found.Record(ctx, grid, finding.Draft{Household: v.home, Item: "N10", Parts: map[string]int{"": 1}, OccurredOn: s.app.DB.Now(), Matter: "屋后渠边种菜" + v.mark,
		Proofs: []rulebook.Evidence{rulebook.Photo}, Photos: []uuid.UUID{s.photo(grid)}})
	must(err)
	v.finding = f.ID
	o, err := site.Opinion.File(ctx, home, opinion.Draft{Kind: "other", Words: "希望多换些米" + v.mark})
	must(err)
	v.opinion = o.ID
	_, err = site.Found.Issue(ctx, grid, f.ID, finding.Tell{Demand: "把菜移走" + v.mark, Help: []string{"law"}, DueOn: s.app.DB.Now().AddDate(0, 0, 15)})
	must(err)
	s.inside(v, func(tx pg.Tx) (err error) {
		v.message, err = inform.Tell(ctx, tx, inform.Message{Household: v.home, Kind: inform.ClaimApproved, Subject: v.claim, Detail: v.mark})
		return err
	})
	r, err := site.Rounds.Open(ctx, grid, 0, 202611)
	must(err)
	v.round = r.ID
	doors, err := site.Households.DoorTokens(ctx, lead, []uuid.UUID{v.home})
	must(err)
	v.door = doors[v.home]
}

func (s *stand) photo(who actor.Actor) uuid.UUID {
	s.t.Helper()
	e, err := s.app.Site.Evidence.Upload(context.Background(), who, bytes.NewReader(snapshot(77)))
	if err != nil {
		s.t.Fatal(err)
	}
	return e.ID
}

// fetch redeems goods and objects to one line of the two.
func (s *stand) fetch(v *place) {
	s.t.Helper()
	ctx, site := context.Background(), s.app.Site
	home, desk := v.people[actor.Household].who, v.people[actor.Desk].who
	var year int64
	var entries []uuid.UUID
	s.inside(v, func(tx pg.Tx) error {
		b, err := ledger.BalanceOf(ctx, tx, v.home)
		year = b.Year
		return err
	})
	rows, err := s.db.Owner.Query(ctx, `select id from ledger_entry where village_id = $1 and source_kind = $2 order by item`, int64(v.id), int(ledger.FromClaim))
	if err != nil {
		s.t.Fatal(err)
	}
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			s.t.Fatal(err)
		}
		entries = append(entries, id)
	}
	if len(entries) != 2 {
		s.t.Fatalf("%d lines posted", len(entries))
	}
	s.at("2026-11-07T10:00:00+08:00")
	r, err := site.Shop.Redeem(ctx, desk, shop.Order{Household: v.home, Goods: v.goods, Quantity: 1, Price: 2, Passbook: year, Receiver: "户主" + v.mark, OnPaper: true})
	if err != nil {
		s.t.Fatal(err)
	}
	v.redeemed, v.entry = r.ID, entries[0]
	o1, err := site.Shop.Reserve(ctx, home, v.home, []shop.Item{{Goods: v.goods, Quantity: 1, Price: 2}})
	if err != nil {
		s.t.Fatal(err)
	}
	m, err := site.Shop.Differ(ctx, desk, v.kin, 99)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := site.Shop.AddDoorstep(ctx, desk, v.home, "卧病"+v.mark); err != nil {
		s.t.Fatal(err)
	}
	c, err := site.Shop.TakeStock(ctx, desk, shop.Count{Kind: "day", Witness: "李四" + v.mark, Lines: []shop.CountLine{{GoodsID: v.goods, Book: 49, Counted: 49}}})
	if err != nil {
		s.t.Fatal(err)
	}
	v.order, v.mismatch, v.count = o1.ID, m.ID, c.ID
	jotted, err := site.Shop.Jot(ctx, desk, shop.Note{Who: "一户" + v.mark, Wants: "油" + v.mark})
	if err != nil {
		s.t.Fatal(err)
	}
	v.jotted = jotted.ID
	refused := shop.Handed{Path: "/redeem/notes", Said: [][2]string{{"什么事", "屋后有杂物" + v.mark}}}
	refused.Who, refused.Wants = "一户"+v.mark, "这一项今年已经记过"
	handed, err := site.Shop.Hand(ctx, v.people[actor.Grid].who, refused, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	v.handed = handed.ID
	chief, member := v.people[actor.Lead].who, v.people[actor.Committee].who
	if err := errors.Join(site.Gifts.SaveRules(ctx, chief, gift.Rules{Allowed: true, PerYear: 50, CoolingDays: 3}),
		site.Gifts.AddFamily(ctx, member, gift.Family{HouseholdID: v.kin, Words: "独居" + v.mark, Consent: "当面同意" + v.mark})); err != nil {
		s.t.Fatal(err)
	}
	given, err := site.Gifts.Give(ctx, home, gift.Offer{Giver: v.home, Family: v.kin, Points: 1, Freely: true})
	if err != nil {
		s.t.Fatal(err)
	}
	books, err := site.Openings.Note(ctx, member, []opening.Opening{{HouseholdID: v.kin, Points: 5, AsOf: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Book: "旧" + v.mark}})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := site.Group.Assign(ctx, chief, group.GoodsLink, v.spare, "验收"+v.mark); err != nil && !errors.Is(err, group.ErrPost) {
		s.t.Fatal(err)
	}
	v.gift, v.opening = given.ID, books[0].ID
	lead, day := v.people[actor.Lead].who, time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	b, err := site.Budget.Save(ctx, lead, budget.Budget{Year: 2026, Note: "说明" + v.mark, Lines: []budget.Line{{Source: budget.VillageFunds, Name: "集体" + v.mark, Fen: 100000}, {Name: "油" + v.mark, Quantity: 9, Fen: 90000, Points: 900}}})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := site.Budget.Submit(ctx, lead, b.ID); err != nil {
		s.t.Fatal(err)
	}
	p, err := site.Budget.Buy(ctx, lead, budget.Purchase{GoodsID: v.goods, Quantity: 9, Supplier: "供销社" + v.mark, Fen: 9000, BoughtOn: day, Receipt: "31"})
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := site.Budget.Give(ctx, lead, budget.Donation{Source: budget.Firms, Donor: "公司", Fen: 9000, ReceivedOn: day})
	if err != nil {
		s.t.Fatal(err)
	}
	if d, err = site.Budget.Used(ctx, lead, d.ID, "买毛巾", 1000); err != nil {
		s.t.Fatal(err)
	}
	v.budget, v.purchase, v.donation, v.use = b.ID, p.ID, d.ID, d.Uses[0].ID
	o, err := site.Appeals.File(ctx, home, entries[1], "那天是两个人参加的"+v.mark)
	if err != nil {
		s.t.Fatal(err)
	}
	v.objected, v.appealed = o.ID, pg.NewID()
	heard := pg.NewID()
	s.exec(`insert into objection (village_id, id, household_id, entry_id, grounds, channel, filed_by, filed_by_name, filed_at, due_on, state, decided_by, decided_by_name, decided_at, reason)
		values ($1, $2, $3, $4, '先前的异议', 'self', $5, '', now(), '2026-11-14', 'dismissed', $2, '', '2026-11-06', '经核查无误')`, int64(v.id), heard, v.home, entries[1], home.Account)
	s.exec(`insert into appeal (village_id, id, objection_id, household_id, entry_id, grounds, channel, filed_by, filed_by_name, filed_at, due_on, held, state)
		values ($1, $2, $3, $4, $5, $6, 'self', $7, '', now(), '2026-11-22', false, 'open')`, int64(v.id), v.appealed, heard, v.home, entries[1], "不同意村里的答复"+v.mark, home.Account)
}

// snapshot is a small photo, another for each tint.
func snapshot(tint uint8) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for x := range 64 {
		for y := range 48 {
			img.Set(x, y, color.RGBA{uint8(x * 4), uint8(y * 5), tint * 7, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}
