package signoff_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/claim"
	"cunfen/internal/month"

	. "cunfen/internal/signoff"
)

// Two months frozen at the same instant: each is new to the other. One of them must see the other all the same,
// or a claim left over from the earlier month slips onto the sheet of the later.
func TestMonthsTakeTheirTurn(t *testing.T) {
	s := newStand(t)
	s.at("2027-01-02T09:00:00+08:00")
	for range 8 {
		s.exec(`delete from sheet where village_id = 11`)
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i, m := range []month.Month{november, december} {
			both.Go(func() { _, errs[i] = s.Freeze(ctx, s.lead, m) })
		}
		both.Wait()
		switch {
		case errs[0] == nil && errs[1] == nil:
			t.Error("both were frozen")
		case errs[0] == nil:
			want(t, "december after november was frozen", errs[1], ErrEarlier)
		default:
			want(t, "november after december was frozen", errs[0], ErrLater)
		}
	}
}

func TestFreeze(t *testing.T) {
	s := newStand(t)
	mine := s.deed(s.homes[0], "P07", "2026-11-20")
	s.deed(s.homes[1], "P16", "2026-10-31") // left over from the month before
	waiting := s.pending(s.homes[0], "P16", "2026-11-21")
	s.at("2026-11-30T23:59:59+08:00")
	_, err := s.Freeze(ctx, s.lead, november)
	want(t, "the month is running", err, ErrRunning)
	_, err = s.Freeze(ctx, s.lead, december)
	want(t, "a month to come", err, ErrRunning)
	for _, m := range []month.Month{0, 202600, 202613, 199912, -1} {
		_, err = s.Freeze(ctx, s.lead, m)
		want(t, "no month", err, ErrFuture)
	}
	s.at("2026-12-01T00:00:00+08:00")
	s.deed(s.homes[1], "P07", "2026-12-01")
	sheet := s.freeze(november)
	if sheet.State != Signing || sheet.Lines != 2 || sheet.Points != 10 || sheet.Revision != 1 || *sheet.FrozenBy != s.lead.Account {
		t.Errorf("%+v", sheet)
	}
	_, err = s.Freeze(ctx, s.lead, november)
	want(t, "twice", err, ErrFrozen)
	v := s.view(november)
	if len(v.Lines) != 2 || !bytes.Equal(v.Hash, Digest(november, 1, v.Lines)) || len(v.Missing) == 0 || v.Signed {
		t.Errorf("%+v", v)
	}
	_, err = s.claims.Undo(ctx, s.reviewer, mine.ID)
	want(t, "undo of what is on the sheet", err, claim.ErrOnSheet)
	if _, err := s.claims.Approve(ctx, s.reviewer, waiting.ID); err != nil {
		t.Fatal(err)
	}
	if v := s.view(november); v.Sheet.Lines != 2 || len(v.Lines) != 2 {
		t.Error("a claim approved after the freeze came onto the sheet")
	}
	s.sign(november, s.cadre, s.party, s.villager)
	s.state(november, Posted)
	s.sound()
	s.at("2027-01-02T09:00:00+08:00")
	if sheet := s.freeze(december); sheet.Lines != 2 {
		t.Errorf("%+v", sheet)
	}
	s.sign(december, s.cadre, s.party, s.villager)
	if n := s.count(`select count(*) from ledger_entry where source_id = $1 and month = 202612 and occurred_on = '2026-11-21'`, waiting.ID); n != 1 {
		t.Error("a claim approved after the freeze is not in the next month with its own day")
	}
	s.sound()
}

func TestMonthsInOrder(t *testing.T) {
	s := newStand(t)
	s.at("2026-12-03T09:00:00+08:00")
	s.freeze(october)
	_, err := s.Freeze(ctx, s.lead, november)
	want(t, "October is being signed", err, ErrEarlier)
	if _, err := s.Reopen(ctx, s.lead, october, "漏了一户"); err != nil {
		t.Fatal(err)
	}
	_, err = s.Freeze(ctx, s.lead, november)
	want(t, "October was reopened", err, ErrEarlier)
	s.freeze(october)
	s.sign(october, s.cadre, s.party, s.villager)
	s.freeze(november)
	s.at("2027-02-02T09:00:00+08:00")
	_, err = s.Freeze(ctx, s.lead, december)
	want(t, "November is being signed", err, ErrEarlier)
	s.sign(november, s.cadre, s.party, s.villager)
	_, err = s.Freeze(ctx, s.lead, 202609)
	want(t, "September after November", err, ErrLater)
	s.freeze(december)
	_, err = s.Freeze(ctx, s.lead, 202701)
	want(t, "the year before is being signed", err, ErrEarlier)
	s.sign(december, s.cadre, s.party, s.villager)
	s.freeze(202701)
	if all, err := s.Months(ctx, s.lead); err != nil || len(all) != 4 || all[0].Month != 202701 {
		t.Errorf("%+v %v", all, err)
	}
}

func TestReopen(t *testing.T) {
	s := newStand(t)
	c := s.deed(s.homes[0], "P07", "2026-11-20")
	s.at("2026-12-03T09:00:00+08:00")
	_, err := s.Reopen(ctx, s.lead, november, "漏了一户")
	want(t, "an open month", err, ErrNotOpen)
	first := s.freeze(november)
	s.sign(november, s.cadre, s.party)
	_, err = s.Reopen(ctx, s.lead, november, " 无 ")
	want(t, "no reason", err, ErrReason)
	sheet, err := s.Reopen(ctx, s.lead, november, "漏了一户")
	if err != nil || sheet.State != Open || sheet.Hash != nil || sheet.Lines != 0 || sheet.Points != 0 {
		t.Errorf("%+v %v", sheet, err)
	}
	_, err = s.Sign(ctx, s.villager, november, Pen{Hash: first.Hash, Method: ByPassword})
	want(t, "sign an open month", err, ErrNotOpen)
	second := s.freeze(november)
	if second.Revision != 2 || bytes.Equal(second.Hash, first.Hash) {
		t.Errorf("%+v", second)
	}
	_, err = s.Sign(ctx, s.villager, november, Pen{Hash: first.Hash, Method: ByPassword})
	want(t, "sign what was reopened", err, ErrChanged)
	_, err = s.Sign(ctx, s.villager, november, Pen{Method: ByPassword})
	want(t, "sign without having seen it", err, ErrChanged)
	if v := s.view(november); len(v.Signatures) != 0 {
		t.Error("signatures under the earlier revision count")
	}
	s.sign(november, s.villager)
	s.state(november, Signing)
	s.sign(november, s.cadre, s.party)
	s.state(november, Posted)
	s.sound()
	_, err = s.Reopen(ctx, s.lead, november, "漏了一户")
	want(t, "reopen what is posted", err, ErrNotOpen)
	_, err = s.Freeze(ctx, s.lead, november)
	want(t, "freeze what is posted", err, ErrFrozen)
	_, err = s.Sign(ctx, s.other, november, s.pen(november))
	want(t, "sign what is posted", err, ErrNotOpen)
	_, err = s.claims.Undo(ctx, s.reviewer, c.ID)
	want(t, "undo what is posted", err, claim.ErrDecided)
	if !bytes.Equal(s.view(november).Hash, Digest(november, 2, s.view(november).Lines)) {
		t.Error("the posted sheet is not what was signed")
	}
}

// TestApproveWhileFreezing is ATK-75: what is approved around the close is on this sheet or on the next, once.
func TestApproveWhileFreezing(t *testing.T) {
	s := newStand(t)
	for m := month.Month(202601); m <= 202610; m = m.Next() {
		s.at(m.First().Add(30 * time.Hour).Format(time.RFC3339))
		var ids []uuid.UUID
		for range 6 {
			ids = append(ids, s.pending(s.homes[0], "P16", m.First().Format("2006-01-02")).ID)
		}
		s.at(m.End().Add(time.Hour).Format(time.RFC3339))
		var all sync.WaitGroup
		for _, id := range ids {
			all.Go(func() {
				if _, err := s.claims.Approve(ctx, s.reviewer, id); err != nil {
					t.Error(err)
				}
				if _, err := s.claims.Undo(ctx, s.reviewer, id); err == nil {
					if _, err := s.claims.Approve(ctx, s.reviewer, id); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Go(func() { s.freeze(m) })
		all.Wait()
		frozen := s.view(m)
		if !bytes.Equal(frozen.Hash, Digest(m, frozen.Revision, frozen.Lines)) || len(frozen.Lines) != frozen.Sheet.Lines {
			t.Errorf("%s: the sheet is not what was frozen", m)
		}
		s.sign(m, s.cadre, s.party, s.villager)
		s.sound()
	}
	s.at("2026-12-03T09:00:00+08:00")
	s.freeze(november)
	s.sign(november, s.cadre, s.party, s.villager)
	s.sound()
	if n := s.count(`select count(*) from ledger_entry`); n != 60 {
		t.Errorf("%d of 60 lines", n)
	}
}
