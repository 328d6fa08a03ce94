package appeal

import (
	"pgregory.net/rapid"

	"cunfen/internal/claim"
	"cunfen/internal/month"
	"cunfen/internal/signoff"
)

// inHand is the first sheet that was frozen and is not posted yet, 0 for none.
func (m *model) inHand() (first month.Month) {
	for of, p := range m.papers {
		if p.state != signoff.Posted && (first == 0 || of < first) {
			first = of
		}
	}
	return first
}

// month draws a sheet: mostly the one in hand, else one of the last months.
func (m *model) month(t *rapid.T) (month.Month, *paper) {
	of := m.inHand()
	if of == 0 || sometimes(t, 6) {
		of = month.Of(*m.now)
		for range rapid.SampledFrom([]int{0, 1, 1, 1, 2}).Draw(t, "months back") {
			of = of.Prev()
		}
	}
	p := m.papers[of]
	if p == nil {
		p = &paper{state: signoff.Open}
	}
	return of, p
}

func (m *model) freeze(t *rapid.T) {
	of, p := m.month(t)
	var want error
	switch {
	case p.state != signoff.Open:
		want = signoff.ErrFrozen
	case m.now.Before(of.End()):
		want = signoff.ErrRunning
	default:
		want = m.inOrder(of)
	}
	sheet, err := m.sheets.Freeze(ctx, m.people[m.person(t)], of)
	if !same(t, err, want) {
		return
	}
	lines, points := 0, 0
	for _, c := range m.things {
		if c.state == claim.Approved && c.sheet == 0 && c.on.Before(of.End()) {
			c.sheet = of
			lines++
			points += c.points
		}
	}
	p.state, p.signed = signoff.Signing, map[int]bool{}
	p.revision++
	m.papers[of] = p
	if sheet.Lines != lines || sheet.Points != int64(points) || sheet.Revision != p.revision {
		t.Fatalf("%+v, want %d lines of %d points", sheet, lines, points)
	}
}

func (m *model) inOrder(of month.Month) (want error) {
	first := month.Month(999999)
	for other, p := range m.papers {
		if other < of && (p.state == signoff.Open || p.state == signoff.Signing) && other < first {
			first, want = other, signoff.ErrEarlier
		}
		if other > of && p.state != signoff.Open && other < first {
			first, want = other, signoff.ErrLater
		}
	}
	return want
}

func (m *model) reopen(t *rapid.T) {
	if !sometimes(t, 4) {
		t.Skip("not now")
	}
	of, p := m.month(t)
	var want error
	if p.state != signoff.Signing {
		want = signoff.ErrNotOpen
	}
	_, err := m.sheets.Reopen(ctx, m.people[0], of, "漏了一户")
	if !same(t, err, want) {
		return
	}
	p.state, p.signed = signoff.Open, nil
	m.reached["reopened"]++
	for _, c := range m.things {
		if c.sheet == of {
			c.sheet = 0
		}
	}
}

func (m *model) sign(t *rapid.T) {
	of, p := m.month(t)
	who := m.person(t)
	for p.signed[who] && len(p.signed) < len(people) && !sometimes(t, 4) {
		who = (who + 1) % len(people)
	}
	view, err := m.sheets.Show(ctx, m.people[who], of)
	m.ok(t, err)
	pen := signoff.Pen{Hash: view.Hash, Method: signoff.ByPassword}
	if rapid.IntRange(0, 5).Draw(t, "stale") == 0 {
		pen.Hash = []byte("another sheet")
	}
	var want error
	switch {
	case p.state != signoff.Signing:
		want = signoff.ErrNotOpen
	case string(pen.Hash) == "another sheet":
		want = signoff.ErrChanged
	case p.signed[who]:
		want = signoff.ErrSigned
	}
	sheet, err := m.sheets.Sign(ctx, m.people[who], of, pen)
	if !same(t, err, want) {
		return
	}
	p.signed[who] = true
	if m.complete(of, p) {
		p.state = signoff.Posted
		m.post(t, of)
	}
	if sheet.State != p.state {
		t.Fatalf("%s is %s, want %s", of, sheet.State, p.state)
	}
}

// complete is the quorum in the model's words: three, both kinds of representative, two free hands a line, three on an open one.
func (m *model) complete(of month.Month, p *paper) bool {
	kinds := map[string]bool{}
	for who := range p.signed {
		kinds[m.kinds[who]] = true
	}
	if len(p.signed) < 3 || !kinds["党员代表"] || !kinds["群众代表"] {
		return false
	}
	for _, c := range m.things {
		if c.sheet != of {
			continue
		}
		free := 0
		for who := range p.signed {
			if who != c.recorder && !m.keepsAway(who, c.home) {
				free++
			}
		}
		if free < 2 || c.points == 3 && free < 3 {
			return false
		}
	}
	return true
}

func (m *model) post(t *rapid.T, of month.Month) {
	for id, c := range m.things {
		if c.sheet == of {
			c.state = claim.Posted
			m.reached["posted"]++
			m.ok(t, m.db.Owner.QueryRow(ctx, `select id from ledger_entry where village_id = $1 and source_id = $2 and month = $3`, int64(m.village), id, int(of)).Scan(&c.entry))
		}
	}
}

func (m *model) object(t *rapid.T) {
	id, c := m.any(t, claim.Posted)
	if c.state != claim.Posted {
		t.Skip("not posted")
	}
	var want error
	if c.reversed {
		want = ErrDone
	}
	for _, d := range m.objection {
		if d.of == id && d.state == Dismissed && want == nil {
			want = ErrHeard
		}
	}
	for _, d := range m.objection {
		if d.of == id && d.state == Open {
			want = ErrAlready
		}
	}
	o, err := m.appeals.File(ctx, m.family(c.home), c.entry, "这件事不是我家做的")
	if same(t, err, want) {
		m.disputes = append(m.disputes, o.ID)
		m.objection[o.ID] = &dispute{of: id, state: Open}
	}
}

func (m *model) decide(t *rapid.T) {
	if len(m.disputes) == 0 {
		t.Skip("no objection")
	}
	id := rapid.SampledFrom(m.disputes).Draw(t, "objection")
	d, who, uphold := m.objection[id], m.person(t), rapid.Bool().Draw(t, "uphold")
	c := m.things[d.of]
	var want error
	switch {
	case who == c.recorder || who == c.reviewer || who == c.first || m.keepsAway(who, c.home):
		want = ErrDuty
	case d.state != Open:
		want = ErrDecided
	}
	_, err := m.appeals.Decide(ctx, m.people[who], id, uphold, "核查过现场")
	if same(t, err, want) {
		d.state, d.at, c.reversed = Dismissed, *m.now, uphold
		if uphold {
			d.state = Upheld
		}
		m.reached[string(d.state)]++
		if d.state == Dismissed && !sometimes(t, 3) {
			m.carry(t, id, d)
		}
	}
}
