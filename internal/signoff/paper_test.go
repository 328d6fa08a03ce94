package signoff_test

import (
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg"

	. "cunfen/internal/signoff"
)

// scan arranges a picture that somebody took.
func (s *stand) scan(by actor.Actor) uuid.UUID {
	id := pg.NewID()
	s.exec(`insert into evidence (village_id, id, key, sha256, bytes, width, height, uploaded_by, uploaded_at) values (11, $1, $2, sha256(uuid_send($1)), 1, 1, 1, $3, now())`, id, id.String(), by.Account)
	return id
}

// TestSignOnPaper: names entered from the paper sheet count like others, but never by the word of one person:
// somebody else signs in person, those entered are told, and nobody is entered twice.
func TestSignOnPaper(t *testing.T) {
	s := frozen(t, "P07")
	hash := s.view(november).Hash
	names := []uuid.UUID{s.cadre.Membership, s.party.Membership, s.villager.Membership}
	_, err := s.SignOnPaper(ctx, s.lead, november, Paper{Hash: hash, Members: names})
	want(t, "without its picture", err, ErrScan)
	_, err = s.SignOnPaper(ctx, s.lead, november, Paper{Hash: hash, Scan: []uuid.UUID{s.scan(s.lead)}})
	want(t, "without names", err, ErrNames)
	_, err = s.SignOnPaper(ctx, s.lead, november, Paper{Hash: []byte("x"), Members: names, Scan: []uuid.UUID{s.scan(s.lead)}})
	want(t, "another sheet", err, ErrChanged)
	_, err = s.SignOnPaper(ctx, s.lead, november, Paper{Hash: hash, Members: append(names, uuid.New()), Scan: []uuid.UUID{s.scan(s.lead)}})
	want(t, "somebody who is not of the group", err, ErrTwice)
	sheet, err := s.SignOnPaper(ctx, s.lead, november, Paper{Hash: hash, Members: names, Scan: []uuid.UUID{s.scan(s.lead)}})
	if err != nil || sheet.State != Signing {
		t.Fatalf("one person alone posted a month: %s %v", sheet.State, err)
	}
	if v := s.view(november); len(v.Signatures) != 3 || v.Signatures[0].EnteredBy == nil || len(v.Missing) != 1 {
		t.Errorf("%+v", v)
	}
	if n := s.count(`select count(*) from message where kind = 'sheet.paper'`); n != 3 {
		t.Errorf("%d were told", n)
	}
	_, err = s.SignOnPaper(ctx, s.lead, november, Paper{Hash: hash, Members: names[:1], Scan: []uuid.UUID{s.scan(s.lead)}})
	want(t, "a name twice", err, ErrTwice)
	_, err = s.Sign(ctx, s.cadre, november, s.pen(november))
	want(t, "who is entered signs again", err, ErrSigned)
	s.sign(november, s.lead)
	s.state(november, Signing) // who entered them does not vouch for them
	s.sign(november, s.other)
	s.state(november, Posted)
	s.sound()
	if all, err := s.Scans(ctx, s.lead, s.view(november).Sheet); err != nil || len(all) != 1 {
		t.Errorf("%d pictures (%v)", len(all), err)
	}
}
