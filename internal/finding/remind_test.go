package finding

import (
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/pg/pgtest"
)

// TestRemind walks one finding through its states: whoever can take the next step is told once for each of
// them, however often the job runs, and nobody who cannot.
func TestRemind(t *testing.T) {
	s := newStand(t)
	related := s.member(actor.Committee)
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '姐弟', now())`, related.Account, s.home)
	told := func(kind string, who actor.Actor) int {
		return s.count(`select count(*) from message where account_id = $1 and kind = $2`, who.Account, kind)
	}
	remind := func() {
		t.Helper()
		for range 2 {
			if err := s.Remind(ctx, actor.System(pgtest.A)); err != nil {
				t.Fatal(err)
			}
		}
	}
	f := s.record()
	if remind(); s.count(`select count(*) from message where kind like 'finding.%'`) != 0 {
		t.Error("told on the day of the record")
	}
	s.db.At("2026-11-03T11:00:00+08:00")
	if remind(); told("finding.due", s.lead) != 1 || told("finding.due", s.first) != 1 {
		t.Error("no word that the notice has not gone out")
	}
	s.must(s.Issue(ctx, s.grid, f.ID, tell("2026-11-10")))
	s.must(s.Deliver(ctx, s.grid, f.ID, "张桂兰"))
	if remind(); told("finding.due", s.lead) != 1 {
		t.Error("told before the day")
	}
	s.db.At("2026-11-10T10:00:00+08:00")
	if remind(); told("finding.due", s.lead) != 2 {
		t.Errorf("the lead was told %d times, want once for each state", told("finding.due", s.lead))
	}
	s.must(s.Look(ctx, s.grid, f.ID, Not, "没有动", nil))
	s.db.At("2026-11-11T10:00:00+08:00")
	if remind(); told("finding.due", s.lead) != 3 {
		t.Error("no word that the statement is due")
	}
	s.must(s.Hear(ctx, s.grid, f.ID, Absent, ""))
	if remind(); told("finding.waits", s.first) != 1 || told("finding.waits", related) != 0 || told("finding.waits", s.grid) != 0 {
		t.Error("the decision waits for those who may decide, and for nobody else")
	}
	s.db.At("2026-11-11T11:00:00+08:00")
	s.must(s.Decide(ctx, s.first, f.ID, true, "到期没有清，照片清楚"))
	if remind(); told("finding.waits", s.first) != 1 || told("finding.waits", s.second) != 2 {
		t.Error("the second decision waits for the others")
	}
	s.must(s.Decide(ctx, s.second, f.ID, true, "同意，两次去看都没动"))
	n := s.count(`select count(*) from message`)
	if remind(); s.count(`select count(*) from message`) != n {
		t.Error("told of what is decided")
	}
}
