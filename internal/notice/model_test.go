package notice

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"cunfen/internal/actor"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// TestNoticesAgainstAModel plays a village's notices at random beside a model: lines come, are held and are taken
// back, months are signed, notices and corrections are asked for by people and by the job, several at once. What
// goes out has to be what the model says: never of a month that is not signed and posted, never twice, no edition
// with the figures of the one before; what is out never changes, and nothing of it moves a point.
func TestNoticesAgainstAModel(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{"rapid.checks": "10", "rapid.steps": "90"} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			_ = f.Value.Set(value)
		}
	}
	v, seen, number := newVillage(t), map[string]int{}, actor.VillageID(2000)
	var now time.Time
	v.DB.Now = func() time.Time { return now }
	rapid.Check(t, func(rt *rapid.T) {
		number++
		p := newPlay(rt, v, number, &now)
		p.test, p.seen = t, seen
		for range 8 {
			p.enter(rt)
		}
		rt.Repeat(map[string]func(*rapid.T){"": p.holds, "enter": p.enter, "a line": p.enter, "a line held": p.hold, "a notice": p.publish, "correct": p.correct, "edition": p.correct,
			"a month signed": p.sign, "back": p.takeBack, "answer": p.answer, "suspend": p.suspend, "wait": p.wait})
	})
	for _, what := range []string{"published", "corrected", "nothing to correct", "not signed"} {
		if seen[what] == 0 {
			t.Errorf("the play never comes to %q: %v", what, seen)
		}
	}
	t.Log(seen)
}

// posted is a line of the model's book.
type posted struct {
	id             uuid.UUID
	home, kind     int
	points         int64
	month          month.Month
	reversed, held bool
}

type play struct {
	*Service
	owner  *pgtest.DB
	test   *testing.T
	now    *time.Time
	number actor.VillageID
	homes  []uuid.UUID
	book   []*posted
	sheets map[month.Month]string
	out    map[month.Month][][]Line // the editions that are out
	live   bool
	seen   map[string]int
}

var played = []month.Month{202609, october, november}

func newPlay(t *rapid.T, v *village, number actor.VillageID, now *time.Time) *play {
	*now = time.Date(2026, 12, 1, 9, 0, 0, 0, month.Zone)
	p := &play{Service: v.Service, owner: v.DB, now: now, number: number, sheets: map[month.Month]string{}, out: map[month.Month][][]Line{}, live: true}
	p.exec(t, `insert into village (id, township_id, code, name, kind, state, created_at) values ($1, 1, $2, '模型村', 'village', 'live', now())`, int64(number), fmt.Sprint("m", number))
	p.exec(t, `insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at)
		values ($1, 1, 2026, '2026-01-01', '', 100, '{"objection_days": 7, "hold_disputed": true}', '', now())`, int64(number))
	p.exec(t, `insert into rule_item (village_id, version, code, position, body) values ($1, 1, 'N12', 1, '{"class": "农村人居环境整治", "title": "乱倒垃圾", "notice": "A"}')`, int64(number))
	for i := range 4 {
		id := pg.NewID()
		p.homes = append(p.homes, id)
		p.exec(t, `insert into household (village_id, id, door, head, residence, passbook_no, registered_on, base_unlocks_on, walk, created_at, updated_at)
			values ($1, $2, $3, '李𬭎', 'local', $3, '2026-01-05', '2027-01-05', $4, now(), now())`, int64(number), id, fmt.Sprint(i+1), i)
	}
	return p
}

func (p *play) exec(t *rapid.T, sql string, args ...any) {
	if _, err := p.owner.Owner.Exec(context.Background(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func (p *play) count(t *rapid.T, sql string) (n int) {
	if err := p.owner.Owner.QueryRow(context.Background(), sql, int64(p.number)).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (p *play) month(t *rapid.T) month.Month { return rapid.SampledFrom(played).Draw(t, "month") }

// enter posts a line into a month that is not signed yet: what is signed does not change.
func (p *play) enter(t *rapid.T) {
	e := &posted{id: pg.NewID(), home: rapid.IntRange(0, len(p.homes)-1).Draw(t, "home"), kind: rapid.SampledFrom([]int{2, 2, 3, 4}).Draw(t, "kind"), month: p.month(t)}
	if p.sheets[e.month] != "" {
		t.Skip("signed")
	}
	e.points = int64(rapid.IntRange(1, 20).Draw(t, "points"))
	source, kind := uuid.New(), 9
	if e.kind != 2 {
		e.points = -e.points
	}
	if e.kind == 3 {
		source, kind = p.owner.Cleared(p.test, p.number, p.homes[e.home], "N12", 1, int(e.points)), 6
	}
	p.exec(t, `insert into ledger_entry (village_id, id, household_id, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
		values ($1, $2, $3, $4, $5, $6, $7, '2026-09-05', 1, $8, $9, 2, true, 'N12')`, int64(p.number), e.id, p.homes[e.home], source, *p.now, e.points, int32(e.month), kind, e.kind)
	p.book = append(p.book, e)
}

// any draws a line of the book that is or is not held.
func (p *play) any(t *rapid.T, held bool) *posted {
	var all []*posted
	for _, e := range p.book {
		if e.kind != 4 && !e.reversed && e.held == held {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		t.Skip("no line")
	}
	return rapid.SampledFrom(all).Draw(t, "line")
}

func (p *play) takeBack(t *rapid.T) {
	e := p.any(t, false)
	p.reverse(t, e)
}

func (p *play) reverse(t *rapid.T, e *posted) {
	p.exec(t, `insert into ledger_entry (village_id, id, household_id, reverses, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
		values ($1, $2, $3, $4, $4, $5, $6, $7, '2026-09-05', 1, 4, 5, 2, true, 'N12')`, int64(p.number), pg.NewID(), p.homes[e.home], e.id, *p.now, -e.points, int32(month.Of(*p.now)))
	e.reversed = true
}

func (p *play) hold(t *rapid.T) {
	e := p.any(t, false)
	p.exec(t, `insert into objection (village_id, id, household_id, entry_id, grounds, channel, filed_by, filed_by_name, filed_at, due_on, held, state)
		values ($1, $2, $3, $4, '不是我家做的', 'self', $2, '', $5, '2026-12-20', true, 'open')`, int64(p.number), pg.NewID(), p.homes[e.home], e.id, *p.now)
	e.held = true
}

func (p *play) answer(t *rapid.T) {
	e, state := p.any(t, true), "dismissed"
	if rapid.Bool().Draw(t, "uphold") {
		state = "upheld"
		p.reverse(t, e)
	}
	p.exec(t, `update objection set state = $3, decided_at = $4, decided_by = $2, reason = '查过了' where village_id = $1 and entry_id = $2 and state = 'open'`, int64(p.number), e.id, state, *p.now)
	e.held = false
}

func (p *play) sign(t *rapid.T) {
	m := p.month(t)
	if p.sheets[m] == "" {
		p.sheets[m] = "posted"
		p.exec(t, `insert into sheet (village_id, month, state) values ($1, $2, 'posted')`, int64(p.number), int32(m))
	}
}

// suspend takes the village out of service, mostly for a short while.
func (p *play) suspend(t *rapid.T) {
	if p.live && rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "suspended") == 0 {
		t.Skip("not now")
	}
	p.live = !p.live
	p.exec(t, `update village set state = $2 where id = $1`, int64(p.number), map[bool]string{true: "live", false: "suspended"}[p.live])
}

func (p *play) wait(t *rapid.T) {
	*p.now = p.now.Add(time.Duration(rapid.IntRange(1, 72).Draw(t, "hours")) * time.Hour)
}

// says is what the notice of a month has to say, worked out another way than by SQL.
func (p *play) says(m month.Month) (lines []Line) {
	for i := range p.homes {
		l := Line{Position: i + 1, Door: fmt.Sprint(i + 1), Head: "李*"}
		for _, e := range p.book {
			switch {
			case e.home != i || e.reversed || e.held || e.month > m:
			case e.month < m:
				l.Carried += e.points
			case e.kind == 2:
				l.Plus += e.points
			case e.kind == 3:
				l.Minus -= e.points
			default:
				l.Spent -= e.points
			}
		}
		l.Total = l.Carried + l.Plus - l.Minus - l.Spent
		lines = append(lines, l)
	}
	return lines
}

// ask asks once, or of three sides at once, and checks that all got the same answer.
func (p *play) ask(t *rapid.T, want error, call func(actor.Actor) (Notice, error)) (n Notice, ok bool) {
	sides := []actor.Actor{pgtest.In(p.number, actor.Lead), actor.System(p.number), pgtest.In(p.number, actor.Lead)}
	sides = sides[:rapid.SampledFrom([]int{1, 1, 3}).Draw(t, "sides")]
	all, errs := make([]Notice, len(sides)), make([]error, len(sides))
	var wg sync.WaitGroup
	for i, who := range sides {
		wg.Go(func() { all[i], errs[i] = call(who) })
	}
	wg.Wait()
	for i, err := range errs {
		if !errors.Is(err, want) || (err == nil) != (want == nil) || all[i].Number != all[0].Number || string(all[i].Root) != string(all[0].Root) {
			t.Fatalf("side %d of %d answered %+v, %v; want %v", i, len(sides), all[i], err, want)
		}
	}
	return all[0], want == nil
}

func (p *play) publish(t *rapid.T) {
	m := p.month(t)
	var want error
	switch {
	case p.sheets[m] == "published":
	case p.sheets[m] == "":
		want = ErrNotPosted
		p.seen["not signed"]++
	case !p.live:
		want = ErrNotLive
		p.seen["not live"]++
	}
	n, ok := p.ask(t, want, func(who actor.Actor) (Notice, error) { return p.Publish(context.Background(), who, m) })
	if ok && n.Number != max(len(p.out[m]), 1) {
		t.Fatalf("edition %d, want %d", n.Number, len(p.out[m]))
	}
	if ok && p.sheets[m] == "posted" {
		p.sheets[m], p.out[m] = "published", [][]Line{p.says(m)}
		p.seen["published"]++
		p.correctOf(t, m)
	}
}

func (p *play) correct(t *rapid.T) {
	m := p.month(t)
	for _, out := range played { // not over the map: a play has to be repeatable
		if p.out[out] != nil && rapid.Bool().Draw(t, "one that is out") {
			m = out
		}
	}
	p.correctOf(t, m)
}

func (p *play) correctOf(t *rapid.T, m month.Month) {
	reason := rapid.SampledFrom([]string{"异议成立，更正", "异议成立，再更正", "改"}).Draw(t, "reason")
	if at := slices.IndexFunc(p.book, func(e *posted) bool { return e.kind != 4 && e.month == m && !e.reversed && !e.held }); at >= 0 && rapid.Bool().Draw(t, "a line taken back first") {
		p.reverse(t, p.book[at])
	}
	var want error
	switch {
	case reason == "改":
		want = ErrReason
	case p.sheets[m] != "published":
		want = ErrNotPublished
	case !p.live:
		want = ErrNotLive
	}
	n, ok := p.ask(t, want, func(who actor.Actor) (Notice, error) { return p.Correct(context.Background(), who, m, reason) })
	if !ok {
		return
	}
	last, is := p.out[m][len(p.out[m])-1], p.says(m)
	if slices.Equal(last, is) {
		p.seen["nothing to correct"]++
	} else {
		p.out[m] = append(p.out[m], is)
		p.seen["corrected"]++
	}
	if n.Number != len(p.out[m]) {
		t.Fatalf("edition %d, want %d", n.Number, len(p.out[m]))
	}
}

// holds compares all that is out with the model.
func (p *play) holds(t *rapid.T) {
	*p.now = p.now.Add(time.Minute)
	editions, first, lines := 0, 0, 0
	for _, e := range p.book {
		if lines++; e.reversed {
			lines++
		}
	}
	for m, all := range p.out {
		editions, first = editions+len(all), first+1
		for i, want := range all {
			var got []Line
			err := p.DB.Look(context.Background(), actor.System(p.number), func(tx pg.Tx) (err error) {
				got, err = pg.All[Line](context.Background(), tx, sqlLines, edition(tx, Notice{Month: m, Number: i + 1}))
				return err
			})
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("edition %d of %s says %v, want %v (%v)", i+1, m, got, want, err)
			}
		}
	}
	for what, c := range map[string]struct {
		sql  string
		want int
	}{
		"editions":           {`select count(*) from notice where village_id = $1`, editions},
		"of unsigned months": {`select count(*) from notice n where village_id = $1 and not exists (select from sheet s where s.village_id = n.village_id and s.month = n.month and s.state = 'published')`, 0},
		"jobs":               {`select count(*) from outbox where village_id = $1 and kind = 'notice.out'`, editions},
		"log lines":          {`select count(*) from audit where village_id = $1 and verb in ('notice.publish', 'notice.correct')`, editions},
		"homes told":         {`select count(*) from message where village_id = $1 and kind = 'notice.published'`, first * len(p.homes)},
		"lines of the book":  {`select count(*) from ledger_entry where village_id = $1`, lines},
	} {
		if n := p.count(t, c.sql); n != c.want {
			t.Fatalf("%d %s, want %d", n, what, c.want)
		}
	}
}
