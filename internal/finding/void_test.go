package finding

import (
	"testing"

	"github.com/google/uuid"
)

// TestVoidedByRecheck: the word of a member whose seat was taken away counts no more once two others have found it
// wrong, so that it takes two more to decide; until then it stands.
func TestVoidedByRecheck(t *testing.T) {
	s := newStand(t)
	f := s.record()
	s.heard(f)
	s.must(s.Decide(ctx, s.first, f.ID, true, "到期没有改好"))
	recheck := uuid.New()
	s.exec(`insert into recheck (village_id, id, membership_id, account_id, name, reason, opened_name, opened_at) values (11, $1, $2, $3, '成员', '优亲厚友', '', now())`, recheck, s.first.Membership, s.first.Account)
	s.exec(`insert into recheck_line (village_id, recheck_id, kind, subject_id, household_id, on_day, state) values (11, $1, 3, $2, $3, '2026-11-02', 'doubted')`, recheck, f.ID, s.home)
	if c, err := s.Show(ctx, s.second, f.ID); err != nil || len(c.agreeing(true)) != 1 {
		t.Errorf("in doubt: %+v %v", c.Votes, err)
	}
	s.exec(`update recheck_line set state = 'corrected', second_by = $2, first_by = $1 where recheck_id = $3`, s.second.Account, s.lead.Account, recheck)
	if c := s.must(s.Decide(ctx, s.second, f.ID, true, "同意，到期没有改好")); c.State != Heard {
		t.Errorf("decided with a void word: %s", c.State)
	}
	if c := s.must(s.Decide(ctx, s.lead, f.ID, true, "现场看过，同意")); c.State != Cleared {
		t.Errorf("two words that count: %s", c.State)
	}
}
