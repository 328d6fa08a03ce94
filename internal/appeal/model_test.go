package appeal

import (
	"errors"
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"cunfen/internal/actor"
	"cunfen/internal/claim"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/internal/signoff"
	"cunfen/tenants"
)

// TestMonthsAgainstAModel plays a village's months at random, claims to objections and appeals to the township, beside a model of a few
// maps. Every answer has to be the model's, and after every step the book has to be what the model says.
func TestMonthsAgainstAModel(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{"rapid.checks": "12", "rapid.steps": "300"} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			_ = f.Value.Set(value)
		}
	}
	reached := map[string]int{}
	db := pgtest.New(t)
	var now time.Time
	db.Now = func() time.Time { return now }
	village := actor.VillageID(1000)
	rapid.Check(t, func(rt *rapid.T) {
		village++
		now = day("2026-03-10").Add(9 * time.Hour)
		m := newModel(rt, db, village, &now)
		m.reached = reached
		rt.Repeat(map[string]func(*rapid.T){
			"": m.holds, "submit": m.submit, "submit more": m.submit, "approve": m.approve, "approve more": m.approve, "reject": m.reject, "undo": m.undo,
			"withdraw": m.withdraw, "pass a month": m.pass, "freeze": m.freeze, "reopen": m.reopen, "sign": m.sign, "sign more": m.sign, "sign again": m.sign,
			"object": m.object, "object more": m.object, "decide": m.decide, "withdraw an objection": m.drop, "wait": m.wait,
			"to the township": m.appeal, "to the township more": m.appeal, "the township decides": m.settle, "taken back from the township": m.takeBack,
		})
	})
	for _, what := range []string{"posted", "reopened", "upheld", "dismissed", "the township answers"} {
		if reached[what] == 0 {
			t.Errorf("the play never comes so far: %s", what)
		}
	}
	t.Log(reached)
}

// thing is a claim of the model, and its line once it is posted.
type thing struct {
	home               int
	slot               string // "" where nothing caps the item
	points             int
	on                 time.Time
	state              claim.State
	recorder, reviewer int // -1 for nobody
	open               bool
	first              int // who let an open item through first
	sheet              month.Month
	entry              uuid.UUID
	reversed           bool
}

type paper struct {
	state    signoff.State
	revision int
	signed   map[int]bool
}

type model struct {
	db        *pgtest.DB
	now       *time.Time
	village   actor.VillageID
	claims    *claim.Service
	sheets    *signoff.Service
	appeals   *Service
	homes     []uuid.UUID
	people    []actor.Actor
	kinds     []string
	relative  map[int]int // person to the home to keep away from
	order     []uuid.UUID
	things    map[uuid.UUID]*thing
	papers    map[month.Month]*paper
	disputes  []uuid.UUID
	objection map[uuid.UUID]*dispute
	reached   map[string]int // how often the play came to what matters
}

type dispute struct {
	of     uuid.UUID // the claim
	state  State
	at     time.Time // when the village answered
	appeal *hearing
}

func newModel(t *rapid.T, db *pgtest.DB, v actor.VillageID, now *time.Time) *model {
	m := &model{db: db, now: now, village: v, claims: &claim.Service{DB: db.DB}, sheets: &signoff.Service{DB: db.DB, Sources: []signoff.Source{claim.OnSheet{}}}, appeals: &Service{DB: db.DB},
		kinds: []string{"两委", "党员代表", "群众代表", "网格员", "群众代表"}, relative: map[int]int{1: 0, 4: 1},
		things: map[uuid.UUID]*thing{}, papers: map[month.Month]*paper{}, objection: map[uuid.UUID]*dispute{}}
	m.exec(t, `insert into village (id, township_id, code, name, kind, created_at) values ($1, 1, $2, '模型村', 'village', now())`, int64(v), fmt.Sprint("m", v))
	r := tenants.Document()
	r.Version, r.InForceFrom = 1, day("2026-01-01")
	m.ok(t, db.InVillage(ctx, actor.System(v), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) }))
	for i := range 3 {
		id := pg.NewID()
		m.homes = append(m.homes, id)
		m.exec(t, `insert into household (village_id, id, door, head, residence, passbook_no, registered_on, base_unlocks_on, created_at, updated_at)
			values ($1, $2, $3, '户主', 'local', $3, '2026-01-05', '2027-01-05', now(), now())`, int64(v), id, fmt.Sprint(i))
		m.exec(t, `insert into balance (village_id, household_id) values ($1, $2)`, int64(v), id)
	}
	for i, kind := range m.kinds {
		who := pgtest.In(v, actor.Committee)
		who.Township = pgtest.Town1
		m.people = append(m.people, who)
		m.exec(t, `insert into account (id, name, phone, phone_index, created_at) values ($1, '', '', uuid_send($1), now())`, who.Account)
		m.exec(t, `insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values ($1, $2, $3, '', 'committee', $4, '2026-01-01', now())`,
			int64(v), who.Membership, who.Account, kind)
		if home, ok := m.relative[i]; ok {
			m.exec(t, `insert into relative (village_id, account_id, household_id, relation, declared_at) values ($1, $2, $3, '兄弟', now())`, int64(v), who.Account, m.homes[home])
		}
	}
	return m
}

func (m *model) exec(t *rapid.T, sql string, args ...any) {
	_, err := m.db.Owner.Exec(ctx, sql, args...)
	m.ok(t, err)
}

func (m *model) ok(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

// same asks that the program answered as the model did, and says whether it went through.
func same(t *rapid.T, err, want error) bool {
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Fatalf("answered %v, want %v", err, want)
	}
	return err == nil
}

var people = []int{0, 1, 2, 3, 4}

func (m *model) person(t *rapid.T) int { return rapid.SampledFrom(people).Draw(t, "person") }

// sometimes is true once in n times.
func sometimes(t *rapid.T, n int) bool {
	chances := make([]bool, n)
	chances[n-1] = true
	return rapid.SampledFrom(chances).Draw(t, "sometimes")
}

// any draws a claim, mostly one in the given state, or skips the step where there is none.
func (m *model) any(t *rapid.T, like claim.State) (uuid.UUID, *thing) {
	var alike []uuid.UUID
	for _, id := range m.order {
		if m.things[id].state == like {
			alike = append(alike, id)
		}
	}
	if len(alike) == 0 || sometimes(t, 4) {
		alike = m.order
	}
	if len(alike) == 0 {
		t.Skip("no claim")
	}
	id := rapid.SampledFrom(alike).Draw(t, "claim")
	return id, m.things[id]
}

func (m *model) keepsAway(person, home int) bool {
	of, ok := m.relative[person]
	return ok && of == home
}

func (m *model) taken(slot string) bool {
	for _, c := range m.things {
		if slot != "" && c.slot == slot && c.state != claim.Rejected && c.state != claim.Withdrawn {
			return true
		}
	}
	return false
}

func (m *model) submit(t *rapid.T) {
	who, home := m.person(t), rapid.IntRange(0, len(m.homes)-1).Draw(t, "home")
	on := month.Day(*m.now).AddDate(0, 0, -rapid.IntRange(-1, 70).Draw(t, "days ago"))
	item := rapid.SampledFrom([]string{"P07", "P16", "P25"}).Draw(t, "item")
	c := &thing{home: home, points: 5, on: on, state: claim.Pending, recorder: who, reviewer: -1, first: -1}
	d := claim.Draft{Household: m.homes[home], Item: item, Parts: map[string]int{"": 1}, OccurredOn: on, Proofs: []rulebook.Evidence{rulebook.Feedback}, Note: "村民代表会议议定的加分"}
	switch item {
	case "P07":
		c.slot = fmt.Sprint(home, month.Of(on))
	case "P25":
		c.points, c.open = 3, true
		d.Parts[""] = 3
	}
	var want error
	switch {
	case on.After(month.Day(*m.now)):
		want = claim.ErrFuture
	case on.Year() < 2026:
		want = claim.ErrOtherYear
	case m.taken(c.slot):
		want = claim.ErrTaken
	}
	got, err := m.claims.Submit(ctx, m.people[who], d)
	if same(t, err, want) {
		m.order = append(m.order, got.ID)
		m.things[got.ID] = c
	}
}

func (m *model) review(t *rapid.T, to claim.State, call func(actor.Actor, uuid.UUID) (claim.Claim, error)) {
	id, c := m.any(t, claim.Pending)
	who := m.person(t)
	var want error
	switch {
	case c.state != claim.Pending:
		want = claim.ErrDecided
	case c.recorder == who:
		want = claim.ErrOwnRecord
	case m.keepsAway(who, c.home):
		want = claim.ErrRelated
	case to == claim.Approved && c.open && c.first == who:
		want = claim.ErrSecond
	}
	_, err := call(m.people[who], id)
	switch {
	case !same(t, err, want):
	case to == claim.Approved && c.open && c.first < 0:
		c.first = who
	case to == claim.Approved:
		c.state, c.reviewer = to, who
	default:
		c.state, c.reviewer, c.first = to, who, -1
	}
}

func (m *model) approve(t *rapid.T) {
	m.review(t, claim.Approved, func(who actor.Actor, id uuid.UUID) (claim.Claim, error) { return m.claims.Approve(ctx, who, id) })
}

func (m *model) reject(t *rapid.T) {
	m.review(t, claim.Rejected, func(who actor.Actor, id uuid.UUID) (claim.Claim, error) {
		return m.claims.Reject(ctx, who, id, "不属实")
	})
}

func (m *model) undo(t *rapid.T) {
	id, c := m.any(t, claim.Rejected)
	who := m.person(t)
	if c.reviewer >= 0 && rapid.Bool().Draw(t, "by who decided") {
		who = c.reviewer
	}
	var want error
	switch {
	case c.state == claim.Pending && c.first == who:
	case c.state == claim.Rejected && m.taken(c.slot):
		want = claim.ErrTaken
	case c.reviewer != who || c.state != claim.Approved && c.state != claim.Rejected:
		want = claim.ErrDecided
	case c.sheet != 0:
		want = claim.ErrOnSheet
	}
	_, err := m.claims.Undo(ctx, m.people[who], id)
	if same(t, err, want) {
		c.state, c.reviewer, c.first = claim.Pending, -1, -1
	}
}

func (m *model) withdraw(t *rapid.T) {
	if !sometimes(t, 3) {
		t.Skip("not now")
	}
	id, c := m.any(t, claim.Pending)
	var want error
	if c.state != claim.Pending {
		want = claim.ErrDecided
	}
	_, err := m.claims.Withdraw(ctx, m.people[c.recorder], id)
	if same(t, err, want) {
		c.state = claim.Withdrawn
	}
}

func (m *model) pass(t *rapid.T) {
	if this := month.Of(*m.now); this < 202612 && (m.inHand() == 0 || sometimes(t, 8)) {
		*m.now = this.Next().First().AddDate(0, 0, rapid.IntRange(0, 27).Draw(t, "day")).Add(9 * time.Hour)
	}
}

// holds compares every balance with the model, and reads the whole book again.
func (m *model) holds(t *rapid.T) {
	m.once(t)
	want := make([]ledger.Balance, len(m.homes))
	for id, c := range m.things {
		if c.state == claim.Posted && !c.reversed {
			want[c.home].Year += int64(c.points)
		}
		for _, d := range m.objection {
			if d.of == id && (d.state == Open || d.appeal != nil && d.appeal.state == Open) {
				want[c.home].Disputed += int64(c.points)
			}
		}
	}
	m.ok(t, m.db.Look(ctx, actor.System(m.village), func(tx pg.Tx) error {
		for i, home := range m.homes {
			w := ledger.Balance{HouseholdID: home, Year: want[i].Year, Score: want[i].Year, Honour: want[i].Year, Disputed: want[i].Disputed}
			b, err := ledger.BalanceOf(ctx, tx, home)
			if err != nil {
				return err
			}
			w.BaseFrom, w.BaseUsable = b.BaseFrom, b.BaseUsable // the register's, not the ledger's
			if b != w {
				t.Fatalf("household %d has %+v, want %+v", i, b, w)
			}
		}
		r, err := ledger.Verify(ctx, tx)
		if len(r.Findings) > 0 {
			t.Fatal(r.Findings)
		}
		return err
	}))
}
