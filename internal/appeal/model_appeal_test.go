package appeal

import (
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// hearing is an appeal of the model.
type hearing struct {
	id    uuid.UUID
	state State
}

// answered draws an objection, mostly one that the village has dismissed, or skips the step.
func (m *model) answered(t *rapid.T) (uuid.UUID, *dispute) {
	var alike []uuid.UUID
	for _, id := range m.disputes {
		if m.objection[id].state == Dismissed {
			alike = append(alike, id)
		}
	}
	if len(alike) == 0 || sometimes(t, 4) {
		alike = m.disputes
	}
	if len(alike) == 0 {
		t.Skip("no objection")
	}
	id := rapid.SampledFrom(alike).Draw(t, "objection")
	return id, m.objection[id]
}

func (m *model) family(home int) actor.Actor {
	who := pgtest.In(m.village, actor.Household)
	who.Household = m.homes[home]
	return who
}

// wait lets some days of the month go by, so that a term for appeals can end.
func (m *model) wait(t *rapid.T) {
	if next := m.now.AddDate(0, 0, rapid.IntRange(1, 9).Draw(t, "days")); month.Of(next) == month.Of(*m.now) {
		*m.now = next
	}
}

func (m *model) appeal(t *rapid.T) {
	id, d := m.answered(t)
	m.carry(t, id, d)
}

// carry takes an objection on to the township, which mostly decides before much else happens.
func (m *model) carry(t *rapid.T, id uuid.UUID, d *dispute) {
	home := m.things[d.of].home
	who := m.family(home)
	if sometimes(t, 4) {
		who = pgtest.In(m.village, actor.Desk) // for the household, at the counter
	}
	var want error
	switch last := month.Date(d.at.AddDate(0, 0, 15)); {
	case sometimes(t, 6):
		who, want = m.family((home+1)%len(m.homes)), fault.ErrNotFound
	case d.state != Dismissed:
		want = ErrNotHeard
	case month.Date(*m.now).After(last):
		want = ErrAppealLate
		m.reached["too late"]++
	case d.appeal != nil:
		want = ErrAppealed
	}
	a, err := m.appeals.Appeal(ctx, who, id, "照片上的不是我家")
	if same(t, err, want) {
		d.appeal = &hearing{a.ID, Open}
		if !sometimes(t, 3) {
			m.answer(t, d)
		}
	}
}

// heard draws an appeal, or skips the step where there is none.
func (m *model) heard(t *rapid.T) (*hearing, *dispute) {
	var all []uuid.UUID
	for _, id := range m.disputes {
		if m.objection[id].appeal != nil {
			all = append(all, id)
		}
	}
	if len(all) == 0 {
		t.Skip("no appeal")
	}
	d := m.objection[rapid.SampledFrom(all).Draw(t, "appeal")]
	return d.appeal, d
}

func (m *model) settle(t *rapid.T) {
	_, d := m.heard(t)
	m.answer(t, d)
}

func (m *model) answer(t *rapid.T, d *dispute) {
	h := d.appeal
	uphold, want := rapid.Bool().Draw(t, "uphold"), error(nil)
	officer := actor.Actor{Account: pg.NewID(), Name: "局里老周", Role: actor.Bureau, Township: pgtest.Town1}
	if h.state != Open {
		want = ErrEnded
	}
	switch rapid.SampledFrom([]string{"", "", "", "another town's", "a department", "the village's"}).Draw(t, "who") {
	case "another town's":
		officer.Township, want = pgtest.Town2, fault.ErrNotFound
	case "a department":
		officer.Role, want = actor.Department, fault.ErrNotFound
	case "the village's":
		officer, want = m.people[m.person(t)], fault.ErrNotFound
	}
	_, err := m.appeals.Settle(ctx, officer, h.id, uphold, "镇里到现场核查过")
	if !same(t, err, want) {
		return
	}
	if h.state = Dismissed; uphold {
		h.state, m.things[d.of].reversed = Upheld, true
	}
	m.reached["the township answers"]++
	m.reached["the township: "+string(h.state)]++
}

func (m *model) takeBack(t *rapid.T) {
	if !sometimes(t, 3) {
		t.Skip("not now")
	}
	h, d := m.heard(t)
	home, want := m.things[d.of].home, error(nil)
	who := m.family(home)
	switch {
	case sometimes(t, 4):
		who, want = m.family((home+1)%len(m.homes)), fault.ErrNotFound
	case h.state != Open:
		want = ErrEnded
	}
	_, err := m.appeals.TakeBack(ctx, who, h.id)
	if same(t, err, want) {
		h.state = Withdrawn
		m.reached["taken back"]++
	}
}

// drop withdraws an objection in the village.
func (m *model) drop(t *rapid.T) {
	if len(m.disputes) == 0 || !sometimes(t, 5) {
		t.Skip("not now")
	}
	d := m.objection[rapid.SampledFrom(m.disputes).Draw(t, "objection")]
	var want error
	if d.state != Open {
		want = ErrDecided
	}
	_, err := m.appeals.Withdraw(ctx, m.family(m.things[d.of].home), m.idOf(d))
	if same(t, err, want) {
		d.state = Withdrawn
	}
}

func (m *model) idOf(d *dispute) uuid.UUID {
	for id, o := range m.objection {
		if o == d {
			return id
		}
	}
	return uuid.Nil
}

// once asks of every line of the book that it was taken back by its objection's or its appeal's decision alone, and
// once.
func (m *model) once(t *rapid.T) {
	want := 0
	for _, c := range m.things {
		if c.reversed {
			want++
		}
	}
	var reversing, decided int
	m.ok(t, m.db.Owner.QueryRow(ctx, `select (select count(*) from ledger_entry where village_id = $1 and kind = 5),
		(select count(*) from objection where village_id = $1 and state = 'upheld') + (select count(*) from appeal where village_id = $1 and state = 'upheld')`, int64(m.village)).Scan(&reversing, &decided))
	if reversing != want || decided != want {
		t.Fatalf("%d lines taken back by %d decisions, want %d", reversing, decided, want)
	}
}
