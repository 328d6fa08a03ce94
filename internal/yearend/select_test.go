package yearend

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/exempt"
	"cunfen/internal/ledger"
)

func TestRank(t *testing.T) {
	t.Parallel()
	ids := []uuid.UUID{uuid.New(), uuid.New(), uuid.New(), uuid.New()}
	rows := []scored{{ids[0], 90, 0}, {ids[1], 80, 1}, {ids[2], 80, 0}, {ids[3], 0, 0}}
	shares := map[uuid.UUID]exempt.Share{ids[0]: {Had: 90, Reach: 300}, ids[1]: {Had: 80, Reach: 200}, ids[2]: {Had: 80, Reach: 100}, ids[3]: {}}
	got := rank(rows, shares, Conditions{Places: 1, Least: 10, NoDeduction: true})
	for i, want := range []Rank{{Place: 1, SharePlace: 3, Share: 300, Fits: true, Chosen: true}, {Place: 2, SharePlace: 2, Share: 400}, {Place: 2, SharePlace: 1, Share: 800, Fits: true}, {Place: 4, SharePlace: 4}} {
		g := got[i]
		if g.Place != want.Place || g.SharePlace != want.SharePlace || g.Share != want.Share || g.Fits != want.Fits || g.Chosen != want.Chosen {
			t.Errorf("%d: %+v, want %+v", i, g, want)
		}
	}
	// equal points share the last place
	if got := rank(rows, shares, Conditions{Places: 2}); !got[0].Chosen || !got[1].Chosen || !got[2].Chosen || got[3].Chosen {
		t.Errorf("%+v", got)
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()
	s := arrange(t, 2, 3)
	ctx, v := context.Background(), s.villages[0]
	for i, h := range s.homes[v] {
		s.must(s.post(v, line(h, 10*(i+1), "2026-05-01", ledger.Award)))
	}
	s.exec(`insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at)
		select id, 1, 2026, '2026-01-01', '', 100, '{}', 'x', now() from village where id = any($1)`, []int64{11, 12})
	lead, other, kin := s.lead(v), s.lead(v), s.lead(v)
	c := Conditions{Text: "全年无减分", Places: 2, Days: 7}
	if _, err := s.Freeze(ctx, lead, 2026, Conditions{Places: 0, Days: 1}); err == nil {
		t.Error("conditions that are none were taken")
	}
	sel, err := s.Freeze(ctx, lead, 2026, c)
	s.must(err)
	best, second := s.homes[v][2], s.homes[v][1]
	if len(sel.Ranks) != 3 || sel.Ranks[0].HouseholdID != best || !sel.Ranks[1].Chosen || sel.Ranks[2].Chosen {
		t.Fatalf("%+v", sel.Ranks)
	}
	s.must(s.post(v, line(s.homes[v][0], 500, "2026-12-31", ledger.Award))) // too late for the ranking
	if _, err := s.Freeze(ctx, lead, 2026, c); !errors.Is(err, ErrFrozen) {
		t.Errorf("frozen twice: %v", err)
	}
	if got, err := s.Selection(ctx, lead, 2026); err != nil || got.Ranks[0].HouseholdID != best {
		t.Errorf("the ranking moved: %+v, %v", got, err)
	}
	id, err := s.Object(ctx, lead, 2026, second, "这户院子长期堆放杂物")
	s.must(err)
	if err := s.Answer(ctx, lead, 2026, id, true, "自己答自己"); !errors.Is(err, ErrOwn) {
		t.Errorf("decided by who filed it: %v", err)
	}
	if err := s.Settle(ctx, lead, 2026); !errors.Is(err, ErrWindowObj) {
		t.Errorf("settled within the days for objections: %v", err)
	}
	s.db.At("2027-01-20T09:00:00+08:00")
	if err := s.Settle(ctx, lead, 2026); !errors.Is(err, ErrOpenObj) {
		t.Errorf("settled over an open objection: %v", err)
	}
	s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, $2, '', uuid_send($1), now())`, kin.Account, kin.Name)
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '兄弟', now())`, kin.Account, second)
	if err := s.Answer(ctx, kin, 2026, id, false, "没有这回事"); !errors.Is(err, ErrKin) {
		t.Errorf("decided by a relative: %v", err)
	}
	s.must(s.Answer(ctx, other, 2026, id, true, "核实属实"))
	if err := s.Choose(ctx, kin, 2026, second, true, "最美家庭", "一直很好"); !errors.Is(err, ErrKin) {
		t.Errorf("put on the list by a relative: %v", err)
	}
	s.must(s.Choose(ctx, kin, 2026, second, false, "", "本户自愿退出"))
	s.must(s.Choose(ctx, lead, 2026, best, true, "最美家庭", ""))
	s.must(s.Settle(ctx, lead, 2026))
	got, err := s.Selection(ctx, lead, 2026)
	s.must(err)
	if got.State != "settled" || got.Ranks[0].Honour != "最美家庭" || got.Ranks[1].Chosen {
		t.Errorf("%+v", got.Ranks)
	}
	if err := s.Choose(ctx, lead, 2026, second, true, "", ""); !errors.Is(err, ErrSettled) {
		t.Errorf("changed after it was settled: %v", err)
	}
	if none, err := s.Selection(ctx, s.lead(s.villages[1]), 2026); none != nil || err != nil {
		t.Errorf("another village's selection: %+v, %v", none, err)
	}
}
