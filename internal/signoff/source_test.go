package signoff_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/tenants"

	. "cunfen/internal/signoff"
)

// rounds is a source of a test: the passes of one inspection round, kept in memory.
type rounds struct {
	id     uuid.UUID
	lines  []Line
	on     month.Month
	posted []Line
	failed []Exception
}

func (r *rounds) Take(_ context.Context, _ pg.Tx, m month.Month) error {
	if r.on == 0 {
		r.on = m
	}
	return nil
}

func (r *rounds) GiveBack(_ context.Context, _ pg.Tx, m month.Month) error {
	if r.on == m {
		r.on = 0
	}
	return nil
}

func (r *rounds) Lines(_ context.Context, _ pg.Tx, m month.Month) ([]Line, error) {
	if r.on != m {
		return nil, nil
	}
	return r.lines, nil
}

func (r *rounds) Posted(_ context.Context, _ pg.Tx, _ month.Month, lines []Line) error {
	r.posted = append(r.posted, lines...)
	return nil
}

func (r *rounds) Exceptions(context.Context, pg.Tx, month.Month) ([]Exception, error) {
	return r.failed, nil
}

func (s *stand) round() *rounds {
	r := &rounds{id: uuid.New()}
	for _, item := range []string{"P07", "P08"} {
		for _, home := range s.homes {
			r.lines = append(r.lines, Line{Kind: 5, ID: uuid.New(), Round: r.id, HouseholdID: home, Item: item, RuleVersion: 1, Points: 5,
				OccurredOn: day("2026-11-18"), Recorder: s.recorder.Account, Deciders: []Decider{{Account: s.reviewer.Account, Name: "王建国"}}})
		}
	}
	r.failed = []Exception{{Round: r.id, HouseholdID: s.homes[0], Item: "P09", Reason: "沟边有垃圾"}}
	s.Sources = append(s.Sources, r)
	return r
}

// TestSources: lines of several sources are frozen, signed and posted as one sheet, each source told of its own.
func TestSources(t *testing.T) {
	s := newStand(t)
	s.deed(s.homes[0], "P16", "2026-11-20")
	r := s.round()
	s.at("2026-12-03T09:00:00+08:00")
	sheet := s.freeze(november)
	if sheet.Lines != 5 || sheet.Points != 25 {
		t.Errorf("%+v", sheet)
	}
	v := s.view(november)
	sums, single := Summed(v.Lines, v.Quorum)
	if len(single) != 1 || len(sums) != 2 || sums[0].Item != "P07" || sums[0].Lines != 2 || sums[0].Points != 10 || sums[0].Short != 2 || len(v.Exceptions) != 1 {
		t.Errorf("%+v %+v %+v", sums, single, v.Exceptions)
	}
	s.sign(november, s.cadre, s.party, s.villager)
	s.state(november, Posted)
	if len(r.posted) != 4 {
		t.Errorf("the round was told of %d lines", len(r.posted))
	}
	for _, l := range r.posted {
		if n := s.count(`select count(*) from ledger_entry where id = $1 and source_kind = 5 and source_id = $2 and points = 5 and kind = 2`, l.Entry, l.ID); n != 1 {
			t.Errorf("%s is not in the book", l.Item)
		}
	}
	if n := s.count(`select count(*) from ledger_entry`); n != 5 {
		t.Errorf("%d lines in the book", n)
	}
}

// TestWhatWasSignedIsWhatIsPosted: a proof or a figure that changes after the freeze stops the posting.
func TestWhatWasSignedIsWhatIsPosted(t *testing.T) {
	for name, change := range map[string]func(*Line){
		"points": func(l *Line) { l.Points = 50 }, "household": func(l *Line) { l.HouseholdID = uuid.New() }, "proof": func(l *Line) { l.Evidence = []byte("another photo") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			r := s.round()
			s.at("2026-12-03T09:00:00+08:00")
			s.freeze(november)
			s.sign(november, s.cadre, s.party)
			change(&r.lines[0])
			_, err := s.Sign(ctx, s.villager, november, s.pen(november))
			want(t, name, err, ErrMoved)
			if n := s.count(`select count(*) from ledger_entry`); n != 0 || len(r.posted) != 0 {
				t.Error("points were posted that nobody signed")
			}
			if _, err := s.Reopen(ctx, s.lead, november, "有记录改动"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestASourceThatHasItsLineAlready: what is in the book once stops the posting whole.
func TestASourceThatHasItsLineAlready(t *testing.T) {
	s := newStand(t)
	r := s.round()
	s.at("2026-12-03T09:00:00+08:00")
	s.freeze(november)
	s.sign(november, s.cadre, s.party, s.villager)
	r.on = 0
	s.at("2027-01-03T09:00:00+08:00")
	s.freeze(december)
	s.sign(december, s.cadre, s.party)
	_, err := s.Sign(ctx, s.villager, december, s.pen(december))
	want(t, "the same round again", err, ErrMoved)
	if n := s.count(`select count(*) from ledger_entry`); n != 4 {
		t.Errorf("%d lines", n)
	}
}

func TestExtraSignersOfTheRules(t *testing.T) {
	s := newStand(t)
	r := tenants.Document()
	r.Version, r.InForceFrom, r.Settings.OpenExtraSigners = 2, day("2026-11-24"), 2
	if err := s.db.InVillage(ctx, s.lead, func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) }); err != nil {
		t.Fatal(err)
	}
	s.at("2026-11-24T10:00:00+08:00")
	s.deed(s.homes[0], "P25", "2026-11-24")
	s.at("2026-12-03T09:00:00+08:00")
	s.freeze(november)
	s.sign(november, s.cadre, s.party, s.villager)
	s.state(november, Signing)
	if v := s.view(november); v.Lines[0].Extra != 2 || v.Quorum.Need(v.Lines[0]) != 4 {
		t.Errorf("%+v", v.Lines[0])
	}
	s.sign(november, s.other)
	s.state(november, Posted)
}
