package evaluation

import (
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/bureau"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// TestPack counts by hand what the quarter's data pack says of each item: lines and points without those taken
// back, households once each, claims, refusals, objections, opinions from outside the round, and the burden in
// what somebody had to write. What happened before or after the quarter, or in another village, is no part of it.
func TestPack(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := t.Context()
	db.At("2027-01-05T09:00:00+08:00")
	s := &Service{DB: db.DB}
	lead := pgtest.In(pgtest.A, actor.Lead)
	s.rules(t, lead)
	var homes []uuid.UUID
	for _, door := range []string{"1号", "2号", "3号", "4号", "5号", "6号", "7号", "8号", "9号", "10号"} {
		homes = append(homes, db.Household(t, pgtest.A, door, "甲"))
	}
	other := db.Household(t, pgtest.B, "1号", "乙")
	line := func(village int, home uuid.UUID, item, day string, points int) uuid.UUID {
		id := pg.NewID()
		db.Exec(t, `insert into ledger_entry (village_id, id, household_id, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
			values ($1, $2, $3, $2, now(), $4, 202610, $5, 1, 1, 2, 2, true, $6)`, village, id, home, points, day, item)
		return id
	}
	// P07: nine and a half of ten have it, one twice; a line taken back is none, and its reversal is none.
	for _, h := range homes {
		line(11, h, "P07", "2026-10-05", 5)
	}
	line(11, homes[0], "P07", "2026-11-05", 5)
	wrong := line(11, homes[1], "P16", "2026-12-31", 5)
	db.Exec(t, `insert into ledger_entry (village_id, id, household_id, reverses, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
		values (11, $1, $2, $3, $3, now(), -5, 202612, '2026-12-31', 1, 6, 5, 2, true, 'P16')`, pg.NewID(), homes[1], wrong)
	line(11, homes[2], "P16", "2026-10-01", 5)
	line(11, homes[2], "P16", "2026-09-30", 5)
	line(11, homes[2], "P16", "2027-01-01", 5)
	line(12, other, "P16", "2026-11-01", 5)
	for n, c := range []struct{ item, day, state string }{
		{"P16", "2026-10-01", "posted"}, {"P16", "2026-10-02", "rejected"}, {"P16", "2026-12-31", "rejected"}, {"P16", "2026-11-01", "withdrawn"}, {"P16", "2027-01-01", "rejected"},
		{"P99", "2026-11-01", "pending"}, // an item that the rules no longer have is a burden all the same
	} {
		db.Exec(t, `insert into claim (village_id, id, household_id, item, parts, rule_version, points, occurred_on, channel, recorder, recorder_name, recorded_at, state)
			values (11, $1, $2, $3, '{}', 1, 5, $4, 'self', $2, 'x', now(), $5)`, pg.NewID(), homes[n], c.item, c.day, c.state)
	}
	for _, o := range []struct {
		entry uuid.UUID
		state string
	}{{wrong, "upheld"}, {line(11, homes[3], "P24", "2026-11-02", 5), "open"}, {line(11, homes[4], "P24", "2026-11-03", 5), "withdrawn"}} {
		db.Exec(t, `insert into objection (village_id, id, household_id, entry_id, grounds, channel, filed_by, filed_by_name, filed_at, due_on, state) values (11, $1, $2, $3, '', 'self', $1, '', now(), now(), $4)`, pg.NewID(), homes[3], o.entry, o.state)
	}
	for item, at := range map[string]string{"P24": "2026-12-31T15:00:00Z", "N08": "2026-12-31T17:00:00Z", "": "2026-11-01T00:00:00Z"} { // N08's came on New Year's Day, here
		db.Exec(t, `insert into opinion (village_id, id, kind, item, words, channel, filed_at, due_on, state) values (11, $1, 'item', $2, '说几句话', 'public', $3, now(), 'open')`, pg.NewID(), item, at)
	}
	round := pg.NewID()
	db.Exec(t, `insert into inspection (village_id, id, grid, month, rule_version, items, occurred_on, seed, sample, state, opened_by, opened_by_name, opened_at) values (11, $1, 1, 202610, 1, '{}', '2026-10-20', '\x00', '{}', 'open', $1, '', now())`, round)
	for n, at := range []string{"2026-10-20T00:00:00Z", "2026-10-21T00:00:00Z", "2026-09-21T00:00:00Z"} {
		db.Exec(t, `insert into inspection_home (village_id, inspection_id, household_id, recorder, recorder_name, recorded_at) values (11, $1, $2, $1, '', $3)`, round, homes[n], at)
	}
	for _, at := range []string{"2026-11-20T00:00:00Z", "2027-01-21T00:00:00Z"} {
		db.Exec(t, `insert into finding (village_id, id, household_id, item, parts, rule_version, points, occurred_on, found_at, matter, proofs, evidence, recorder, recorder_name, recorded_at, state)
			values (11, $1, $2, 'N08', '{}', 1, -5, '2026-11-20', $3, '乱堆乱放', '{photo}', sha256(''), $1, '', now(), 'recorded')`, pg.NewID(), homes[5], at)
	}
	if err := s.Gather(ctx, actor.System(pgtest.A), 20264); err != nil {
		t.Fatal(err)
	}
	e, _, err := s.Show(ctx, lead, 20264)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Use{
		"P07": {Times: 11, Points: 55, Households: 10}, "P16": {Times: 1, Points: 5, Households: 1, Claimed: 3, Refused: 2, Objected: 1},
		"P24": {Times: 2, Points: 10, Households: 2, Objected: 1, Opinions: 1},
	}
	for _, u := range e.Pack.Items {
		w := want[u.Code]
		w.Code, w.Title, w.Monthly = u.Code, u.Title, u.Monthly
		if u != w {
			t.Errorf("%+v, want %+v", u, w)
		}
		if u.Never() != (u.Code != "P07" && u.Code != "P16" && u.Code != "P24") || u.Always(e.Pack.Households) != (u.Code == "P07") {
			t.Errorf("%s: never used %v, always given %v", u.Code, u.Never(), u.Always(e.Pack.Households))
		}
	}
	// Four claims, two exceptions of a round and a finding, over ten homes.
	if p := e.Pack; p.Households != 10 || p.Entries != 7 || p.Burden != 0.7 || len(p.Items) != 43 || p.Version != 1 {
		t.Errorf("%d homes, %d entries, %v each, %d items", p.Households, p.Entries, p.Burden, len(p.Items))
	}
}

// TestTheBureauHearsOfNone: a village that had rules and no evaluation at all is in the bureau's inbox once its day
// is past; one without rules is not.
func TestTheBureauHearsOfNone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2027-01-31T09:00:00+08:00")
	s := &Service{DB: db.DB}
	s.rules(t, pgtest.In(pgtest.A, actor.Lead))
	office := &bureau.Service{DB: db.DB, Sources: []bureau.Source{Overdue{}}}
	officer := actor.Actor{Role: actor.Bureau, Township: pgtest.Town1}
	for at, want := range map[string]int{"2027-01-31T09:00:00+08:00": 0, "2027-02-01T09:00:00+08:00": 1} {
		db.At(at)
		all, err := office.Inbox(t.Context(), officer)
		if err != nil || len(all) != want || want == 1 && (all[0].VillageID != pgtest.A || all[0].Title != "2026年第4季度的评估还没有决定，请催办") {
			t.Errorf("%s: %+v, %v", at, all, err)
		}
	}
}
