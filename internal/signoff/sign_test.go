package signoff_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"

	. "cunfen/internal/signoff"
)

// frozen is a stand whose November, with one line for the first household, is being signed.
func frozen(t *testing.T, item string) *stand {
	s := newStand(t)
	s.deed(s.homes[0], item, "2026-11-20")
	s.at("2026-12-03T09:00:00+08:00")
	s.freeze(november)
	return s
}

func TestSign(t *testing.T) {
	s := frozen(t, "P07")
	s.sign(november, s.cadre, s.party)
	v := s.view(november)
	if v.State != Signing || len(v.Signatures) != 2 || len(v.Missing) != 2 {
		t.Errorf("%+v", v)
	}
	if n := s.count(`select count(*) from ledger_entry`); n != 0 {
		t.Error("points before the quorum")
	}
	_, err := s.Sign(ctx, s.cadre, november, s.pen(november))
	want(t, "twice", err, ErrSigned)
	_, err = s.Sign(ctx, s.villager, november, Pen{Hash: v.Hash, Method: ByDrawing, Drawing: []byte("x")})
	want(t, "an empty drawing", err, ErrDrawing)
	sheet, err := s.Sign(ctx, s.villager, november, Pen{Hash: v.Hash, Method: ByDrawing, Drawing: []byte(strings.Repeat("x", 200))})
	if err != nil || sheet.State != Posted || sheet.PostedAt == nil {
		t.Errorf("%+v %v", sheet, err)
	}
	s.sound()
	if n := s.count(`select count(*) from audit where verb = 'sheet.post'`); n != 1 {
		t.Errorf("%d posts in the log", n)
	}
}

// TestSeat is ATK-84 and R4.1.6–7: only who sits in the group today can sign.
func TestSeat(t *testing.T) {
	s := frozen(t, "P07")
	altered := func(set string) actor.Actor {
		who := s.seat(actor.Committee, "党员代表")
		s.exec(`update membership set `+set+` where id = $1`, who.Membership)
		return who
	}
	borrowed, stranger := s.seat(actor.Committee, "党员代表"), pgtest.In(pgtest.A, actor.Committee)
	stranger.Membership = borrowed.Membership
	for name, who := range map[string]actor.Actor{
		"ended":                   altered(`ended_at = '2026-12-02'`),
		"disqualified":            altered(`disqualified = true, ended_at = '2026-12-02'`),
		"disqualified, not ended": altered(`disqualified = true`),
		"expired yesterday":       altered(`ends_on = '2026-12-02'`),
		"begins tomorrow":         altered(`starts_on = '2026-12-04'`),
		"no seat of the group":    s.seat(actor.Desk, ""),
		"another's membership":    stranger,
		"no membership":           pgtest.In(pgtest.A, actor.Lead),
	} {
		_, err := s.Sign(ctx, who, november, s.pen(november))
		want(t, name, err, ErrNoSeat)
	}
	for name, who := range map[string]actor.Actor{"another village": pgtest.In(pgtest.B, actor.Lead)} {
		_, err := s.Sign(ctx, who, november, s.pen(november))
		want(t, name, err, ErrNotOpen)
	}
	if n := s.count(`select count(*) from signature`); n != 0 {
		t.Errorf("%d signatures", n)
	}
	for _, set := range []string{`ends_on = '2026-12-03'`, `starts_on = '2026-12-03'`} {
		s.sign(november, altered(set))
	}
	twice := s.cadre
	s.sign(november, twice)
	twice.Membership = pg.NewID()
	s.exec(`insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values (11, $1, $2, '', 'grid', '群众代表', '2026-01-01', now())`, twice.Membership, twice.Account)
	_, err := s.Sign(ctx, twice, november, s.pen(november))
	want(t, "one person from two seats", err, ErrSigned)
	s.state(november, Signing)
}

func TestQuorumKinds(t *testing.T) {
	s := frozen(t, "P07")
	s.sign(november, s.lead, s.cadre, s.villager, s.other)
	s.state(november, Signing)
	s.sign(november, s.party)
	s.state(november, Posted)
}

func TestQuorumOfTheVillage(t *testing.T) {
	s := frozen(t, "P07")
	s.exec(`update village set settings = settings || '{"quorum": {"signers": 4, "per_line": 3}}' where id = 11`)
	s.sign(november, s.cadre, s.villager, s.party)
	s.state(november, Signing)
	s.sign(november, s.other)
	s.state(november, Posted)
}

// TestLineNeedsTwo: who lives there, is related or recorded it signs, but does not count for that line.
func TestLineNeedsTwo(t *testing.T) {
	for name, tie := range map[string]func(s *stand, who actor.Actor){
		"relative": func(s *stand, who actor.Actor) {
			s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '弟弟家', now())`, who.Account, s.homes[0])
		},
		"membership": func(s *stand, who actor.Actor) {
			s.exec(`insert into membership (village_id, id, account_id, name, role, household_id, starts_on, created_at) values (11, $1, $2, '', 'household', $3, '2026-01-01', now())`,
				pg.NewID(), who.Account, s.homes[0])
		},
		"register": func(s *stand, who actor.Actor) {
			s.exec(`insert into member (village_id, id, household_id, name, account_id, created_at) values (11, $1, $2, '李四', $3, now())`, pg.NewID(), s.homes[0], who.Account)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := frozen(t, "P07")
			tie(s, s.cadre)
			tie(s, s.party)
			s.sign(november, s.cadre, s.party, s.villager)
			v := s.view(november)
			if v.State != Signing || v.Lines[0].Counted != 1 || len(v.Missing) != 1 {
				t.Errorf("%s, line counts %d, missing %v", v.State, v.Lines[0].Counted, v.Missing)
			}
			s.sign(november, s.recorder)
			if v := s.view(november); v.State != Signing || v.Lines[0].Counted != 1 {
				t.Errorf("the recorder counts: %s, %d", v.State, v.Lines[0].Counted)
			}
			s.sign(november, s.other)
			s.state(november, Posted)
			s.sound()
		})
	}
}

// TestOpenItemNeedsThree is D7.
func TestOpenItemNeedsThree(t *testing.T) {
	s := frozen(t, "P25")
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '弟弟家', now())`, s.cadre.Account, s.homes[0])
	s.sign(november, s.cadre, s.party, s.villager)
	if v := s.view(november); v.State != Signing || !v.Lines[0].Open() || v.Lines[0].Counted != 2 {
		t.Errorf("%+v", v)
	}
	s.sign(november, s.other)
	s.state(november, Posted)
}

// TestTwoCompleteAtOnce: members who sign at the edge of the quorum together post the month once.
func TestTwoCompleteAtOnce(t *testing.T) {
	s := newStand(t)
	lines := 0
	for m := month.Month(202601); m <= 202608; m = m.Next() {
		s.at(m.First().Add(30 * time.Hour).Format(time.RFC3339))
		for i := range 3 {
			s.deed(s.homes[i%2], "P16", m.First().Format("2006-01-02"))
			lines++
		}
		s.at(m.End().Add(time.Hour).Format(time.RFC3339))
		s.freeze(m)
		s.sign(m, s.cadre, s.party)
		pen := s.pen(m)
		edge := []actor.Actor{s.villager, s.other, s.lead, s.recorder}
		errs := make([]error, len(edge))
		var all sync.WaitGroup
		for i, who := range edge {
			all.Go(func() { _, errs[i] = s.Sign(ctx, who, m, pen) })
		}
		all.Wait()
		for _, err := range errs {
			if err != nil && !errors.Is(err, ErrNotOpen) {
				t.Error(err)
			}
		}
		if errs[0] != nil && errs[1] != nil {
			t.Errorf("%s: nobody completed it: %v", m, errs)
		}
		s.state(m, Posted)
	}
	s.sound()
	if n, posts := s.count(`select count(*) from ledger_entry`), s.count(`select count(*) from audit where verb = 'sheet.post'`); n != lines || posts != 8 {
		t.Errorf("%d of %d lines, %d posts", n, lines, posts)
	}
}

// TestTotals adds a month up another way: from what was claimed, in the test's own words.
func TestTotals(t *testing.T) {
	s := newStand(t)
	var homes []uuid.UUID
	for i := range 12 {
		homes = append(homes, s.db.Household(t, pgtest.A, fmt.Sprintf("2组%d号", i), "单建国"))
	}
	sums, total := map[uuid.UUID]int64{}, int64(0)
	for i, h := range homes {
		for n := range i {
			item, worth := "P16", int64(5)
			if n == 0 {
				item = "P07"
			}
			s.deed(h, item, "2026-11-20")
			sums[h] += worth
			total += worth
		}
	}
	photo := pg.NewID()
	proven := s.deed(homes[0], "P25", "2026-11-20")
	sums[homes[0]]++
	total++
	s.exec(`insert into evidence (village_id, id, key, sha256, bytes, width, height, uploaded_by, uploaded_at, claim_id) values (11, $1, 'k', sha256('x'), 1, 1, 1, $2, now(), $3)`,
		photo, s.recorder.Account, proven.ID)
	s.at("2026-12-03T09:00:00+08:00")
	if sheet := s.freeze(november); sheet.Points != total {
		t.Errorf("%d, want %d", sheet.Points, total)
	}
	s.sign(november, s.cadre, s.party, s.villager)
	s.sound()
	for _, h := range homes {
		var year, score, honour int64
		if err := s.db.Owner.QueryRow(ctx, `select year, score, honour from balance where household_id = $1`, h).Scan(&year, &score, &honour); err != nil || year != sums[h] || score != sums[h] || honour != sums[h] {
			t.Errorf("%d %d %d, want %d: %v", year, score, honour, sums[h], err)
		}
	}
	if n := s.count(`select count(*) from ledger_entry where source_id = $1 and evidence is not null`, proven.ID); n != 1 {
		t.Error("the line does not name its proof")
	}
}

func TestSignAgainWithTheSameKey(t *testing.T) {
	s := newStand(t)
	s.deed(s.homes[0], "P07", "2026-11-20")
	s.at("2026-12-03T09:00:00+08:00")
	s.lead.Key = "key-0000000001"
	first := s.freeze(november)
	again, err := s.Freeze(ctx, s.lead, november)
	if err != nil || again.Revision != 1 || again.Code() != first.Code() || again.State != Signing {
		t.Errorf("%+v %v", again, err)
	}
	_, err = s.Sign(ctx, s.lead, november, s.pen(november))
	want(t, "same key, other verb", err, idem.ErrReused)
	s.sign(november, s.cadre, s.party)
	s.villager.Key = "key-0000000001"
	done := s.sign(november, s.villager)
	pen := Pen{Hash: first.Hash, Method: ByPassword}
	if again, err := s.Sign(ctx, s.villager, november, pen); err != nil || again.State != Posted || !again.PostedAt.Equal(*done.PostedAt) {
		t.Errorf("%+v %v", again, err)
	}
	if n := s.count(`select count(*) from signature`); n != 3 {
		t.Errorf("%d signatures", n)
	}
	s.sound()
}

func TestSignaturesStay(t *testing.T) {
	s := frozen(t, "P07")
	s.sign(november, s.cadre, s.party, s.villager)
	for _, sql := range []string{`update signature set name = '别人' where village_id = 11`, `delete from signature where village_id = 11`,
		`update ledger_entry set points = 500 where village_id = 11`, `delete from ledger_entry where village_id = 11`} {
		err := s.DB.InVillage(ctx, s.lead, func(tx pg.Tx) error { _, err := tx.Exec(ctx, sql); return err })
		if !pg.Is(err, "42501") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	_, err := s.Show(ctx, s.lead, 0)
	want(t, "no month", err, fault.ErrNotFound)
	if v, err := s.Show(ctx, pgtest.In(pgtest.B, actor.Lead), november); err != nil || v.State != Open || len(v.Lines)+len(v.Signatures) != 0 {
		t.Errorf("%+v %v", v, err)
	}
}
