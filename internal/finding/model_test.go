package finding

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"cunfen/internal/actor"
	"cunfen/internal/month"
	"cunfen/internal/rulebook"
)

// complete is the chain of a deduction, asked independently of the steps that make it: what the law wants to
// see of it, in its order.
func complete(c Chain) string {
	switch {
	case c.Notice == nil:
		return "no notice"
	case len(c.Deliveries) == 0 || c.Deliveries[0].At.Before(c.Notice.IssuedAt):
		return "not delivered"
	case !c.Notice.DueOn.After(month.Date(c.Deliveries[0].At)):
		return "no time given"
	case c.Recheck == nil || c.Recheck.At.Before(c.Deliveries[0].At):
		return "not looked at again"
	case c.Recheck.Result != Right && month.Date(c.Recheck.At).Before(c.Notice.DueOn):
		return "looked at before the day"
	case c.Recheck.Result == Right && (c.PutRight != rulebook.Half || c.due() != c.Points/2):
		return "put right and deducted in full"
	case c.Statement == nil:
		return "not heard"
	case c.Statement.How == Absent && !month.Date(c.Statement.At).After(c.Notice.DueOn):
		return "silent before its time was over"
	case c.Minor:
		return "a minor's"
	}
	who := map[uuid.UUID]bool{}
	for _, v := range c.agreeing(true) {
		if v.AccountID == c.Recorder || v.At.Before(c.Recheck.At) || v.At.Before(c.Statement.At) || v.Reason == "" {
			return "decided by whom or when it must not"
		}
		who[v.AccountID] = true
	}
	if len(who) < 2 {
		return "fewer than two deciders"
	}
	return ""
}

// TestNoPathWithoutItsChain tries the steps in any order, by anybody, at any time: nothing is cleared whose chain
// is not whole, and what is over stays over.
func TestNoPathWithoutItsChain(t *testing.T) {
	t.Parallel()
	cleared := 0
	rapid.Check(t, func(t *rapid.T) {
		people := []actor.Actor{{Account: uuid.New(), Role: actor.Grid}, {Account: uuid.New(), Role: actor.Committee}, {Account: uuid.New(), Role: actor.Committee}, {Account: uuid.New(), Role: actor.Lead}}
		related := people[3].Account
		now := time.Date(2026, 11, 2, 2, 0, 0, 0, time.UTC)
		c := Chain{Finding: Finding{ID: uuid.New(), Points: -rapid.IntRange(1, 20).Draw(t, "points"), Recorder: people[0].Account, State: Recorded, Private: rapid.Bool().Draw(t, "private")},
			PutRight: rapid.SampledFrom([]string{"", rulebook.NoDeduction, rulebook.Half}).Draw(t, "put right")}
		if rapid.IntRange(0, 9).Draw(t, "minor") == 0 {
			c.Minor, c.State = true, Talk
		}
		for range rapid.IntRange(40, 160).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "hours")) * time.Hour)
			who := rapid.SampledFrom(people).Draw(t, "who")
			before := c.State
			var err error
			switch rapid.SampledFrom([]string{"issue", "deliver", "deliver", "look", "look", "hear", "hear", "vote", "vote", "vote", "withdraw", "talk"}).Draw(t, "step") {
			case "issue":
				err = c.issue(Notice{DueOn: month.Date(now).AddDate(0, 0, rapid.IntRange(0, 9).Draw(t, "days")), IssuedAt: now, IssuedBy: who.Account})
			case "deliver":
				err = c.deliver(Delivery{ID: uuid.New(), Method: rapid.SampledFrom([]Method{Screen, SMS, Slip}).Draw(t, "method"), At: now})
			case "look":
				err = c.look(Recheck{Result: rapid.SampledFrom([]Result{Right, Not, Not, Past}).Draw(t, "result"), At: now})
			case "hear":
				err = c.hear(Statement{How: rapid.SampledFrom([]How{OnScreen, ByPhone, Absent}).Draw(t, "how"), At: now})
			case "vote":
				err = c.vote(Vote{AccountID: who.Account, Deduct: rapid.IntRange(0, 3).Draw(t, "deduct") > 0, Reason: "理由", At: now}, who.Account == related)
			case "withdraw":
				if rapid.IntRange(0, 9).Draw(t, "really") == 0 {
					err = c.withdraw(who, "记错了", now)
				}
			case "talk":
				err = c.talk("谈过了", now)
			}
			if err != nil && c.State != before {
				t.Fatalf("refused (%v) and yet %s became %s", err, before, c.State)
			}
			if (before == Cleared || before == Closed) && c.State != before {
				t.Fatalf("%s became %s", before, c.State)
			}
			if c.State == Cleared {
				if wrong := complete(c); wrong != "" {
					t.Fatalf("cleared: %s: %+v", wrong, c)
				}
				for _, v := range c.Votes {
					if v.AccountID == related {
						t.Fatal("a relative decided")
					}
				}
				cleared++
			}
		}
	})
	if cleared == 0 {
		t.Error("no path led to a deduction: the test tries nothing")
	}
	t.Logf("%d paths led to a deduction", cleared)
}
